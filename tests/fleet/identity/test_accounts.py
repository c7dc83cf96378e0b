"""Passwords, tokens, roles, and the administrator's account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from fleet.errors import InvalidSettings
from fleet.identity.accounts import ADMINISTRATOR, ensure_admin
from fleet.identity.passwords import hash_password, password_matches
from fleet.identity.roles import RIGHTS, Right, may
from fleet.identity.tokens import new_token, token_digest
from fleet.model.registry import Role
from fleet.store import accounts
from fleet.store.pool import create_engine

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_password_matches_its_own_hash_only() -> None:
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert hash_password("correct horse") != stored
    assert password_matches("correct horse", stored)
    assert not password_matches("wrong horse", stored)
    assert not password_matches("correct horse", None)
    assert not password_matches("correct horse", "no hash at all")


def test_tokens_are_long_random_and_stored_as_digests() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) > 40
    assert len(token_digest(tokens.pop())) == 32


def test_every_role_has_its_rights_written_down() -> None:
    assert set(RIGHTS) == set(Role)
    assert may(Role.ADMINISTRATOR, Right.RETRY_QUARANTINE)
    assert not may(Role.AUDITOR, Right.RETRY_QUARANTINE)
    assert not may(Role.VIEWER, Right.SEE_CONFIDENTIAL)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = create_engine(database_url)
    yield made
    await made.dispose()


@pytest.mark.store
async def test_the_administrator_exists_with_the_password_of_today(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await ensure_admin(connection, "first password")
        stored = await accounts.find_credentials(connection, ADMINISTRATOR)
        assert stored is not None
        assert stored.role == Role.ADMINISTRATOR
        await accounts.add_token(
            connection, account_id=stored.account_id, sha256=b"x" * 32, expires_at=NOW + timedelta(hours=1)
        )
        await ensure_admin(connection, "first password")
        unchanged = await accounts.find_credentials(connection, ADMINISTRATOR)
        assert unchanged == stored
        assert await accounts.find_session(connection, b"x" * 32, NOW) is not None, "a restart ends no session"
        await ensure_admin(connection, "second password")
        changed = await accounts.find_credentials(connection, ADMINISTRATOR)
        assert changed is not None
        assert password_matches("second password", changed.password_hash)
        assert await accounts.find_session(connection, b"x" * 32, NOW) is None, "a new password ends them"


@pytest.mark.store
async def test_a_short_password_is_refused(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        with pytest.raises(InvalidSettings, match="at least 8"):
            await ensure_admin(connection, "short")
