"""What holds for whom and when: nearest organ, latest beginning, correction last; all by one pure function."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.policies import POLICIES, PolicyKind, PolicyVersion, resolve

RADIUS = POLICIES["unapproved_trip.radius_m"]
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def version(number: int, organ: int | None, value: int, day: int) -> PolicyVersion:
    return PolicyVersion(number, RADIUS.slug, organ, value, DAY + timedelta(days=day))


VERSIONS = [version(1, None, 60, 0), version(2, 10, 70, 5), version(3, 10, 71, 5), version(4, 100, 80, 9)]


@pytest.mark.parametrize(
    ("lineage", "day", "value"),
    [
        ([100, 10, 1], -1, 50),
        ([100, 10, 1], 0, 60),
        ([100, 10, 1], 5, 71),
        ([100, 10, 1], 9, 80),
        ([10, 1], 9, 71),
        ([11, 1], 9, 60),
        ([], 9, 60),
    ],
)
def test_the_nearest_then_the_latest_then_the_correction(lineage: list[int], day: int, value: int) -> None:
    assert resolve(RADIUS, VERSIONS, lineage, DAY + timedelta(days=day)).value == value


@given(st.permutations(VERSIONS), st.integers(-2, 12))
def test_the_order_of_the_versions_does_not_matter(versions: list[PolicyVersion], day: int) -> None:
    at = DAY + timedelta(days=day)
    assert resolve(RADIUS, versions, [100, 10, 1], at) == resolve(RADIUS, VERSIONS, [100, 10, 1], at)


def test_every_policy_accepts_its_default_and_refuses_other_kinds() -> None:
    wrong = {PolicyKind.NUMBER: True, PolicyKind.CLOCK: "25:00", PolicyKind.SWITCH: 1}
    for policy in POLICIES.values():
        assert policy.fault(policy.default) is None, policy.slug
        assert policy.fault(wrong[policy.kind]) is not None, policy.slug
        assert policy.fault(None) is not None
    assert RADIUS.fault(-1) is not None
