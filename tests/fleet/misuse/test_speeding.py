"""Above the limit for long enough, never on one reading."""

from __future__ import annotations

from datetime import timedelta

from fleet.model.findings import Finding, Severity
from fleet.model.trips import TrackPoint
from fleet.model.verdicts import Grant, GrantKind
from tests.fleet.misuse.builders import found, judged, local, order, point, trip

NINE = local("2026-11-23T09:00")
TEN = local("2026-11-23T10:00")
FAST = trip(NINE, TEN, max_speed_dkmh=1_400)
ORDERED = (order(NINE, TEN),)


def track(*speeds_kmh: int, every_s: int = 10) -> tuple[TrackPoint, ...]:
    return tuple(
        point(NINE + timedelta(seconds=every_s * step), north_m=400 * step, speed_dkmh=10 * speed)
        for step, speed in enumerate(speeds_kmh)
    )


def findings(*speeds_kmh: int, every_s: int = 10, grants: tuple[Grant, ...] = ORDERED) -> list[Finding]:
    judgement = judged(TEN, FAST, tracks={1: track(*speeds_kmh, every_s=every_s)}, grants=grants)
    return found(judgement).get("speeding", [])


def test_thirty_seconds_above_the_limit() -> None:
    (one,) = findings(110, 125, 130, 131, 126, 110)
    assert one.grounds[0].data["highest_dkmh"] == 1_310
    assert one.grounds[0].data["seconds"] == 30
    assert len(one.readings) == 4
    assert one.proven_at == NINE + timedelta(seconds=40)


def test_a_spike_and_a_short_burst_are_nothing() -> None:
    assert findings(110, 180, 110) == []
    assert findings(110, 125, 130, 131, 110) == []  # twenty seconds
    assert findings(120, 120, 120, 120, 120, 120) == []  # at the limit


def test_readings_far_apart_prove_no_stretch() -> None:
    assert findings(125, 126, every_s=90) == []


def test_two_stretches_count_twice() -> None:
    (one,) = findings(125, 125, 125, 125, 90, 126, 126, 126, 126)
    assert one.count == 2


def test_duty_vehicles_are_shown_in_blue() -> None:
    duty = Grant(GrantKind.EXEMPTION, 5, None, 0, NINE - timedelta(days=9), NINE - timedelta(days=9), TEN)
    (one,) = findings(125, 130, 131, 126, grants=(duty,))
    assert one.severity is Severity.BLUE
