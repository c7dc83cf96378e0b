"""The monitor's copy of the registry: bindings, policies, areas, vehicles; and whether any of it has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec

from fleet.model.policies import PolicyVersion


class RegistryMarks(NamedTuple):
    """Becomes another one whenever a row of the table is added, changed or taken away."""

    bindings: tuple[int, int, int]
    policies: tuple[int, int, int]
    areas: tuple[int, int, int]
    vehicles: tuple[int, int, int]
    organs: tuple[int, int, int]


async def registry_marks(connection: asyncpg.Connection) -> RegistryMarks:
    row = await connection.fetchrow(MARKS)
    assert row is not None
    values = [int(value) for value in row.values()]
    return RegistryMarks(*((values[i], values[i + 1], values[i + 2]) for i in range(0, 15, 3)))


async def load_bindings(connection: asyncpg.Connection) -> list[tuple[datetime | None, datetime | None, int, int]]:
    """(from, to, unit, vehicle), None = without end."""
    rows = await connection.fetch("select lower(period), upper(period), unit_id, vehicle_id from binding")
    return [tuple(row) for row in rows]


async def load_policies(connection: asyncpg.Connection, slugs: list[str]) -> list[tuple[PolicyVersion, datetime]]:
    """Each version of these policies, with the moment it was given."""
    rows = await connection.fetch(
        "select id, slug, organ_id, value, effective_from, at from policy_value where slug = any($1::text[])", slugs
    )
    return [(PolicyVersion(row[0], row[1], row[2], msgspec.json.decode(row[3]), row[4]), row[5]) for row in rows]


async def load_areas(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    rows = await connection.fetch(
        "select id, name, organ_id, ring_lat_e7, ring_lon_e7, centre_lat_e7, centre_lon_e7, radius_m,"
        " lower(period) as begins, upper(period) as ends from area"
    )
    return [dict(row) for row in rows]


async def load_vehicles(connection: asyncpg.Connection) -> list[tuple[int, int, int | None]]:
    """(vehicle, its organ, the energy its battery holds in watt-hours)."""
    return [tuple(row) for row in await connection.fetch("select id, organ_id, battery_wh from vehicle")]


async def load_watches(connection: asyncpg.Connection) -> dict[int, datetime]:
    """The vehicles of whose running trips the judge wants to see each reading, and from which moment on."""
    rows = await connection.fetch(
        "select vehicle_id, min(due) from recompute where stage = 'watch' group by vehicle_id"
    )
    return {row[0]: row[1] for row in rows}


async def load_organ_parents(connection: asyncpg.Connection) -> dict[int, int | None]:
    return {row[0]: row[1] for row in await connection.fetch("select id, parent_id from organ")}


def marks_of(table: str, changes: str, where: str = "") -> str:
    """Three numbers, one of which becomes another whenever a row is added, changed or taken away."""
    return (
        f"(select count(*) from {table} {where}), (select coalesce(max(id), 0) from {table} {where}),"
        f" (select coalesce({changes}, 0) from {table} {where})"
    )


MARKS = "select " + ", ".join(
    (
        marks_of("binding", "sum(version)"),
        marks_of("policy_value", "max(id)", "where split_part(slug, '.', 1) in ('trips', 'reporting', 'speeding')"),
        marks_of("area", "sum(version)"),
        marks_of("vehicle", "sum(version)"),
        marks_of("organ", "sum(version)"),
    )
)
