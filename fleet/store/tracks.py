"""A vehicle's positions, whichever units sat in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.scoped import vehicle_visible
from fleet.store.tables import binding, position_reading, unit, vehicle

Rows = Sequence[Row[*tuple[Any, ...]]]


async def vehicle_positions(
    connection: AsyncConnection, vehicle_id: int, *, scope: Scope, begin: datetime, end: datetime
) -> Rows:
    """The positions observed in [begin, end) by the unit that sat in the vehicle at that moment, in time order.

    Nothing of a vehicle that may not be seen, and nothing outside the scope's period.
    """
    reading = position_reading
    begin, end = max(begin, scope.begin or begin), min(end, scope.end or end)
    statement = (
        select(
            reading.c.observed_at,
            reading.c.lat_e7,
            reading.c.lon_e7,
            reading.c.speed_dkmh,
            reading.c.heading_deg,
            reading.c.altitude_m,
            reading.c.ignition,
            reading.c.odometer_m,
            reading.c.division,
            reading.c.flags,
            unit.c.code.label("unit"),
        )
        .select_from(
            binding.join(unit)
            .join(vehicle)
            .join(
                reading,
                # The bounds are repeated as plain comparisons so that TimescaleDB opens only the chunks concerned.
                (reading.c.unit_id == binding.c.unit_id) & binding.c.period.contains(reading.c.observed_at),
            )
        )
        .where(binding.c.vehicle_id == vehicle_id, reading.c.observed_at >= begin, reading.c.observed_at < end)
        .where(vehicle_visible(scope))
        .order_by(reading.c.observed_at, reading.c.run, reading.c.seq)
    )
    return (await connection.execute(statement)).all()
