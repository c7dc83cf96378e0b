"""Lets old readings go: whole chunks of the hypertables, and the rows of the books that only they needed.

The ledger stays: it proves what became of every message, also of those whose readings are gone. Trips and their tracks
stay. Nothing goes that somebody still has to read: `GUARDS` say from when on everything is needed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, func, select, text, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.errors import StoreUnavailable
from fleet.store.tables import READING_TABLES, batch, follow_cursor, quarantine

Guard = Callable[[AsyncConnection], Awaitable[datetime | None]]
"""Answers since when readings must stay; None = nothing has to. Asked while nobody can write any."""


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """What one round removed. `held_from`: readings from then on had to stay, although they are old enough."""

    chunks: int
    batches: int
    quarantined: int
    held_from: datetime | None = None


async def not_folded_yet(connection: AsyncConnection) -> datetime | None:
    """The earliest reading of a batch that the monitor's snapshots have not seen, or that it has to fold again."""
    found = await connection.execute(text(NOT_FOLDED))
    moment: datetime | None = found.scalar_one()
    return moment


LOCK_NOT_AVAILABLE = "55P03"

GUARDS: tuple[Guard, ...] = (not_folded_yet,)

NOT_FOLDED = """
select least(
    (select min(b.observed_from) from generate_series(0, 15) as w
        cross join lateral (
            select observed_from from batch
            where worker = w and n > coalesce((select snapshot_n from follow_cursor c where c.worker = w), 0)
        ) as b),
    (select min(from_at) from late_span),
    (select min(coalesce(lower(period), '1970-01-01')) from recompute
        where stage = 'readings' and reason not in ('area', 'vehicle.history'))
)
"""


async def drop_old_readings(
    connection: AsyncConnection, keep_days: int, now: datetime, guards: tuple[Guard, ...] = GUARDS
) -> Dropped:
    """Remove what is older than `keep_days` before `now` (aware); the caller commits.

    Readings go by the day they were observed, a chunk at a time, so up to a day later than asked; batches by when
    they were received; quarantined messages only once they are resolved. Works as fleet_owner for this transaction
    (drop_chunks is the owner's right). Raises ValueError when less than a day is to be kept, StoreUnavailable when
    somebody holds the tables for long: the next round is soon enough, and ingest must not wait behind us.
    """
    if keep_days < 1:
        raise ValueError(f"at least one day must be kept, not {keep_days}")
    before = now - timedelta(days=keep_days)
    await connection.execute(text("set local role fleet_owner"))
    try:
        chunks, held_from = await _drop_chunks(connection, before, guards)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise StoreUnavailable(
            "a transaction that has been open for long holds the readings; nothing was dropped this time"
        ) from error
    await _thin_checkpoints(connection, before)
    resolved = await connection.execute(
        delete(quarantine).where(quarantine.c.resolved_at.is_not(None), quarantine.c.received_at < before)
    )
    # A worker numbers on from its last batch: without that row it would begin anew with numbers that are taken.
    last = select(batch.c.worker, func.max(batch.c.n)).group_by(batch.c.worker)
    followed = select(follow_cursor.c.snapshot_n).where(follow_cursor.c.worker == batch.c.worker).scalar_subquery()
    batches = await connection.execute(
        delete(batch).where(
            batch.c.received_at < before, batch.c.n <= followed, tuple_(batch.c.worker, batch.c.n).not_in(last)
        )
    )
    return Dropped(chunks=chunks, batches=batches.rowcount, quarantined=resolved.rowcount, held_from=held_from)


async def _drop_chunks(
    connection: AsyncConnection, before: datetime, guards: tuple[Guard, ...]
) -> tuple[int, datetime | None]:
    """How many went, and since when something was held back."""
    await connection.execute(text("set local lock_timeout = '5s'"))
    # A batch of old readings that is committed while we look would be dropped unread.
    await connection.execute(text("lock table position_reading, usage_reading, event_reading in share mode"))
    needed = [moment for guard in guards if (moment := await guard(connection)) is not None and moment < before]
    held_from = min(needed, default=None)
    chunks = 0
    for table in READING_TABLES:
        dropped = await connection.execute(
            text(
                "select count(*) from drop_chunks(cast(:table as regclass), older_than => cast(:before as timestamptz))"
            ),
            {"table": table.name, "before": before if held_from is None else held_from},
        )
        chunks += int(dropped.scalar_one())
    return chunks, held_from


async def _thin_checkpoints(connection: AsyncConnection, before: datetime) -> None:
    """Of a vehicle's checkpoints from before, the last is enough: between them nothing can be folded again."""
    await connection.execute(
        text(
            "delete from fold_checkpoint c where observed_at < :before and exists (select from fold_checkpoint d"
            " where d.vehicle_id = c.vehicle_id and d.observed_at < :before and"
            " (d.observed_at, d.kind, d.unit_id, d.run, d.seq, d.event)"
            " > (c.observed_at, c.kind, c.unit_id, c.run, c.seq, c.event))"
        ),
        {"before": before},
    )
