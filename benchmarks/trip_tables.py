"""Fills the tables that trips stand in, as ingest and the monitor would have, and says how large they are."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from zlib import crc32

import asyncpg
import msgspec

from benchmarks.driving import COLUMNS, DAY_ROWS, DRAWN, FIXES, VEHICLES, Trips, copies, days
from fleet.model.trips import Cut, CutKind, TrackPoint
from fleet.tracks.cells import keys_of_way
from fleet.tracks.columns import Reader, varint, zigzag
from fleet.tracks.packed import Way, pack

EPOCH_2015_S = 1_420_070_400
_CHECKED = 6
"""Bytes before what the sum of a packed track is made of."""


async def fill(url: str, positions: int) -> int:
    """Writes whole days until there are so many positions; answers how many days.

    The server takes positions in, while a process beside packs trips and writes what stands of them.
    """
    count = -(-positions // DAY_ROWS)
    connection = await asyncpg.connect(url)
    try:
        await registry(connection)
        with ProcessPoolExecutor(1, get_context("spawn")) as beside:
            written = beside.submit(write_segments, url, count)
            batch = 1
            # Kept up row by row they would take three times as long as all at once at the end.
            indexes = await _without_indexes(connection)
            for number, trips in enumerate(days(count)):
                for copy in copies(trips, batch):
                    await connection.copy_to_table(
                        "position_reading", source=io.BytesIO(copy), columns=COLUMNS, format="binary"
                    )
                batch += -(-trips.at_us.size // 6_000)
                print(f"  day {number + 1} of {count}", flush=True)
            for definition in indexes:
                await connection.execute(definition)
            written.result()
        for table in ("position_reading", "trip", "stop", "trip_track", "trip_cells", "binding", "vehicle"):
            await connection.execute(f"vacuum analyze {table}")
    finally:
        await connection.close()
    return count


async def _without_indexes(connection: asyncpg.Connection) -> list[str]:
    """Drops the indexes of the positions; answers what makes them anew."""
    rows = await connection.fetch("select indexname, indexdef from pg_indexes where tablename = 'position_reading'")
    for row in rows:
        await connection.execute(f"drop index {row['indexname']}")
    return [row["indexdef"] for row in rows]


def write_segments(url: str, count: int) -> None:
    """In a process of its own."""

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            packed: list[list[bytes]] = []
            for number, trips in enumerate(days(count)):
                if number < DRAWN:
                    packed.append([_packed(trips, n) for n in range(len(trips))])
                await segments(connection, trips, packed[number % DRAWN])
        finally:
            await connection.close()

    asyncio.run(work())


def _packed(trips: Trips, n: int) -> bytes:
    columns = (trips.at_us, trips.lat_e7, trips.lon_e7, trips.speed_dkmh, trips.altitude_m, trips.odometer_m)
    return pack(
        tuple(
            TrackPoint(at_us, lat_e7, lon_e7, speed, altitude, odometer, True)
            for at_us, lat_e7, lon_e7, speed, altitude, odometer in zip(
                *(one[n].tolist() for one in columns), strict=True
            )
        )
    )


def _at_another_time(packed: bytes, first_us: int) -> bytes:
    """The same track, begun at another moment: what would take some milliseconds to pack anew."""
    reader = Reader(packed, _CHECKED)
    head = b"".join(varint(number) for number in (reader.varint(), reader.varint()))
    begun = varint(reader.varint())
    body = head + varint(zigzag(first_us)) + packed[_CHECKED + len(head) + len(begun) :]
    return packed[:2] + crc32(body).to_bytes(4, "little") + body


async def registry(connection: asyncpg.Connection) -> None:
    organs = 520
    for statement in (
        "insert into organ (id, code, name, kind, division) values (1, 'city', 'city', 'government', 530300)",
        "insert into organ (id, code, name, kind, division, parent_id)"
        f" select n, 'O' || n, 'O' || n, 'government', 530302, 1 from generate_series(2, {organs}) n",
        "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
        f" select n, '云D' || n, 2 + n % {organs - 1}, 530302, 'other', 'retained', 'petrol', 'in_service', 'saloon', 5"
        f" from generate_series(1, {VEHICLES}) n",
        f"insert into unit (id, code, division) select n, 'U' || n, 530302 from generate_series(1, {VEHICLES}) n",
        "insert into binding (unit_id, vehicle_id, period)"
        f" select n, n, tstzrange('2024-01-01Z', null) from generate_series(1, {VEHICLES}) n",
        "insert into latest_state (unit_id, revision, position_at, position_received_at, lat_e7, lon_e7, division,"
        " speed_dkmh, flags, ignition, online)"
        " select n, 1, now(), now(), 255000000 + n, 1038000000 + n, 530302, 300, 0, true, true"
        f" from generate_series(1, {VEHICLES}) n",
        "update live_revision set revision = 1",
    ):
        await connection.execute(statement)


async def segments(connection: asyncpg.Connection, trips: Trips, packed: Sequence[bytes]) -> None:
    """The day's trips and, after each, a stop of an hour; with what finds them by place, as the monitor has it."""
    rows, stops, tracks, indexed = [], [], [], []
    for n in range(len(trips)):
        vehicle = int(trips.vehicle[n])
        begin_us, end_us = int(trips.at_us[n, 0]), int(trips.at_us[n, -1])
        begin, end = at(begin_us), at(end_us)
        trip_id = (vehicle << 32) + begin_us // 1_000_000 - EPOCH_2015_S
        way = Way(trips.at_us[n], trips.lat_e7[n], trips.lon_e7[n])
        box = (way.lat_e7.min(), way.lon_e7.min(), way.lat_e7.max(), way.lon_e7.max())
        tracks.append((trip_id, FIXES, *map(int, box), _at_another_time(packed[n], begin_us)))
        indexed.append((trip_id, begin, end, keys_of_way(way).tolist()))
        organ, day = 2 + vehicle % 519, begin.date()
        head = (1, vehicle, organ, 530302, day, begin, end, end, end, False)
        driven = int(trips.odometer_m[n, -1] - trips.odometer_m[n, 0])
        here, there = ((int(way.lat_e7[end]), int(way.lon_e7[end])) for end in (0, -1))
        counties = f'[{{"division": 530302, "distance_m": {driven}, "seconds": 1790}}]'
        rows.append(
            (
                *(trip_id, *head, cut(CutKind.IGNITION_ON, begin_us), cut(CutKind.IGNITION_OFF, end_us, 312)),
                *(*here, 530302, *there, 530302),
                *(driven, driven, 1_700, 90, 0, 0, 900),
                *(counties, "[]", "[]", 0, [vehicle], FIXES, 0),
            )
        )
        stood = (1, vehicle, organ, 530302, day, end, end + timedelta(hours=1), end + timedelta(hours=1), end, False)
        stops.append(
            (
                *(trip_id + FIXES * 10, *stood),
                *(cut(CutKind.IGNITION_OFF, end_us, 312), cut(CutKind.IGNITION_ON, end_us)),
                *(*there, 530302, 9, 0, [vehicle], 0, 0),
            )
        )
    async with connection.transaction():
        await connection.copy_records_to_table("trip", records=rows, columns=TRIP_COLUMNS)
        await connection.copy_records_to_table("stop", records=stops, columns=STOP_COLUMNS)
        await connection.copy_records_to_table("trip_track", records=tracks)
        await connection.copy_records_to_table("trip_cells", records=indexed)


