"""What the monitor says of itself: its heartbeat, and the conditions of the units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.store.tables import monitor_status, unit_state


class MonitorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The row of `monitor_status`. Counters count since `started_at`."""

    started_at: datetime
    seen_at: datetime
    behind_batches: int
    behind_ms: int
    vehicles: int
    late_spans: int
    recompute_waiting: int
    readings_folded: int
    readings_late: int
    refolds: int
    refolds_refused: int
    readings_unbound: int
    snapshot_at: datetime | None
    last_refusal: str | None


_NAMES = MonitorStatus.__struct_fields__


async def report_monitor(connection: asyncpg.Connection, status: MonitorStatus) -> None:
    """Writes the heartbeat."""
    listed = ", ".join(_NAMES)
    places = ", ".join(f"${number}" for number in range(1, len(_NAMES) + 1))
    assigned = ", ".join(f"{name} = excluded.{name}" for name in _NAMES)
    await connection.execute(
        f"insert into monitor_status (id, {listed}) values (1, {places}) on conflict (id) do update set {assigned}",
        *(getattr(status, name) for name in _NAMES),
    )


async def read_monitor_status(connection: AsyncConnection) -> MonitorStatus | None:
    """None when no monitor ever ran on this database."""
    statement = select(*(monitor_status.c[name] for name in _NAMES))
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else MonitorStatus(**row._mapping)


async def read_heartbeat(connection: asyncpg.Connection) -> MonitorStatus | None:
    """The same on a bare connection; None also where the tables were not made yet."""
    if await connection.fetchval("select to_regclass('public.monitor_status')") is None:
        return None
    row = await connection.fetchrow(f"select {', '.join(_NAMES)} from monitor_status")
    return None if row is None else MonitorStatus(**dict(row))


async def unit_conditions(connection: AsyncConnection) -> dict[str, int]:
    """How many units are online, late, silent, never seen."""
    counted = await connection.execute(select(unit_state.c.state, func.count()).group_by(unit_state.c.state))
    return {row[0]: row[1] for row in counted}


class UnitStateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `unit_state`."""

    unit_id: int
    vehicle_id: int | None
    state: str
    since: datetime
    moving: bool
    last_observed_at: datetime | None
    last_received_at: datetime | None
    clock_offset_ms: int | None
    clock_samples: int


_UNIT = UnitStateRow.__struct_fields__
_UNIT_TYPES = ("int4", "int4", "text", "timestamptz", "bool", "timestamptz", "timestamptz", "int4", "int4")


async def load_unit_states(connection: asyncpg.Connection) -> list[UnitStateRow]:
    rows = await connection.fetch(f"select {', '.join(_UNIT)} from unit_state")
    return [UnitStateRow(**dict(row)) for row in rows]


async def save_unit_states(connection: asyncpg.Connection, rows: Sequence[UnitStateRow], now: datetime) -> None:
    if not rows:
        return
    listed = ", ".join(_UNIT)
    arrays = ", ".join(f"${number}::{name}[]" for number, name in enumerate(_UNIT_TYPES, 1))
    assigned = ", ".join(f"{name} = excluded.{name}" for name in (*_UNIT[1:], "written_at"))
    await connection.execute(
        f"insert into unit_state ({listed}, written_at) select u.*, ${len(_UNIT) + 1} from unnest({arrays}) as u"
        f" on conflict (unit_id) do update set {assigned}",
        *([getattr(row, name) for row in rows] for name in _UNIT),
        now,
    )


async def forget_units(connection: asyncpg.Connection, unit_ids: Sequence[int]) -> None:
    """Units that sit in no vehicle any more."""
    await connection.execute("delete from unit_state where unit_id = any($1::int4[])", list(unit_ids))


async def ingest_listened_at(connection: asyncpg.Connection) -> datetime | None:
    """The last moment at which an ingest worker was connected to the broker; None where no worker ever said so."""
    moment: datetime | None = await connection.fetchval("select max(seen_at) from ingest_worker where connected")
    if moment is None:
        moment = await connection.fetchval(
            "select max(received_at) from batch where exists (select from ingest_worker)"
        )
    return moment
