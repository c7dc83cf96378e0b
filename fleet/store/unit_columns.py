"""What a batch changes for each of its units: latest state, ledger, receipts. In columns, by way of staging tables.

A batch changes some rows for thousands of units; handed over value by value they would cost as much as its readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
import numpy as np
from numpy.typing import NDArray

from fleet.model.batch import LATEST_COLUMNS, Book, Columns, ReceiptColumns
from fleet.model.moments import to_us
from fleet.store.binary_copy import TEXT, Known, Values, pieces, widths
from fleet.store.tables.readings import position_reading, usage_reading


class Outcome(NamedTuple):
    """What became of the samples of a book; an array has a number for each of its rows."""

    book: Book
    stored: NDArray[np.int64]
    duplicate: NDArray[np.int64]
    quarantined: NDArray[np.int64]


class UnitColumns:
    """One connection, inside its transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def prepare(self) -> None:
        """Makes the staging tables."""
        for table, names in LATEST_COLUMNS.items():
            await self._connection.execute(
                f"create temporary table stage_latest_{table} on commit delete rows as"
                f" select {', '.join(names)} from {table} with no data"
            )
        await self._connection.execute(
            "create temporary table stage_ledger on commit delete rows as"
            f" select {', '.join(_LEDGER)} from ledger with no data"
        )
        await self._connection.execute(
            "create temporary table stage_receipt (division integer, unit varchar(32), kind smallint, run bigint,"
            " first bigint, last bigint, oldest_seq bigint, observed_at timestamptz) on commit delete rows"
        )

    async def update_latest(self, table: str, columns: Columns, revision: int, received_at: datetime) -> None:
        await self._copy(f"stage_latest_{table}", _LATEST_WIDTHS[table], columns.values, columns.known)
        if table == position_reading.name:
            await self._connection.execute(LATEST_POSITION, revision, received_at)
        else:
            await self._connection.execute(LATEST_USAGE, revision)

    async def add_to_ledger(self, outcomes: Sequence[Outcome]) -> None:
        for book, stored, duplicate, quarantined in outcomes:
            values = {
                "hour": np.array([to_us(hour) for hour in book.hours], dtype=np.int64)[book.hour_of],
                "unit_id": book.unit_ids,
                "kind": np.full(len(book), book.kind),
                "received": book.received,
                "stored": stored,
                "duplicate": duplicate,
                "quarantined": quarantined,
            }
            await self._copy("stage_ledger", _LEDGER, values, {})
        if outcomes:
            await self._connection.execute(LEDGER)

    async def add_to_receipts(self, gained: Sequence[ReceiptColumns], revision: int, received_at: datetime) -> None:
        for one in gained:
            values: Values = {
                "division": one.divisions,
                "unit": one.units,
                "kind": np.full(len(one), one.kind),
                "run": one.runs,
                "first": one.firsts,
                "last": one.lasts,
                "oldest_seq": one.oldest,
                "observed_at": one.observed_us,
            }
            await self._copy("stage_receipt", _RECEIPT, values, {"oldest_seq": one.oldest >= 0})
        if gained:
            await self._connection.execute(RECEIPT, revision, received_at)

    async def _copy(self, table: str, columns: dict[str, str], values: Values, known: Known) -> None:
        source = pieces(columns, values, known)
        await self._connection.copy_to_table(table, source=source, columns=list(columns), format="binary")


_LATEST_WIDTHS = {table.name: widths(table, LATEST_COLUMNS[table.name]) for table in (position_reading, usage_reading)}
_LEDGER = {"hour": "M", "unit_id": ">i4", "kind": ">i2"} | dict.fromkeys(
    ("received", "stored", "duplicate", "quarantined"), ">i4"
)
_RECEIPT = {"division": ">i4", "unit": TEXT, "kind": ">i2"} | dict.fromkeys(
    ("run", "first", "last", "oldest_seq"), ">i8"
)
_RECEIPT["observed_at"] = "M"

LATEST_POSITION = """
insert into latest_state as l (unit_id, revision, position_at, position_received_at, lat_e7, lon_e7, division,
    speed_dkmh, heading_deg, altitude_m, flags, ignition, odometer_m)
select unit_id, $1, observed_at, $2, lat_e7, lon_e7, division, speed_dkmh, heading_deg, altitude_m, flags, ignition,
    odometer_m
from stage_latest_position_reading
on conflict (unit_id) do update set
    revision = excluded.revision, position_at = excluded.position_at,
    position_received_at = excluded.position_received_at, lat_e7 = excluded.lat_e7, lon_e7 = excluded.lon_e7,
    division = excluded.division, speed_dkmh = excluded.speed_dkmh, heading_deg = excluded.heading_deg,
    altitude_m = excluded.altitude_m, flags = excluded.flags,
    ignition = coalesce(excluded.ignition, l.ignition), odometer_m = coalesce(excluded.odometer_m, l.odometer_m)
-- an implausible fix never moves a vehicle that has a plausible one
where (l.position_at is null or excluded.position_at > l.position_at)
    and (excluded.flags & 3 = 0 or l.flags is null or l.flags & 3 <> 0)
"""

LATEST_USAGE = """
insert into latest_state as l (unit_id, revision, usage_at, odometer_m, fuel_level_permille, fuel_level_ml,
    soc_permille, charging)
select unit_id, $1, observed_at, odometer_m, fuel_level_permille, fuel_level_ml, soc_permille, charging
from stage_latest_usage_reading
on conflict (unit_id) do update set
    revision = excluded.revision, usage_at = excluded.usage_at,
    odometer_m = case when l.position_at is null or excluded.usage_at >= l.position_at
        then coalesce(excluded.odometer_m, l.odometer_m) else coalesce(l.odometer_m, excluded.odometer_m) end,
    fuel_level_permille = coalesce(excluded.fuel_level_permille, l.fuel_level_permille),
    fuel_level_ml = coalesce(excluded.fuel_level_ml, l.fuel_level_ml),
    soc_permille = coalesce(excluded.soc_permille, l.soc_permille),
    charging = coalesce(excluded.charging, l.charging)
where l.usage_at is null or excluded.usage_at > l.usage_at
"""

ON_LEDGER = """
on conflict (unit_id, hour, kind) do update set
    received = l.received + excluded.received, stored = l.stored + excluded.stored,
    duplicate = l.duplicate + excluded.duplicate, quarantined = l.quarantined + excluded.quarantined
"""

LEDGER = f"""
insert into ledger as l (hour, unit_id, kind, received, stored, duplicate, quarantined)
select hour, unit_id, kind, received, stored, duplicate, quarantined from stage_ledger
{ON_LEDGER}
"""

ON_RECEIPT = """
on conflict (division, unit, kind, run) do update set
    revision = excluded.revision, touched_at = excluded.touched_at,
    committed = r.committed + excluded.committed,
    oldest_seq = greatest(r.oldest_seq, excluded.oldest_seq),
    observed_at = greatest(r.observed_at, excluded.observed_at)
"""

RECEIPT = f"""
insert into receipt as r (division, unit, kind, run, revision, touched_at, committed, oldest_seq, observed_at)
select division, unit, kind, run, $1, $2, int8multirange(int8range(first, last, '[]')), oldest_seq, observed_at
from stage_receipt
{ON_RECEIPT}
"""
