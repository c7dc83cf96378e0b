"""Which days are worked, and which hours: the ground that `after_hours` and `holiday_use` stand on.

The State Council announces holidays and make-up working days (调休) year by year, usually in November for the year
that follows. The library `chinesecalendar` carries what was announced and raises for a year that was not: such a year
is then worked out from the law, and every day that an announcement may still move is *doubtful*, which is never
ground for an accusation. County and organ calendars (`Entry`) stand above the statutory one.

All days and hours are those of Asia/Shanghai. A fleet's day runs from 04:00 to 04:00, so an hour after midnight
belongs to the evening before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.metadata import version

import chinese_calendar

from fleet.model.moments import LOCAL, day_begins_us, day_of, from_us, to_us


class DayKind(StrEnum):
    WORKING = "working"
    MAKE_UP = "make_up"  # a Saturday or Sunday that is worked (调休)
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    DOUBTFUL = "doubtful"  # the year is not announced yet, and an announcement may move this day


@dataclass(frozen=True, slots=True)
class Entry:
    """A county's or organ's own word on one day: worked or not, and why. `id` names the stored row."""

    id: int
    day: date
    worked: bool
    name: str


@dataclass(frozen=True, slots=True)
class DayRuling:
    """What one day is, and which calendar says so (`source`, to be cited in evidence)."""

    day: date
    kind: DayKind
    name: str | None
    source: str

    @property
    def worked(self) -> bool | None:
        """None where nobody can know yet."""
        if self.kind is DayKind.DOUBTFUL:
            return None
        return self.kind in {DayKind.WORKING, DayKind.MAKE_UP}


# When the announced days off of each festival may fall, with their make-up weekends (month, day): wide on purpose.
_MOVABLE = (
    ((12, 24), (1, 11), "new_year"),
    ((1, 12), (3, 5), "spring_festival"),
    ((3, 27), (4, 13), "tomb_sweeping"),
    ((4, 18), (5, 16), "labour_day"),
    ((5, 22), (7, 5), "dragon_boat"),
    ((9, 1), (10, 20), "national_day_and_mid_autumn"),
)
# Fixed by law whatever is announced (Regulation on Public Holidays, 2024 revision), in the solar calendar.
_FIXED = {(1, 1): "new_year", (5, 1): "labour_day", (5, 2): "labour_day"} | {
    (10, day): "national_day" for day in (1, 2, 3)
}
_NAMES = {
    "New Year's Day": "new_year",
    "Spring Festival": "spring_festival",
    "Tomb-sweeping Day": "tomb_sweeping",
    "Labour Day": "labour_day",
    "Dragon Boat Festival": "dragon_boat",
    "National Day": "national_day",
    "Mid-autumn Festival": "mid_autumn",
}


@lru_cache(maxsize=1)
def calendar_version() -> str:
    """The statutory calendar as evidence cites it."""
    return f"chinesecalendar {version('chinesecalendar')}"


def announced(year: int) -> bool:
    """Whether the holidays of the year were announced, and the library knows them."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=4096)
def statutory(day: date) -> DayRuling:
    """What the announced calendar says of a day; for a year not announced, what the law leaves certain."""
    weekend = day.weekday() >= 5
    try:
        off, detail = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return _unannounced(day, weekend=weekend)
    name = None if detail is None else _NAMES.get(detail, detail)
    if off:
        # A Saturday inside the festival's days is part of it; an ordinary one has no name.
        kind = DayKind.WEEKEND if name is None else DayKind.HOLIDAY
    else:
        kind = DayKind.MAKE_UP if weekend else DayKind.WORKING
    return DayRuling(day, kind, name, calendar_version())


def _unannounced(day: date, *, weekend: bool) -> DayRuling:
    source = f"{calendar_version()}: {day.year} not announced"
    fixed = _FIXED.get((day.month, day.day))
    if fixed is not None:
        return DayRuling(day, DayKind.HOLIDAY, fixed, source)
    here = (day.month, day.day)
    for first, last, name in _MOVABLE:
        inside = first <= here <= last if first <= last else here >= first or here <= last
        if inside:
            return DayRuling(day, DayKind.DOUBTFUL, name, source)
    return DayRuling(day, DayKind.WEEKEND if weekend else DayKind.WORKING, None, source)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The statutory calendar with the entries that stand above it, of one organ: the nearest to it wins."""

    entries: Mapping[date, Entry]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> WorkCalendar:
        """`entries` from the farthest (the city's) to the nearest (the organ's own)."""
        return cls({entry.day: entry for entry in entries})

    def ruling(self, day: date) -> DayRuling:
        entry = self.entries.get(day)
        if entry is None:
            return statutory(day)
        if entry.worked:
            kind = DayKind.MAKE_UP if day.weekday() >= 5 else DayKind.WORKING
        else:
            kind = DayKind.WEEKEND if day.weekday() >= 5 else DayKind.HOLIDAY
        return DayRuling(day, kind, entry.name, f"calendar entry {entry.id}")


STATUTORY = WorkCalendar({})


class HourKind(StrEnum):
    WORK = "work"
    AFTER_HOURS = "after_hours"  # of a day that is worked
    DAY_OFF = "day_off"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours of an organ: local times of day, and how far beyond them is still borne."""

    begin: time
    end: time
    grace: timedelta

    @classmethod
    def parse(cls, begin: str, end: str, grace_s: int) -> Hours:
        """From policy values: `HH:MM`, `HH:MM`, seconds. Raises ValueError."""
        return cls(time.fromisoformat(begin), time.fromisoformat(end), timedelta(seconds=grace_s))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a period that is all of one kind; `ruling` is that of its fleet day."""

    begin: datetime
    end: datetime
    kind: HourKind
    ruling: DayRuling


def _local(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=LOCAL).astimezone(UTC)


def pieces(begin: datetime, end: datetime, calendar: WorkCalendar, hours: Hours) -> Iterator[Piece]:
    """[begin, end), both aware, cut where its kind changes: in order, without holes, none empty.

    Working hours that end before they begin (a night watch, 22:00 to 06:00) run over midnight.
    """
    day = day_of(to_us(begin))
    while True:
        first, after = from_us(day_begins_us(day)), from_us(day_begins_us(day + timedelta(days=1)))
        if first >= end:
            return
        ruling = calendar.ruling(day)
        for start, stop, kind in _day_pieces(first, after, ruling, hours):
            lower, upper = max(begin, start), min(end, stop)
            if lower < upper:
                yield Piece(lower, upper, kind, ruling)
        day += timedelta(days=1)


def _day_pieces(
    first: datetime, after: datetime, ruling: DayRuling, hours: Hours
) -> Iterator[tuple[datetime, datetime, HourKind]]:
    if ruling.worked is None:
        yield first, after, HourKind.DOUBTFUL
        return
    if not ruling.worked:
        yield first, after, HourKind.DAY_OFF
        return
    # Hours repeat every day; those of the day before and after may reach into this one over midnight, or by the grace.
    reached = first
    for shift in (-1, 0, 1):
        day = ruling.day + timedelta(days=shift)
        opens, closes = _local(day, hours.begin), _local(day, hours.end)
        if closes <= opens:
            closes += timedelta(days=1)
        opens, closes = max(reached, opens - hours.grace), min(after, closes + hours.grace)
        if opens < closes:
            yield reached, opens, HourKind.AFTER_HOURS
            yield opens, closes, HourKind.WORK
            reached = closes
    yield reached, after, HourKind.AFTER_HOURS
