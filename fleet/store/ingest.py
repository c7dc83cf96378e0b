"""Writes one batch in one transaction: readings, latest state, ledger, quarantine, receipts, and the batch's own row.

Every count is made where the thing happens (received at the splitter, stored by INSERT, duplicates by comparison with
what is stored), and the database's CHECKs compare them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec

from fleet.model.batch import BatchWrite, Count, LedgerKey, QuarantineRow, Row, spans
from fleet.store.batch_readings import BatchReadings
from fleet.store.outbox import take_answers
from fleet.store.unit_columns import ON_LEDGER, ON_RECEIPT, Outcome, UnitColumns

WORKER_BITS = 4
"""A reading's `batch` is n * 16 + worker, so that numbers of all workers rise together and BRIN stays sharp."""

_COUNTED = ("received", "stored", "duplicate", "quarantined")


class Written(NamedTuple):
    n: int
    revision: int
    received: int
    stored: int
    duplicate: int
    quarantined: int


class BatchStore:
    """One connection, one worker, one open transaction at a time."""

    def __init__(self, connection: asyncpg.Connection, worker: int) -> None:
        self._connection = connection
        self._worker = worker
        self._next = 0
        self._readings = BatchReadings(connection)
        self._units = UnitColumns(connection)

    async def prepare(self) -> None:
        """Makes the staging tables and finds the next batch number."""
        await self._readings.prepare()
        await self._units.prepare()
        last = await self._connection.fetchval("select max(n) from batch where worker = $1", self._worker)
        self._next = (last or 0) + 1

    async def written(self, n: int) -> Written:
        """What became of batch `n` of this worker, which is committed."""
        row = await self._connection.fetchrow(
            "select n, revision, received, stored, duplicate, quarantined from batch where worker = $1 and n = $2",
            self._worker,
            n,
        )
        assert row is not None
        return Written(*row)

    @property
    def next_number(self) -> int:
        return self._next

    async def write(self, batch: BatchWrite) -> Written:
        """Commits `batch` and returns what became of it.

        Raises whatever the driver raises; nothing is written then, unless the connection broke during COMMIT.
        """
        async with self._connection.transaction():
            written = await self._write(batch, self._next)
        self._next += 1
        return written

    async def _write(self, batch: BatchWrite, n: int) -> Written:
        number = (n << WORKER_BITS) | self._worker
        counts = {key: Count(c.received, c.stored, c.duplicate, c.quarantined) for key, c in batch.counts.items()}
        quarantine = list(batch.quarantine)
        outcomes = await self._readings.insert(batch, number, counts, quarantine)
        # From here to COMMIT the workers go one after the other: revisions become visible in their order, and rows that
        # several workers write (latest state, ledger, receipts) are taken in no order that could deadlock.
        revision: int = await self._connection.fetchval(
            "update live_revision set revision = revision + 1 where id = 1 returning revision"
        )
        changed = await self._update_latest(batch, revision)
        for status in batch.statuses:
            for key in status.redelivered if status.unit_id not in changed else ():
                counts[key].stored -= 1
                counts[key].duplicate += 1
        await take_answers(self._connection, batch.answers, counts, quarantine, batch.quarantine_of)
        await self._resolve(batch, counts)
        await self._insert_quarantine(quarantine, number)
        await self._update_receipts(batch, revision)
        return await self._close_books(batch, n, revision, counts, outcomes)

    async def _update_latest(self, batch: BatchWrite, revision: int) -> set[int]:
        for table, columns in batch.latest.items():
            await self._units.update_latest(table, columns, revision, batch.received_at)
        if not batch.statuses:
            return set()
        rows = await self._connection.fetch(LATEST_STATUS, revision, *_columns([s[:3] for s in batch.statuses]))
        return {row["unit_id"] for row in rows}

    async def _insert_quarantine(self, rows: Sequence[QuarantineRow], number: int) -> None:
        if not rows:
            return
        names = ("received_at", "batch", "topic", "payload", "reason", "reasons", "unit_id", "kind", "hour")
        await self._connection.copy_records_to_table(
            "quarantine",
            columns=names,
            records=[
                (
                    *(row.received_at, number, row.topic, row.payload, row.reasons[0].code),
                    msgspec.json.encode(row.reasons).decode(),
                    *(row.key.unit_id, row.key.kind, row.key.hour),
                )
                for row in rows
            ],
        )

    async def _resolve(self, batch: BatchWrite, counts: dict[LedgerKey, Count]) -> None:
        """Takes what a successful retry moved elsewhere out of the ledger rows that counted it as quarantined."""
        if not batch.resolved:
            return
        for _, key in batch.resolved:
            count = counts.setdefault(key, Count())
            count.received -= 1
            count.quarantined -= 1
        await self._connection.execute(
            "update quarantine set resolved_at = $2, resolution = 'retried', retry_requested_at = null,"
            " retries = retries + 1 where id = any($1::bigint[])",
            [identifier for identifier, _ in batch.resolved],
            batch.received_at,
        )

    async def _update_receipts(self, batch: BatchWrite, revision: int) -> None:
        await self._units.add_to_receipts(batch.receipt_columns, revision, batch.received_at)
        if not batch.receipts:
            return
        rows = [
            (*key, _multirange([*gain.spans, *spans(gain.numbers)]), gain.oldest_seq, gain.observed_at)
            for key, gain in batch.receipts.items()
        ]
        await self._connection.execute(RECEIPT, revision, batch.received_at, *_columns(rows))

    async def _close_books(
        self, batch: BatchWrite, n: int, revision: int, counts: dict[LedgerKey, Count], outcomes: Sequence[Outcome]
    ) -> Written:
        hours: dict[tuple[datetime, int], Counter[str]] = {}
        for key, c in counts.items():
            hours.setdefault((key.hour, key.kind), Counter()).update(
                received=c.received, stored=c.stored, duplicate=c.duplicate, quarantined=c.quarantined
            )
        for book, stored, duplicate, quarantined in outcomes:
            for place, hour in enumerate(book.hours):
                here = book.hour_of == place
                if not here.any():
                    continue
                hours.setdefault((hour, book.kind), Counter()).update(
                    received=int(book.received[here].sum()),
                    stored=int(stored[here].sum()),
                    duplicate=int(duplicate[here].sum()),
                    quarantined=int(quarantined[here].sum()),
                )
        total = Count(*(sum(sums[name] for sums in hours.values()) for name in _COUNTED))
        await self._units.add_to_ledger(outcomes)
        if counts:
            rows = [(*key, c.received, c.stored, c.duplicate, c.quarantined) for key, c in counts.items()]
            await self._connection.execute(LEDGER, *_columns(rows))
        if hours:
            hour_rows = [(*key, *(sums[name] for name in _COUNTED)) for key, sums in sorted(hours.items())]
            await self._connection.execute(LEDGER_HOUR, *_columns(hour_rows))
        await self._connection.execute(
            "insert into batch (worker, n, received_at, revision, messages, received, stored, duplicate, quarantined,"
            " observed_from, observed_to, unknown_fields) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            *(self._worker, n, batch.received_at, revision, batch.messages),
            *(total.received, total.stored, total.duplicate, total.quarantined),
            *(batch.observed_from, batch.observed_to, batch.unknown_fields),
        )
        return Written(n, revision, total.received, total.stored, total.duplicate, total.quarantined)


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _multirange(found: list[tuple[int, int]]) -> str:
    """The spans as the text of an int8multirange; PostgreSQL sorts and merges."""
    return "{" + ",".join([f"[{first},{last}]" for first, last in found]) + "}"


