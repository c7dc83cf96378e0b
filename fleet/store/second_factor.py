"""Second factors: the secret, whether it was confirmed, which code was taken last, which recovery codes are left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import any_, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import LargeBinary

from fleet.store.tables import second_factor


class Factor(msgspec.Struct, frozen=True):
    """`secret` as it is stored: encrypted, see `fleet.identity.totp_keys`."""

    secret: str
    confirmed: bool
    last_step: int
    recovery_left: int


async def find_factor(connection: AsyncConnection, account_id: int) -> Factor | None:
    """Locks the row: of two who show the same code at once, one comes too late."""
    row = (
        await connection.execute(
            select(
                second_factor.c.secret,
                second_factor.c.confirmed_at,
                second_factor.c.last_step,
                func.cardinality(second_factor.c.recovery).label("left"),
            )
            .where(second_factor.c.account_id == account_id)
            .with_for_update()
        )
    ).one_or_none()
    return None if row is None else Factor(row.secret, row.confirmed_at is not None, row.last_step, row.left)


async def enrol(connection: AsyncConnection, account_id: int, secret: str) -> bool:
    """Put a new secret that waits for its confirmation; False when a confirmed one is there already."""
    statement = (
        insert(second_factor)
        .values(account_id=account_id, secret=secret)
        .on_conflict_do_update(
            index_elements=[second_factor.c.account_id],
            set_={"secret": secret, "last_step": 0},
            where=second_factor.c.confirmed_at.is_(None),
        )
        .returning(second_factor.c.account_id)
    )
    return (await connection.execute(statement)).scalar_one_or_none() is not None


async def put_secret(connection: AsyncConnection, account_id: int, secret: str) -> None:
    """The same secret, encrypted otherwise."""
    await connection.execute(
        update(second_factor).where(second_factor.c.account_id == account_id).values(secret=secret)
    )


async def confirm(
    connection: AsyncConnection, account_id: int, *, at: datetime, step: int, recovery: Sequence[bytes]
) -> None:
    await connection.execute(
        update(second_factor)
        .where(second_factor.c.account_id == account_id)
        .values(confirmed_at=at, last_step=step, recovery=list(recovery))
    )


async def take_step(connection: AsyncConnection, account_id: int, step: int) -> None:
    """No code of this step or of an earlier one is taken again."""
    await connection.execute(
        update(second_factor).where(second_factor.c.account_id == account_id).values(last_step=step)
    )


async def take_recovery(connection: AsyncConnection, account_id: int, digest: bytes) -> bool:
    """Use a recovery code up; False when it is none of those that are left."""
    statement = (
        update(second_factor)
        .where(
            second_factor.c.account_id == account_id,
            second_factor.c.confirmed_at.is_not(None),
            literal(digest, LargeBinary) == any_(second_factor.c.recovery),
        )
        .values(recovery=func.array_remove(second_factor.c.recovery, literal(digest, LargeBinary)))
        .returning(second_factor.c.account_id)
    )
    return (await connection.execute(statement)).scalar_one_or_none() is not None


async def remove(connection: AsyncConnection, account_id: int) -> bool:
    statement = delete(second_factor).where(second_factor.c.account_id == account_id)
    return bool((await connection.execute(statement.returning(second_factor.c.account_id))).all())
