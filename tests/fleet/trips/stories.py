"""What the awkward cases are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import radians, sin

from fleet.model.trips import StoredReading
from tests.fleet.trips.journeys import (
    Folded,
    fold,
    point,
    position,
    since_start,
)
from tests.fleet.trips.laws import assert_lawful


def between(reading: StoredReading, from_s: float, to_s: float) -> bool:
    return from_s <= since_start(reading.observed_at_us) < to_s


def told(readings: Iterable[StoredReading]) -> Folded:
    """Folded, and lawful besides."""
    ordered = sorted(readings, key=lambda one: one.key)
    folded = fold(ordered)
    assert_lawful(folded, ordered)
    return folded


def parked_fixes(
    places_m: Iterable[tuple[float, float]],
    every_s: float = 10,
    *,
    from_s: float = 0,
    speed: Callable[[int], int | None] = lambda _: 0,
    odometer_m: int | None = None,
    ignition: bool | None = None,
    hdop_tenths: int | None = 9,
    satellites: int | None = 11,
) -> list[StoredReading]:
    return [
        position(
            from_s + k * every_s,
            *point(*place),
            seq=k,
            speed_dkmh=speed(k),
            odometer_m=odometer_m,
            ignition=ignition,
            hdop_tenths=hdop_tenths,
            satellites=satellites,
        )
        for k, place in enumerate(places_m)
    ]


def excursion(out_m: float, fixes: int) -> list[tuple[float, float]]:
    """Out and back in a smooth curve, with an hour of standing on either side."""
    still = [(0.0, 0.0)] * 360
    way = [(out_m * sin(radians(180 * k / fixes)), out_m * 0.3 * sin(radians(180 * k / fixes))) for k in range(fixes)]
    return [*still, *way, *still]
