"""Lets old readings go: whole chunks of the hypertables, and the rows of the books that only they needed.

The ledger stays: it proves what became of every message, also of those whose readings are gone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.store.tables import READING_TABLES, batch, quarantine


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """What one round removed."""

    chunks: int
    batches: int
    quarantined: int


async def drop_old_readings(connection: AsyncConnection, keep_days: int, now: datetime) -> Dropped:
    """Remove what is older than `keep_days` before `now` (aware); the caller commits.

    Readings go by the day they were observed, a chunk at a time, so up to a day later than asked; batches by when
    they were received; quarantined messages only once they are resolved. Works as fleet_owner for this transaction
    (drop_chunks is the owner's right). Raises ValueError when less than a day is to be kept.
    """
    if keep_days < 1:
        raise ValueError(f"at least one day must be kept, not {keep_days}")
    before = now - timedelta(days=keep_days)
    await connection.execute(text("set local role fleet_owner"))
    chunks = 0
    for table in READING_TABLES:
        dropped = await connection.execute(
            text(
                "select count(*) from drop_chunks(cast(:table as regclass), older_than => cast(:before as timestamptz))"
            ),
            {"table": table.name, "before": before},
        )
        chunks += int(dropped.scalar_one())
    resolved = await connection.execute(
        delete(quarantine).where(quarantine.c.resolved_at.is_not(None), quarantine.c.received_at < before)
    )
    # A worker numbers on from its last batch: without that row it would begin anew with numbers that are taken.
    last = select(batch.c.worker, func.max(batch.c.n)).group_by(batch.c.worker)
    batches = await connection.execute(
        delete(batch).where(batch.c.received_at < before, tuple_(batch.c.worker, batch.c.n).not_in(last))
    )
    return Dropped(chunks=chunks, batches=batches.rowcount, quarantined=resolved.rowcount)
