"""Loads a whole registry at once, by COPY."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

import asyncpg

from fleet.model.city import City
from fleet.store.tables import binding, organ, unit, vehicle

_ORGAN = ("id", "code", "name", "kind", "division", "parent_id", "energy_saving", "vehicle_quota")
_UNIT = ("id", "code", "division")
_VEHICLE = tuple(column.name for column in vehicle.c)


async def registry_is_empty(connection: asyncpg.Connection) -> bool:
    """Whether no organ, vehicle or unit is registered yet."""
    empty: bool = await connection.fetchval(
        "select not exists (select from organ) and not exists (select from vehicle) and not exists (select from unit)"
    )
    return empty


async def load_city(connection: asyncpg.Connection, city: City) -> bool:
    """Store the city in one transaction, with its own ids, and let the identity columns continue behind them.

    Returns False, and stores nothing, when anything is registered already. The connected user must be a member of
    fleet_owner. Two callers at once: one loads, the other waits and finds the registry filled.
    """
    async with connection.transaction():
        await connection.execute("set local role fleet_owner")
        await connection.execute("lock table organ, vehicle, unit, binding in share row exclusive mode")
        if not await registry_is_empty(connection):
            return False
        await _copy(connection, organ.name, _ORGAN, city.organs)
        await _copy(connection, vehicle.name, _VEHICLE, city.vehicles)
        await _copy(connection, unit.name, _UNIT, city.units)
        await connection.copy_records_to_table(
            binding.name,
            columns=("id", "unit_id", "vehicle_id", "period"),
            records=[
                (one.id, one.unit_id, one.vehicle_id, asyncpg.Range(one.bound_from.astimezone(UTC), None))
                for one in city.bindings
            ],
        )
        for table in (organ, vehicle, unit, binding):
            await connection.execute(
                "select setval(pg_get_serial_sequence($1, 'id'), (select coalesce(max(id), 0) + 1 from "
                f"{table.name}), false)",
                table.name,
            )
    # Without statistics the first questions after a bulk load are planned for empty tables.
    await connection.execute("analyze organ, vehicle, unit, binding")
    return True


async def _copy(connection: asyncpg.Connection, table: str, columns: tuple[str, ...], things: Iterable[Any]) -> None:
    """COPY the attributes named like the columns."""
    await connection.copy_records_to_table(
        table, columns=columns, records=[tuple(getattr(thing, name) for name in columns) for thing in things]
    )