LATEST_STATUS = """
insert into latest_state as l (unit_id, revision, online, online_at)
select u, $1, online, at from unnest($2::int4[], $3::bool[], $4::timestamptz[]) as n (u, online, at)
on conflict (unit_id) do update set
    revision = excluded.revision, online = excluded.online, online_at = excluded.online_at
-- a status that is tried again out of the quarantine is old news
where l.online is distinct from excluded.online and (l.online_at is null or excluded.online_at >= l.online_at)
returning unit_id
"""

LEDGER = f"""
insert into ledger as l (hour, unit_id, kind, received, stored, duplicate, quarantined)
select * from unnest($1::timestamptz[], $2::int4[], $3::int2[], $4::int4[], $5::int4[], $6::int4[], $7::int4[])
{ON_LEDGER}
"""

LEDGER_HOUR = """
insert into ledger_hour as l (hour, kind, received, stored, duplicate, quarantined)
select * from unnest($1::timestamptz[], $2::int2[], $3::int8[], $4::int8[], $5::int8[], $6::int8[])
on conflict (hour, kind) do update set
    received = l.received + excluded.received, stored = l.stored + excluded.stored,
    duplicate = l.duplicate + excluded.duplicate, quarantined = l.quarantined + excluded.quarantined
"""

RECEIPT = f"""
insert into receipt as r (division, unit, kind, run, revision, touched_at, committed, oldest_seq, observed_at)
select division, unit, kind, run, $1, $2, committed::int8multirange, oldest_seq, observed_at
from unnest($3::int4[], $4::text[], $5::int2[], $6::int8[], $7::text[], $8::int8[], $9::timestamptz[])
    as n (division, unit, kind, run, committed, oldest_seq, observed_at)
{ON_RECEIPT}
"""
