"""The administrator's account, made sure of whenever the product starts."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.errors import InvalidSettings
from fleet.identity.passwords import hash_password, password_matches
from fleet.model.registry import Role
from fleet.store import accounts

ADMINISTRATOR = "admin"
SHORTEST_PASSWORD = 8


async def ensure_admin(connection: AsyncConnection, password: str) -> None:
    """Make the account `admin` exist, enabled, as administrator, with `password`. The caller commits.

    Nothing is written when all this is so already, so that a restart ends nobody's session; a changed password
    ends every session of the account. Needs the owner's rights. Raises InvalidSettings for a short password.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidSettings(f"FLEET_ADMIN_PASSWORD: at least {SHORTEST_PASSWORD} characters, got {len(password)}")
    stored = await accounts.find_credentials(connection, ADMINISTRATOR)
    same = (
        stored is not None
        and stored.disabled_at is None
        and stored.role == Role.ADMINISTRATOR
        and password_matches(password, stored.password_hash)
    )
    if same:
        return
    await accounts.put_account(
        connection, username=ADMINISTRATOR, password_hash=hash_password(password), role=Role.ADMINISTRATOR
    )
