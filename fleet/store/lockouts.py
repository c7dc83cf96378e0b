"""Failed log-ins by name and address, kept through restarts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.failures import Failures
from fleet.store.tables import login_failure

FORGOTTEN_AFTER = timedelta(days=2)


async def find_failures(connection: AsyncConnection, username: str, address: str) -> Failures | None:
    row = (
        await connection.execute(
            select(login_failure.c.failures, login_failure.c.last_at, login_failure.c.locked_until).where(
                login_failure.c.username == username, login_failure.c.address == address
            )
        )
    ).one_or_none()
    return None if row is None else Failures(row.failures, row.last_at, row.locked_until)


async def put_failures(connection: AsyncConnection, username: str, address: str, failures: Failures) -> None:
    """Store them, and forget what nobody has added to for days."""
    values = {"failures": failures.count, "last_at": failures.last_at, "locked_until": failures.locked_until}
    await connection.execute(
        insert(login_failure)
        .values(username=username, address=address, **values)
        .on_conflict_do_update(index_elements=[login_failure.c.username, login_failure.c.address], set_=values)
    )
    await connection.execute(delete(login_failure).where(login_failure.c.last_at < failures.last_at - FORGOTTEN_AFTER))


async def clear(connection: AsyncConnection, username: str, address: str | None = None) -> int:
    """Forgive a name's failures, from one address or from all; answers how many addresses that were."""
    statement = delete(login_failure).where(login_failure.c.username == username)
    if address is not None:
        statement = statement.where(login_failure.c.address == address)
    return len((await connection.execute(statement.returning(login_failure.c.address))).all())


async def locked_until(connection: AsyncConnection, username: str, at: datetime) -> datetime | None:
    """The latest lock of the name that has not ended at `at`; None = it is open from everywhere."""
    statement = select(login_failure.c.locked_until).where(
        login_failure.c.username == username, login_failure.c.locked_until > at
    )
    return max((row.locked_until for row in await connection.execute(statement)), default=None)
