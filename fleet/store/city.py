"""Loads a whole registry at once, by COPY."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC
from typing import Any

import asyncpg

from fleet.model.city import Area, City, Vehicle
from fleet.model.records import HISTORY_FIELDS
from fleet.store.tables import (
    area,
    binding,
    driver,
    exemption,
    fuel_card,
    organ,
    policy_value,
    unit,
    vehicle,
    vehicle_history,
)

_ORGAN = ("id", "code", "name", "kind", "division", "parent_id", "energy_saving", "vehicle_quota")
_UNIT = ("id", "code", "division")
_VEHICLE = tuple(field.name for field in fields(Vehicle))
_HISTORY = ("vehicle_id", "period", *HISTORY_FIELDS)
_DRIVER = ("id", "label", "organ_id", "licence_class", "licence_expires_on", "phone")
_AREA = (
    *("id", "name", "purpose", "category", "organ_id", "ring_lat_e7", "ring_lon_e7"),
    *("centre_lat_e7", "centre_lon_e7", "radius_m", "period"),
)
_TABLES = (organ, vehicle, unit, binding, driver, area, fuel_card)


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
        await connection.copy_records_to_table(
            vehicle_history.name,
            columns=_HISTORY,
            records=[
                (one.id, asyncpg.Range(one.registered_on, None), *(getattr(one, name) for name in HISTORY_FIELDS))
                for one in city.vehicles
            ],
        )
        await _copy_rulings(connection, city)
        for table in _TABLES:
            await connection.execute(
                "select setval(pg_get_serial_sequence($1, 'id'), (select coalesce(max(id), 0) + 1 from "
                f"{table.name}), false)",
                table.name,
            )
    # Without statistics the first questions after a bulk load are planned for empty tables.
    await connection.execute(f"analyze {', '.join(table.name for table in _TABLES)}, vehicle_history")
    return True


async def _copy_rulings(connection: asyncpg.Connection, city: City) -> None:
    """Drivers, and what the rules go by."""
    await _copy(connection, driver.name, _DRIVER, city.drivers)
    await connection.copy_records_to_table(area.name, columns=_AREA, records=[_area_row(one) for one in city.areas])
    await connection.copy_records_to_table(
        fuel_card.name,
        columns=("id", "card", "vehicle_id", "period"),
        records=[(one.id, one.card, one.vehicle_id, asyncpg.Range(one.held_from, None)) for one in city.fuel_cards],
    )
    await connection.copy_records_to_table(
        policy_value.name,
        columns=("slug", "organ_id", "value", "effective_from", "who", "why"),
        records=[
            (one.slug, one.organ_id, json.dumps(one.value), one.effective_from.astimezone(UTC), one.who, one.why)
            for one in city.policies
        ],
    )
    await connection.copy_records_to_table(
        exemption.name,
        columns=("vehicle_id", "kind", "period", "why"),
        records=[
            (one.vehicle_id, one.kind, asyncpg.Range(one.holds_from.astimezone(UTC), None), one.why)
            for one in city.exemptions
        ],
    )


def _area_row(one: Area) -> tuple[Any, ...]:
    ring, centre = one.ring, one.centre
    return (
        *(one.id, one.name, one.purpose, one.category, one.organ_id),
        None if ring is None else [lat for lat, _ in ring],
        None if ring is None else [lon for _, lon in ring],
        *((None, None) if centre is None else centre),
        one.radius_m,
        asyncpg.Range(one.holds_from.astimezone(UTC), None),
    )


async def _copy(connection: asyncpg.Connection, table: str, columns: tuple[str, ...], things: Iterable[Any]) -> None:
    """COPY the attributes named like the columns."""
    await connection.copy_records_to_table(
        table, columns=columns, records=[tuple(getattr(thing, name) for name in columns) for thing in things]
    )
