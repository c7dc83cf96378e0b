"""Accounts: whom a log-in is checked against, and what an administrator does to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.registry import Role
from fleet.store.tables import account, login_session, organ, second_factor, token


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a log-in is checked against."""

    account_id: int
    password_hash: str
    role: str
    disabled_at: datetime | None


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


async def find_named(connection: AsyncConnection, usernames: Iterable[str]) -> dict[str, RowMapping]:
    """By username, those that there are, with version, password hash and when they were disabled."""
    wanted = select(account).where(account.c.username.in_(list(usernames)))
    return {row["username"]: row for row in (await connection.execute(wanted)).mappings()}


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
    for table in (token, login_session):
        await connection.execute(
            update(table)
            .where(table.c.account_id == account_id, table.c.revoked_at.is_(None))
            .values(revoked_at=func.now())
        )
    return account_id


def _shown() -> Select[Any]:
    return select(
        *(account.c[name] for name in ("id", "username", "role", "organ_id", "created_at", "disabled_at", "version")),
        organ.c.name.label("organ_name"),
        second_factor.c.confirmed_at.is_not(None).label("second_factor"),
    ).select_from(
        account.outerjoin(organ, organ.c.id == account.c.organ_id).outerjoin(
            second_factor, second_factor.c.account_id == account.c.id
        )
    )


async def list_accounts(
    connection: AsyncConnection,
    *,
    role: str | None = None,
    organ_id: int | None = None,
    q: str | None = None,
    after: int,
    limit: int,
) -> Sequence[RowMapping]:
    """Up to `limit` accounts with an id above `after`, without anything secret. `q` is a part of the name."""
    statement = _shown().where(account.c.id > after).order_by(account.c.id).limit(limit)
    if role is not None:
        statement = statement.where(account.c.role == role)
    if organ_id is not None:
        statement = statement.where(account.c.organ_id == organ_id)
    if q is not None:
        statement = statement.where(account.c.username.icontains(q, autoescape=True))
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def find_account(connection: AsyncConnection, account_id: int, *, lock: bool = False) -> RowMapping | None:
    """One account as in `list_accounts`; with `lock` nobody else changes it until the transaction ends."""
    statement = _shown().where(account.c.id == account_id)
    if lock:
        statement = statement.with_for_update(of=account)
    row: RowMapping | None = (await connection.execute(statement)).mappings().one_or_none()
    return row


async def create_account(
    connection: AsyncConnection, *, username: str, password_hash: str, role: Role, organ_id: int | None
) -> int | None:
    """Answers the new account's id; None when the name is taken."""
    statement = (
        insert(account)
        .values(username=username, password_hash=password_hash, role=role.value, organ_id=organ_id)
        .on_conflict_do_nothing(index_elements=[account.c.username])
        .returning(account.c.id)
    )
    account_id: int | None = (await connection.execute(statement)).scalar_one_or_none()
    return account_id


async def change_account(connection: AsyncConnection, account_id: int, values: Mapping[str, Any]) -> None:
    """Write columns of `account`; the database raises `version`."""
    await connection.execute(update(account).where(account.c.id == account_id).values(**values))


async def count_administrators(connection: AsyncConnection) -> int:
    """Those who can still log in. Locks them, so that two administrators cannot disable each other at once."""
    statement = (
        select(account.c.id)
        .where(account.c.role == Role.ADMINISTRATOR.value, account.c.disabled_at.is_(None))
        .order_by(account.c.id)
        .with_for_update()
    )
    return len((await connection.execute(statement)).all())


async def password_hash_of(connection: AsyncConnection, account_id: int) -> str | None:
    stored: str | None = (
        await connection.execute(select(account.c.password_hash).where(account.c.id == account_id))
    ).scalar_one_or_none()
    return stored
