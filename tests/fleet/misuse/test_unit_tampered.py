"""What a unit says of itself: power cut, antenna cut, taken out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fleet.misuse.base import EventItem
from fleet.misuse.unit_tampered import UnitTampered
from fleet.model.findings import Finding, Severity
from fleet.model.trips import EventReading
from tests.fleet.misuse.builders import event, facts, local

NINE = local("2026-11-23T09:00")
MINUTE = timedelta(minutes=1)


def findings(
    name: str, *after: EventReading, heard_again_at: datetime | None = None, minutes: int = 60
) -> list[Finding]:
    item = EventItem(event(name, NINE), after, heard_again_at)
    return [one for one in UnitTampered().judge(item, facts(NINE + minutes * MINUTE)) if isinstance(one, Finding)]


@pytest.mark.parametrize(("name", "minutes"), [("power_cut", 16), ("antenna_cut", 5), ("unit_removed", 5)])
def test_what_is_not_mended_is_found_after_the_grace(name: str, minutes: int) -> None:
    assert findings(name, minutes=minutes - 1) == []
    (one,) = findings(name)
    assert one.proven_at == NINE + minutes * MINUTE
    assert (one.severity is Severity.RED) == (name == "unit_removed")


def test_power_that_is_back_soon_was_a_repair() -> None:
    assert findings("power_cut", heard_again_at=NINE + 2 * MINUTE) == []
    (late,) = findings("power_cut", heard_again_at=NINE + 20 * MINUTE)
    assert late.end == NINE + 20 * MINUTE


@pytest.mark.parametrize("name", ["power_cut", "antenna_cut", "unit_removed"])
@pytest.mark.parametrize(("minutes", "replaced"), [(0, True), (240, True), (241, False), (-1, False)])
def test_a_unit_that_another_replaces_soon_was_not_tampered_with(name: str, minutes: int, replaced: bool) -> None:
    item = EventItem(event(name, NINE), replaced_at=NINE + minutes * MINUTE)
    assert (list(UnitTampered().judge(item, facts(NINE + 300 * MINUTE))) == []) == replaced


def test_power_that_is_back_is_known_when_a_parked_unit_speaks_next() -> None:
    assert findings("power_cut", heard_again_at=NINE + 15 * MINUTE) == []


def test_a_unit_with_a_cut_antenna_is_heard_all_the_time() -> None:
    assert len(findings("antenna_cut", heard_again_at=NINE + MINUTE)) == 1


def test_a_unit_fitted_again_at_once_was_serviced() -> None:
    assert findings("unit_removed", event("unit_fitted", NINE + 4 * MINUTE)) == []
    assert len(findings("unit_removed", event("unit_fitted", NINE + 40 * MINUTE))) == 1


def test_other_events_say_nothing() -> None:
    assert findings("harsh_braking") == []
