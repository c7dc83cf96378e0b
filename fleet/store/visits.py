"""Who was within a circle, and when: the index over packed tracks, and the candidates it gives.

The index only says where to look (`fleet.tracks.cells`); whether a vehicle was there is decided on its track
(`fleet.tracks.passages`). Stops are found by a GiST index that the database keeps by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from math import cos, radians
from typing import NamedTuple

import asyncpg
import msgspec
import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Integer, RowMapping, cast, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import EPOCH, from_us, to_us
from fleet.model.scope import Scope
from fleet.model.trips import TrackPoint
from fleet.store.read_ahead import read_ahead
from fleet.store.registry import subtree
from fleet.store.scoped import vehicle_visible
from fleet.store.tables import binding, position_reading, stop, trip, trip_cells, trip_track, vehicle
from fleet.tracks.cells import keys_of_circle, keys_of_way
from fleet.tracks.packed import Way
from fleet.tracks.passages import Circle

_DEGREE_E7_M = 1e7 / 111_194.9
_WANDERED_M = 600
"""So far fixes of a vehicle that stands may lie from where it stands, without being counted as a way."""


class IndexedTrip(NamedTuple):
    """A row of `trip_cells`; its span holds the trip and its track."""

    trip_id: int
    started_at: datetime
    ended_at: datetime
    cells: list[int]


def indexed_trip(
    trip_id: int, started_at: datetime, ended_at: datetime, track: tuple[TrackPoint, ...]
) -> IndexedTrip | None:
    """The row of a trip that has ended; None for a track without a fix. Pure, about 0.2 ms."""
    if not track:
        return None
    rows = np.array([(point.at_us, point.lat_e7, point.lon_e7) for point in track], dtype=np.int64).T
    first, last = (from_us(int(rows[0, at])) for at in (0, -1))
    cells = keys_of_way(Way(*rows)).tolist()
    return IndexedTrip(trip_id, min(started_at, first), max(ended_at, last), cells)


async def index_trip(connection: asyncpg.Connection, rows: Sequence[IndexedTrip]) -> None:
    """Write the rows of trips, in place of earlier ones of the same id; in the transaction that writes the trips."""
    await connection.executemany(
        "insert into trip_cells (trip_id, started_at, ended_at, cells) values ($1, $2, $3, $4)"
        " on conflict (trip_id) do update set started_at = excluded.started_at, ended_at = excluded.ended_at,"
        " cells = excluded.cells where trip_cells is distinct from excluded",
        rows,
    )


async def forget_trips(connection: asyncpg.Connection, trip_ids: Iterable[int]) -> None:
    """Trips that are none any more are not found any more."""
    await connection.execute("delete from trip_cells where trip_id = any($1::bigint[])", list(trip_ids))


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Who was within a circle in [begin, end); `organ_id`: of vehicles of this organ or of one below it."""

    circle: Circle
    begin: datetime
    end: datetime
    organ_id: int | None = None


Key = tuple[datetime, int]
"""The start and the id of a segment."""


