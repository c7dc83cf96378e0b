"""From when on an organ keeps its orders here: nobody is accused of an outing that was on its way by then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from fleet.model.findings import Parameter
from fleet.model.trips import Segment
from fleet.model.verdicts import VerdictKind
from tests.fleet.misuse.builders import found, gap, judged, local, parameters, place, stop, trip

KEPT_FROM = local("2026-11-24T10:00")
NOW = local("2026-11-26T20:00")
AWAY = place(north_m=5_000)
KEPT, NOT_KEPT = parameters(), parameters(reconciliation__orders_kept=False)


def policies(at: datetime) -> Mapping[str, Parameter]:
    return KEPT if at >= KEPT_FROM else NOT_KEPT


def kinds(*segments: Segment) -> list[VerdictKind]:
    judgement = judged(NOW, *segments, policies_at=policies)
    return [judgement.verdicts[number].kind for number in sorted(judgement.verdicts)]


def minutes(count: float) -> datetime:
    """After the orders begin."""
    return KEPT_FROM + timedelta(minutes=count)


def outing(leaves: datetime, there: datetime, goes_on: datetime, back: datetime) -> tuple[Segment, ...]:
    """From home to a place and back."""
    return (
        stop(leaves - timedelta(hours=3), leaves),
        trip(leaves, there, destination=AWAY),
        stop(there, goes_on, place=AWAY),
        trip(goes_on, back, origin=AWAY, destination=place()),
        stop(back, None),
    )


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        (-30, VerdictKind.UNDETERMINED),  # the way back begins afterwards, the outing did not
        (1, VerdictKind.UNAPPROVED),
    ],
)
def test_an_outing_is_held_against_orders_only_when_it_began_with_them(leaves: float, expected: VerdictKind) -> None:
    segments = outing(minutes(leaves), minutes(leaves + 20), minutes(leaves + 60), minutes(leaves + 80))
    assert kinds(*segments) == [expected, expected]
    judgement = judged(NOW, *segments, policies_at=policies)
    assert ("unapproved_trip" in found(judgement)) == (expected is VerdictKind.UNAPPROVED)


def test_who_stays_away_for_days_is_asked_for_an_order_after_all() -> None:
    """Otherwise a vehicle that never comes home would never need one."""
    leaves = minutes(-60)
    segments = outing(
        leaves, leaves + timedelta(minutes=20), leaves + timedelta(hours=30), leaves + timedelta(hours=31)
    )
    assert kinds(*segments) == [VerdictKind.UNDETERMINED, VerdictKind.UNAPPROVED]


def test_a_silence_over_the_beginning_hides_when_it_left() -> None:
    silent = gap(minutes(-20), minutes(40), before=place(), after=AWAY, metres_apart=5_000, odometer_m=6_000)
    drive = trip(minutes(40), minutes(60), origin=AWAY, destination=place())
    assert kinds(stop(minutes(-300), minutes(-20)), silent, drive, stop(minutes(60), None)) == [
        VerdictKind.UNDETERMINED
    ]
    known = (stop(minutes(1), minutes(30)), trip(minutes(30), minutes(60), destination=AWAY))
    assert kinds(*known) == [VerdictKind.UNAPPROVED]
