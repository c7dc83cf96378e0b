"""Accounts and their tokens."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.registry import OrganKind, Role
from fleet.model.scope import NO_LIMITS, Limits
from fleet.store.registry import subtree
from fleet.store.tables import account, organ, token


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a log-in is checked against."""

    account_id: int
    password_hash: str
    role: str
    disabled_at: datetime | None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a valid token stands for, and until when.

    `organs` is the account's organ and everything below it; None = the whole city (no organ, or the city's own).
    """

    account_id: int
    username: str
    role: Role
    organ_id: int | None
    organ_name: str | None
    organs: frozenset[int] | None
    limits: Limits
    expires_at: datetime


async def find_credentials(connection: AsyncConnection, username: str) -> Credentials | None:
    row = (
        await connection.execute(
            select(account.c.id, account.c.password_hash, account.c.role, account.c.disabled_at).where(
                account.c.username == username
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return Credentials(account_id=row.id, password_hash=row.password_hash, role=row.role, disabled_at=row.disabled_at)


async def put_account(
    connection: AsyncConnection, *, username: str, password_hash: str, role: Role, organ_id: int | None = None
) -> int:
    """Create the account, or give it this password and role and enable it; its sessions end. Answers its id."""
    values = {
        "password_hash": password_hash,
        "role": role.value,
        "organ_id": organ_id,
        "disabled_at": None,
    }
    statement = (
        insert(account)
        .values(username=username, **values)
        .on_conflict_do_update(index_elements=[account.c.username], set_=values)
        .returning(account.c.id)
    )
    account_id: int = (await connection.execute(statement)).scalar_one()
    await connection.execute(
        update(token)
        .where(token.c.account_id == account_id, token.c.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    return account_id


async def add_token(
    connection: AsyncConnection, *, account_id: int, sha256: bytes, expires_at: datetime, label: str | None = None
) -> None:
    await connection.execute(
        token.insert().values(account_id=account_id, sha256=sha256, expires_at=expires_at, label=label)
    )


async def find_session(connection: AsyncConnection, sha256: bytes, at: datetime) -> Session | None:
    """The session of a token that is neither expired nor revoked, of an account that is not disabled."""
    statement = (
        select(
            account.c.id.label("account_id"),
            account.c.username,
            account.c.role,
            account.c.organ_id,
            organ.c.name.label("organ_name"),
            organ.c.kind.label("organ_kind"),
            token.c.expires_at,
        )
        .select_from(token.join(account, account.c.id == token.c.account_id).outerjoin(organ))
        .where(
            token.c.sha256 == sha256,
            token.c.revoked_at.is_(None),
            token.c.expires_at > at,
            account.c.disabled_at.is_(None),
        )
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    return Session(
        account_id=row.account_id,
        username=row.username,
        role=Role(row.role),
        organ_id=row.organ_id,
        organ_name=row.organ_name,
        organs=await _organs(connection, row.organ_id, row.organ_kind),
        limits=NO_LIMITS,
        expires_at=row.expires_at,
    )


async def _organs(connection: AsyncConnection, organ_id: int | None, kind: str | None) -> frozenset[int] | None:
    """The subtree of an organ; None for the city's node, above which and beside which there is nothing."""
    if organ_id is None or kind == OrganKind.CITY:
        return None
    return frozenset((await connection.execute(subtree(organ_id))).scalars())


async def revoke_token(connection: AsyncConnection, sha256: bytes, at: datetime) -> None:
    await connection.execute(
        update(token).where(token.c.sha256 == sha256, token.c.revoked_at.is_(None)).values(revoked_at=at)
    )
