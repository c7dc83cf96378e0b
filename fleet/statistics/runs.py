"""Periods over sums that run from the first day of their month: which of them to add and which to take away.

The sum of the days 10 to 20 of a month is what had run up to the 20th, less what had run up to the 9th. So any period
costs two reads in each month at most, and one where a policy changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple


class Run(NamedTuple):
    """The sum up to `day` counts `sign` times, for `month` and for the stretch `bucket` between two borders."""

    day: date
    sign: int
    month: date
    bucket: int


def runs(first: date, last: date, borders: Sequence[date]) -> list[Run]:
    """Those that make up the days `first` to `last`, both included; none where `first` is after `last`.

    `borders` (in order): days from which on figures are told apart; bucket 0 is before the first one.
    """
    found: list[Run] = []
    begin = first
    while begin <= last:
        month = begin.replace(day=1)
        bucket = bisect_right(borders, begin)
        ends = [month_after(month), last + timedelta(days=1), *borders[bucket : bucket + 1]]
        after = min(ends)
        found.append(Run(after - timedelta(days=1), 1, month, bucket))
        if begin > month:
            found.append(Run(begin - timedelta(days=1), -1, month, bucket))
        begin = after
    return found


def month_after(day: date) -> date:
    """The first day of the month after that of `day`."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def last_of_month(day: date) -> date:
    """The last day of the month of `day`."""
    return month_after(day) - timedelta(days=1)
