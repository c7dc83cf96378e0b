"""Spans of whole months: `from` and `to` as `2026-10`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query

from api.spans import wrong
from fleet.reports.months import month_named, month_over
from fleet.statistics.runs import month_after

MOST_MONTHS = 24

FromMonth = Annotated[
    str | None, Query(alias="from", max_length=7, description="Month, `2026-10`. Default: January of `to`'s year")
]
ToMonth = Annotated[
    str | None, Query(alias="to", max_length=7, description="Month, included. Default: the last one that is over")
]


def month_of(text: str, name: str) -> date:
    """Its first day. Raises ApiProblem (422)."""
    found = month_named(text)
    if found is None:
        raise wrong(f"query.{name}: a month such as 2026-10.")
    return found


def months_asked(first: str | None, last: str | None, this_day: date) -> tuple[date, date]:
    """The first day of the first month and the last day of the last one. Raises ApiProblem (422)."""
    end = month_over(this_day) if last is None else month_of(last, "to")
    begin = end.replace(month=1) if first is None else month_of(first, "from")
    if not 0 < (end.year - begin.year) * 12 + end.month - begin.month + 1 <= MOST_MONTHS:
        raise wrong(f"query.from, query.to: `from` not after `to`, at most {MOST_MONTHS} months.")
    return begin, month_after(end) - timedelta(days=1)
