"""Passwords, tokens, roles, and the administrator's account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from fleet.errors import InvalidSettings
from fleet.identity.accounts import ADMINISTRATOR, ensure_admin
from fleet.identity.passwords import hash_password, password_matches
from fleet.identity.tokens import new_token, token_digest
from fleet.model.registry import Role
from fleet.store import accounts, tokens
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
        wanted = tokens.PersonalToken(label="test", expires_at=NOW + timedelta(hours=1))
        await tokens.add_personal(connection, stored.account_id, b"x" * 32, wanted)
        await ensure_admin(connection, "first password")
        unchanged = await accounts.find_credentials(connection, ADMINISTRATOR)
        assert unchanged == stored
        assert await tokens.find_session(connection, b"x" * 32, NOW) is not None, "a restart ends no session"
        await ensure_admin(connection, "second password")
        changed = await accounts.find_credentials(connection, ADMINISTRATOR)
        assert changed is not None
        assert password_matches("second password", changed.password_hash)
        assert await tokens.find_session(connection, b"x" * 32, NOW) is None, "a new password ends them"


@pytest.mark.store
async def test_a_short_password_is_refused(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        with pytest.raises(InvalidSettings, match="at least 8"):
            await ensure_admin(connection, "short")
