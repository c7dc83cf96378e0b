"""The API asked by many at once while ingest runs: the questions of TSBS's IoT use case, of 6,000 vehicles.

The Time Series Benchmark Suite asks a fleet of trucks for its last locations, low fuel, vehicles that stand, long
drives, long days, activity and driving time. Here each is put to the route by which a user of the product gets the
answer, over HTTP to the API's own process, by several callers without a pause; and beside it the plain way: the same
question asked of raw readings in SQL, by one caller.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import numpy as np

from benchmarks import load
from benchmarks.driving import DAY_ROWS, FIRST_DAY, VEHICLES
from benchmarks.ingest import query
from benchmarks.load import DIVISION
from benchmarks.stack import GATEWAYS, Stack, stack
from benchmarks.trip_tables import fill
from fleet.store.rollups import refresh_days

POSITIONS = 10_000_000
RATE = 600
CALLERS = 8
SECONDS = 10.0
ORGANS = 519
PURPOSE = {"X-Purpose": "benchmark"}

# A quarter of an hour between levels is what units report; the last day is enough for the present.
_USAGE = """
insert into usage_reading (observed_at, batch, unit_id, run, fuel_level_permille)
select $1::timestamptz + make_interval(mins => 15 * k), 16, u, 0, 20 + (u * 7919 + k * 31) % 980
from generate_series(0, 95) as q (k) cross join generate_series(1, $2::int4) as g (u)
"""
_LEVELS = """
update latest_state s set usage_at = now(), fuel_level_permille = 20 + (s.unit_id * 7919 + 95 * 31) % 980
"""


@dataclass(frozen=True, slots=True)
class Question:
    """`path` and `plain` are of the n-th time it is put: of another vehicle or organ each time."""

    name: str
    route: str
    path: Callable[[int], tuple[str, dict[str, str]]]
    plain: str
    arguments: Callable[[int], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Result:
    question: str
    route: str
    callers: int
    requests_a_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float  # of API and database a request, without what ingest takes meanwhile
    bytes: int
    plain_ms: float  # p50
    plain_cpu_ms: float
    plain_rows: int
    load: float


def questions(days: int) -> list[Question]:
    last = FIRST_DAY + timedelta(days=days - 1)
    day = str(last.date())
    began, ended = last - timedelta(hours=4), last + timedelta(hours=20)  # the fleet's day, from 04:00 in Shanghai
    until = last + timedelta(hours=10)

    def organ(n: int) -> int:
        return 2 + n * 7 % ORGANS

    def live(_: int) -> tuple[str, dict[str, str]]:
        return "positions/latest", {}

    def statistic(path: str, **more: str) -> Callable[[int], tuple[str, dict[str, str]]]:
        return lambda _: (f"statistics/{path}", {"from": day, "to": day, **more})

    def long_drives(_: int) -> tuple[str, dict[str, str]]:
        four_hours = {"from": (until - timedelta(hours=4)).isoformat(), "to": until.isoformat()}
        return "trips", {**four_hours, "least_s": "1500", "limit": "1000"}

    units = "select unit_id from binding where vehicle_id in (select id from vehicle where organ_id = $1)"
    sessions = (
        "select unit_id, count(*) from (select unit_id, time_bucket('10 min', observed_at) as bucket"
        " from position_reading where observed_at >= $1 and observed_at < $2 group by 1, 2"
        " having avg(speed_dkmh) > 10) as b group by 1 having count(*) >= $3"
    )
    return [
        Question(
            *("last location", "positions/latest", live),
            "select u, p.* from generate_series(1, $1::int4) as g (u) cross join lateral"
            " (select observed_at, lat_e7, lon_e7 from position_reading where unit_id = u"
            " order by observed_at desc limit 1) as p",
            lambda _: (VEHICLES,),
        ),
        Question(
            *("last location, an organ", "positions/latest", lambda n: ("positions/latest", {"organ": str(organ(n))})),
            f"select u.unit_id, p.* from ({units}) as u cross join lateral (select observed_at, lat_e7, lon_e7"
            " from position_reading where unit_id = u.unit_id order by observed_at desc limit 1) as p",
            lambda n: (organ(n),),
        ),
        Question(
            *("low fuel", "positions/latest", live),
            "select u, p.* from generate_series(1, $1::int4) as g (u) cross join lateral (select observed_at,"
            " fuel_level_permille from usage_reading where unit_id = u and fuel_level_permille is not null"
            " order by observed_at desc limit 1) as p where fuel_level_permille <= 100",
            lambda _: (VEHICLES,),
        ),
        Question(
            *("stationary", "positions/latest", live),
            "select unit_id from position_reading where observed_at >= $1 and observed_at < $2"
            " group by 1 having avg(speed_dkmh) < 10",
            lambda _: (until - timedelta(minutes=10), until),
        ),
        Question(
            *("long driving, 4 h", "trips", long_drives),
            sessions,
            lambda _: (until - timedelta(hours=4), until, 3),
        ),
        Question(
            *("long daily sessions", "statistics/…/vehicles", statistic("utilisation/vehicles", limit="6000")),
            sessions,
            lambda _: (began, ended, 10),
        ),
        Question(
            *("daily activity, by organ", "statistics", statistic("utilisation", group_by="organ")),
            "select v.organ_id, count(*) from (select unit_id, time_bucket('10 min', observed_at) as bucket"
            " from position_reading where observed_at >= $1 and observed_at < $2 group by 1, 2"
            " having avg(speed_dkmh) > 10) as b join binding on binding.unit_id = b.unit_id"
            " join vehicle v on v.id = binding.vehicle_id group by 1",
            lambda _: (began, ended),
        ),
        Question(
            "driving duration, a vehicle's days",
            "vehicles/…/days",
            lambda n: (
                f"vehicles/{1 + n * 37 % VEHICLES}/days",
                {"from": str(FIRST_DAY.date()), "to": day},
            ),
            "select date_trunc('day', bucket + interval '4 hours'), count(*) from (select time_bucket('10 min',"
            " observed_at) as bucket from position_reading where unit_id = $1 and observed_at >= $2"
            " and observed_at < $3 group by 1 having avg(speed_dkmh) > 10) as b group by 1",
            lambda n: (1 + n * 37 % VEHICLES, FIRST_DAY - timedelta(hours=4), ended),
        ),
    ]


async def complete(url: str, days: int) -> None:
    """What `fill` leaves out: the days of vehicles, levels of fuel, and the names by which load comes."""
    connection = await asyncpg.connect(url)
    try:
        for number in range(days):
            day = (FIRST_DAY + timedelta(days=number)).date()
            for first in range(1, VEHICLES + 1, 1_000):
                async with connection.transaction():
                    await refresh_days(connection, [(vehicle, day) for vehicle in range(first, first + 1_000)])
        await connection.execute(_USAGE, FIRST_DAY + timedelta(days=days - 1), VEHICLES)
        await connection.execute(_LEVELS)
        await connection.execute("update unit set code = 'B' || lpad((id - 1)::text, 5, '0'), division = $1", DIVISION)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


async def ask(client: httpx.AsyncClient, question: Question, callers: int, seconds: float) -> tuple[list[float], int]:
    """Milliseconds of every request of so many callers, each with the next one after the last; and bytes of one."""
    spent: list[float] = []
    numbers = iter(range(1_000_000))
    size = 0

    async def caller() -> None:
        nonlocal size
        while time.perf_counter() < until:
            path, params = question.path(next(numbers))
            began = time.perf_counter()
            answer = await client.get(f"/api/v1/{path}", params=params)
            spent.append((time.perf_counter() - began) * 1e3)
            assert answer.status_code == 200, answer.text
            size = len(answer.content)

    path, params = question.path(0)
    assert (await client.get(f"/api/v1/{path}", params=params)).status_code == 200  # opens what is opened once
    until = time.perf_counter() + seconds
    await asyncio.gather(*(caller() for _ in range(callers)))
    return spent, size


async def ask_plainly(connection: asyncpg.Connection, question: Question, rounds: int) -> tuple[list[float], int]:
    spent, rows = [], 0
    for n in range(rounds):
        began = time.perf_counter()
        rows = len(await connection.fetch(question.plain, *question.arguments(n)))
        spent.append((time.perf_counter() - began) * 1e3)
    return spent, rows


def _cpu_s(opened: Stack, *names: str) -> float:
    spent = opened.cpu_s()
    return sum(spent[name] for name in names)


async def measure(opened: Stack, header: dict[str, str], days: int, callers: int, seconds: float) -> list[Result]:
    results = []
    limits = httpx.Limits(max_connections=callers)
    headers = {**header, **PURPOSE, "Accept-Encoding": "identity"}
    plain = await asyncpg.connect(opened.url)
    async with httpx.AsyncClient(base_url=opened.api_url, headers=headers, timeout=60, limits=limits) as client:
        await asyncio.sleep(5)
        before, began = _cpu_s(opened, "api", "database"), time.perf_counter()
        await asyncio.sleep(seconds)
        at_rest = (_cpu_s(opened, "api", "database") - before) / (time.perf_counter() - began)
        for question in questions(days):
            before, began = _cpu_s(opened, "api", "database"), time.perf_counter()
            spent, size = await ask(client, question, callers, seconds)
            lasted = time.perf_counter() - began
            used_s = _cpu_s(opened, "api", "database") - before - at_rest * lasted
            before, began = _cpu_s(opened, "database"), time.perf_counter()
            plainly, rows = await ask_plainly(plain, question, 3)
            plain_s = _cpu_s(opened, "database") - before - at_rest * (time.perf_counter() - began)
            p50, p95, p99 = np.percentile(spent, (50, 95, 99)).round(1).tolist()
            one = Result(
                *(question.name, question.route, callers, round(len(spent) / lasted, 1), p50, p95, p99),
                *(round(max(used_s, 0) / len(spent) * 1e3, 1), size, round(float(np.median(plainly)), 1)),
                *(round(max(plain_s, 0) / len(plainly) * 1e3, 1), rows, round(os.getloadavg()[0], 1)),
            )
            print(
                f"{one.question:36} {one.requests_a_second:8.1f} {p50:8.1f} {p95:8.1f} {p99:8.1f} {one.cpu_ms:7.1f}"
                f" {one.bytes:10,} {one.plain_ms:10.1f} {one.plain_cpu_ms:8.1f} {one.load:5.1f}",
                flush=True,
            )
            results.append(one)
    await plain.close()
    return results


def measure_all(positions: int = POSITIONS, seconds: float = SECONDS) -> dict[str, object]:
    settings = {"shared_buffers": "1GB", "max_wal_size": "4GB", "maintenance_work_mem": "512MB"}
    with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
        Path(name).chmod(0o711)
        with stack(Path(name), settings) as opened:
            days = asyncio.run(fill(opened.url, positions))
            asyncio.run(complete(opened.url, days))
            opened.start_ingest()
            header = opened.start_api()
            directory = Path(name) / "live"
            directory.mkdir()
            generator = load.start(
                *(directory, opened.broker.port, GATEWAYS[0], opened.password),
                once=RATE * 1_000_000,
                array=1,
                rate=RATE,
            )
            print(f"{days * DAY_ROWS:,} positions of {days} days; {CALLERS} callers, {RATE} messages/s through ingest")
            print(
                f"{'question':36}    req/s   p50 ms   p95 ms   p99 ms  CPU ms      bytes   plain ms   CPU ms  load",
                flush=True,
            )
            try:
                began, before = time.time(), query(opened.url, "select coalesce(sum(received), 0) from batch")
                rows = asyncio.run(measure(opened, header, days, CALLERS, seconds))
                taken = query(opened.url, "select coalesce(sum(received), 0) from batch") - before
                rate = taken / (time.time() - began)
            finally:
                generator.terminate()
                generator.communicate()
            print(f"ingest took {rate:,.0f} messages/s meanwhile")
            return {
                "positions": days * DAY_ROWS,
                "ingest_messages_a_second": round(rate),
                "rows": [asdict(row) for row in rows],
            }
