"""The table of permissions, and scopes made from accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet.identity.permissions import EVERYBODY, SENTENCES, TABLE, WRITES, Permission, may, permissions_of
from fleet.identity.scope import Limits, mask_phone, scope_of
from fleet.model.registry import Role

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_every_permission_has_its_roles_and_its_sentence() -> None:
    assert set(TABLE) == set(SENTENCES) == set(Permission)
    assert all(roles and roles <= EVERYBODY for roles in TABLE.values())


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.VIEWER])
def test_auditor_and_viewer_change_nothing_but_their_own_account(role: Role) -> None:
    assert not permissions_of(role) & WRITES


def test_the_documentation_shows_the_table() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "access.md").read_text()
    for permission, roles in TABLE.items():
        marks = " | ".join("yes" if role in roles else "" for role in Role)
        assert f"| `{permission.value}` | {marks} | {SENTENCES[permission]} |" in page


def test_the_administrator_runs_the_system() -> None:
    assert TABLE[Permission.MANAGE_ACCOUNTS] == {Role.ADMINISTRATOR}
    assert not may(Role.ADMINISTRATOR, Permission.UNMASK)


def test_a_token_narrows_and_never_widens() -> None:
    limits = Limits(organs=frozenset({2, 9}), division=530302, begin=NOW, read_only=True)
    narrowed = scope_of(Role.AUDITOR, frozenset({1, 2, 3}), limits)
    assert narrowed.organs == frozenset({2})
    assert narrowed.read_only
    assert not narrowed.everywhere
    assert scope_of(Role.AUDITOR, None, limits).organs == frozenset({2, 9})
    assert scope_of(Role.AUDITOR, None).everywhere
    assert not scope_of(Role.AUDITOR, None, Limits(division=530302)).everywhere
    assert hash(narrowed) == hash(scope_of(Role.AUDITOR, frozenset({1, 2, 3}), limits))


def test_spans_are_clipped_to_the_period_of_the_token() -> None:
    hour = timedelta(hours=1)
    scope = scope_of(Role.AUDITOR, None, Limits(begin=NOW, end=NOW + 2 * hour))
    assert scope.clipped(None, None) == (NOW, NOW + 2 * hour)
    assert scope.clipped(NOW + hour, NOW + 3 * hour) == (NOW + hour, NOW + 2 * hour)
    assert scope.holds_moment(NOW)
    assert not scope.holds_moment(NOW + 2 * hour)
    assert scope_of(Role.AUDITOR, None).clipped(None, NOW) == (None, NOW)


def test_a_masked_phone_keeps_what_tells_two_apart() -> None:
    assert mask_phone("13800000417") == "138****0417"
    assert mask_phone("0001230417") == "000***0417"
    assert mask_phone("12345") == "*****"
    assert mask_phone(None) is None
