"""The broker's accounts: created, replaced, revoked, listed. Needs the owner's rights to write.

Passwords are not here, only their hashes; a revoked account keeps its row, so that its name is not forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.errors import Conflict, NotFound
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from fleet.store.tables import broker_account, registry_revision, unit

_RENDERING = 5303002  # advisory lock


class StoredBrokerAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account with its history; `revoked_at` is None while it may connect."""

    account: BrokerAccount
    created_at: datetime
    revoked_at: datetime | None


class UnitHome(msgspec.Struct, frozen=True, kw_only=True):
    """A registered unit: its id, and the division its topics carry."""

    unit_id: int
    division: int
    retired_at: datetime | None


async def find_unit(connection: AsyncConnection, code: str) -> UnitHome | None:
    row = (
        await connection.execute(select(unit.c.id, unit.c.division, unit.c.retired_at).where(unit.c.code == code))
    ).one_or_none()
    return None if row is None else UnitHome(unit_id=row.id, division=row.division, retired_at=row.retired_at)


async def create(connection: AsyncConnection, account: BrokerAccount, *, replace: bool = False) -> None:
    """Add the account; the caller commits. A revoked one of the same name comes back with what is given here.

    With `replace` an account that exists gets the new password and division. A unit's account is tied to the
    registered unit of its name. Raises Conflict when it exists, NotFound when the unit is not registered.
    """
    values: dict[str, object] = {
        "kind": account.kind.value,
        "division": account.division,
        "password_hash": account.password_hash,
        "unit_id": None,
    }
    if account.kind is BrokerAccountKind.UNIT:
        home = await find_unit(connection, account.username)
        if home is None:
            raise NotFound(f"no unit {account.username!r} is registered")
        values |= {"unit_id": home.unit_id, "division": home.division}
    again = {**values, "revoked_at": None, "created_at": func.now()}
    statement = (
        insert(broker_account)
        .values(username=account.username, **values)
        .on_conflict_do_update(
            index_elements=[broker_account.c.username],
            set_=again,
            where=None if replace else broker_account.c.revoked_at.is_not(None),
        )
        .returning(broker_account.c.username)
    )
    if (await connection.execute(statement)).one_or_none() is None:
        raise Conflict(f"the account {account.username!r} exists")


async def create_many(connection: AsyncConnection, accounts: Sequence[BrokerAccount]) -> None:
    """Add or replace many accounts in two statements; the caller commits. Raises NotFound as `create`."""
    codes = [account.username for account in accounts if account.kind is BrokerAccountKind.UNIT]
    rows = await connection.execute(select(unit.c.code, unit.c.id, unit.c.division).where(unit.c.code.in_(codes)))
    homes = {row.code: (row.id, row.division) for row in rows}
    if unknown := [code for code in codes if code not in homes]:
        raise NotFound(f"no unit {unknown[0]!r} is registered ({len(unknown)} such)")
    values = []
    for account in accounts:
        unit_id, division = homes.get(account.username, (None, account.division))
        values.append(
            {
                "username": account.username,
                "kind": account.kind.value,
                "unit_id": unit_id,
                "division": division,
                "password_hash": account.password_hash,
            }
        )
    if not values:
        return
    statement = insert(broker_account).values(values)
    new = statement.excluded
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[broker_account.c.username],
            set_={
                "kind": new.kind,
                "unit_id": new.unit_id,
                "division": new.division,
                "password_hash": new.password_hash,
                "created_at": func.now(),
                "revoked_at": None,
            },
        )
    )


async def revoke(connection: AsyncConnection, username: str, at: datetime) -> None:
    """Let the account connect no more; the caller commits. Raises NotFound when no such account may."""
    statement = (
        update(broker_account)
        .where(broker_account.c.username == username, broker_account.c.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(broker_account.c.username)
    )
    if (await connection.execute(statement)).one_or_none() is None:
        raise NotFound(f"there is no account {username!r} to revoke")


async def find(connection: AsyncConnection, username: str) -> StoredBrokerAccount | None:
    """The account called so, revoked ones too."""
    found = await _stored(connection, select(broker_account).where(broker_account.c.username == username))
    return found[0] if found else None


async def list_all(connection: AsyncConnection, kind: BrokerAccountKind | None = None) -> list[StoredBrokerAccount]:
    """Every account, revoked ones too, in the order of their names."""
    statement = select(broker_account).order_by(broker_account.c.username)
    if kind is not None:
        statement = statement.where(broker_account.c.kind == kind.value)
    return await _stored(connection, statement)


async def _stored(connection: AsyncConnection, statement: Select[Any]) -> list[StoredBrokerAccount]:
    return [
        StoredBrokerAccount(
            account=BrokerAccount(
                username=row.username,
                kind=BrokerAccountKind(row.kind),
                division=row.division,
                password_hash=row.password_hash,
            ),
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
        for row in await connection.execute(statement)
    ]


async def list_active(connection: AsyncConnection) -> list[BrokerAccount]:
    """The accounts that may connect: not revoked, and of no retired unit."""
    statement = (
        select(
            broker_account.c.username,
            broker_account.c.kind,
            broker_account.c.division,
            broker_account.c.password_hash,
        )
        .select_from(broker_account.outerjoin(unit, unit.c.id == broker_account.c.unit_id))
        .where(broker_account.c.revoked_at.is_(None), unit.c.retired_at.is_(None))
        .order_by(broker_account.c.username)
    )
    return [
        BrokerAccount(
            username=row.username,
            kind=BrokerAccountKind(row.kind),
            division=row.division,
            password_hash=row.password_hash,
        )
        for row in await connection.execute(statement)
    ]


class State(msgspec.Struct, frozen=True):
    """Changes whenever something may have changed who may connect."""

    registry_revision: int
    accounts: int
    created_at: datetime | None
    revoked_at: datetime | None


async def state(connection: AsyncConnection) -> State:
    counted = select(
        func.count(), func.max(broker_account.c.created_at), func.max(broker_account.c.revoked_at)
    ).select_from(broker_account)
    accounts, created_at, revoked_at = (await connection.execute(counted)).one()
    revision = (await connection.execute(select(registry_revision.c.revision))).scalar_one()
    return State(revision, accounts, created_at, revoked_at)


async def lock_rendering(connection: AsyncConnection) -> None:
    """Until the transaction ends nobody else renders the broker's files: the last to write has read what all wrote."""
    await connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _RENDERING})
