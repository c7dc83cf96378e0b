"""What was, asked of many millions of positions: tracks, trips, the latest of all, visits; hot, and from the disk.

Each question is put to the application as it is served, in this process, so that what is measured is the server's
time: database, shaping, JSON, and the audit row where one is due. CPU is what this process and the database spent
on it, which other work on the machine does not blur. Beside it stands the plain way: the same question
asked of raw readings. "From the disk": the server is restarted and its files are dropped from the cache.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import numpy as np
import psutil

from api.live.poller import REGISTRY_INTERVAL_S
from benchmarks.driving import DAY_ROWS, FIRST_DAY, VEHICLES
from benchmarks.trip_replay import Replayed, compared, prepare, written
from benchmarks.trip_tables import fill, measure_sizes
from fleet.geography.divisions import COUNTIES
from fleet.local.postgres import Postgres
from tests.api.builders import running, world
from tests.services import free_port, migrate

Ask = Callable[[int], Awaitable[int]]
"""Asks for the n-th time, of something else each time; answers how much came back."""

PURPOSE = {"X-Purpose": "benchmark"}
ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Row:
    question: str
    way: str
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    answered: float  # on average
    load: float  # of the machine, in its last minute


class Questions:
    """The same questions in the same order every time; another vehicle, day and place each time."""

    def __init__(self, client: httpx.AsyncClient, plain: asyncpg.Connection, count: int) -> None:
        self.client, self.plain, self.days = client, plain, count
        self.spent_s = self.cpu_s = 0.0
        rng = np.random.default_rng(5)
        self.vehicles = rng.integers(1, VEHICLES + 1, 1_000).tolist()
        self.chosen = rng.integers(0, count, 1_000).tolist()
        seats = [(place.seat_lat, place.seat_lon) for place in COUNTIES]
        self.centres = [seats[0]] * 1_000
        spread = rng.normal(0, 0.02, (1_000, 2))
        county = rng.integers(0, len(seats), 1_000)
        self.places = [
            (seats[c][0] + dy, seats[c][1] + dx) for c, (dy, dx) in zip(county, spread.tolist(), strict=True)
        ]
        self.end = FIRST_DAY + timedelta(days=count)
        self.month = {"from": (self.end - timedelta(days=30)).isoformat(), "to": self.end.isoformat()}

    def day(self, n: int) -> tuple[datetime, datetime]:
        begin = FIRST_DAY + timedelta(days=self.chosen[n])
        return begin, begin + timedelta(days=1)

    async def get(self, path: str, **query: object) -> dict[str, object]:
        async with self.measured():
            answer = await self.client.get(f"/api/v1/{path}", params=query, headers=PURPOSE)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        body: dict[str, object] = answer.json()
        return body

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        """Adds what passes within; to read an answer afterwards is the client's affair."""
        began, cpu = time.perf_counter(), time.process_time()
        yield
        self.spent_s += time.perf_counter() - began
        self.cpu_s += time.process_time() - cpu

    async def fetch(self, sql: str, *arguments: object) -> int:
        async with self.measured():
            return len(await self.plain.fetch(sql, *arguments))

    async def track(self, n: int) -> int:
        begin, end = self.day(n)
        query = {"from": begin.isoformat(), "to": end.isoformat()}
        return int(str((await self.get(f"vehicles/{self.vehicles[n]}/track", **query))["total"]))

    async def trip_tracks(self, n: int) -> int:
        begin, end = self.day(n)
        query = {"from": begin.isoformat(), "to": end.isoformat(), "vehicle": self.vehicles[n]}
        trips = (await self.get("trips", **query))["items"]
        total = 0
        for trip in trips:  # type: ignore[attr-defined]
            total += int(str((await self.get(f"trips/{trip['id']}/track"))["total"]))
        return total

    async def trips_of_vehicle(self, n: int) -> int:
        return await self.items("trips", vehicle=self.vehicles[n], limit=1_000, **self.month)

    async def trips_of_organ(self, n: int) -> int:
        return await self.items("trips", organ=2 + self.vehicles[n] % 519, limit=1_000, **self.month)

    async def newest_trips(self, n: int) -> int:
        return await self.items("trips", limit=100)

    async def latest(self, n: int) -> int:
        return await self.items("positions/latest")

    async def visits(self, n: int) -> int:
        lat, lon = self.places[n]
        return await self.items("visits", lat=lat, lon=lon, radius_m=100, **self.month)

    async def visits_in_the_centre(self, n: int) -> int:
        lat, lon = self.centres[n]
        return await self.items("visits", lat=lat + n * 1e-4, lon=lon, radius_m=100, **self.month)

    async def all_visits_in_the_centre(self, n: int) -> int:
        """Every page of a month at the busiest place."""
        lat, lon = self.centres[n]
        total = 0
        cursor: dict[str, object] = {}
        while True:
            there = {"lat": lat + n * 1e-4, "lon": lon, "radius_m": 100, "limit": 500, **self.month, **cursor}
            body = await self.get("visits", **there)
            total += len(body["items"])  # type: ignore[arg-type]
            if body["next_cursor"] is None:
                return total
            cursor = {"cursor": body["next_cursor"]}

    async def items(self, path: str, **query: object) -> int:
        return len((await self.get(path, **query))["items"])  # type: ignore[arg-type]

    async def plain_trips(self, n: int) -> int:
        """To find a month's trips in raw readings, all of them have to be read."""
        sql = (
            "select observed_at, lat_e7, lon_e7, ignition from position_reading"
            " where unit_id = $1 and observed_at >= $2 and observed_at < $3"
        )
        return await self.fetch(sql, self.vehicles[n], self.end - timedelta(days=30), self.end)

    async def plain_latest(self, n: int) -> int:
        sql = (
            "select b.vehicle_id, p.* from binding b cross join lateral (select * from position_reading p"
            " where p.unit_id = b.unit_id order by observed_at desc limit 1) p"
        )
        return await self.fetch(sql)

    async def plain_visits(self, n: int) -> int:
        lat, lon = self.places[n]
        sql = (
            "select distinct unit_id from position_reading where observed_at >= $1 and observed_at < $2"
            " and lat_e7 between $3 and $4 and lon_e7 between $5 and $6"
        )
        box = (*(round((lat + d) * 1e7) for d in (-9e-4, 9e-4)), *(round((lon + d) * 1e7) for d in (-1e-3, 1e-3)))
        return await self.fetch(sql, self.end - timedelta(days=30), self.end, *box)


