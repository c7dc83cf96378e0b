"""What a receipt may promise."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fleet.model.batch import spans
from ingest.receipts import covered_through, holes

numbers = st.sets(st.integers(0, 60), min_size=1, max_size=50)


def test_a_unit_without_oldest_seq_may_start_at_0_or_at_1() -> None:
    assert covered_through([(0, 5)], None) == 5
    assert covered_through([(1, 5)], None) == 5
    assert covered_through([(2, 5)], None) is None
    assert holes([(2, 5)], None) == [(0, 1)]


def test_what_lies_below_oldest_seq_is_declared_gone() -> None:
    assert covered_through([(40, 50)], 40) == 50
    assert covered_through([(1, 3), (40, 50)], 39) == 38
    assert holes([(1, 3), (40, 50)], 39) == [(39, 39)]
    assert covered_through([(5, 9)], 0) is None


@given(numbers, st.none() | st.integers(0, 60))
def test_a_receipt_covers_only_what_is_committed_or_declared_gone(committed: set[int], oldest_seq: int | None) -> None:
    through = covered_through(spans(committed), oldest_seq)
    if through is None:
        return
    start = 0 if oldest_seq is None and 0 in committed else 1 if oldest_seq is None else oldest_seq
    assert set(range(start, through + 1)) <= committed
    assert through + 1 not in committed


@given(numbers, st.none() | st.integers(0, 60))
def test_covered_and_holes_and_committed_make_up_everything(committed: set[int], oldest_seq: int | None) -> None:
    through = covered_through(spans(committed), oldest_seq)
    covered = set(range((-1 if through is None else through) + 1))
    missing = {n for first, last in holes(spans(committed), oldest_seq, most=None) for n in range(first, last + 1)}
    assert not missing & committed
    assert not missing & covered
    assert covered | missing | committed >= set(range(max(committed) + 1))


@given(numbers)
def test_spans_hold_the_numbers_and_nothing_else(committed: set[int]) -> None:
    found = spans(committed)
    assert {n for first, last in found for n in range(first, last + 1)} == committed
    assert all(before[1] + 1 < after[0] for before, after in pairwise(found))


def test_at_most_sixteen_holes_are_named_the_lowest_first() -> None:
    assert holes([(n, n) for n in range(0, 80, 2)], None) == [(n, n) for n in range(1, 33, 2)]
