"""Days off: weekends and statutory holidays, make-up working days excepted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.model.findings import Severity
from fleet.workdays import Entry, WorkCalendar
from tests.fleet.misuse.builders import found, judged, local, order, parameters, trip

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("begin", "severity"),
    [
        ("2026-11-21T10:00", Severity.YELLOW),  # an ordinary Saturday
        ("2026-10-06T10:00", Severity.RED),  # a Tuesday of the National Day week
    ],
)
def test_driving_without_an_order_on_a_day_off(begin: str, severity: Severity) -> None:
    one = trip(local(begin), local(begin) + HOUR)
    (finding,) = found(judged(local(begin) + 5 * HOUR, one))["holiday_use"]
    assert finding.severity is severity
    assert finding.grounds[0].data["day"] == begin[:10]


@pytest.mark.parametrize("begin", ["2026-10-10T10:00", "2026-09-20T10:00"])
def test_a_make_up_working_day_is_a_working_day(begin: str) -> None:
    assert set(found(judged(local(begin) + 5 * HOUR, trip(local(begin), local(begin) + HOUR)))) == {"unapproved_trip"}


def test_an_order_for_the_day_covers_it() -> None:
    begin = local("2026-11-21T10:00")
    assert found(judged(begin + 5 * HOUR, trip(begin, begin + HOUR), grants=(order(begin, begin + HOUR),))) == {}


def test_a_county_that_works_on_that_day_says_so() -> None:
    begin = local("2026-11-21T10:00")
    works = WorkCalendar.of([Entry(4, begin.date(), worked=True, name="抗洪值守")])
    assert "holiday_use" not in found(judged(begin + 5 * HOUR, trip(begin, begin + HOUR), calendar=works))
    free = WorkCalendar.of([Entry(5, local("2026-11-24T10:00").date(), worked=False, name="州庆")])
    monday = local("2026-11-24T10:00")
    (one,) = found(judged(monday + 5 * HOUR, trip(monday, monday + HOUR), calendar=free))["holiday_use"]
    assert one.calendar == "calendar entry 5"


def test_a_short_hop_does_not_count_and_it_can_be_switched_off() -> None:
    begin = local("2026-11-21T10:00")
    assert "holiday_use" not in found(judged(begin + 5 * HOUR, trip(begin, begin + HOUR, distance_m=499)))
    off = parameters(holiday_use__enabled=False)
    assert "holiday_use" not in found(judged(begin + 5 * HOUR, trip(begin, begin + HOUR), policies_at=lambda _: off))


def test_friday_night_belongs_to_friday() -> None:
    begin = local("2026-11-21T01:00")
    assert set(found(judged(begin + 5 * HOUR, trip(begin, begin + HOUR)))) == {"unapproved_trip", "after_hours"}
