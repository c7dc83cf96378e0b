"""What holds for every rule of the registry, whatever it looks for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from fleet.misuse.base import EventItem, GapItem, Item, Rule, Sealing, StopItem, TripItem
from fleet.misuse.registry import RULES
from fleet.model.findings import Doubt, Finding, Outcome
from fleet.model.policies import POLICIES
from fleet.model.trips import DivisionPart
from fleet.model.verdicts import VerdictKind
from tests.fleet.misuse.builders import (
    ALL_PARAMETERS,
    XUANWEI,
    event,
    facts,
    gap,
    local,
    order,
    place,
    point,
    stop,
    trip,
    unapproved,
    verdict,
)

NIGHT = local("2026-11-20T23:00")  # a Friday; from 04:00 on it is Saturday
NOW = local("2026-11-21T12:00")
EVERY = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)

LONG_TRIP = trip(
    NIGHT,
    NIGHT + timedelta(hours=6),
    max_speed_dkmh=1_500,
    odometer_distance_m=90_000,
    divisions=(DivisionPart(division=XUANWEI, distance_m=12_000, seconds=21_600),),
)
TRACK = tuple(
    point(NIGHT + timedelta(seconds=10 * step), north_m=80_000 + 400 * step, speed_dkmh=1_450) for step in range(60)
)
SEALED = (Sealing(3, "国庆封存", NIGHT - timedelta(days=1), NIGHT + timedelta(days=3)),)
ORDERS = (order(NIGHT - timedelta(hours=9), NIGHT - timedelta(hours=1)),)
GUILTY: tuple[Item, ...] = (
    TripItem(1, LONG_TRIP, unapproved(LONG_TRIP), TRACK),
    StopItem(2, stop(NIGHT - timedelta(hours=3), None, place=place(north_m=9_000))),
    GapItem(3, gap(NIGHT - timedelta(hours=3), NOW, was_moving=True, odometer_m=30_000, metres_apart=9_000)),
    EventItem(event("unit_removed", NIGHT)),
)
AROUND = facts(NOW, sealings=SEALED, grants=ORDERS, off_home_since=NIGHT - timedelta(hours=8))


def outcomes(rule: Rule, items: tuple[Item, ...] = GUILTY) -> list[Outcome]:
    return [one for item in items if isinstance(item, rule.judges) for one in rule.judge(item, AROUND)]


def test_slugs_are_unique_and_have_words() -> None:
    assert len({rule.slug for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.title_zh
        assert rule.title_en
        assert type(rule).__doc__


@EVERY
def test_it_has_its_file_and_its_test(rule: Rule) -> None:
    assert type(rule).__module__ == f"fleet.misuse.{rule.slug}"
    assert Path(__file__).with_name(f"test_{rule.slug}.py").exists()


@EVERY
def test_its_parameters_are_policies(rule: Rule) -> None:
    assert rule.policies
    assert set(rule.policies) <= set(POLICIES)


@EVERY
def test_it_finds_what_it_is_for_and_cites_its_parameters(rule: Rule) -> None:
    findings = [one for one in outcomes(rule) if isinstance(one, Finding)]
    assert findings, "the guilty items hold something for every rule"
    for one in findings:
        assert (one.rule, one.rule_version) == (rule.slug, rule.version)
        assert [parameter.slug for parameter in one.parameters] == list(rule.policies)
        assert one.grounds
        assert one.begin <= one.proven_at <= NOW
        assert one.end is None or one.begin <= one.end


@EVERY
def test_it_answers_the_same_again(rule: Rule) -> None:
    assert outcomes(rule) == outcomes(rule)


@EVERY
def test_it_says_one_thing_of_a_subject(rule: Rule) -> None:
    for item in GUILTY:
        if isinstance(item, rule.judges):
            subjects = [one.subject for one in rule.judge(item, AROUND)]
            assert len(subjects) == len(set(subjects))


@EVERY
def test_what_it_says_survives_json(rule: Rule) -> None:
    """Evidence is stored as JSON and recomputed from it years later."""
    for one in outcomes(rule):
        assert msgspec.json.decode(msgspec.json.encode(one), type=type(one)) == one


@EVERY
def test_an_undetermined_verdict_never_becomes_a_finding_about_a_person(rule: Rule) -> None:
    item = TripItem(1, LONG_TRIP, verdict(VerdictKind.UNDETERMINED), TRACK)
    rests_on_something_else = rule.slug in {"speeding", "odometer_gap", "sealed_vehicle_moved"}
    assert any(isinstance(one, Finding) for one in outcomes(rule, (item,))) == rests_on_something_else


@EVERY
def test_an_approved_trip_with_nothing_else_is_clean(rule: Rule) -> None:
    innocent = trip(local("2026-11-23T09:00"), local("2026-11-23T10:00"))
    item = TripItem(1, innocent, verdict(VerdictKind.APPROVED))
    clean = facts(local("2026-11-23T12:00"), off_home_since=local("2026-11-23T09:00"))
    assert not list(rule.judge(item, clean)) if TripItem in rule.judges else True


@EVERY
def test_every_policy_it_names_is_all_it_asks_for(rule: Rule) -> None:
    """A rule that reads a policy it does not name would leave it out of its evidence."""
    only = {slug: ALL_PARAMETERS[slug] for slug in rule.policies}
    around = facts(NOW, sealings=SEALED, grants=ORDERS, off_home_since=NIGHT - timedelta(hours=8), policies=only)
    for item in GUILTY:
        if isinstance(item, rule.judges):
            list(rule.judge(item, around))
            if isinstance(item, TripItem):
                rule.wants_track(item, around)


def test_a_doubt_is_not_a_finding() -> None:
    silent = GapItem(3, gap(NIGHT, None))
    doubts = [one for rule in RULES for one in (rule.judge(silent, AROUND) if GapItem in rule.judges else ())]
    assert any(isinstance(one, Doubt) for one in doubts)
    assert {one.rule for one in doubts if isinstance(one, Finding)} <= {"unit_silent"}
