"""Beyond the permitted area, beyond the buffer, for long enough."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.geography.borders import outside_m
from fleet.geography.divisions import DIVISIONS
from fleet.model.findings import Severity
from fleet.model.trips import DivisionPart, TrackPoint
from tests.fleet.misuse.builders import QILIN, XUANWEI, found, judged, local, order, trip, us

NINE = local("2026-11-23T09:00")
NOON = local("2026-11-23T12:00")
SEATS = {one.code: (round(one.seat_lat * 1e7), round(one.seat_lon * 1e7)) for one in DIVISIONS}
AWAY = (
    DivisionPart(division=QILIN, distance_m=20_000, seconds=1_800),
    DivisionPart(division=XUANWEI, distance_m=20_000, seconds=9_000),
)
FAR = trip(NINE, NOON, divisions=AWAY)


def at_seat(division: int, minute: float) -> TrackPoint:
    lat_e7, lon_e7 = SEATS[division]
    return TrackPoint(us(NINE + timedelta(minutes=minute)), lat_e7, lon_e7, 300, None, None, True)


VISIT = (at_seat(QILIN, 0), *(at_seat(XUANWEI, 60 + step) for step in range(10)), at_seat(QILIN, 180))


def test_left_the_home_county_without_an_order() -> None:
    (one,) = found(judged(NOON, FAR, tracks={1: VISIT}))["outside_area"]
    assert one.severity is Severity.RED
    assert one.grounds[0].code == "outside_home_county"
    assert one.grounds[0].data["seconds"] == 540
    assert one.proven_at == NINE + timedelta(minutes=62)


def test_left_the_area_of_its_order() -> None:
    narrow = order(NINE, NOON, divisions=frozenset({QILIN}))
    (one,) = found(judged(NOON, FAR, tracks={1: VISIT}, grants=(narrow,)))["outside_area"]
    assert one.severity is Severity.YELLOW
    assert one.grounds[0].data["allowed"] == [QILIN]


def test_an_order_for_both_counties_or_a_city_organ_is_fine() -> None:
    wide = order(NINE, NOON, divisions=frozenset({QILIN, XUANWEI}))
    assert found(judged(NOON, FAR, tracks={1: VISIT}, grants=(wide,))) == {}
    city = frozenset(SEATS) - {530300}
    assert "outside_area" not in found(judged(NOON, FAR, tracks={1: VISIT}, home_divisions=city))


@pytest.mark.parametrize("count", [1, 2])
def test_a_moment_beyond_the_border_is_not_enough(count: int) -> None:
    brief = (at_seat(QILIN, 0), *(at_seat(XUANWEI, 60 + step) for step in range(count)), at_seat(QILIN, 180))
    assert "outside_area" not in found(judged(NOON, FAR, tracks={1: brief}))


def test_along_the_border_the_buffer_bears_it() -> None:
    """A road that weaves over the border: a few hundred metres outside are no departure."""
    lat_e7, lon_e7 = SEATS[QILIN]
    beyond = [
        lat
        for lat in range(lat_e7, lat_e7 + 4_000_000, 2_000)
        if 0 < outside_m([lat], [lon_e7], frozenset({QILIN}))[0] < 250
    ]
    assert beyond
    track = tuple(
        TrackPoint(us(NINE + timedelta(minutes=step)), beyond[0], lon_e7, 300, None, None, True) for step in range(20)
    )
    assert "outside_area" not in found(judged(NOON, FAR, tracks={1: track}))
