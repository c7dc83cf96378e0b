"""Which days are worked, as the State Council announced them; kept here as data, so that the simulator is a witness of
its own beside the calendar of the product.

Sources: notices of the General Office of the State Council on the holidays of 2025 (国办发明电〔2024〕12号) and 2026
(国办发明电〔2025〕7号). Other years follow the law's fixed days only. The fleet's day runs from 04:00 to 04:00.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import Enum

DAY_BEGINS_HOUR = 4
_SHANGHAI_H = 8  # no daylight saving time


class DayKind(Enum):
    WORKING = "working"
    MAKE_UP = "make_up"  # a Saturday or Sunday that is worked
    WEEKEND = "weekend"
    HOLIDAY = "holiday"

    @property
    def worked(self) -> bool:
        return self in (DayKind.WORKING, DayKind.MAKE_UP)


def _span(first: str, last: str) -> set[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return {begin + timedelta(days=k) for k in range((end - begin).days + 1)}


ANNOUNCED_YEARS = frozenset({2025, 2026})

HOLIDAYS: frozenset[date] = frozenset(
    _span("2025-01-01", "2025-01-01")
    | _span("2025-01-28", "2025-02-04")
    | _span("2025-04-04", "2025-04-06")
    | _span("2025-05-01", "2025-05-05")
    | _span("2025-05-31", "2025-06-02")
    | _span("2025-10-01", "2025-10-08")
    | _span("2026-01-01", "2026-01-03")
    | _span("2026-02-15", "2026-02-23")
    | _span("2026-04-04", "2026-04-06")
    | _span("2026-05-01", "2026-05-05")
    | _span("2026-06-19", "2026-06-21")
    | _span("2026-09-25", "2026-09-27")
    | _span("2026-10-01", "2026-10-07")
)

MAKE_UP_DAYS: frozenset[date] = frozenset(
    date.fromisoformat(day)
    for day in (
        *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
        *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
    )
)

_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


def kind_of(day: date) -> DayKind:
    """What a date is."""
    if day in HOLIDAYS or (day.year not in ANNOUNCED_YEARS and (day.month, day.day) in _FIXED_HOLIDAYS):
        return DayKind.HOLIDAY
    if day in MAKE_UP_DAYS:
        return DayKind.MAKE_UP
    return DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKING


def day_of(now: float) -> date:
    """The fleet's day at a moment (Unix seconds)."""
    return (datetime.fromtimestamp(now, tz=UTC) + timedelta(hours=_SHANGHAI_H - DAY_BEGINS_HOUR)).date()


def at_hour(day: date, hour: float) -> float:
    """Unix seconds of an hour of the fleet's day, counted from midnight of `day` in Shanghai; 4 ≤ hour < 28."""
    return (day.toordinal() - _EPOCH) * 86_400.0 + (hour - _SHANGHAI_H) * 3_600.0


def begins_at(day: date) -> float:
    """When the fleet's day begins, in Unix seconds."""
    return at_hour(day, DAY_BEGINS_HOUR)


_EPOCH = date(1970, 1, 1).toordinal()


class Season(Enum):
    NONE = "none"
    EXAM = "exam"  # the entrance examinations in June
    FLOOD = "flood"  # July to September
    FIRE = "fire"  # dry months: forest posts are manned


def season_of(day: date) -> Season:
    """What the date asks of the fleet beside its daily work."""
    if (day.month, day.day) in {(6, 7), (6, 8), (6, 9), (6, 15), (6, 16), (6, 17)}:
        return Season.EXAM
    if day.month in (7, 8, 9):
        return Season.FLOOD
    return Season.FIRE if day.month in (12, 1, 2, 3, 4, 5) else Season.NONE


def is_market_day(day: date, village: int) -> bool:
    """Village markets are held every fifth day, each in its turn."""
    return (day.toordinal() + village) % 5 == 0
