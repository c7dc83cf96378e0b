"""Outside working hours, on working days only."""

from __future__ import annotations

from datetime import timedelta

from fleet.model.findings import Severity
from tests.fleet.misuse.builders import doubts, found, judged, local, order, parameters, trip

NOW = local("2026-11-24T12:00")


def test_an_evening_drive_counts_from_the_end_of_the_grace() -> None:
    evening = trip(local("2026-11-23T17:45"), local("2026-11-23T20:00"))
    (one,) = found(judged(NOW, evening))["after_hours"]
    assert (one.begin, one.end) == (local("2026-11-23T18:30"), local("2026-11-23T20:00"))
    assert one.grounds[0].data["seconds"] == 5_400
    assert one.calendar is not None
    assert one.calendar.startswith("chinesecalendar")


def test_within_hours_and_on_days_off_it_says_nothing() -> None:
    assert "after_hours" not in found(judged(NOW, trip(local("2026-11-23T17:00"), local("2026-11-23T18:20"))))
    assert "after_hours" not in found(judged(NOW, trip(local("2026-11-21T20:00"), local("2026-11-21T21:00"))))


def test_an_order_for_the_evening_covers_it() -> None:
    begin, end = local("2026-11-23T19:00"), local("2026-11-23T20:00")
    assert found(judged(NOW, trip(begin, end), grants=(order(begin, end),))) == {}


def test_what_runs_beyond_its_order_into_the_evening_counts_from_there() -> None:
    evening = trip(local("2026-11-23T15:00"), local("2026-11-23T21:00"))
    covered = order(local("2026-11-23T15:00"), local("2026-11-23T18:00"))
    (one,) = found(judged(NOW, evening, grants=(covered,)))["after_hours"]
    assert one.begin == local("2026-11-23T19:00")  # the order's grace of an hour
    assert one.severity is Severity.YELLOW


def test_an_order_approved_afterwards_leaves_it_in_blue() -> None:
    begin, end = local("2026-11-23T19:00"), local("2026-11-23T20:00")
    late = order(begin, end, known_at=end + timedelta(hours=3))
    (one,) = found(judged(NOW, trip(begin, end), grants=(late,)))["after_hours"]
    assert one.severity is Severity.BLUE
    assert one.grounds[0].data["approved_afterwards"] is True


def test_the_hours_are_those_of_the_organ() -> None:
    begin, end = local("2026-11-23T19:00"), local("2026-11-23T20:00")
    watch = parameters(after_hours__work_to="22:00")
    assert "after_hours" not in found(judged(NOW, trip(begin, end), policies_at=lambda _: watch))


def test_a_day_that_may_still_be_moved_is_left_in_doubt() -> None:
    begin = local("2036-02-05T20:00")
    judgement = judged(begin + timedelta(days=1), trip(begin, begin + timedelta(hours=1)))
    assert set(doubts(judgement)) == {"after_hours", "holiday_use"}
    assert set(found(judgement)) == {"unapproved_trip"}