async def trip_candidates(
    connection: AsyncConnection, search: Search, *, scope: Scope, after: Key | None, limit: int
) -> Sequence[Key]:
    """Trips that have ended and whose tracks must be looked at, newest first, at most `limit`."""
    keys = keys_of_circle(
        search.circle.lat_e7,
        search.circle.lon_e7,
        search.circle.radius_m,
        to_us(search.begin),
        to_us(search.end),
    )
    statement = (
        select(trip_cells.c.started_at, trip_cells.c.trip_id)
        # An id begins with its vehicle's: no need to open the trip's own row.
        .join(vehicle, vehicle.c.id == trip_cells.c.trip_id.op(">>")(literal(32, Integer)).cast(Integer))
        .where(trip_cells.c.cells.overlap(cast(keys.tolist(), ARRAY(Integer))))
        .where(trip_cells.c.started_at < search.end, trip_cells.c.ended_at >= search.begin)
        .where(*_seen(search, scope))
        .order_by(trip_cells.c.started_at.desc(), trip_cells.c.trip_id.desc())
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(_before(trip_cells.c.started_at, trip_cells.c.trip_id, after))
    return [(row.started_at, row.trip_id) for row in await connection.execute(statement)]


async def trips_with_tracks(connection: AsyncConnection, trip_ids: Collection[int]) -> Sequence[RowMapping]:
    """Candidates with what an answer shows, their silences and their packed tracks, newest first."""
    statement = (
        select(
            *(trip.c[name] for name in ("id", "vehicle_id", "started_at", "ended_at", "bridged", "doubts")),
            vehicle.c.plate,
            trip_track.c.packed,
        )
        .join(trip_track, trip_track.c.trip_id == trip.c.id)
        .join(vehicle, vehicle.c.id == trip.c.vehicle_id)
        .where(trip.c.id == func.any(cast(list(trip_ids), ARRAY(BigInteger))))
        .order_by(trip.c.started_at.desc(), trip.c.id.desc())
    )
    return (await connection.execute(statement)).mappings().all()


async def stop_candidates(
    connection: AsyncConnection, search: Search, *, scope: Scope, after: Key | None, limit: int
) -> Sequence[RowMapping]:
    """Stops about the circle, newest first, at most `limit`; running ones too."""
    reach_lat = search.circle.radius_m * 1.002 * _DEGREE_E7_M + 1
    reach_lon = reach_lat / cos(radians(abs(search.circle.lat_e7) / 1e7 + 0.2))
    lat_e7, lon_e7 = search.circle.lat_e7, search.circle.lon_e7
    box = func.box(
        func.point(lon_e7 - reach_lon, lat_e7 - reach_lat), func.point(lon_e7 + reach_lon, lat_e7 + reach_lat)
    )
    columns = ("id", "vehicle_id", "started_at", "ended_at", "running", "known_to", "lat_e7", "lon_e7", "radius_m")
    statement = (
        select(*(stop.c[name] for name in columns), stop.c.doubts, vehicle.c.plate)
        .join(vehicle, vehicle.c.id == stop.c.vehicle_id)
        .where(func.point(stop.c.lon_e7, stop.c.lat_e7).op("<@")(box))
        .where(
            func.tstzrange(stop.c.started_at, stop.c.ended_at).op("&&")(func.tstzrange(search.begin, search.end)),
            or_(stop.c.ended_at.is_not(None), stop.c.known_to >= search.begin),
        )
        .where(*_seen(search, scope))
        .order_by(stop.c.started_at.desc(), stop.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(_before(stop.c.started_at, stop.c.id, after))
    return (await connection.execute(statement)).mappings().all()


async def running_trips(
    connection: AsyncConnection, search: Search, *, scope: Scope, after: Key | None
) -> Sequence[RowMapping]:
    """Running trips that may have come within the circle: their track is not packed yet."""
    columns = ("id", "vehicle_id", "started_at", "ended_at", "known_to", "bridged", "set_aside", "doubts")
    statement = (
        select(
            *(trip.c[name] for name in columns),
            *(trip.c[name] for name in ("origin_lat_e7", "origin_lon_e7", "distance_m")),
            *(trip.c[name] for name in ("destination_lat_e7", "destination_lon_e7")),
            vehicle.c.plate,
        )
        .join(vehicle, vehicle.c.id == trip.c.vehicle_id)
        .where(trip.c.running, trip.c.started_at < search.end, trip.c.known_to >= search.begin)
        .where(*_seen(search, scope))
        .order_by(trip.c.started_at.desc(), trip.c.id.desc())
    )
    if after is not None:
        statement = statement.where(_before(trip.c.started_at, trip.c.id, after))
    rows = (await connection.execute(statement)).mappings().all()
    return [row for row in rows if _in_reach(row, search.circle)]


def _in_reach(row: RowMapping, circle: Circle) -> bool:
    """Whether a running trip's way is long enough to have led by the circle to where the vehicle now is."""
    way_m: float = circle.distance_m(row["origin_lat_e7"], row["origin_lon_e7"]) - circle.radius_m
    if row["destination_lat_e7"] is not None:
        way_m += circle.distance_m(row["destination_lat_e7"], row["destination_lon_e7"]) - circle.radius_m
    driven_m: int = row["distance_m"]
    return way_m <= driven_m * 1.01 + _WANDERED_M


async def raw_ways(
    connection: AsyncConnection, spans: Collection[tuple[int, datetime, datetime]]
) -> dict[int, list[tuple[datetime, int, int, int]]]:
    """Time, latitude, longitude and flags of what each vehicle's units reported from one moment to another, in order.

    For spans of hours: the rows lie as they came.
    """
    each = func.unnest(
        cast([vehicle_id for vehicle_id, _, _ in spans], ARRAY(Integer)),
        cast([begin for _, begin, _ in spans], ARRAY(position_reading.c.observed_at.type)),
        cast([end for _, _, end in spans], ARRAY(position_reading.c.observed_at.type)),
    ).table_valued("vehicle_id", "begin_at", "end_at", name="each")
    each = each.render_derived()
    first = min((begin for _, begin, _ in spans), default=EPOCH)
    statement = (
        select(
            each.c.vehicle_id,
            *(position_reading.c[name] for name in ("observed_at", "lat_e7", "lon_e7", "flags")),
        )
        .select_from(each)
        .join(binding, binding.c.vehicle_id == each.c.vehicle_id)
        .join(
            position_reading,
            (position_reading.c.unit_id == binding.c.unit_id)
            & binding.c.period.contains(position_reading.c.observed_at)
            & (position_reading.c.observed_at >= each.c.begin_at)
            & (position_reading.c.observed_at <= each.c.end_at),
        )
        .where(position_reading.c.observed_at >= first)
        .order_by(each.c.vehicle_id, position_reading.c.observed_at, position_reading.c.run, position_reading.c.seq)
    )
    async with read_ahead(connection):
        rows = (await connection.execute(statement)).all()
    ways: dict[int, list[tuple[datetime, int, int, int]]] = {}
    for row in rows:
        ways.setdefault(row.vehicle_id, []).append((row.observed_at, row.lat_e7, row.lon_e7, row.flags))
    return ways


def _seen(search: Search, scope: Scope) -> list[ColumnElement[bool]]:
    conditions = [vehicle_visible(scope)]
    if search.organ_id is not None:
        conditions.append(vehicle.c.organ_id.in_(subtree(search.organ_id)))
    return conditions


def _before(started_at: ColumnElement[datetime], segment_id: ColumnElement[int], key: Key) -> ColumnElement[bool]:
    return tuple_(started_at, segment_id) < tuple_(literal(key[0]), literal(key[1], BigInteger))