async def timed(
    questions: Questions, question: str, way: str, ask: Ask, *, first: int = 0, rounds: int = ROUNDS, warm: bool = True
) -> Row:
    """Hot: each is asked twice, the second time counts."""
    spent: list[float] = []
    answered: list[int] = []
    cpu_s = 0.0
    for n in range(first, first + rounds):
        if warm:
            await ask(n)
        questions.spent_s = questions.cpu_s = 0.0
        before = database_cpu_s()
        answered.append(await ask(n))
        spent.append(questions.spent_s * 1e3)
        cpu_s += questions.cpu_s + database_cpu_s() - before
    p50_ms, p95_ms = np.percentile(spent, (50, 95)).round(1).tolist()
    load = round(os.getloadavg()[0], 1)
    row = Row(question, way, p50_ms, p95_ms, round(cpu_s / rounds * 1e3, 1), float(np.mean(answered)), load)
    figures = f"{p50_ms:9.1f} {p95_ms:9.1f} {row.cpu_ms:9.1f} {row.answered:9.0f} {load:5.1f}"
    print(f"  {question:34} {way:22} {figures}", flush=True)
    return row


def database_cpu_s() -> float:
    """What the servers that this process started have spent so far; counted in hundredths of a second."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def forget(directory: Path) -> None:
    """Drops the files below from the operating system's cache; the server must not run."""
    os.sync()
    for path in directory.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


