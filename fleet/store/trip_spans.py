"""Stored segments by vehicle and time, for whoever makes them again."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import msgspec
from sqlalchemy.dialects.postgresql import JSONB

from fleet.store.trips import TABLES, SegmentRow


async def running_segments(connection: asyncpg.Connection) -> list[tuple[str, int, int, datetime]]:
    """(table, id, vehicle, known to) of everything that runs."""
    rows = await connection.fetch(
        " union all ".join(f"select '{name}', id, vehicle_id, known_to from {name} where running" for name in TABLES)
    )
    return [tuple(row) for row in rows]


async def segments_begun(
    connection: asyncpg.Connection, name: str, vehicle_id: int, begins: datetime, ends: datetime | None
) -> list[SegmentRow]:
    """The rows of one table that have ended and began in [begins, ends), oldest first."""
    found = await segments_between(connection, name, vehicle_id, begins, ends)
    return [row for row in found if row["started_at"] >= begins]


async def segments_between(
    connection: asyncpg.Connection, name: str, vehicle_id: int, begins: datetime | None, ends: datetime | None
) -> list[SegmentRow]:
    """The rows of one table that have ended and overlap [begins, ends), oldest first, for `write_segments`."""
    table = TABLES[name]
    rows = await connection.fetch(
        f"select {', '.join(column.name for column in table.columns)} from {name} where vehicle_id = $1 and not running"
        " and ($2::timestamptz is null or known_to > $2) and ($3::timestamptz is null or started_at < $3)"
        " order by started_at",
        *(vehicle_id, begins, ends),
    )
    documents = [column.name for column in table.columns if isinstance(column.type, JSONB)]
    found: list[SegmentRow] = []
    for row in rows:
        values = dict(row)
        for document in documents:
            if values[document] is not None:
                values[document] = msgspec.Raw(values[document].encode())
        found.append(values)
    return found


async def standing_segments(
    connection: asyncpg.Connection, vehicle_id: int, begins: datetime, ends: datetime | None
) -> list[tuple[datetime, datetime, list[int], int]]:
    """(start, end, units, positions that were read in between) of the trips and stops that have ended and began in
    [begins, ends)."""
    rows = await connection.fetch(
        " union all ".join(
            f"select started_at, ended_at, unit_ids, positions from {name} where vehicle_id = $1 and not running"
            " and started_at >= $2 and ($3::timestamptz is null or started_at < $3)"
            for name in ("trip", "stop")
        ),
        *(vehicle_id, begins, ends),
    )
    return [tuple(row) for row in rows]