HEAD_COLUMNS = [
    *("id", "version", "vehicle_id", "organ_id", "division", "day", "started_at", "ended_at", "known_to"),
    *("written_at", "running", "begin_cut", "end_cut"),
]
TRIP_COLUMNS = [
    *HEAD_COLUMNS,
    *("origin_lat_e7", "origin_lon_e7", "origin_division"),
    *("destination_lat_e7", "destination_lon_e7", "destination_division"),
    *("distance_m", "odometer_distance_m", "driving_s", "idle_s", "standing_s", "silent_s", "max_speed_dkmh"),
    *("divisions", "bridged", "set_aside", "set_aside_count", "unit_ids", "positions", "doubts"),
]
STOP_COLUMNS = [
    *HEAD_COLUMNS,
    *("lat_e7", "lon_e7", "place_division", "radius_m", "ignition_on_s", "unit_ids", "positions", "doubts"),
]


def cut(kind: CutKind, at_us: int, seconds: int | None = None) -> str:
    return msgspec.json.encode(Cut(kind=kind, decided_at_us=at_us, seconds=seconds)).decode()


def at(moment_us: int) -> datetime:
    return datetime.fromtimestamp(moment_us / 1e6, UTC)


async def measure_sizes(url: str, positions: int) -> dict[str, object]:
    connection = await asyncpg.connect(url)
    try:
        sizes = {
            "bytes_a_position": await connection.fetchval("select hypertable_size('position_reading')") / positions,
            "packed_bytes_a_position": await connection.fetchval("select sum(length(packed)) from trip_track")
            / positions,
        }
        for table in ("trip", "trip_track", "trip_cells", "stop"):
            size = await connection.fetchval("select pg_total_relation_size($1::regclass)", table)
            sizes[f"{table}_bytes_a_trip"] = size / (positions / FIXES)
        print("  " + ", ".join(f"{name} {value:.1f}" for name, value in sizes.items()), flush=True)
        return dict(sizes)
    finally:
        await connection.close()
