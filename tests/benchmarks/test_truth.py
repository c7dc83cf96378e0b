"""The measurement of the rules, small: it finds what was planted, accuses no look-alike, sees when a rule is blind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from benchmarks.truth.city import FIRST_DAY, Days, chosen, player
from benchmarks.truth.judging import fold, judge_organ
from benchmarks.truth.measure import Figures, Tally, broken, measure
from benchmarks.truth.oracle import Oracle
from benchmarks.truth.papers import policies_of
from fleet.misuse.registry import RULES
from fleet.model.findings import Finding, Severity
from fleet.model.moments import to_us
from simulators.days.model import Filing

DAYS = Days(FIRST_DAY, 6)
SLUGS = [rule.slug for rule in RULES]


@cache
def figures() -> Figures:
    return measure(30, DAYS, 1)


@pytest.mark.parametrize("slug", SLUGS)
def test_what_was_planted_is_found_and_what_looks_like_it_is_not(slug: str) -> None:
    """Exactly so in this small city: a rule that goes blind fails here, and so does one that accuses."""
    tally = figures().rules[slug]
    assert tally.planted >= 1
    assert tally.found == tally.planted
    assert tally.look_alikes >= 3
    assert (tally.taken_for, tally.false, tally.on_missing_data) == (0, 0, 0)


def test_a_rule_that_is_blind_breaks_its_bounds() -> None:
    large = Tally(planted=200, found=195, look_alikes=1_000, findings=200, false=2)
    fine = Figures(rules=dict.fromkeys(SLUGS, large))
    assert broken(fine, 100) == []
    for changes in ({"found": 189}, {"false": 5}, {"planted": 199}, {"look_alikes": 999}, {"on_missing_data": 1}):
        worse = Figures(rules=dict.fromkeys(SLUGS, large) | {SLUGS[0]: replace(large, **changes)})
        assert [fault.split(":")[0] for fault in broken(worse, 100)] == [SLUGS[0]]
    assert broken(fine, 601) != []


def _driven_without_an_order() -> tuple[Finding, Oracle]:
    days = Days(FIRST_DAY, 2)
    for organ, vehicles in chosen(30):
        policies = policies_of(organ)(days.begin)
        for vehicle in vehicles:
            folded = fold(player(organ, vehicle, days), days)
            (judged,) = judge_organ(organ, [folded], days)
            for one in judged.findings:
                if (one.rule, one.severity) == ("unapproved_trip", Severity.RED):
                    return one, Oracle(organ, folded.player, folded.lived, policies)
    pytest.fail("nobody drives without an order")


def test_the_truth_knows_a_finding_of_another_time_and_one_of_another_rule() -> None:
    """An oracle that says yes to everything would measure nothing."""
    drive, oracle = _driven_without_an_order()
    assert oracle.true(drive)
    night = drive.begin.replace(hour=18, minute=0)  # two in the morning there
    assert not oracle.true(replace(drive, begin=night, end=night + timedelta(minutes=10)))
    others = {slug for slug in SLUGS if oracle.true(replace(drive, rule=slug))}
    assert not others & {"sealed_vehicle_moved", "unit_tampered", "unit_silent", "odometer_gap", "speeding"}


@pytest.mark.parametrize("vehicle_id", [4_736, 4_969])
def test_who_fetches_fuel_before_his_order_lets_him_is_not_taken_for_ordered(vehicle_id: int) -> None:
    """One of them leaves before the approval, the other hours before the window."""
    days = Days(FIRST_DAY, 1)
    organ, vehicle = next((organ, one) for organ, some in chosen(600) for one in some if one.id == vehicle_id)
    (judged,) = judge_organ(organ, [fold(player(organ, vehicle, days), days)], days)
    oracle = Oracle(organ, judged.folded.player, judged.folded.lived, policies_of(organ)(days.begin))
    assert "unapproved_trip" in {one.rule for one in judged.findings}
    assert [one for one in judged.findings if not oracle.true(one)] == []
    # A red one says that there was no order at all: of who left between the two that is as untrue as ever.
    filings = {one.filing for one in oracle.drives if one.errand}
    assert filings - {Filing.NONE, Filing.IN_TIME} == ({Filing.LATE} if vehicle_id == 4_736 else set())


def test_readings_come_through_the_wire_and_in_the_order_of_their_keys() -> None:
    organ, vehicles = chosen(30)[0]
    days = Days(FIRST_DAY, 2)
    readings = list(player(organ, vehicles[0], days).readings(days))
    keys = [one.key for one in readings]
    assert keys == sorted(set(keys))
    assert (
        to_us(days.begin - timedelta(minutes=10))
        <= keys[0][0]
        <= keys[-1][0]
        <= to_us(days.end + timedelta(minutes=10))
    )
    assert fold(player(organ, vehicles[0], days), days).readings == len(readings)