async def serve(url: str, directory: Path, count: int, ask: Callable[[Questions], Awaitable[list[Row]]]) -> list[Row]:
    """Runs questions against the application on a server that may have just been started."""
    plain = await asyncpg.connect(url)
    try:
        async with (
            world(url, directory / "audit") as made,
            running(made, request_rate_per_s=100_000, registry_interval_s=REGISTRY_INTERVAL_S) as app,
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://benchmark") as client,
        ):
            admin = int(await made.scalar("select id from account where username = 'admin'"))
            client.headers.update(await made.session_of(admin))
            await client.get("/api/v1/positions/latest")  # connects, fills the live fleet and the catalogue's caches
            return await ask(Questions(client, plain, count))
    finally:
        await plain.close()


async def cold(questions: Questions) -> list[Row]:
    """None of these was asked since the restart; a warm-up opens the tables with others."""
    await questions.track(999)
    await questions.visits(999)
    ask = partial(timed, questions, rounds=20, warm=False)
    return [
        await ask("a vehicle's day", "track, disk", questions.track, first=500),
        await ask("its trips' tracks", "packed, disk", questions.trip_tracks, first=540),
        await ask("visits in a month", "disk", questions.visits, first=580),
    ]


async def hot(questions: Questions) -> list[Row]:
    ask = partial(timed, questions)
    return [
        await ask("a vehicle's day", "track", questions.track),
        await ask("its trips' tracks", "list and packed tracks", questions.trip_tracks),
        await ask("a vehicle's trips of a month", "trips", questions.trips_of_vehicle),
        await ask("an organ's trips of a month", "trips", questions.trips_of_organ),
        await ask("the newest 100 trips", "trips", questions.newest_trips),
        await ask("the latest of 6,000", "positions/latest", questions.latest),
        await ask("visits in a month", "anywhere", questions.visits),
        await ask("visits in a month", "centre, first page", questions.visits_in_the_centre),
        await ask("visits in a month", "centre, all pages", questions.all_visits_in_the_centre, rounds=3, warm=False),
        await ask("a vehicle's trips of a month", "raw readings", questions.plain_trips, rounds=10),
        await ask("the latest of 6,000", "raw readings", questions.plain_latest, rounds=3, warm=False),
        await ask("visits in a month", "raw readings", questions.plain_visits, rounds=2, warm=False),
    ]


async def replayed(url: str, count: int) -> list[Replayed]:
    """A day of the whole fleet made again; last, for it changes what is stored."""
    await prepare(url, count)
    found = []
    for way in (compared, written):
        one = await way(url, count)
        found.append(one)
        print(
            f"  a day made again, {one.way}: {one.readings:,} readings in {one.spent_s:.0f} s, {one.cpu_s:.0f} s of"
            f" CPU, load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    return found


HEADING = "  question                           way                       p50 ms    p95 ms    CPU ms    answer  load"


def measure(positions: int, directory: Path) -> dict[str, object]:
    """The table for a database of so many positions; several gigabytes for each ten million."""
    settings = {"shared_buffers": "1GB", "max_wal_size": "4GB", "maintenance_work_mem": "512MB"}
    postgres = Postgres(directory / "postgres", free_port(), settings=settings)
    try:
        postgres.start()
        url = postgres.url()
        migrate(url)
        began = time.perf_counter()
        count = asyncio.run(fill(url, positions))
        stored = count * DAY_ROWS
        print(f"{stored:,} positions of {count} days, written in {time.perf_counter() - began:.0f} s")
        sizes = asyncio.run(measure_sizes(url, stored))
        print(HEADING, flush=True)

        postgres.stop()
        forget(directory)
        postgres.start()
        rows = asyncio.run(serve(url, directory, count, cold))
        rows += asyncio.run(serve(url, directory, count, hot))
        replays = asyncio.run(replayed(url, count))
        return {
            "positions": stored,
            "days": count,
            **sizes,
            "rows": [asdict(row) for row in rows],
            "replays": [asdict(one) for one in replays],
        }
    finally:
        postgres.remove()


def measure_all(sizes: Sequence[int]) -> list[dict[str, object]]:
    results = []
    for positions in sizes:
        with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
            Path(name).chmod(0o711)
            results.append(measure(positions, Path(name)))
    return results
