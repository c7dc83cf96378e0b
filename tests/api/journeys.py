"""Trips, stops and gaps of the tests, written as the monitor writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import asyncpg
import msgspec

from fleet.model.trips import Cut, CutKind, TrackPoint
from fleet.store import tables
from fleet.store.visits import index_trip, indexed_trip
from fleet.tracks.packed import pack
from tests.api.builders import World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBERED_FROM = datetime(2015, 1, 1, tzinfo=UTC)

NORTH_E7 = 10_000_000 / 111_194.93
EAST_E7 = NORTH_E7 / 0.902585  # at 25.5 degrees
LAT_E7, LON_E7 = 255_000_000, 1_038_000_000

T0 = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def span(begin: datetime | date, end: datetime | date) -> dict[str, str]:
    return {"from": begin.isoformat(), "to": end.isoformat()}


def us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def segment_id(vehicle_id: int, started_at: datetime) -> int:
    return (vehicle_id << 32) + int((started_at - NUMBERED_FROM).total_seconds())


def cut(kind: CutKind, at: datetime, **values: Any) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(Cut(kind=kind, decided_at_us=us(at), **values))
    return shown


def fixes(started_at: datetime, *places: tuple[float, float], every_s: float = 10) -> tuple[TrackPoint, ...]:
    """Metres east and north of 25.5 N, 103.8 E, one place every so many seconds."""
    return tuple(
        TrackPoint(
            us(started_at + timedelta(seconds=every_s * n)),
            LAT_E7 + round(north * NORTH_E7),
            LON_E7 + round(east * EAST_E7),
            360,
            1_900,
            50_000_000 + 100 * n,
            True,
        )
        for n, (east, north) in enumerate(places)
    )


class Journeys:
    """Writes segments of a world's vehicles."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def trip(
        self,
        vehicle_id: int,
        started_at: datetime,
        track: Iterable[TrackPoint] = (),
        *,
        running: bool = False,
        organ_id: int | None = 1,
        lasts: timedelta = timedelta(minutes=20),
        **values: Any,
    ) -> int:
        track = tuple(track)
        ended_at = started_at + lasts if not track else EPOCH + timedelta(microseconds=track[-1].at_us)
        trip_id = segment_id(vehicle_id, started_at)
        row = {
            **self._head(trip_id, vehicle_id, started_at, None if running else ended_at, organ_id),
            "known_to": ended_at,
            "begin_cut": cut(CutKind.IGNITION_ON, started_at),
            "end_cut": None if running else cut(CutKind.IGNITION_OFF, ended_at + timedelta(seconds=312), seconds=312),
            "origin_lat_e7": track[0].lat_e7 if track else LAT_E7,
            "origin_lon_e7": track[0].lon_e7 if track else LON_E7,
            "origin_division": 530302,
            "distance_m": 12_345,
            "driving_s": 1_000,
            "idle_s": 100,
            "standing_s": 0,
            "silent_s": 0,
            "divisions": [{"division": 530302, "distance_m": 12_345, "seconds": 1_100}],
            "bridged": [],
            "set_aside": [],
            "set_aside_count": 0,
            "unit_ids": [vehicle_id],
            "positions": len(track),
            "doubts": 0,
            **values,
        }
        await self.world.execute(tables.trip.insert().values(row))
        if track and not running:
            await self.pack(trip_id, track)
        return trip_id

    async def pack(self, trip_id: int, track: tuple[TrackPoint, ...]) -> None:
        lats, lons = [point.lat_e7 for point in track], [point.lon_e7 for point in track]
        begin, end = (EPOCH + timedelta(microseconds=point.at_us) for point in (track[0], track[-1]))
        row = indexed_trip(trip_id, begin, end, track)
        assert row is not None
        async with self.world.engine.begin() as connection:
            await connection.execute(
                tables.trip_track.insert().values(
                    trip_id=trip_id,
                    points=len(track),
                    min_lat_e7=min(lats),
                    min_lon_e7=min(lons),
                    max_lat_e7=max(lats),
                    max_lon_e7=max(lons),
                    packed=pack(track),
                )
            )
            driver = (await connection.get_raw_connection()).driver_connection
            await index_trip(cast(asyncpg.Connection, driver), [row])

    async def stop(
        self,
        vehicle_id: int,
        started_at: datetime,
        ended_at: datetime | None,
        at: tuple[float, float] = (0, 0),
        *,
        organ_id: int | None = 1,
        **values: Any,
    ) -> int:
        stop_id = segment_id(vehicle_id, started_at)
        row = {
            **self._head(stop_id, vehicle_id, started_at, ended_at, organ_id),
            "begin_cut": cut(CutKind.IGNITION_OFF, started_at, seconds=312),
            "end_cut": None if ended_at is None else cut(CutKind.IGNITION_ON, ended_at),
            "lat_e7": LAT_E7 + round(at[1] * NORTH_E7),
            "lon_e7": LON_E7 + round(at[0] * EAST_E7),
            "place_division": 530302,
            "radius_m": 12,
            "ignition_on_s": 0,
            "unit_ids": [vehicle_id],
            "positions": 3,
            "doubts": 0,
            **values,
        }
        await self.world.execute(tables.stop.insert().values(row))
        return stop_id

    async def gap(
        self,
        vehicle_id: int,
        started_at: datetime,
        ended_at: datetime | None,
        *,
        organ_id: int | None = 1,
        **values: Any,
    ) -> int:
        gap_id = segment_id(vehicle_id, started_at)
        row = {
            **self._head(gap_id, vehicle_id, started_at, ended_at, organ_id),
            "before_lat_e7": LAT_E7,
            "before_lon_e7": LON_E7,
            "before_division": 530302,
            "metres_apart": None if ended_at is None else 3_100,
            "odometer_m": None if ended_at is None else 12_400,
            "was_moving": True,
            **values,
        }
        await self.world.execute(tables.gap.insert().values(row))
        return gap_id

    def _head(
        self, one: int, vehicle_id: int, started_at: datetime, ended_at: datetime | None, organ_id: int | None
    ) -> dict[str, Any]:
        return {
            "id": one,
            "version": 1,
            "vehicle_id": vehicle_id,
            "organ_id": organ_id,
            "division": 530302,
            "day": day_of(started_at),
            "started_at": started_at,
            "ended_at": ended_at,
            "known_to": ended_at or started_at,
            "written_at": started_at,
            "running": ended_at is None,
        }


def day_of(moment: datetime) -> date:
    """The fleet's day: it turns at 04:00 in Asia/Shanghai."""
    return (moment + timedelta(hours=8 - 4)).date()
