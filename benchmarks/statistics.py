"""Statistics over a year of the whole city: the request as a caller makes it, log-in, counting and JSON included.
Fewer days (32 at least) show that it still runs.

Beside them the plain way: the same figure asked of the single trips, verdicts and orders.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import asyncpg
import httpx
import psutil

from api.__main__ import collect_rarely
from benchmarks.ingest import cpu_s
from benchmarks.statistics_year import DAYS, FIRST, fill, prices
from fleet.judge.keeper import Keeper
from fleet.local.postgres import Postgres
from fleet.model.registry import Role
from fleet.settings import assume_role
from fleet.statistics.base import Dimension
from fleet.statistics.registry import STATISTICS
from fleet.store.pool import create_engine
from tests.api import builders
from tests.services import SHARED, free_port, migrate

REQUESTS = 20
GROUPINGS: tuple[tuple[Dimension, ...], ...] = (
    *((), (Dimension.ORGAN,), (Dimension.DIVISION,), (Dimension.USE,), (Dimension.MANAGEMENT,), (Dimension.ENERGY,)),
    *((Dimension.MONTH,), (Dimension.DIVISION, Dimension.ENERGY), (Dimension.ORGAN, Dimension.MONTH)),
)

PLAIN = {
    "distance": """
select coalesce(h.organ_id, v.organ_id), sum(t.distance_m) from trip t join vehicle v on v.id = t.vehicle_id
left join vehicle_history h on h.vehicle_id = v.id and h.period @> t.day where t.day between $1 and $2 group by 1
""",
    "verdicts": """
select coalesce(h.organ_id, v.organ_id), d.kind, count(*) from verdict d join vehicle v on v.id = d.vehicle_id
left join vehicle_history h on h.vehicle_id = v.id
    and h.period @> ((d.started_at at time zone 'UTC') + interval '4 hours')::date
where ((d.started_at at time zone 'UTC') + interval '4 hours')::date between $1 and $2 group by 1, 2
""",
    "orders_served": """
