"""A task force of 200 vehicles out of the whole demonstration city: one request, from the log-in to the answer.

What the caller waits for but the network: selection over 6,000 vehicles for five needs, bookings, roster, commands,
history and audit, and the roster as JSON; then the roster as it is read again and again.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from api.__main__ import collect_rarely
from benchmarks.candidates import BUSY, LIVE
from fleet.demonstration.city import build_city
from fleet.local.postgres import Postgres
from fleet.model.registry import Role
from fleet.store.city import load_city
from fleet.store.pool import connect
from tests.api import builders
from tests.api.builders import World
from tests.services import SHARED, free_port, migrate

TASKS, READS = 8, 20

NEEDS: tuple[dict[str, Any], ...] = (
    {"name": "转运", "count": 60, "seats": 4, "bodies": ["suv", "mpv"]},
    {"name": "采样", "count": 10, "bodies": ["laboratory", "disinfection"]},
    {"name": "疫苗", "count": 6, "bodies": ["cold_chain"]},
    {"name": "隔离", "count": 14, "bodies": ["bus"], "seats": 10},
    {"name": "机动", "count": 110},
)


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    vehicles: float
    median_ms: float
    worst_ms: float
    cpu_ms: float  # of this process, the interface and its caller


async def measure(url: str) -> list[Result]:
    connection = await connect(url)
    try:
        await load_city(connection, build_city())
    finally:
        await connection.close()
    async with builders.world(url) as world:
        headers = await world.token_of(await world.account("dispatcher", Role.CITY_DISPATCHER))
        for statement in (LIVE, "update live_revision set revision = 1", *BUSY.split(";\n")):
            await world.execute_sql(statement)
        for table in ("latest_state", "booking", "order_assignment", "dispatch_order", "binding", "vehicle"):
            await world.execute_sql(f"analyze {table}")
        async with builders.running(world, request_rate_per_s=100_000) as app, builders.connected(app, None) as client:
            client.headers.update(headers)
            collect_rarely()
            called: list[int] = []
            times_ms: list[float] = []
            used = time.process_time()
            for number in range(TASKS):
                began = time.perf_counter()
                answer = await client.post("/api/v1/tasks", json=_form(world, number))
                times_ms.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 201, answer.text
                called.append(len(answer.json()["roster"]))
            begun = Result("begin a task", *_figures(called, times_ms, (time.process_time() - used) / TASKS))
            reads_ms: list[float] = []
            used = time.process_time()
            path = f"/api/v1/tasks/{answer.json()['id']}/roster"
            for _ in range(READS):
                began = time.perf_counter()
                read = await client.get(path)
                reads_ms.append((time.perf_counter() - began) * 1000)
                assert read.status_code == 200, read.text
            shown = [len(read.json()["items"])]
            return [begun, Result("read its roster", *_figures(shown, reads_ms, (time.process_time() - used) / READS))]


def _figures(called: list[int], times_ms: list[float], used_s: float) -> tuple[float, float, float, float]:
    return statistics.mean(called), statistics.median(times_ms), max(times_ms), used_s * 1000


def _form(world: World, number: int) -> dict[str, Any]:
    return {
        "organ_id": 1,
        "title": f"演练 {number}",
        "why": "应急演练",
        "place": {"name": "会泽县城", "lat": 26.4172, "lon": 103.2972},
        "planned_to": (world.clock() + timedelta(days=2)).isoformat(),
        "needs": list(NEEDS),
    }


def measure_all() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
        Path(name).chmod(0o711)
        os.environ[SHARED] = name  # where the log's files go
        postgres = Postgres(Path(name) / "postgres", free_port(), settings={"shared_buffers": "512MB"})
        try:
            postgres.start()
            migrate(postgres.url())
            results = asyncio.run(measure(postgres.url()))
        finally:
            postgres.remove()
    print("task forces                  vehicles   median ms   worst ms   CPU ms")
    for one in results:
        print(
            f"{one.name:28} {one.vehicles:8,.0f} {one.median_ms:11.1f} {one.worst_ms:10.1f} {one.cpu_ms:8.1f}",
            flush=True,
        )
    return results


if __name__ == "__main__":
    measure_all()
