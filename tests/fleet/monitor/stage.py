"""A stage for the monitor: a small city, batches through ingest's own store, and what a clean pass says."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from fleet.model.batch import BatchWrite, Count, LedgerKey, QuarantineRow, Staged, hour_of
from fleet.model.moments import from_us
from fleet.model.readings import Kind, Reason
from fleet.model.trips import (
    EventReading,
    PositionReading,
    Segment,
    StoredReading,
    TripParameters,
    UsageReading,
)
from fleet.monitor.process import Monitor, Pace
from fleet.monitor.rows import kind_of, row_of, track_of
from fleet.settings import assume_role
from fleet.store.ingest import BatchStore
from fleet.store.trips import TABLES
from fleet.trips.fold import Closed, begin, open_segment, step

FAST = Pace(idle_s=0.01, house_s=0.05, snapshot_s=0.4, settled_s=0.05, waited_s=0.5)
SEGMENTS = ("trip", "stop", "gap")
UNCOMPARED = {"version", "written_at", "organ_id", "division"}


class City:
    """Vehicles 1 … n of one organ, each with the unit of the same number since 2020."""

    def __init__(self, connection: asyncpg.Connection, url: str) -> None:
        self.connection = connection
        self.url = url
        self._stores: dict[int, BatchStore] = {}
        self._opened: list[asyncpg.Connection] = []

    async def register(self, vehicles: int) -> None:
        await self.connection.execute(
            "insert into organ (id, code, name, kind, division) values (1, 'O1', 'organ', 'government', 530302)"
        )
        await self.connection.execute(
            "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
            " select g, 'P' || g, 1, 530302, 'other', 'retained', 'petrol', 'in_service', 'saloon', 5"
            " from generate_series(1, $1) g",
            vehicles,
        )
        await self.connection.execute(
            "insert into vehicle_history (vehicle_id, period, organ_id, division, use, management, energy, status)"
            " select id, '[2020-01-01,)', organ_id, division, use, management, energy, status from vehicle"
        )
        await self.connection.execute(
            "insert into unit (id, code, division) select g, 'U' || g, 530302 from generate_series(1, $1) g", vehicles
        )
        await self.connection.execute(
            "insert into binding (unit_id, vehicle_id, period)"
            " select g, g, '[2020-01-01,)' from generate_series(1, $1) g",
            vehicles,
        )

    async def worker(self, number: int = 1) -> BatchStore:
        """Ingest's own store, as that worker."""
        if number not in self._stores:
            connection = await asyncpg.connect(self.url, server_settings={"role": "fleet_ingest"})
            self._opened.append(connection)
            self._stores[number] = BatchStore(connection, number)
            await self._stores[number].prepare()
        return self._stores[number]

    async def write(
        self, readings: Iterable[StoredReading], *, worker: int = 1, received_at: datetime | None = None
    ) -> int:
        """One batch, committed; by default received a second after the newest of them. Answers its number."""
        store = await self.worker(worker)
        written = await store.write(batch_of(list(readings), received_at))
        return written.n

    def batch(self, readings: Sequence[StoredReading]) -> BatchWrite:
        """A batch of what is stored already: each of them is found a duplicate."""
        return batch_of(readings)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        order = "id" if table in SEGMENTS else "1, 2, 3"
        return [dict(row) for row in await self.connection.fetch(f"select * from {table} order by {order}")]

    async def settled(self, within_s: float = 30) -> None:
        """Returns once everything committed is followed, nothing waits for a second fold, and both hold for a while."""
        deadline = time.monotonic() + within_s
        calm = 0
        while calm < 3:
            waiting = await self.connection.fetchrow(
                "select (select count(*) from batch b where n > coalesce((select c.n from follow_cursor c"
                " where c.worker = b.worker), 0)) as batches,"
                " (select count(*) from late_span) as late,"
                " (select count(*) from recompute where stage = 'readings') as recompute"
            )
            assert waiting is not None
            calm = calm + 1 if not any(waiting.values()) else 0
            if time.monotonic() > deadline:
                raise AssertionError(f"not settled after {within_s:.0f} s: {dict(waiting)}")
            await asyncio.sleep(0.06)

    async def close(self) -> None:
        for connection in self._opened:
            await connection.close()


@contextlib.asynccontextmanager
async def staged(url: str, vehicles: int = 4) -> AsyncIterator[City]:
    """A city with so many vehicles."""
    connection = await asyncpg.connect(url)
    city = City(connection, url)
    await city.register(vehicles)
    yield city
    await city.close()
    await connection.close()


def batch_of(readings: Sequence[StoredReading], received_at: datetime | None = None) -> BatchWrite:
    """What ingest would hand to its store."""
    newest_us = max(reading.observed_at_us for reading in readings)
    received = received_at or from_us(newest_us) + timedelta(seconds=1)
    staged = {kind: Staged() for kind in (Kind.POSITION, Kind.USAGE, Kind.EVENT)}
    counts: dict[LedgerKey, Count] = {}
    for reading in readings:
        kind = KINDS[type(reading)]
        values = msgspec.structs.asdict(reading)
        row = (from_us(values.pop("observed_at_us")), values.pop("seq"), values.pop("unit_id"), values.pop("run"))
        key = LedgerKey(hour_of(received), reading.unit_id, {"position": 1, "usage": 2, "event": 3}[kind.value])
        counts.setdefault(key, Count()).received += 1
        staged[kind].rows.append((*row, *(values[name] for name in REST[kind])))
        staged[kind].keys.append(key)
        staged[kind].origins.append(None)
    return BatchWrite(
        received_at=received,
        messages=len(readings),
        unknown_fields=0,
        staged=staged,
        counts=counts,
        quarantine=[],
        receipts={},
        statuses=[],
        quarantine_of=_no_conflict,
        observed_from=from_us(min(reading.observed_at_us for reading in readings)),
        observed_to=from_us(newest_us),
    )


