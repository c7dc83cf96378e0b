"""What ingest and its downlink read of the registry and of the books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from fleet.model.batch import LedgerKey, ReceiptKey


class ReceiptRow(NamedTuple):
    key: ReceiptKey
    revision: int
    ranges: str  # as the database says them; read where a receipt is due, not at every look
    oldest_seq: int | None

    @property
    def committed(self) -> list[tuple[int, int]]:
        """First and last of each span, both included, sorted."""
        found = [one.split(",") for one in self.ranges[2:-2].split("),[")] if len(self.ranges) > 2 else []
        return [(int(first), int(after) - 1) for first, after in found]


class QuarantinedMessage(NamedTuple):
    id: int
    topic: str
    payload: bytes
    received_at: datetime
    key: LedgerKey


async def registry_revision(connection: asyncpg.Connection) -> int:
    revision: int = await connection.fetchval("select revision from registry_revision where id = 1")
    return revision


async def registered_units(connection: asyncpg.Connection) -> list[tuple[str, int, int]]:
    """Code, id and division of every unit."""
    rows = await connection.fetch("select code, id, division from unit")
    return [(row["code"], row["id"], row["division"]) for row in rows]


async def receipts_after(connection: asyncpg.Connection, revision: int, since: datetime) -> list[ReceiptRow]:
    """Receipt rows of a later revision that were touched since; a revision is visible only after all earlier ones."""
    rows = await connection.fetch(
        "select division, unit, kind, run, revision, committed::text, oldest_seq from receipt"
        " where revision > $1 and touched_at >= $2 order by revision",
        revision,
        since,
    )
    return [
        ReceiptRow(ReceiptKey(division, unit, kind, run), revision, ranges, oldest_seq)
        for division, unit, kind, run, revision, ranges, oldest_seq in rows
    ]


async def requested_retries(connection: asyncpg.Connection, most: int) -> list[QuarantinedMessage]:
    rows = await connection.fetch(
        "select id, topic, payload, received_at, hour, unit_id, kind from quarantine"
        " where retry_requested_at is not null and resolved_at is null order by id limit $1",
        most,
    )
    return [
        QuarantinedMessage(
            *(row["id"], row["topic"], row["payload"], row["received_at"]),
            LedgerKey(row["hour"], row["unit_id"], row["kind"]),
        )
        for row in rows
    ]


async def retry_failed(connection: asyncpg.Connection, ids: Sequence[int]) -> None:
    """Puts messages back that are still refused."""
    await connection.execute(
        "update quarantine set retry_requested_at = null, retries = retries + 1 where id = any($1::bigint[])", list(ids)
    )


async def still_quarantined(connection: asyncpg.Connection, ids: Sequence[int]) -> list[int]:
    """Those of `ids` that no retry has resolved."""
    rows = await connection.fetch(
        "select id from quarantine where id = any($1::bigint[]) and resolved_at is null", list(ids)
    )
    return [row["id"] for row in rows]


async def report_worker(
    connection: asyncpg.Connection,
    worker: int,
    *,
    started_at: datetime,
    seen_at: datetime,
    connected: bool,
    waiting_messages: int,
    broker_dropped: int | None,
) -> None:
    await connection.execute(
        "insert into ingest_worker (worker, started_at, seen_at, connected, waiting_messages, broker_dropped)"
        " values ($1, $2, $3, $4, $5, $6) on conflict (worker) do update set started_at = excluded.started_at,"
        " seen_at = excluded.seen_at, connected = excluded.connected, waiting_messages = excluded.waiting_messages,"
        " broker_dropped = coalesce(excluded.broker_dropped, ingest_worker.broker_dropped)",
        *(worker, started_at, seen_at, connected, waiting_messages, broker_dropped),
    )
