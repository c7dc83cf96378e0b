"""From when on each reading of a running trip may prove something: no earlier, and never too late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fleet.geography.divisions import DIVISIONS
from fleet.judging.vehicle import Review
from fleet.misuse.base import Sealing
from fleet.model.trips import DivisionPart, TrackPoint
from tests.fleet.misuse.builders import QILIN, XUANWEI, found, judged, local, order, point, trip, us

NINE = local("2026-11-23T09:00")
SATURDAY = local("2026-11-21T10:00")
SECOND = timedelta(seconds=1)
SEATS = {one.code: (round(one.seat_lat * 1e7), round(one.seat_lon * 1e7)) for one in DIVISIONS}
HOME_ONLY = (DivisionPart(division=QILIN, distance_m=9_000, seconds=600),)
Tracks = dict[int, tuple[TrackPoint, ...]]
GONE = (*HOME_ONLY, DivisionPart(division=XUANWEI, distance_m=900, seconds=60))


def seen(division: int, at: datetime, speed_dkmh: int = 600) -> TrackPoint:
    return TrackPoint(us(at), *SEATS[division], speed_dkmh, None, None, True)


def test_beyond_the_border_the_least_time_after_it_left() -> None:
    out = NINE + 600 * SECOND
    track = (seen(QILIN, NINE), *(seen(XUANWEI, out + step * SECOND) for step in (0, 30, 60)))
    judgement = judged(out + 61 * SECOND, trip(NINE, None, divisions=GONE), tracks={1: track})
    assert "outside_area" not in found(judgement)
    assert judgement.watches == (Review(NINE, out + 120 * SECOND),)


def test_inside_it_the_least_time_after_its_last_reading() -> None:
    track = (seen(QILIN, NINE), seen(QILIN, NINE + 300 * SECOND))
    judgement = judged(NINE + 301 * SECOND, trip(NINE, None, divisions=HOME_ONLY), tracks={1: track})
    assert judgement.watches == (Review(NINE, NINE + 420 * SECOND),)


def test_found_once_it_is_watched_no_more() -> None:
    out = NINE + 600 * SECOND
    track = (seen(QILIN, NINE), *(seen(XUANWEI, out + step * SECOND) for step in (0, 60, 120)))
    judgement = judged(out + 121 * SECOND, trip(NINE, None, divisions=GONE), tracks={1: track})
    assert "outside_area" in found(judgement)
    assert judgement.watches == ()


def test_standing_outside_may_be_the_end_of_the_trip() -> None:
    """It came there within a minute. The minutes that it stands are the trip's only if it drives on."""
    out = NINE + 600 * SECOND
    steps = ((0, 600), (30, 600), (60, 0), (120, 0), (180, 0))
    stands = (seen(QILIN, NINE), *(seen(XUANWEI, out + step * SECOND, speed) for step, speed in steps))
    running = trip(NINE, None, divisions=GONE)
    now = out + 190 * SECOND
    assert "outside_area" not in found(judged(now, running, tracks={1: stands}))
    drives_on = (*stands, seen(XUANWEI, now, 600))
    assert "outside_area" in found(judged(now, running, tracks={1: drives_on}))


def test_an_order_for_everywhere_or_an_ended_trip_is_not_watched() -> None:
    track = (seen(QILIN, NINE), seen(XUANWEI, NINE + 600 * SECOND))
    now = NINE + 601 * SECOND
    anywhere = order(NINE, NINE + 4 * timedelta(hours=1))
    assert judged(now, trip(NINE, None, divisions=GONE), tracks={1: track}, grants=(anywhere,)).watches == ()
    assert judged(now, trip(NINE, now, divisions=GONE), tracks={1: track}).watches == ()


def test_a_sealed_vehicle_and_one_on_a_day_off_until_they_came_far_enough() -> None:
    sealed = (Sealing(3, "封存", SATURDAY - timedelta(days=1), None),)
    city = frozenset(SEATS)
    track: Tracks = {1: (point(SATURDAY), point(SATURDAY + 30 * SECOND, north_m=90))}
    now = SATURDAY + 31 * SECOND

    def watched(distance_m: int, **rest: Any) -> bool:
        running = trip(SATURDAY, None, distance_m=distance_m)
        due = [one.due for one in judged(now, running, tracks=track, home_divisions=city, **rest).watches]
        return any(one <= now for one in due)

    assert watched(90, sealings=sealed)
    assert watched(499)
    assert not watched(500)
    allowed = (order(SATURDAY, SATURDAY + timedelta(hours=9)),)
    assert watched(90, sealings=sealed, grants=allowed)
    assert not watched(110, sealings=sealed, grants=allowed)
    assert not watched(90, grants=allowed)


def test_who_has_not_left_the_yard_yet_is_watched() -> None:
    near: Tracks = {1: (point(NINE), point(NINE + 30 * SECOND, north_m=40))}
    now = NINE + 31 * SECOND
    judgement = judged(now, trip(NINE, None, distance_m=150), tracks=near)
    assert found(judgement) == {}
    assert judgement.watches[0].due <= now
