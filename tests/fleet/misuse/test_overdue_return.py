"""Not back at the planned end plus grace, on the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fleet.model.findings import SubjectKind
from fleet.model.verdicts import GrantKind
from tests.fleet.misuse.builders import doubts, found, gap, judged, local, order, place, stop, trip

NINE, TEN, NOON = (local(f"2026-11-23T{clock}:00") for clock in ("09", "10", "12"))
THIRTEEN = local("2026-11-23T13:00")
MINUTE = timedelta(minutes=1)
OUT = (stop(NINE - timedelta(hours=2), NINE), trip(NINE, TEN))
AWAY = stop(TEN, None, place=place(north_m=5_000))
ORDER = order(NINE, NOON)


def test_it_fires_at_the_deadline_without_a_reading() -> None:
    assert "overdue_return" not in found(judged(THIRTEEN - MINUTE, *OUT, AWAY, grants=(ORDER,)))
    (one,) = found(judged(THIRTEEN, *OUT, AWAY, grants=(ORDER,)))["overdue_return"]
    assert (one.subject.kind, one.subject.id) == (SubjectKind.ORDER, 1)
    assert (one.begin, one.proven_at) == (NOON, THIRTEEN)
    assert one.grounds[0].data["out_since"] == NINE.isoformat()


def test_it_is_said_once_however_long_it_stays_out() -> None:
    later = judged(THIRTEEN + timedelta(hours=30), *OUT, AWAY, grants=(ORDER,))
    assert len(found(later)["overdue_return"]) == 1


def test_back_in_time() -> None:
    home = (trip(TEN, NOON, destination=place()), stop(NOON, None))
    assert "overdue_return" not in found(judged(THIRTEEN, *OUT, *home, grants=(ORDER,)))


@pytest.mark.parametrize(("approved", "overdue"), [(NOON, False), (THIRTEEN + MINUTE, True)])
def test_an_extension_counts_when_it_was_approved_before_the_deadline(approved: datetime, overdue: bool) -> None:
    longer = order(NINE, NOON + timedelta(hours=5), kind=GrantKind.AMENDMENT, version=1, known_at=approved)
    judgement = judged(THIRTEEN + 2 * MINUTE, *OUT, AWAY, grants=(ORDER, longer))
    assert ("overdue_return" in found(judgement)) is overdue


def test_a_silence_at_the_deadline_is_a_doubt() -> None:
    silent = gap(TEN, None, before=place(north_m=5_000))
    judgement = judged(THIRTEEN, *OUT, silent, grants=(ORDER,))
    assert "overdue_return" not in found(judgement)
    assert "overdue_return" in doubts(judgement)


def test_who_leaves_again_after_coming_back_is_not_out_for_the_order_that_is_done() -> None:
    done = order(NINE, NOON, returned_at=TEN)
    home = (trip(NINE, TEN - 10 * MINUTE, destination=place()), stop(TEN - 10 * MINUTE, TEN + 10 * MINUTE))
    again = (trip(TEN + 10 * MINUTE, TEN + 20 * MINUTE), stop(TEN + 20 * MINUTE, None, place=place(north_m=5_000)))
    before = stop(NINE - timedelta(hours=2), NINE)
    assert "overdue_return" not in found(judged(THIRTEEN, before, *home, *again, grants=(done,)))
    assert "overdue_return" in found(judged(THIRTEEN, *OUT, AWAY, grants=(order(NINE, NOON, returned_at=TEN),)))


def test_who_parks_across_the_street_is_back() -> None:
    beside = stop(NOON, None, place=place(north_m=120))
    assert "overdue_return" not in found(judged(THIRTEEN, *OUT, trip(TEN, NOON), beside, grants=(ORDER,)))
    farther = stop(NOON, None, place=place(north_m=400))
    assert "overdue_return" in found(judged(THIRTEEN, *OUT, trip(TEN, NOON), farther, grants=(ORDER,)))


@pytest.mark.parametrize(("minutes", "known"), [(60, False), (12, True)])
def test_a_silence_in_which_it_may_have_come_back_is_a_doubt(minutes: int, known: bool) -> None:
    """Twenty kilometres out and back take more than twelve minutes, and less than an hour."""
    far = place(north_m=20_000)
    heard = TEN + minutes * MINUTE
    away = (gap(TEN, heard, before=far, after=far), stop(heard, None, place=far))
    judgement = judged(THIRTEEN, *OUT, *away, grants=(ORDER,))
    assert ("overdue_return" in found(judgement)) is known
    assert ("overdue_return" in doubts(judgement)) is not known
