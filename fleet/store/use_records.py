"""What use records are made of: trips with the orders and tasks that explain them, their drivers and their costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.registry import subtree
from fleet.store.scoped import one_of, vehicle_visible
from fleet.store.tables import (
    dispatch_order,
    driver,
    order_assignment,
    order_outing,
    organ,
    task,
    task_call,
    trip,
    vehicle,
    verdict,
)

_FEN = ("fuel_fen", "energy_fen", "tolls_fen", "parking_fen", "other_fen")
Pair = tuple[int, int]
"""An order or task, and a vehicle."""


class UseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Trips that began in [begin, end), of one vehicle, or of an organ and everything below it, or of a home division;
    None = not narrowed."""

    begin: datetime
    end: datetime
    vehicle_id: int | None = None
    organ_id: int | None = None
    division: int | None = None


class OrderUsed(NamedTuple):
    number: str | None
    purpose: str
    emergency: bool


class Explained(NamedTuple):
    """By order: what it was for. By task: its number and title. By (order, vehicle): what was paid, in fen. By (order,
    vehicle) and by (task, vehicle): who drove."""

    orders: Mapping[int, OrderUsed]
    tasks: Mapping[int, tuple[str, str]]
    paid_fen: Mapping[Pair, int]
    order_drivers: Mapping[Pair, str]
    task_drivers: Mapping[Pair, str]


async def list_driven(
    connection: AsyncConnection, wanted: UseFilter, *, scope: Scope, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` trips of visible vehicles by plate and time: `id, vehicle_id, plate, organ_id, organ_name, day,
    started_at, ended_at`, both places, `distance_m, fuel_ml, energy_wh`, and the `grants` of the verdict (null: not
    judged yet)."""
    begin, end = scope.clipped(wanted.begin, wanted.end)
    ends = [
        trip.c[f"{name}_{part}"]
        for name in ("origin", "destination")
        for part in ("lat_e7", "lon_e7", "division", "area_id", "name")
    ]
    held_by = func.coalesce(trip.c.organ_id, vehicle.c.organ_id)
    statement = (
        select(
            *(trip.c[name] for name in ("id", "vehicle_id", "day", "started_at", "ended_at")),
            *(trip.c[name] for name in ("distance_m", "fuel_ml", "energy_wh")),
            *ends,
            vehicle.c.plate,
            organ.c.id.label("organ_id"),
            organ.c.name.label("organ_name"),
            verdict.c.grants,
        )
        .select_from(
            trip.join(vehicle, vehicle.c.id == trip.c.vehicle_id)
            .join(organ, organ.c.id == held_by)
            .outerjoin(verdict, verdict.c.trip_id == trip.c.id)
        )
        .where(vehicle_visible(scope), trip.c.started_at >= begin, trip.c.started_at < end)
        .order_by(vehicle.c.plate, trip.c.started_at, trip.c.id)
        .limit(limit)
    )
    if wanted.vehicle_id is not None:
        statement = statement.where(trip.c.vehicle_id == wanted.vehicle_id)
    if wanted.organ_id is not None:
        organs = [row[0] for row in await connection.execute(subtree(wanted.organ_id))]
        statement = statement.where(one_of(trip.c.organ_id, organs))
    if wanted.division is not None:
        statement = statement.where(vehicle.c.division == wanted.division)
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def explained(connection: AsyncConnection, of_orders: Collection[Pair], of_tasks: Collection[Pair]) -> Explained:
    """What is known of these orders and tasks and of what their vehicles did for them. For trips that the caller may
    see: whosever order it was, its purpose belongs into the record of the vehicle."""
    return Explained(
        await _orders(connection, {order_id for order_id, _ in of_orders}),
        await _tasks(connection, {task_id for task_id, _ in of_tasks}),
        await _paid(connection, of_orders),
        await _drivers(connection, order_assignment, "order_id", of_orders),
        await _drivers(connection, task_call, "task_id", of_tasks),
    )


async def _orders(connection: AsyncConnection, ids: Collection[int]) -> dict[int, OrderUsed]:
    if not ids:
        return {}
    columns = (dispatch_order.c[name] for name in ("id", "number", "purpose", "emergency"))
    rows = await connection.execute(select(*columns).where(one_of(dispatch_order.c.id, ids)))
    return {row.id: OrderUsed(row.number, row.purpose, row.emergency) for row in rows}


async def _tasks(connection: AsyncConnection, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    if not ids:
        return {}
    rows = await connection.execute(select(task.c.id, task.c.number, task.c.title).where(one_of(task.c.id, ids)))
    return {row.id: (row.number, row.title) for row in rows}


async def _paid(connection: AsyncConnection, pairs: Collection[Pair]) -> dict[Pair, int]:
    if not pairs:
        return {}
    statement = select(
        order_outing.c.order_id, order_outing.c.vehicle_id, *(order_outing.c[name] for name in _FEN)
    ).where(one_of(order_outing.c.order_id, {one for one, _ in pairs}))
    wanted = set(pairs)  # not asked of the database: a year has more pairs than a statement may have parameters
    found: dict[Pair, int] = {}
    for row in (await connection.execute(statement)).mappings():
        pair = (row["order_id"], row["vehicle_id"])
        known = [row[name] for name in _FEN if row[name] is not None]
        if known and pair in wanted:
            found[pair] = sum(known)
    return found


async def _drivers(connection: AsyncConnection, table: Any, about: str, pairs: Collection[Pair]) -> dict[Pair, str]:
    """The last one that was named."""
    if not pairs:
        return {}
    statement = (
        select(table.c[about], table.c.vehicle_id, driver.c.label)
        .select_from(table.join(driver, driver.c.id == table.c.driver_id))
        .where(one_of(table.c[about], {one for one, _ in pairs}))
        .order_by(table.c.id)
    )
    wanted = set(pairs)
    rows = (await connection.execute(statement)).all()
    return {(row[0], row[1]): row[2] for row in rows if (row[0], row[1]) in wanted}
