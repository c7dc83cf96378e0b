"""Reads of the live fleet: last states by revision, who sits in what, and the tree of organs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.store.tables import binding, latest_state, live_revision, organ, unit, vehicle

Rows = Sequence[Row[*tuple[Any, ...]]]

_STATE = select(
    latest_state.c.unit_id,
    latest_state.c.revision,
    latest_state.c.position_at,
    latest_state.c.position_received_at,
    latest_state.c.lat_e7,
    latest_state.c.lon_e7,
    latest_state.c.division,
    latest_state.c.speed_dkmh,
    latest_state.c.heading_deg,
    latest_state.c.altitude_m,
    latest_state.c.flags,
    latest_state.c.ignition,
    latest_state.c.odometer_m,
    latest_state.c.usage_at,
    latest_state.c.fuel_level_permille,
    latest_state.c.soc_permille,
    latest_state.c.charging,
    latest_state.c.online,
)


async def live_revision_now(connection: AsyncConnection) -> int:
    revision: int = (await connection.execute(select(live_revision.c.revision))).scalar_one()
    return revision


async def states_after(connection: AsyncConnection, revision: int) -> Rows:
    """The last states that changed after `revision`.

    Revisions become visible in their order (a row lock on `live_revision` serialises the writers), so whoever
    remembers the highest revision of an answer and asks for what came later misses nothing.
    """
    return (await connection.execute(_STATE.where(latest_state.c.revision > revision))).all()


async def fitted_vehicles(connection: AsyncConnection, at: datetime) -> Rows:
    """Every vehicle that has a unit at `at`: what the live map says of it besides its state."""
    statement = (
        select(
            binding.c.unit_id,
            func.lower(binding.c.period).label("bound_from"),
            unit.c.code.label("unit"),
            vehicle.c.id.label("vehicle_id"),
            vehicle.c.plate,
            vehicle.c.organ_id,
            vehicle.c.division.label("home_division"),
            vehicle.c.energy,
            vehicle.c.confidential,
        )
        .select_from(binding.join(unit).join(vehicle))
        .where(binding.c.period.contains(at))
        .order_by(vehicle.c.id)
    )
    return (await connection.execute(statement)).all()


async def organ_parents(connection: AsyncConnection) -> dict[int, int | None]:
    """The tree of organs: each organ's parent."""
    return {row.id: row.parent_id for row in await connection.execute(select(organ.c.id, organ.c.parent_id))}
