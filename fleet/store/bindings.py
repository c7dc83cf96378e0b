"""Which unit sat in which vehicle, from when to when; corrected at any time, for readings are keyed by unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.recompute import differing, mark_vehicles
from fleet.store.scoped import vehicle_visible
from fleet.store.tables import binding, unit, vehicle


def _bindings(scope: Scope) -> Select[Any]:
    return (
        select(
            binding.c.id,
            binding.c.version,
            binding.c.unit_id,
            unit.c.code.label("unit"),
            binding.c.vehicle_id,
            vehicle.c.plate,
            func.lower(binding.c.period).label("from"),
            func.upper(binding.c.period).label("to"),
            binding.c.note,
        )
        .select_from(binding.join(unit).join(vehicle))
        .where(vehicle_visible(scope))
    )


async def list_bindings(
    connection: AsyncConnection,
    *,
    scope: Scope,
    unit_id: int | None,
    vehicle_id: int | None,
    at: datetime | None,
    after: int,
    limit: int,
) -> Sequence[RowMapping]:
    """Bindings of vehicles that may be seen, by id: `unit`, `plate`, `from`, `to` and the ids."""
    statement = _bindings(scope).where(binding.c.id > after).order_by(binding.c.id).limit(limit)
    if unit_id is not None:
        statement = statement.where(binding.c.unit_id == unit_id)
    if vehicle_id is not None:
        statement = statement.where(binding.c.vehicle_id == vehicle_id)
    if at is not None:
        statement = statement.where(binding.c.period.contains(at))
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def find_binding(connection: AsyncConnection, binding_id: int, *, scope: Scope) -> RowMapping | None:
    statement = _bindings(scope).where(binding.c.id == binding_id)
    row: RowMapping | None = (await connection.execute(statement)).mappings().one_or_none()
    return row


async def wrote(
    connection: AsyncConnection, before: RowMapping | None, after: RowMapping | None, now: datetime
) -> None:
    """Marks what a new, corrected or removed binding touches: of both vehicles, where it moved to another."""
    reason = "binding"
    if before and after and all(before[name] == after[name] for name in ("unit_id", "vehicle_id")):
        spans = differing(before["period"], after["period"])
        await mark_vehicles(connection, [after["vehicle_id"]], spans, reason=reason, now=now)
        return
    for row in (before, after):
        if row is not None:
            await mark_vehicles(connection, [row["vehicle_id"]], [row["period"]], reason=reason, now=now)


async def is_bound(connection: AsyncConnection, unit_id: int, at: datetime) -> bool:
    """Whether the unit sits in a vehicle at `at`, or later."""
    statement = select(binding.c.id).where(
        binding.c.unit_id == unit_id,
        func.coalesce(func.upper(binding.c.period) > at, True),
    )
    return (await connection.execute(statement.limit(1))).first() is not None


async def retired_at(connection: AsyncConnection, unit_id: int) -> datetime | None:
    """When the unit was retired; None also for an unknown one, which the database refuses by itself."""
    found = await connection.execute(select(unit.c.retired_at).where(unit.c.id == unit_id))
    moment: datetime | None = found.scalar_one_or_none()
    return moment
