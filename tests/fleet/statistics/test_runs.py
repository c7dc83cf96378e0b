"""Sums that run from month to month, put together to any period."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from fleet.statistics.runs import month_after, runs

FIRST = date(2025, 11, 20)
DAYS = 140
day = st.integers(0, DAYS - 1).map(lambda n: FIRST + timedelta(days=n))


def running(values: list[int]) -> dict[date, int]:
    """Up to each day the sum since the first of its month; before `FIRST` there was nothing."""
    months: dict[date, list[int]] = {}
    for n, value in enumerate(values):
        months.setdefault((FIRST + timedelta(days=n)).replace(day=1), []).append(value)
    sums = [one for some in months.values() for one in accumulate(some)]
    return {FIRST + timedelta(days=n): one for n, one in enumerate(sums)}


@given(st.lists(st.integers(0, 10**12), min_size=DAYS, max_size=DAYS), day, day, st.lists(day, unique=True, max_size=5))
def test_they_make_up_every_month_and_every_stretch(
    values: list[int], first: date, last: date, some: list[date]
) -> None:
    borders = sorted(some)
    up_to = running(values)
    found: dict[tuple[date, int], int] = {}
    for one in runs(first, last, borders):
        key = (one.month, one.bucket)
        found[key] = found.get(key, 0) + one.sign * up_to.get(one.day, 0)
    wanted: dict[tuple[date, int], int] = {}
    for n, value in enumerate(values):
        at = FIRST + timedelta(days=n)
        if first <= at <= last:
            key = (at.replace(day=1), sum(border <= at for border in borders))
            wanted[key] = wanted.get(key, 0) + value
    assert found == wanted


def test_whole_months_cost_one_read_each_and_ragged_ends_one_more() -> None:
    assert [one.sign for one in runs(date(2025, 1, 1), date(2025, 12, 31), ())] == [1] * 12
    ragged = runs(date(2025, 1, 10), date(2025, 12, 20), ())
    assert [one.day for one in ragged if one.sign < 0] == [date(2025, 1, 9)]
    assert len(ragged) == 13


def test_the_month_after() -> None:
    assert [month_after(date(2025, 12, 31)), month_after(date(2028, 2, 29))] == [date(2026, 1, 1), date(2028, 3, 1)]
