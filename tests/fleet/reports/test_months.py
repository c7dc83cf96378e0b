"""What a month of the year before is, also of a leap year."""

from __future__ import annotations

from datetime import date

import pytest

from fleet.reports.months import month_named, month_over, year_before


@pytest.mark.parametrize(
    ("last", "before"),
    [
        (date(2027, 2, 27), date(2026, 2, 27)),
        (date(2027, 2, 28), date(2026, 2, 28)),
        (date(2028, 2, 28), date(2027, 2, 28)),
        (date(2028, 2, 29), date(2027, 2, 28)),
        (date(2029, 2, 27), date(2028, 2, 27)),
        (date(2029, 2, 28), date(2028, 2, 29)),
    ],
)
def test_a_whole_month_stands_beside_a_whole_one(last: date, before: date) -> None:
    assert year_before(last.replace(day=1), last) == (before.replace(day=1), before)


def test_a_year_ends_with_its_year() -> None:
    assert year_before(date(2026, 1, 1), date(2026, 12, 31)) == (date(2025, 1, 1), date(2025, 12, 31))


def test_which_month_is_over_and_which_is_none() -> None:
    assert month_over(date(2027, 1, 1)) == month_over(date(2027, 1, 31)) == date(2026, 12, 1)
    assert month_named("2026-10") == date(2026, 10, 1)
    assert [month_named(one) for one in ("2026-13", "2026-1", "2026-10-01", "1926-10", "")] == [None] * 5
