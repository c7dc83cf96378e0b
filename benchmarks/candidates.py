"""Candidates for an order out of the whole demonstration city: the request as a city dispatcher makes it.

Everything is in it that a caller waits for but the network: log-in, queries, ranking, the answer as JSON.
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
from fleet.demonstration.city import build_city
from fleet.local.postgres import Postgres
from fleet.model.registry import Role
from fleet.store.city import load_city
from fleet.store.pool import connect
from tests.api import builders
from tests.api.builders import World
from tests.services import SHARED, free_port, migrate

REQUESTS = 40


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    considered: int
    offered: int
    median_ms: float
    p95_ms: float
    cpu_ms: float  # of this process, the interface and its caller


LIVE = """
insert into latest_state (unit_id, revision, position_at, position_received_at, lat_e7, lon_e7, division, speed_dkmh,
    flags, ignition, odometer_m, fuel_level_permille, soc_permille, online)
select b.unit_id, 1, now(), now(), v.parking_lat_e7 + (v.id % 997) * 100, v.parking_lon_e7 - (v.id % 991) * 100,
    v.division, 0, 0, false, 1000, 300 + v.id % 700, 300 + v.id % 700, true
from binding b join vehicle v on v.id = b.vehicle_id
"""

BUSY = """
insert into dispatch_order (organ_id, applicant_id, created_at, state, purpose, facts, emergency, bodies, equipment,
    period, area, origin, destinations, passengers, round, levels, decision, effective_period)
select 2, (select min(id) from account), now(), 'draft', 'other', '{}', false, '{}', '{}', w, 'city', '{}', '[]', 1, 0,
    1, 'pending', w
from (select tstzrange(now() - interval '1 hour', now() + interval '9 hours') as w) x;
insert into booking (order_id, vehicle_id, period)
select (select max(id) from dispatch_order), id, tstzrange(now() - interval '1 hour', now() + interval '9 hours')
from vehicle where id % 9 = 0;
insert into order_assignment (order_id, vehicle_id, driver_id, at, by_id, ended_at)
select (select max(id) from dispatch_order), id, null, now() - interval '1 day', (select min(id) from account), null
from vehicle where id % 2 = 0
"""


async def measure(url: str, directory: Path) -> list[Result]:
    connection = await connect(url)
    try:
        await load_city(connection, build_city())
    finally:
        await connection.close()
    results: list[Result] = []
    async with builders.world(url, directory / "audit") as world:
        headers = await world.token_of(await world.account("dispatcher", Role.CITY_DISPATCHER))
        await world.execute_sql(LIVE)
        await world.execute_sql("update live_revision set revision = 1")
        for statement in BUSY.split(";\n"):
            await world.execute_sql(statement)
        for table in ("latest_state", "booking", "order_assignment", "dispatch_order"):
            await world.execute_sql(f"analyze {table}")
        async with builders.running(world, request_rate_per_s=100_000) as app, builders.connected(app, None) as client:
            client.headers.update(headers)
            collect_rarely()
            for name, emergency in (("ordinary order", False), ("emergency: all vehicles", True)):
                written = await client.post("/api/v1/orders", json=_form(world, emergency))
                assert written.status_code == 201, written.text
                path = f"/api/v1/orders/{written.json()['id']}/candidates"
                times_ms: list[float] = []
                await client.get(path)
                used = time.process_time()
                for _ in range(REQUESTS):
                    began = time.perf_counter()
                    answer = await client.get(path)
                    times_ms.append((time.perf_counter() - began) * 1000)
                    assert answer.status_code == 200, answer.text
                cpu_ms = (time.process_time() - used) * 1000 / REQUESTS
                found = answer.json()
                times_ms.sort()
                results.append(
                    Result(
                        name,
                        found["considered"],
                        found["offered"],
                        statistics.median(times_ms),
                        times_ms[int(len(times_ms) * 0.95)],
                        cpu_ms,
                    )
                )
    return results


def _form(world: World, emergency: bool) -> dict[str, Any]:
    now = world.clock()
    return {
        "organ_id": 20,
        "purpose": "emergency_rescue" if emergency else "meeting_training",
        "facts": {"incident": "演练"} if emergency else {"notice": "会议通知"},
        "emergency": emergency,
        "planned_from": (now + timedelta(minutes=5)).isoformat(),
        "planned_to": (now + timedelta(hours=6)).isoformat(),
        "origin": {"name": "麒麟区", "lat": 25.49834, "lon": 103.80273},
        "destinations": [{"name": "沾益区", "lat": 25.60359, "lon": 103.82034}],
        "passengers": 3,
    }


def measure_all() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
        Path(name).chmod(0o711)
        os.environ[SHARED] = name  # where the log's files go
        postgres = Postgres(Path(name) / "postgres", free_port(), settings={"shared_buffers": "512MB"})
        try:
            postgres.start()
            migrate(postgres.url())
            results = asyncio.run(measure(postgres.url(), Path(name)))
        finally:
            postgres.remove()
    print("candidates                   considered   offered   median ms   p95 ms   CPU ms")
    for one in results:
        print(
            f"{one.name:28} {one.considered:10,} {one.offered:9,} {one.median_ms:11.1f} {one.p95_ms:8.1f}"
            f" {one.cpu_ms:8.1f}",
            flush=True,
        )
    return results


if __name__ == "__main__":
    measure_all()
