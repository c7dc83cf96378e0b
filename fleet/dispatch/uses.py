"""Trips as uses of a vehicle: what the use record that is made public (公示) has a line for.

A use is what one order was for; of a task or a duty exemption, one day of it; without any of them, a single trip.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Because(StrEnum):
    """What a use leans on."""

    ORDER = "order"
    TASK = "task"
    EXEMPTION = "exemption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """One trip. `day`: the fleet's day it belongs to. `origin`, `destination`: what they are called. Quantities are
    None where they were not measured."""

    vehicle_id: int
    because: Because | None
    source_id: int | None
    day: date
    started_at: datetime
    ended_at: datetime | None
    origin: str | None
    destination: str | None
    distance_m: int
    fuel_ml: int | None
    energy_wh: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """`places`: from the first origin over every destination, each named once in a row. `partly_measured`: some trip's
    fuel or energy is not in the sum, though others' is. `ended_at` None: the last trip goes on."""

    vehicle_id: int
    because: Because | None
    source_id: int | None
    started_at: datetime
    ended_at: datetime | None
    places: tuple[str, ...]
    trips: int
    distance_m: int
    fuel_ml: int | None
    energy_wh: int | None
    partly_measured: bool


def uses(trips: Iterable[Driven]) -> list[Use]:
    """Uses of trips that come in the order of time for each vehicle, in the order of their beginnings. Nothing is lost:
    the distances of the uses add up to those of the trips."""
    groups: dict[tuple[object, ...], list[Driven]] = {}
    for number, one in enumerate(trips):
        groups.setdefault(_key(one, number), []).append(one)
    return [_use(members) for members in groups.values()]


def _key(one: Driven, number: int) -> tuple[object, ...]:
    match one.because:
        case None:
            return (one.vehicle_id, number)
        case Because.ORDER:
            return (one.vehicle_id, one.because, one.source_id)
        case _:
            return (one.vehicle_id, one.because, one.source_id, one.day)


def _use(members: list[Driven]) -> Use:
    first, last = members[0], members[-1]
    places: list[str] = []
    for name in (first.origin, *(one.destination for one in members)):
        if name is not None and (not places or places[-1] != name):
            places.append(name)
    fuels, energies = [one.fuel_ml for one in members], [one.energy_wh for one in members]
    return Use(
        vehicle_id=first.vehicle_id,
        because=first.because,
        source_id=first.source_id,
        started_at=first.started_at,
        ended_at=last.ended_at,
        places=tuple(places),
        trips=len(members),
        distance_m=sum(one.distance_m for one in members),
        fuel_ml=_sum(fuels),
        energy_wh=_sum(energies),
        partly_measured=any(None in one and _sum(one) is not None for one in (fuels, energies)),
    )


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
