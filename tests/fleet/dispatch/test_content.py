"""Purposes and plans: what each has to state, and what keeps one from being submitted."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fleet.dispatch.plans import plan_reasons
from fleet.dispatch.purposes import PURPOSES, purpose_reasons
from fleet.dispatch.reasons import codes
from fleet.model.orders import PermittedArea, Place
from tests.fleet.dispatch.builders import HOUR, NOW, QILIN, ZHANYI, plan

KUNMING = Place(name="昆明市某地", lat_e7=250389000, lon_e7=1027183000)


@pytest.mark.parametrize("slug", PURPOSES)
def test_every_purpose_says_what_it_needs(slug: str) -> None:
    purpose = PURPOSES[slug]
    assert purpose.slug == slug
    assert re.fullmatch(r"[a-z_]+", slug)
    assert purpose.zh
    assert purpose.en
    required = [fact for fact in purpose.facts if fact.required]
    assert required, "a purpose without a fact cannot be followed up"
    found = purpose_reasons(slug, {}, emergency=False)
    assert [one.value for one in found] == [fact.slug for fact in required]
    assert all(fact.zh in one.zh and fact.en in one.en for fact, one in zip(required, found, strict=True))
    whole = {fact.slug: "某" * max(10, fact.least) for fact in required}
    assert purpose_reasons(slug, whole, emergency=purpose.emergency) == []
    assert codes(purpose_reasons(slug, whole, emergency=True)) == ([] if purpose.emergency else ["no_emergency"])
    assert codes(purpose_reasons(slug, {**whole, "colour": "red"}, emergency=False)) == ["fact_unknown"]


def test_the_facts_that_the_rules_name() -> None:
    assert codes(purpose_reasons("official_reception", {"guests": "某单位"}, emergency=False)) == ["fact_missing"]
    assert PURPOSES["confidential_mail"].facts[0].slug == "route"
    assert codes(purpose_reasons("other", {"description": "有事"}, emergency=False)) == ["fact_length"]
    assert codes(purpose_reasons("joyride", {}, emergency=False)) == ["purpose_unknown"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"ends_at": NOW}, ["window_empty", "window_past"]),
        ({"begins_at": NOW - 3 * HOUR, "ends_at": NOW - HOUR}, ["window_past"]),
        ({"ends_at": NOW + 800 * HOUR}, ["window_too_long"]),
        ({"destinations": ()}, ["destinations"]),
        ({"destinations": (ZHANYI,) * 21}, ["destinations"]),
        ({"passengers": -1}, ["passengers"]),
        ({"destinations": (KUNMING,)}, ["outside_permitted_area"]),
        ({"destinations": (KUNMING,), "area": PermittedArea.PROVINCE}, []),
        ({"area": PermittedArea.COUNTY}, ["county_missing"]),
        ({"area": PermittedArea.COUNTY, "division": 530302}, ["outside_permitted_area"]),
        ({"area": PermittedArea.COUNTY, "division": 530302, "destinations": (QILIN,)}, []),
        ({"area": PermittedArea.COUNTY, "division": 530300}, ["county_missing"]),
    ],
)
def test_what_is_wrong_with_a_plan(values: dict[str, Any], expected: list[str]) -> None:
    found = plan_reasons(plan(**values), now=NOW, longest_s=30 * 86_400, emergency=False)
    assert codes(found) == expected
    assert all(one.zh and one.en for one in found)


def test_an_emergency_is_written_down_afterwards() -> None:
    over = plan(begins_at=NOW - 3 * HOUR, ends_at=NOW - HOUR)
    assert plan_reasons(over, now=NOW, longest_s=30 * 86_400, emergency=True) == []
