"""The books as they are shown: sums that must add up, and which sequence numbers are missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, Select, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.scoped import unit_visible
from fleet.store.tables import batch, ingest_worker, latest_state, ledger, ledger_hour

Rows = Sequence[Row[*tuple[Any, ...]]]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the samples of one kind."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0


_NUMBERS = ("received", "stored", "duplicate", "quarantined")


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What is summed: hours that begin in [begin, end), of one unit or of all that may be seen at `at`."""

    scope: Scope
    at: datetime
    begin: datetime | None
    end: datetime | None
    unit_id: int | None = None

    @property
    def source(self) -> Table:
        """The small table holds the sums over all units; whoever sees fewer units gets sums over those."""
        return ledger_hour if self.unit_id is None and self.scope.everywhere else ledger


def _in_span(span: Span, *columns: str) -> Select[Any]:
    """Sums grouped by `columns`."""
    source = span.source
    statement = select(
        *(source.c[name] for name in columns),
        *(func.coalesce(func.sum(source.c[name]), 0).label(name) for name in _NUMBERS),
    ).group_by(*(source.c[name] for name in columns))
    if source is ledger:
        statement = statement.where(unit_visible(span.scope, ledger.c.unit_id, span.at))
    if span.unit_id is not None:
        statement = statement.where(ledger.c.unit_id == span.unit_id)
    begin, end = span.scope.clipped(span.begin, span.end)
    if begin is not None:
        statement = statement.where(source.c.hour >= begin)
    if end is not None:
        statement = statement.where(source.c.hour < end)
    return statement


async def sums_by_kind(connection: AsyncConnection, span: Span) -> dict[int, Counts]:
    """The sums over all hours of the span, by number of kind."""
    rows = await connection.execute(_in_span(span, "kind"))
    return {row.kind: _counts(row) for row in rows}


async def sums_by_hour(
    connection: AsyncConnection, span: Span, *, limit: int
) -> list[tuple[datetime, dict[int, Counts]]]:
    """The latest `limit` hours of the span, newest first, each with its sums by number of kind."""
    source = span.source
    hours = _in_span(span, "hour").order_by(source.c.hour.desc()).limit(limit).subquery()
    rows = await connection.execute(
        _in_span(span, "hour", "kind")
        .where(source.c.hour.in_(select(hours.c.hour)))
        .order_by(source.c.hour.desc(), source.c.kind)
    )
    result: list[tuple[datetime, dict[int, Counts]]] = []
    for row in rows:
        if not result or result[-1][0] != row.hour:
            result.append((row.hour, {}))
        result[-1][1][row.kind] = _counts(row)
    return result


def _counts(row: Row[*tuple[Any, ...]]) -> Counts:
    return Counts(
        received=int(row.received),
        stored=int(row.stored),
        duplicate=int(row.duplicate),
        quarantined=int(row.quarantined),
    )


# A run begins at 0 or at 1; which of the two is only known once 0 was seen. Numbers below `oldest_seq` that are not
# committed will never come: the unit has said that it no longer holds them.
_BOUNDS = """
select division, kind, run, oldest_seq, committed, touched_at,
    case when committed @> 0::bigint then 0 else 1 end as first_seq,
    greatest(upper(committed) - 1, oldest_seq - 1) as last_seq
from receipt where unit = :unit
"""

_RUNS = text(f"""
select division, kind, run, oldest_seq, first_seq, last_seq, touched_at,
    (select coalesce(sum(upper(piece) - lower(piece)), 0) from unnest(committed) as piece) as committed
from ({_BOUNDS}) as bounds
order by division, kind, run
""")

_HOLES = text(f"""
select division, kind, run, lower(hole) as first, upper(hole) - 1 as last, state
from ({_BOUNDS}) as bounds,
lateral (values
    ('gone', int8range(first_seq, greatest(first_seq, least(coalesce(oldest_seq, first_seq), last_seq + 1)))),
    ('open', int8range(greatest(first_seq, coalesce(oldest_seq, first_seq)),
        greatest(first_seq, coalesce(oldest_seq, first_seq), last_seq + 1)))
) as part (state, span),
lateral unnest(int8multirange(span) - committed) as hole
order by division, kind, run, first
limit :limit
""")

