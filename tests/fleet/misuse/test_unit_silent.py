"""Silence against the reporting contract, on the clock."""

from __future__ import annotations

from datetime import timedelta

from fleet.model.findings import Severity
from tests.fleet.misuse.builders import found, gap, judged, local

NINE = local("2026-11-23T09:00")
MINUTE = timedelta(minutes=1)


def test_silent_while_moving_and_while_parked() -> None:
    assert found(judged(NINE + 14 * MINUTE, gap(NINE, None, was_moving=True))) == {}
    (moving,) = found(judged(NINE + 15 * MINUTE, gap(NINE, None, was_moving=True)))["unit_silent"]
    assert moving.severity is Severity.YELLOW
    assert moving.end is None
    assert found(judged(NINE + 119 * MINUTE, gap(NINE, None))) == {}
    (parked,) = found(judged(NINE + 120 * MINUTE, gap(NINE, None)))["unit_silent"]
    assert parked.severity is Severity.BLUE


def test_while_it_lasts_the_finding_does_not_change() -> None:
    """Else every tick of the clock would be a new version of it."""
    first = judged(NINE + 130 * MINUTE, gap(NINE, None))
    assert judged(NINE + 500 * MINUTE, gap(NINE, None)).outcomes == first.outcomes


def test_heard_again() -> None:
    (one,) = found(judged(NINE + 900 * MINUTE, gap(NINE, NINE + 400 * MINUTE)))["unit_silent"]
    assert one.end == NINE + 400 * MINUTE
    assert one.grounds[0].data["seconds"] == 24_000


def test_a_unit_that_only_told_no_place_was_not_silent() -> None:
    later = NINE + timedelta(hours=5)
    assert "unit_silent" in found(judged(later, gap(NINE, later)))
    assert "unit_silent" not in found(judged(later, gap(NINE, later, heard=True)))
