"""What the judge says of itself, and what waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.store.tables import judge_status

MOST_COUNTED = 100_000


class JudgeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`round_at`, `round_ms`: the last round that had something to do. `waiting`: marks that are due, counted up to
    `MOST_COUNTED`, the oldest since `waiting_since`. `vehicles` counts since `started_at`."""

    started_at: datetime
    seen_at: datetime
    round_at: datetime | None
    round_ms: int
    vehicles: int
    waiting: int
    waiting_since: datetime | None


async def report(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Writes the heartbeat; the caller commits."""
    statement = insert(judge_status).values({"id": 1, **values})
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=dict(values)))


_STATUS = f"""
select s.started_at, s.seen_at, s.round_at, s.round_ms, s.vehicles, w.waiting, w.waiting_since
from judge_status s, (
    select count(*) as waiting, min(since) as waiting_since from (
        select greatest(r.at, r.due) as since from recompute r
        where r.stage = 'trips' and (r.due is null or r.due <= clock_timestamp())
        order by r.id limit {MOST_COUNTED}
    ) due
) w
"""


async def read_judge_status(connection: AsyncConnection) -> JudgeStatus | None:
    """None when no judge ever ran on this database."""
    row = (await connection.execute(text(_STATUS))).one_or_none()
    return None if row is None else JudgeStatus(**row._mapping)


async def read_judge_heartbeat(connection: asyncpg.Connection) -> JudgeStatus | None:
    """The same on a bare connection; None also where the tables were not made yet."""
    if await connection.fetchval("select to_regclass('public.judge_status')") is None:
        return None
    row = await connection.fetchrow(_STATUS)
    return None if row is None else JudgeStatus(**dict(row))
