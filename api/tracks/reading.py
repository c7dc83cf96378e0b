"""Fetches what a track is made of. The caller holds the transaction, and writes the audit row."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.tracks.fixes import Fix, joined, of_packed, of_readings
from fleet.model.moments import to_us
from fleet.model.scope import Scope
from fleet.store import tracks, trip_reading
from fleet.tracks.packed import unpack


async def vehicle_fixes(
    connection: AsyncConnection, vehicle_id: int, *, scope: Scope, begin: datetime, end: datetime
) -> list[Fix]:
    """Everything that is kept of where a visible vehicle was in [begin, end), in time order.

    Where raw readings are gone (or gone in part: they go by whole days), the packed tracks of its trips step in.
    """
    readings = of_readings(await tracks.vehicle_positions(connection, vehicle_id, scope=scope, begin=begin, end=end))
    trips = await tracks.packed_trips(connection, vehicle_id, scope=scope, begin=begin, end=end)
    moments = [fix.observed_at for fix in readings]
    wanted = {}
    for trip in trips:
        there = bisect_right(moments, trip.ended_at or end) - bisect_left(moments, trip.started_at)
        if there < trip.positions:  # not the points of its track: some of those were never read
            wanted[trip.id] = list(trip.unit_ids)
    if not wanted:
        return readings
    packed = await _packed(connection, wanted)
    inside = [[fix for fix in track if begin <= fix.observed_at < end] for track in packed]
    return joined(readings, [[fix for fix in track if scope.holds_moment(fix.observed_at)] for track in inside])


async def trip_fixes(connection: AsyncConnection, trip: RowMapping, *, scope: Scope) -> list[Fix]:
    """The track of a visible trip (a row of `trip`): the packed one, or the readings so far of one that runs."""
    packed = await _packed(connection, {trip["id"]: list(trip["unit_ids"])})
    if packed:
        return [fix for fix in packed[0] if scope.holds_moment(fix.observed_at)]
    end = trip["known_to"] + timedelta(microseconds=1)
    rows = await tracks.vehicle_positions(
        connection, trip["vehicle_id"], scope=scope, begin=trip["started_at"], end=end
    )
    aside = {one["at_us"] for one in trip["set_aside"]}
    return [fix for fix in of_readings(rows) if to_us(fix.observed_at) not in aside]


async def _packed(connection: AsyncConnection, units_by_trip: Mapping[int, list[int]]) -> list[list[Fix]]:
    codes = await trip_reading.unit_codes(connection, {unit for units in units_by_trip.values() for unit in units})
    tracks_by_trip = await tracks.packed_tracks(connection, units_by_trip)
    return [
        of_packed(unpack(packed), codes.get(units_by_trip[trip_id][0]) if len(units_by_trip[trip_id]) == 1 else None)
        for trip_id, packed in sorted(tracks_by_trip.items())
    ]
