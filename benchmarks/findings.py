"""How long after the reading that proves it a finding is there: monitor and judge beside ten times the fleet's rate.

A fifth of 6,000 vehicles drive too fast now and then, in trips that still run. The time is that from the reading to the
commit of its finding, as another connection sees it: ingest's batching, the fold, the mark, the judge.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import numpy as np

from benchmarks.monitor import LIVE_RATE, becomes_true, prepare, process
from benchmarks.monitor_load import VEHICLES
from fleet.local.postgres import Postgres
from tests.services import free_port, migrate

SECONDS = 90.0
WARM_S, WARM_AT_MOST_S = 30.0, 300.0
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Delay:
    """Of one case: how many findings, and after how many seconds."""

    case: str
    findings: int
    readings_a_second: float
    p50_s: float
    p95_s: float
    p99_s: float
    worst_s: float


class Watch:
    """Sees findings of speeding appear."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._after = 0

    async def pass_over(self) -> None:
        """What is there already is not counted."""
        self._after = await self._connection.fetchval("select coalesce(max(id), 0) from finding")

    async def look(self, seconds: float) -> list[float]:
        """Seconds from the proving reading to being seen, of each that appears in the next `seconds`."""
        delays: list[float] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            rows = await self._connection.fetch(
                "select id, proven_at from finding where rule = 'speeding' and id > $1 order by id", self._after
            )
            seen = datetime.now(UTC)
            for row in rows:
                self._after = row["id"]
                delays.append((seen - row["proven_at"]).total_seconds())
            await asyncio.sleep(_LOOK_EVERY_S)
        return delays


_JUDGED = "select count(*) < 20 from recompute where stage = 'trips' and coalesce(due, at) <= now() - interval '5 s'"
"""The judge waits for marks, and not they for it."""


async def _measure(url: str, log: Path) -> list[Delay]:
    found: list[Delay] = []
    connection = await asyncpg.connect(url)
    await prepare(connection, VEHICLES)
    # Trips without an order are not what is measured: three thousand cases at once hold up everything.
    await connection.executemany(
        "insert into policy_value (slug, value, effective_from, who, why)"
        " values ($1, $2::jsonb, '2020-01-01', 'benchmark', 'benchmark')",
        [("reconciliation.orders_kept", "false"), ("holiday_use.enabled", "false")],
    )
    watch = Watch(connection)
    load = ("benchmarks.monitor_load", url)
    with (
        process(url, "fleet.monitor", log=log),
        process(url, "fleet.judge", log=log),
        process(url, *load, "1", "live", str(LIVE_RATE), str(2 * SECONDS + 2 * WARM_AT_MOST_S), log=log),
    ):
        # Three thousand set out in the first second, which no city does: the judge is through with them first.
        await asyncio.sleep(WARM_S)
        await becomes_true(connection, _JUDGED, WARM_AT_MOST_S, "judge")
        for case, beside in (("live", False), ("a past day loaded beside it", True)):
            stored = "select sum(stored) from batch where worker = 1"
            first = await connection.fetchval(stored)
            await watch.pass_over()
            if beside:
                with process(url, *load, "2", "history", "3", str(SECONDS), log=log):
                    delays = await watch.look(SECONDS)
            else:
                delays = await watch.look(SECONDS)
            rate = (await connection.fetchval(stored) - first) / SECONDS
            if len(delays) < 50:
                raise SystemExit(f"only {len(delays)} findings: the benchmark measured something else")
            p50, p95, p99 = (float(one) for one in np.percentile(delays, [50, 95, 99]))
            found.append(Delay(case, len(delays), rate, p50, p95, p99, max(delays)))
    await connection.close()
    return found


def measure_all() -> list[Delay]:
    with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
        Path(name).chmod(0o711)
        postgres = Postgres(Path(name) / "postgres", free_port(), settings={"shared_buffers": "512MB"})
        try:
            postgres.start()
            migrate(postgres.url())
            found = asyncio.run(_measure(postgres.url(), Path(name) / "services.log"))
        finally:
            postgres.remove()
    for one in found:
        print(
            f"{one.case:30} {one.readings_a_second:8,.0f} readings/s {one.findings:6,} findings: "
            f"p50 {one.p50_s:.2f} s, p95 {one.p95_s:.2f}, p99 {one.p99_s:.2f}, at worst {one.worst_s:.2f}",
            flush=True,
        )
    return found


if __name__ == "__main__":
    measure_all()
