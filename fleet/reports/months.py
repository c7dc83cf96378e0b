"""Months as reports and energy sheets are asked for."""

from __future__ import annotations

import re
from datetime import date, timedelta


def month_named(text: str) -> date | None:
    """The first day of a month such as `2026-10`; None for any other text."""
    found = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text)
    return None if found is None else date(int(found[1]), int(found[2]), 1)


def month_over(this_day: date) -> date:
    """The first day of the last month that is over."""
    return (this_day.replace(day=1) - timedelta(days=1)).replace(day=1)


def year_before(first: date, last: date) -> tuple[date, date]:
    """A span that begins with a month, a year earlier: where it ends with its month, so does the other; else with the
    same day."""
    after = last + timedelta(days=1)
    if after.day == 1:
        return first.replace(year=first.year - 1), after.replace(year=after.year - 1) - timedelta(days=1)
    return first.replace(year=first.year - 1), last.replace(year=last.year - 1)
