"""Trips without an order, as stories of a whole judgement."""

from __future__ import annotations

from datetime import timedelta

from fleet.model.findings import Severity
from fleet.model.verdicts import Destination, VerdictKind
from tests.fleet.misuse.builders import doubts, found, gap, judged, local, order, place, point, stop, trip

NINE, TEN = local("2026-11-23T09:00"), local("2026-11-23T10:00")
NOW = local("2026-11-23T12:00")
OUT = trip(NINE, TEN)


def test_no_order_is_found_as_soon_as_it_leaves() -> None:
    running = trip(NINE, None, destination=None)
    judgement = judged(NINE + timedelta(seconds=30), running)
    (one,) = found(judgement)["unapproved_trip"]
    assert one.severity is Severity.RED
    assert one.proven_at == NINE
    assert one.end is None
    assert judgement.verdicts[1].provisional


def test_an_order_in_time_leaves_nothing() -> None:
    judgement = judged(NOW, OUT, grants=(order(NINE, TEN),))
    assert judgement.verdicts[1].kind is VerdictKind.APPROVED
    assert judgement.outcomes == ()


def test_a_late_approval_lowers_the_colour_and_leaves_it_to_a_person() -> None:
    judgement = judged(NOW, OUT, grants=(order(NINE, TEN, known_at=TEN),))
    (one,) = found(judgement)["unapproved_trip"]
    assert one.severity is Severity.YELLOW
    assert one.order_ids == (1,)


def test_moving_within_the_yard_is_no_trip_that_needs_an_order() -> None:
    yard = trip(
        NINE, NINE + timedelta(minutes=3), distance_m=200, odometer_distance_m=200, destination=place(north_m=20)
    )
    track = tuple(point(NINE + timedelta(seconds=10 * step), north_m=5 * step % 45) for step in range(18))
    assert judged(NOW, yard, tracks={1: track}).outcomes == ()
    beyond = (*track, point(NINE + timedelta(minutes=4), north_m=70))
    assert set(found(judged(NOW, yard, tracks={1: beyond}))) == {"unapproved_trip"}


def test_a_silence_in_which_it_may_have_left_on_an_order_leaves_a_doubt_at_most() -> None:
    """Last seen at home at eight, silent over the order's window, heard again on the road after it."""
    eight, thirteen = local("2026-11-23T08:00"), local("2026-11-23T13:00")
    judgement = judged(
        local("2026-11-23T15:00"),
        stop(eight - timedelta(hours=2), eight),
        gap(eight, thirteen, after=place(north_m=9_000), metres_apart=9_000),
        trip(thirteen, local("2026-11-23T14:00"), origin=place(north_m=9_000), destination=place()),
        grants=(order(NINE, TEN),),
    )
    assert judgement.verdicts[3].kind is VerdictKind.APPROVED_WITH_DEVIATION
    assert "unapproved_trip" not in found(judgement)


def test_a_destination_that_may_have_been_reached_in_a_tunnel_is_left_in_doubt() -> None:
    there = place(north_m=4_000)
    visit = order(NINE, TEN, destinations=(Destination("1", there.lat_e7, there.lon_e7, 300),))
    seen = trip(NINE, TEN, destination=place())
    silence = gap(TEN, TEN + timedelta(minutes=40))
    home = stop(TEN + timedelta(minutes=40), None)
    judgement = judged(NOW, seen, silence, home, grants=(visit,), home=None)
    assert judgement.verdicts[1].kind is VerdictKind.APPROVED_WITH_DEVIATION  # the silence is not part of the outing
    waiting = place(north_m=2_000)
    outing = judged(
        NOW,
        stop(NINE - timedelta(hours=1), NINE),
        trip(NINE, TEN, destination=waiting),
        gap(TEN, TEN + timedelta(minutes=40), before=waiting),
        home,
        grants=(visit,),
    )
    assert outing.verdicts[2].kind is VerdictKind.UNDETERMINED
    assert set(doubts(outing)) == {"unapproved_trip"}
    assert "unapproved_trip" not in found(outing)
