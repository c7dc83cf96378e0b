"""Puts the readings of a batch into their tables, and finds out what came of each row.

Straight into the table first; by way of a staging table where a sample was stored before.
"""

from __future__ import annotations

import asyncpg
import numpy as np

from fleet.errors import Conflict
from fleet.model.batch import (
    IDENTITY_COLUMNS,
    READING_COLUMNS,
    READING_TABLE,
    BatchWrite,
    Block,
    Count,
    LedgerKey,
    QuarantineRow,
    Staged,
)
from fleet.model.readings import Reason
from fleet.store.binary_copy import pieces, widths
from fleet.store.tables.readings import position_reading, usage_reading
from fleet.store.unit_columns import Outcome

DOUBTFUL_BATCHES = 16
"""From a batch on that holds a sample which was stored before, so many are compared row by row, that one included."""

_CONFLICT = Reason(
    "identity_conflict", None, "a sample of the same unit, kind, time, run and seq is stored with other content"
)


class BatchReadings:
    """One connection; what it knows is where a flock of repeated samples passes."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._widths = {
            table.name: widths(table, [name for name in READING_COLUMNS[table.name] if name != "batch"])
            for table in (position_reading, usage_reading)
        }
        self._doubts: dict[str, int] = {}  # batches of each table that go by the staging table before the next try

    async def prepare(self) -> None:
        """Makes the staging tables."""
        for table, columns in READING_COLUMNS.items():
            names = ", ".join(name for name in columns if name != "batch")
            await self._connection.execute(
                f"create temporary table stage_{table} on commit delete rows as"
                f" select 0::integer as ordinal, {names} from {table} with no data"
            )
        # Staging tables have no statistics; without this the planner may hash a whole day of readings against them.
        await self._connection.execute(
            "set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off"
        )

    async def insert(
        self, batch: BatchWrite, number: int, counts: dict[LedgerKey, Count], quarantine: list[QuarantineRow]
    ) -> list[Outcome]:
        """All of the batch's readings, under its `number`; adds to `counts` and `quarantine` what came of them, and
        answers it for what has a book."""
        outcomes: list[Outcome] = []
        for kind, staged in batch.staged.items():
            if staged.rows:
                await self._insert_readings(READING_TABLE[kind], staged, number, counts, quarantine, batch)
            if staged.block is not None:
                outcomes += await self._insert_block(staged.block, number, counts, quarantine, batch)
        return outcomes

    async def _insert_readings(
        self,
        table: str,
        staged: Staged,
        number: int,
        counts: dict[LedgerKey, Count],
        quarantine: list[QuarantineRow],
        batch: BatchWrite,
    ) -> None:
        names = [name for name in READING_COLUMNS[table] if name != "batch"]
        await self._connection.copy_records_to_table(
            f"stage_{table}",
            records=[(ordinal, *row) for ordinal, row in enumerate(staged.rows)],
            columns=["ordinal", *names],
        )
        lost = await self._move(table, len(staged.rows), number)
        for ordinal, key in enumerate(staged.keys):
            count = counts[key]
            if ordinal not in lost:
                count.stored += 1
            elif lost[ordinal]:
                count.duplicate += 1
            else:
                count.quarantined += 1
                quarantine.append(batch.quarantine_of(staged.origins[ordinal], _CONFLICT))

    async def _insert_block(
        self,
        block: Block,
        number: int,
        counts: dict[LedgerKey, Count],
        quarantine: list[QuarantineRow],
        batch: BatchWrite,
    ) -> list[Outcome]:
        booked = 0 if block.book is None else len(block.book)
        places = booked + len(block.keys)
        stored = np.bincount(block.key_of, minlength=places)
        duplicate, quarantined = np.zeros(places, dtype=np.int64), np.zeros(places, dtype=np.int64)
        if self._doubts.get(block.table, 0) or not await self._copy(block, number):
            for ordinal, same in (await self._sift(block, number)).items():
                place = int(block.key_of[ordinal])
                stored[place] -= 1
                if same:
                    duplicate[place] += 1
                else:
                    quarantined[place] += 1
                    quarantine.append(batch.quarantine_of(block.origin_of(ordinal), _CONFLICT))
        for place, key in enumerate(block.keys, start=booked):
            count = counts[key]
            count.stored += int(stored[place])
            count.duplicate += int(duplicate[place])
            count.quarantined += int(quarantined[place])
        if block.book is None:
            return []
        book, first = block.book, slice(booked)
        return [Outcome(book, stored[first], book.duplicate + duplicate[first], book.quarantined + quarantined[first])]

    async def _copy(self, block: Block, number: int) -> bool:
        """Straight into the table, at half the cost; False, and nothing written, when a row was stored before."""
        columns = {**self._widths[block.table], "batch": ">i8"}
        values = {**block.values, "batch": np.full(len(block), number)}
        try:
            async with self._connection.transaction():
                status = await self._connection.copy_to_table(
                    block.table, source=pieces(columns, values, block.known), columns=list(columns), format="binary"
                )
        except asyncpg.UniqueViolationError:
            # Samples that are sent again come in flocks.
            self._doubts[block.table] = DOUBTFUL_BATCHES
            return False
        _compare_counts(block.table, len(block), _number(status), 0)
        return True

    async def _sift(self, block: Block, number: int) -> dict[int, bool]:
        """By way of the staging table; as `_move`."""
        self._doubts[block.table] = max(self._doubts.get(block.table, 0) - 1, 0)
        columns = {"ordinal": ">i4", **self._widths[block.table]}
        values = {**block.values, "ordinal": np.arange(len(block))}
        await self._connection.copy_to_table(
            f"stage_{block.table}",
            source=pieces(columns, values, block.known),
            columns=list(columns),
            format="binary",
        )
        return await self._move(block.table, len(block), number)

    async def _move(self, table: str, staged: int, number: int) -> dict[int, bool]:
        """Inserts what is staged. Those that were stored before: ordinal -> whether with the same content."""
        names = [name for name in READING_COLUMNS[table] if name != "batch"]
        listed = ", ".join(names)
        identity = ", ".join(IDENTITY_COLUMNS[table])
        status = await self._connection.execute(
            f"insert into {table} ({listed}, batch) select {listed}, $1 from stage_{table}"
            f" on conflict ({identity}) do nothing",
            number,
        )
        inserted = _number(status)
        lost = await self._compare(table, number) if inserted < staged else {}
        _compare_counts(table, staged, inserted, len(lost))
        return lost

    async def _compare(self, table: str, number: int) -> dict[int, bool]:
        """Staged rows that were not inserted: ordinal -> whether the stored row has the same content."""
        content = [
            f"{name}::text" if name == "detail" else name
            for name in READING_COLUMNS[table]
            if name not in ("batch", *IDENTITY_COLUMNS[table])
        ]
        same = f"({', '.join('r.' + c for c in content)}) is not distinct from ({', '.join('s.' + c for c in content)})"
        identity = " and ".join(
            f"r.{name} is not distinct from s.{name}" if name == "seq" else f"r.{name} = s.{name}"
            for name in IDENTITY_COLUMNS[table]
        )
        rows = await self._connection.fetch(
            f"select s.ordinal, {same} as same from stage_{table} s join {table} r on {identity}"
            f" where r.batch <> $1"
            f" and r.observed_at >= (select min(observed_at) from stage_{table})"
            f" and r.observed_at <= (select max(observed_at) from stage_{table})",
            number,
        )
        return {row["ordinal"]: row["same"] for row in rows}


def _number(status: str) -> int:
    """Of rows, from what the server says was done."""
    return int(status.rpartition(" ")[2])


def _compare_counts(table: str, staged: int, inserted: int, lost: int) -> None:
    if inserted != staged - lost:
        raise Conflict(
            f"{table}: {staged} rows staged, {inserted} inserted, {lost} found stored before;"
            " the books would not add up, so nothing is written"
        )
