"""Working days and hours: the announced calendar, years not announced, local calendars, and the cutting of periods."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.moments import LOCAL, day_begins_us, day_of, to_us
from fleet.workdays import (
    STATUTORY,
    DayKind,
    Entry,
    HourKind,
    Hours,
    WorkCalendar,
    _unannounced,
    pieces,
    statutory,
)

OFFICE = Hours.parse("08:00", "18:00", 1_800)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def days_of(year: int) -> list[date]:
    return [
        date(year, 1, 1) + timedelta(days=number) for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    ]


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 10, 1), DayKind.HOLIDAY),
        (date(2026, 10, 6), DayKind.HOLIDAY),  # a Tuesday, off because 20 September was worked
        (date(2026, 9, 20), DayKind.MAKE_UP),  # a Sunday
        (date(2026, 10, 10), DayKind.MAKE_UP),  # a Saturday
        (date(2026, 11, 21), DayKind.WEEKEND),
        (date(2026, 11, 23), DayKind.WORKING),
    ],
)
def test_the_announced_year(day: date, kind: DayKind) -> None:
    ruling = statutory(day)
    assert ruling.kind is kind
    assert ruling.source.startswith("chinesecalendar ")
    assert "not announced" not in ruling.source


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_a_second_library_agrees_on_every_day_off(year: int) -> None:
    """`holidays` knows days off but no make-up days, so weekends are left out."""
    off = holidays.country_holidays("CN", years=year)
    differing = [
        day for day in days_of(year) if day.weekday() < 5 and (statutory(day).kind is DayKind.HOLIDAY) != (day in off)
    ]
    assert differing == []


def test_a_year_not_announced_is_doubtful_where_it_may_still_move_and_only_there() -> None:
    year = 2036
    rulings = [statutory(day) for day in days_of(year)]
    assert {one.kind for one in rulings if (one.day.month, one.day.day) in {(1, 1), (5, 1), (10, 1)}} == {
        DayKind.HOLIDAY
    }
    assert statutory(date(year, 2, 4)).worked is None
    assert statutory(date(year, 8, 6)).kind is DayKind.WORKING
    assert statutory(date(year, 8, 9)).kind is DayKind.WEEKEND
    assert all("2036 not announced" in one.source for one in rulings)


def test_whatever_was_announced_lay_where_we_call_a_year_not_announced_doubtful() -> None:
    """The windows are wide enough: in no known year did an announcement move a day outside of them."""
    wrong = []
    for year in range(2014, 2027):
        for day in days_of(year):
            guess = _unannounced(day, weekend=day.weekday() >= 5)
            if guess.worked is not None and guess.worked != statutory(day).worked:
                wrong.append(day)
    # 2015 had one extra day (3 September) that no rule foretells; 1 and 2 May differ before the law of 2024.
    assert [day for day in wrong if day.year >= 2025 or (day.month, day.day) not in {(5, 2)}] == []


def test_the_nearest_calendar_wins() -> None:
    day = date(2026, 11, 24)
    calendar = WorkCalendar.of([Entry(1, day, worked=False, name="县庆"), Entry(2, day, worked=True, name="值班")])
    assert calendar.ruling(day).worked is True
    assert calendar.ruling(day).source == "calendar entry 2"
    assert calendar.ruling(day + timedelta(days=1)) == statutory(day + timedelta(days=1))


def test_an_hour_after_midnight_belongs_to_the_evening_before() -> None:
    assert day_of(to_us(local("2026-11-21T03:59"))) == date(2026, 11, 20)
    assert day_of(to_us(local("2026-11-21T04:00"))) == date(2026, 11, 21)
    (night,) = pieces(local("2026-11-21T01:00"), local("2026-11-21T02:00"), STATUTORY, OFFICE)
    assert night.kind is HourKind.AFTER_HOURS  # the night of Friday to Saturday


def test_a_trip_through_the_evening_is_cut_at_the_end_of_the_grace() -> None:
    first, second = pieces(local("2026-11-23T17:00"), local("2026-11-23T20:00"), STATUTORY, OFFICE)
    assert (first.kind, second.kind) == (HourKind.WORK, HourKind.AFTER_HOURS)
    assert first.end == second.begin == local("2026-11-23T18:30")


def test_a_night_watch_works_over_midnight() -> None:
    watch = Hours.parse("20:00", "02:00", 0)
    kinds = [one.kind for one in pieces(local("2026-11-23T19:00"), local("2026-11-24T03:00"), STATUTORY, watch)]
    assert kinds == [HourKind.AFTER_HOURS, HourKind.WORK, HourKind.AFTER_HOURS]


@given(
    begin=st.integers(1_735_700_000, 1_830_000_000).map(lambda s: datetime.fromtimestamp(s, tz=UTC)),
    length=st.timedeltas(timedelta(seconds=1), timedelta(days=5)),
    opens=st.times(),
    closes=st.times(),
    grace_s=st.integers(0, 86_400),
)
def test_pieces_cover_a_period_exactly(
    begin: datetime, length: timedelta, opens: time, closes: time, grace_s: int
) -> None:
    end = begin + length
    found = list(pieces(begin, end, STATUTORY, Hours(opens, closes, timedelta(seconds=grace_s))))
    assert found[0].begin == begin
    assert found[-1].end == end
    assert all(one.begin < one.end for one in found)
    assert all(one.end == other.begin for one, other in pairwise(found))
    for one in found:
        assert day_begins_us(one.ruling.day) <= to_us(one.begin)
        assert to_us(one.end) <= day_begins_us(one.ruling.day + timedelta(days=1))
        assert (one.kind is HourKind.DOUBTFUL) == (one.ruling.worked is None)
