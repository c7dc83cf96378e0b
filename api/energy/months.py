"""Spans of whole months: `from` and `to` as `2026-10`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated

from fastapi import Query

from api.spans import wrong

MOST_MONTHS = 24

FromMonth = Annotated[
    str | None, Query(alias="from", max_length=7, description="Month, `2026-10`. Default: January of `to`'s year")
]
ToMonth = Annotated[
    str | None, Query(alias="to", max_length=7, description="Month, included. Default: the last one that is over")
]


def month_of(text: str, name: str) -> date:
    """Its first day. Raises ApiProblem (422)."""
    found = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text)
    if found is None:
        raise wrong(f"query.{name}: a month such as 2026-10.")
    return date(int(found[1]), int(found[2]), 1)


def months_asked(first: str | None, last: str | None, this_day: date) -> tuple[date, date]:
    """The first day of the first month and the last day of the last one. Raises ApiProblem (422)."""
    end = this_day.replace(day=1) - timedelta(days=1) if last is None else month_of(last, "to")
    begin = end.replace(month=1, day=1) if first is None else month_of(first, "from")
    end = last_day(end)
    if not 0 < (end.year - begin.year) * 12 + end.month - begin.month + 1 <= MOST_MONTHS:
        raise wrong(f"query.from, query.to: `from` not after `to`, at most {MOST_MONTHS} months.")
    return begin, end


def last_day(day: date) -> date:
    """Of the month in which it lies."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def a_year_before(day: date) -> date:
    """Of the first or the last day of a month, that of the same month a year before."""
    first = day.replace(day=1).replace(year=day.year - 1)
    return first if day.day == 1 else last_day(first)