def _no_conflict(origin: Any, reason: Reason) -> QuarantineRow:
    raise AssertionError(f"the stage sent two readings with one identity: {reason}")


KINDS: Mapping[type, Kind] = {PositionReading: Kind.POSITION, UsageReading: Kind.USAGE, EventReading: Kind.EVENT}
REST = {
    Kind.POSITION: (
        *("lat_e7", "lon_e7", "division", "odometer_m", "speed_dkmh", "heading_deg", "altitude_m", "hdop_tenths"),
        *("satellites", "flags", "ignition"),
    ),
    Kind.USAGE: (
        *("odometer_m", "fuel_level_ml", "fuel_used_ml", "energy_used_wh", "energy_charged_wh", "engine_s"),
        *("fuel_level_permille", "soc_permille", "charging", "ignition"),
    ),
    Kind.EVENT: ("event", "detail"),
}


def pieces(readings: Sequence[StoredReading], size: int) -> list[Sequence[StoredReading]]:
    """The readings in lists of `size`, the last perhaps shorter."""
    return [readings[start : start + size] for start in range(0, len(readings), size)]


class Clock:
    """The time of the stage: begins where it is set, and goes on as fast as ours."""

    def __init__(self, at: datetime) -> None:
        self._at, self._since = at, time.monotonic()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=time.monotonic() - self._since)


@contextlib.asynccontextmanager
async def running(
    url: str, now: Callable[[], datetime], pace: Pace = FAST, dependants: tuple[str, ...] = ()
) -> AsyncIterator[Monitor]:
    """A monitor at work, stopped in order at the end."""
    monitor = Monitor(assume_role(url, "fleet_monitor"), now, pace, dependants)
    task = asyncio.create_task(monitor.run())
    try:
        yield monitor
    finally:
        monitor.stop()
        await asyncio.wait_for(task, 20)


async def until(condition: Callable[[], Awaitable[bool]], what: str, within_s: float = 60) -> None:
    """Returns once the condition holds."""
    deadline = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < deadline, f"waited {within_s:.0f} s for {what}"
        await asyncio.sleep(0.03)


# ---------------------------------------------------------------- what one clean pass says


def clean(
    readings: Iterable[StoredReading],
    vehicle_id: int,
    parameters_at: Callable[[int], TripParameters] = lambda _: TripParameters(),
) -> list[Closed | tuple[Segment, None]]:
    """Everything in the order of keys: what is over with its track, and what runs with None."""
    state = begin(vehicle_id)
    made: list[Closed | tuple[Segment, None]] = []
    for reading in sorted(readings, key=lambda one: one.key):
        made += step(state, reading, parameters_at(reading.observed_at_us))
    segment = open_segment(state)
    return made if segment is None else [*made, (segment, None)]


def expected_rows(made: Sequence[Closed | tuple[Segment, None]]) -> dict[str, dict[int, dict[str, Any]]]:
    """The rows of what is over, as a clean pass makes them: table -> id -> columns."""
    tables: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in SEGMENTS}
    for segment, track in made:
        if track is not None:
            row = row_of(segment, known_to_us=0, written_at=datetime(2000, 1, 1, tzinfo=UTC), named=lambda *_: None)
            tables[kind_of(segment)][row["id"]] = comparable(row)
    return tables


def expected_tracks(made: Sequence[Closed | tuple[Segment, None]]) -> dict[int, bytes]:
    packed = {}
    for segment, points in made:
        if points:
            track = track_of(segment, points)  # type: ignore[arg-type]
            assert track is not None
            packed[track.trip_id] = track.packed
    return packed


def comparable(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what a clean pass cannot know, documents as objects."""
    shown = {}
    for name, value in row.items():
        if name in UNCOMPARED or name.endswith(("area_id", "name")):
            continue
        if name in DOCUMENTS:
            shown[name] = msgspec.json.decode(value if isinstance(value, str) else msgspec.json.encode(value))
        else:
            shown[name] = value
    return shown


DOCUMENTS = {"begin_cut", "end_cut", "divisions", "bridged", "set_aside"}


async def assert_clean(
    city: City,
    readings: Mapping[int, Sequence[StoredReading]],
    parameters_at: Callable[[int], TripParameters] = lambda _: TripParameters(),
) -> None:
    """The stored segments that are over, and the tracks, are those of one clean pass over `readings` by vehicle."""
    made = [one for vehicle_id, list_ in readings.items() for one in clean(list_, vehicle_id, parameters_at)]
    wanted = expected_rows(made)
    for name in TABLES:
        found = {row["id"]: comparable(row) for row in await city.rows(name) if not row["running"]}
        assert found.keys() == wanted[name].keys(), name
        for identifier, row in found.items():
            other = wanted[name][identifier]
            differing = {column: (row[column], other[column]) for column in row if row[column] != other[column]}
            assert not differing, f"{name} {identifier}: {differing}"
    tracks = {row["trip_id"]: row["packed"] for row in await city.rows("trip_track")}
    assert tracks == expected_tracks(made)
    running_wanted = {(kind_of(segment), segment.vehicle_id) for segment, track in made if track is None}
    running_found = {(name, row["vehicle_id"]) for name in TABLES for row in await city.rows(name) if row["running"]}
    assert running_wanted <= running_found