select r.organ_id, r.decision, count(*), count(a.at) from dispatch_order r
left join lateral (select min(at) as at from order_assignment where order_id = r.id) as a on true
where ((r.submitted_at at time zone 'UTC') + interval '4 hours')::date between $1 and $2 group by 1, 2
""",
}


class Period(NamedTuple):
    name: str
    first: date
    last: date


def periods(days: int) -> tuple[Period, Period]:
    last = FIRST + timedelta(days=days - 1)
    return (
        Period("whole months", FIRST, last),
        Period("ragged ends", FIRST + timedelta(days=9), last - timedelta(days=11)),
    )


@dataclass(frozen=True, slots=True)
class Result:
    """`cpu_ms`: of a request in the interface (and its caller), `database_cpu_ms`: in the database."""

    statistic: str
    group_by: str
    period: str
    groups: int
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    database_cpu_ms: float


async def measure(url: str, directory: Path, server: psutil.Process, days: int) -> list[Result]:
    async with builders.world(url, directory / "audit") as world:
        headers = await world.token_of(await world.account("auditor", Role.AUDITOR))
        connection = await asyncpg.connect(url)
        try:
            began = time.perf_counter()
            await fill(connection, days)
            print(f"{days} days filled in {time.perf_counter() - began:.0f} s", flush=True)
            await _keep(url, days)
            await connection.execute("vacuum analyze")
            results: list[Result] = []
            whole, _ = periods(days)
            running = builders.running(world, request_rate_per_s=100_000)
            async with running as app, builders.connected(app, None) as client:
                client.headers.update(headers)
                collect_rarely()
                for slug, by, period in _questions(days):
                    results.append(await _ask(client, slug, by, period, server))
                await prices(connection, days)
                for by in ((), (Dimension.ORGAN,)):
                    one = await _ask(client, "energy_cost", by, whole, server)
                    results.append(replace(one, statistic="energy_cost, 26 prices"))
            for slug, statement in PLAIN.items():
                results.append(await _plain(connection, slug, statement, whole, server))
        finally:
            await connection.close()
    return results


def _questions(days: int) -> Iterator[tuple[str, tuple[Dimension, ...], Period]]:
    for period in periods(days):
        for by in GROUPINGS:
            for statistic in STATISTICS:
                if statistic.dimensions.issuperset(by):
                    yield statistic.slug, by, period


async def _keep(url: str, days: int) -> None:
    """As the keeper does, the evening after."""
    engine = create_engine(assume_role(url, "fleet_monitor"), size=1)
    after = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(days=days + 2)
    began = time.perf_counter()
    rounds = 0
    async with engine.connect() as connection:
        while await Keeper(engine, lambda: after).round(connection):
            rounds += 1
    await engine.dispose()
    print(f"tallies: {rounds} rounds, {time.perf_counter() - began:.0f} s", flush=True)


async def _ask(
    client: httpx.AsyncClient, slug: str, by: tuple[Dimension, ...], period: Period, server: psutil.Process
) -> Result:
    query = {"from": str(period.first), "to": str(period.last), "group_by": [one.value for one in by]}
    path = f"/api/v1/statistics/{slug}"
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    times_ms: list[float] = []
    used, database = time.process_time(), cpu_s(server)
    for _ in range(REQUESTS):
        began = time.perf_counter()
        answer = await client.get(path, params=query)
        times_ms.append((time.perf_counter() - began) * 1000)
    cpu_ms = (time.process_time() - used) * 1000 / REQUESTS
    database_ms = (cpu_s(server) - database) * 1000 / REQUESTS
    return _shown(slug, by, period.name, len(answer.json()["items"]), times_ms, cpu_ms, database_ms)


async def _plain(
    connection: asyncpg.Connection, slug: str, statement: str, period: Period, server: psutil.Process
) -> Result:
    times_ms: list[float] = []
    rows: list[asyncpg.Record] = []
    database = cpu_s(server)
    for _ in range(3):
        began = time.perf_counter()
        rows = await connection.fetch(statement, period.first, period.last)
        times_ms.append((time.perf_counter() - began) * 1000)
    database_ms = (cpu_s(server) - database) * 1000 / len(times_ms)
    groups = len({row[0] for row in rows})
    return _shown(f"{slug}, of single rows", (Dimension.ORGAN,), period.name, groups, times_ms, 0, database_ms)


def _shown(
    slug: str,
    by: tuple[Dimension, ...],
    period: str,
    groups: int,
    times_ms: list[float],
    cpu_ms: float,
    database_ms: float,
) -> Result:
    times_ms.sort()
    p50_ms, p95_ms = times_ms[len(times_ms) // 2], times_ms[int(len(times_ms) * 0.95)]
    one = Result(slug, "+".join(by) or "-", period, groups, p50_ms, p95_ms, cpu_ms, database_ms)
    print(
        f"{one.statistic:28} {one.group_by:16} {one.period:13} {groups:7,} {p50_ms:9.1f} {p95_ms:9.1f} {cpu_ms:7.1f}"
        f" {database_ms:9.1f}",
        flush=True,
    )
    return one


def measure_all(days: int = DAYS) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
        Path(name).chmod(0o711)
        os.environ[SHARED] = name  # where the log's files go
        postgres = Postgres(Path(name) / "postgres", free_port(), settings={"shared_buffers": "1GB"})
        try:
            postgres.start()
            migrate(postgres.url())
            print(f"{'statistic':28} {'by':16} {'period':13}  groups    p50 ms    p95 ms  CPU ms  database")
            assert postgres.pid is not None
            results = asyncio.run(measure(postgres.url(), Path(name), psutil.Process(postgres.pid), days))
        finally:
            postgres.remove()
    return results


if __name__ == "__main__":
    measure_all()