_MISSING = text(f"""
select division, kind, run, state, count(*) as holes, sum(upper(hole) - lower(hole)) as missing
from ({_BOUNDS}) as bounds,
lateral (values
    ('gone', int8range(first_seq, greatest(first_seq, least(coalesce(oldest_seq, first_seq), last_seq + 1)))),
    ('open', int8range(greatest(first_seq, coalesce(oldest_seq, first_seq)),
        greatest(first_seq, coalesce(oldest_seq, first_seq), last_seq + 1)))
) as part (state, span),
lateral unnest(int8multirange(span) - committed) as hole
group by division, kind, run, state
""")


async def numbered_runs(connection: AsyncConnection, unit: str) -> Rows:
    """Every run of the unit's samples: its bounds and how many of its numbers are committed."""
    return (await connection.execute(_RUNS, {"unit": unit})).all()


async def missing_by_run(connection: AsyncConnection, unit: str) -> Rows:
    """How many numbers each run lacks, by state: `open` (may still come) or `gone` (the unit no longer holds them)."""
    return (await connection.execute(_MISSING, {"unit": unit})).all()


async def holes(connection: AsyncConnection, unit: str, *, limit: int) -> Rows:
    """The missing numbers as ranges `first`-`last`, both inclusive: at most `limit` of them."""
    return (await connection.execute(_HOLES, {"unit": unit, "limit": limit})).all()


class Worker(msgspec.Struct, frozen=True):
    """An ingest worker as it last described itself."""

    seen_at: datetime
    connected: bool
    waiting_messages: int = 0


class IngestHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What the books say of the ingest service."""

    workers: tuple[Worker, ...]
    broker_dropped: int | None
    last_batch_at: datetime | None
    last_batch_took_s: float | None = None  # from the receipt of its first message until it was committed
    online_units: int  # reporting when ingest last wrote
    received: int  # in the window
    quarantined: int


# At most 16 workers: one step into the primary key each, instead of a scan of the whole book.
_LAST_BATCH = text("""
select committed_at, extract(epoch from committed_at - received_at)::float8 as took_s
from generate_series(0, 15) as w (worker),
lateral (select committed_at, received_at from batch where batch.worker = w.worker order by n desc limit 1) as last
order by committed_at desc limit 1
""")


async def ingest_health(
    connection: AsyncConnection, *, window_from: datetime, reported_within: timedelta
) -> IngestHealth:
    """Everything the readiness of the service is judged by, counted from `window_from` on.

    Online counts a unit that says so and sent a position `reported_within` before the last batch: who stopped long
    before ingest did is no sign that ingest stands still.
    """
    workers = (
        await connection.execute(
            select(
                ingest_worker.c.seen_at,
                ingest_worker.c.connected,
                ingest_worker.c.waiting_messages,
                ingest_worker.c.broker_dropped,
            )
        )
    ).all()
    last = (await connection.execute(_LAST_BATCH)).one_or_none()
    last_batch_at: datetime | None = None if last is None else last.committed_at
    recent = (
        await connection.execute(
            select(
                func.coalesce(func.sum(batch.c.received), 0).label("received"),
                func.coalesce(func.sum(batch.c.quarantined), 0).label("quarantined"),
            ).where(batch.c.received_at >= window_from)
        )
    ).one()
    online = 0
    if last_batch_at is not None:
        online = (
            await connection.execute(
                select(func.count()).where(
                    latest_state.c.online.is_(True),
                    latest_state.c.position_received_at >= last_batch_at - reported_within,
                )
            )
        ).scalar_one()
    return IngestHealth(
        workers=tuple(Worker(row.seen_at, row.connected, row.waiting_messages) for row in workers),
        broker_dropped=max((row.broker_dropped for row in workers if row.broker_dropped is not None), default=None),
        last_batch_at=last_batch_at,
        last_batch_took_s=None if last is None else max(0.0, last.took_s),
        online_units=online,
        received=int(recent.received),
        quarantined=int(recent.quarantined),
    )


_MINUTES = text("""
select date_trunc('minute', received_at) as at, sum(received)::int8 as received, sum(quarantined)::int8 as quarantined,
    greatest(0, max(extract(epoch from committed_at - received_at)))::float8 as lag_s
from batch where received_at >= :begin group by 1 order by 1
""")


async def by_minute(connection: AsyncConnection, begin: datetime) -> Rows:
    """What came in each minute since `begin`, and the longest that a batch of it took until it was committed."""
    return (await connection.execute(_MINUTES, {"begin": begin})).all()
