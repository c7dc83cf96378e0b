"""A vehicle's positions, whichever units sat in it; and the packed tracks of its trips, which outlive them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Row, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.read_ahead import read_ahead
from fleet.store.scoped import vehicle_visible
from fleet.store.tables import binding, position_reading, trip, trip_track, unit, vehicle

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
    async with read_ahead(connection):
        return (await connection.execute(statement)).all()


async def packed_trips(
    connection: AsyncConnection, vehicle_id: int, *, scope: Scope, begin: datetime, end: datetime
) -> Rows:
    """The trips of the vehicle that touch [begin, end) and have a packed track: id, span, units, positions read."""
    begin, end = max(begin, scope.begin or begin), min(end, scope.end or end)
    statement = (
        select(trip.c.id, trip.c.started_at, trip.c.ended_at, trip.c.unit_ids, trip.c.positions)
        .join(trip_track, trip_track.c.trip_id == trip.c.id)
        .join(vehicle, vehicle.c.id == trip.c.vehicle_id)
        .where(trip.c.vehicle_id == vehicle_id, vehicle_visible(scope))
        .where(trip.c.started_at < end, or_(trip.c.ended_at.is_(None), trip.c.ended_at >= begin))
        .order_by(trip.c.started_at)
    )
    return (await connection.execute(statement)).all()


async def packed_tracks(connection: AsyncConnection, trip_ids: Collection[int]) -> dict[int, bytes]:
    """The packed track of each trip that has one. The caller has found that the trips may be seen."""
    statement = select(trip_track.c.trip_id, trip_track.c.packed).where(
        trip_track.c.trip_id == func.any(cast(list(trip_ids), ARRAY(BigInteger)))
    )
    return {row.trip_id: row.packed for row in await connection.execute(statement)}
