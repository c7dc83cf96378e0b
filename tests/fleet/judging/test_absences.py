"""Which absences the road shows, and how surely their ends were seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from fleet.dispatch.road import Away
from fleet.judging.absences import absences
from fleet.judging.outings import Known
from fleet.model.trips import Doubt, Segment, TrackPoint, Trip
from tests.fleet.misuse.builders import HOME, gap, local, place, stop, trip, us

NINE = local("2026-11-23T09:00:00")
MINUTE = timedelta(minutes=1)
FAR = place(north_m=5_000)
HOME_BEFORE = stop(NINE - timedelta(hours=3), NINE)
OUT = trip(NINE, NINE + 20 * MINUTE)
THERE = stop(NINE + 20 * MINUTE, NINE + 60 * MINUTE, place=FAR)
BACK = trip(NINE + 60 * MINUTE, NINE + 80 * MINUTE, origin=FAR, destination=place())
HOME_AFTER = stop(NINE + 80 * MINUTE, None)


def found(*segments: Segment, farthest_m: int = 0, home: bool = True) -> list[Away]:
    def track_of(_: int) -> Sequence[TrackPoint]:
        north = place(north_m=farthest_m)
        return [TrackPoint(us(NINE), north.lat_e7, north.lon_e7, 300, None, None, True)] if farthest_m else ()

    known = [Known(number, one) for number, one in enumerate(segments)]
    return absences(known, HOME if home else None, 50, track_of)


def ends(*segments: Segment, farthest_m: int = 0) -> list[tuple[object, bool, object]]:
    return [(one.left_at, one.over, one.back_at) for one in found(*segments, farthest_m=farthest_m)]


def test_seen_leaving_and_coming_back() -> None:
    assert ends(HOME_BEFORE, OUT, THERE, BACK, HOME_AFTER) == [(NINE, True, NINE + 80 * MINUTE)]
    assert ends(HOME_BEFORE, OUT, THERE) == [(NINE, False, None)]
    assert found(HOME_BEFORE, OUT, THERE, BACK, HOME_AFTER, home=False) == []


@pytest.mark.parametrize(
    "segments",
    [
        pytest.param((OUT, THERE), id="nothing known from before"),
        pytest.param((gap(NINE - 30 * MINUTE, NINE), OUT, THERE), id="silent before"),
        pytest.param((HOME_BEFORE, trip(NINE, None, doubts=Doubt.STARTS_IN_GAP.value)), id="a doubtful beginning"),
        pytest.param((stop(NINE - 60 * MINUTE, NINE, place=FAR), OUT), id="it stood elsewhere"),
        pytest.param(
            (HOME_BEFORE, gap(NINE, NINE + 9 * MINUTE, after=FAR, odometer_m=5_000), THERE), id="gone in a silence"
        ),
    ],
)
def test_not_seen_leaving(segments: tuple[Segment, ...]) -> None:
    assert [one.left_at for one in found(*segments)] == [None]


def test_not_seen_coming_back() -> None:
    heard_again = gap(NINE + 60 * MINUTE, NINE + 90 * MINUTE, before=FAR, after=place(), odometer_m=5_000)
    assert ends(HOME_BEFORE, OUT, THERE, heard_again, stop(NINE + 90 * MINUTE, None)) == [(NINE, True, None)]
    doubtful = trip(NINE + 60 * MINUTE, NINE + 80 * MINUTE, destination=place(), doubts=Doubt.ENDS_IN_GAP.value)
    assert ends(HOME_BEFORE, OUT, THERE, doubtful, HOME_AFTER) == [(NINE, True, None)]


def test_a_silence_on_the_way_hides_no_end() -> None:
    tunnel = gap(NINE + 60 * MINUTE, NINE + 70 * MINUTE, before=FAR, after=FAR, odometer_m=0)
    home_again = trip(NINE + 70 * MINUTE, NINE + 80 * MINUTE, origin=FAR, destination=place())
    assert ends(HOME_BEFORE, OUT, THERE, tunnel, home_again, HOME_AFTER) == [(NINE, True, NINE + 80 * MINUTE)]


def test_what_moves_in_the_yard_has_not_left() -> None:
    def around(**rest: object) -> Trip:
        return trip(NINE, NINE + 3 * MINUTE, distance_m=300, destination=place(north_m=20), **rest)

    after = stop(NINE + 3 * MINUTE, None)
    assert found(HOME_BEFORE, around(), after) == []
    assert found(HOME_BEFORE, around(), after, farthest_m=45) == []
    assert ends(HOME_BEFORE, around(), after, farthest_m=120) == [(NINE, True, NINE + 3 * MINUTE)]
    running = trip(NINE, None, distance_m=300, destination=None)
    assert found(HOME_BEFORE, running, farthest_m=40) == []
    assert ends(HOME_BEFORE, running, farthest_m=400) == [(NINE, False, None)]
