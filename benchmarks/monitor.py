"""The monitor: how far behind ingest it is, what a reading costs it, how fast it starts again and folds again.

Batches are written through ingest's own store by processes of their own. The lag of a batch is the time from its
commit until its trips are committed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import numpy as np
import psutil

from benchmarks.monitor_load import VEHICLES, batch_of, position_row
from fleet.local.postgres import Postgres
from fleet.model.moments import to_us
from fleet.monitor.registry import load_registry
from fleet.monitor.second import Connections, Job, fold_again
from fleet.store.follow import last_followed, reader
from fleet.store.ingest import BatchStore
from fleet.trips.fold import begin
from tests.services import ROOT, free_port, migrate

LIVE_RATE = 6_000
LIVE_S = 40.0
DAY_VEHICLES = 120
DAY_READINGS = 720
FLEET_DAY = 4_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    value: float
    unit: str


async def prepare(connection: asyncpg.Connection, vehicles: int) -> None:
    """A city: so many vehicles of one organ, each with its unit."""
    await connection.execute(
        "insert into organ (id, code, name, kind, division) values (1, 'O1', 'organ', 'government', 530302)"
    )
    await connection.execute(
        "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
        " select g, 'P' || g, 1, 530302, 'other', 'retained', 'petrol', 'in_service', 'saloon', 5"
        " from generate_series(1, $1) g",
        vehicles,
    )
    await connection.execute(
        "insert into unit (id, code, division) select g, 'U' || g, 530302 from generate_series(1, $1) g", vehicles
    )
    await connection.execute(
        "insert into binding (unit_id, vehicle_id, period) select g, g, '[2020-01-01,)' from generate_series(1, $1) g",
        vehicles,
    )
    await connection.execute("analyze organ, vehicle, unit, binding")


@contextmanager
def process(url: str, *arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m …` against the database, ended at the end."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env={**os.environ, "FLEET_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=out,
        )
    try:
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.wait()


class Watch:
    """Looks at the cursor a hundred times a second while loads run: when was each batch's work committed?"""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._seen: dict[tuple[int, int], datetime] = {}

    async def while_running(self, *loads: subprocess.Popen[bytes]) -> None:
        last = {row["worker"]: row["n"] for row in await self._connection.fetch("select worker, n from follow_cursor")}
        while any(load.poll() is None for load in loads):
            rows = await self._connection.fetch("select worker, n, clock_timestamp() as now from follow_cursor")
            for row in rows:
                for n in range(last.get(row["worker"], 0) + 1, row["n"] + 1):
                    self._seen[row["worker"], n] = row["now"]
                last[row["worker"]] = row["n"]
            await asyncio.sleep(0.01)

    async def lags_s(self, worker: int) -> list[float]:
        rows = await self._connection.fetch("select n, committed_at from batch where worker = $1", worker)
        return [
            (self._seen[worker, row["n"]] - row["committed_at"]).total_seconds()
            for row in rows
            if (worker, row["n"]) in self._seen
        ]


async def becomes_true(connection: asyncpg.Connection, query: str, within_s: float, who: str) -> None:
    """Returns once the query says so."""
    deadline = time.monotonic() + within_s
    while not await connection.fetchval(query):
        if time.monotonic() > deadline:
            raise SystemExit(f"the {who} did not catch up: the benchmark measured something else")
        await asyncio.sleep(0.05)


async def followed(connection: asyncpg.Connection, within_s: float) -> None:
    query = (
        "select not exists (select from batch b left join follow_cursor c using (worker) where b.n > coalesce(c.n, 0))"
    )
    await becomes_true(connection, query, within_s, "monitor")


async def measure_live(url: str, log: Path) -> list[Figure]:
    """Lag and CPU at ten times the fleet's rate; the same while history comes at full speed; a restart after kill."""
    figures: list[Figure] = []
    connection = await asyncpg.connect(url)
    await prepare(connection, VEHICLES)
    with process(url, "fleet.monitor", log=log) as monitor:
        # Warm: every vehicle is known, every running row is written.
        with process(url, "benchmarks.monitor_load", url, "1", "live", str(LIVE_RATE), "8", log=log) as load:
            load.wait()
        await followed(connection, 60)
        watched = psutil.Process(monitor.pid)
        watch, before, began = Watch(connection), cpu_s(watched), time.monotonic()
        first = await connection.fetchval("select sum(stored) from batch")
        with process(url, "benchmarks.monitor_load", url, "1", "live", str(LIVE_RATE), str(LIVE_S), log=log) as load:
            await watch.while_running(load)
        await followed(connection, 60)
        readings = await connection.fetchval("select sum(stored) from batch") - first
        lags = await watch.lags_s(1)
        figures += [
            Figure("live: readings/s", readings / (time.monotonic() - began), "1/s"),
            Figure("live: lag p50", float(np.percentile(lags, 50)), "s"),
            Figure("live: lag p99", float(np.percentile(lags, 99)), "s"),
            Figure("live: monitor's CPU a reading", (cpu_s(watched) - before) / readings * 1e6, "µs"),
        ]
        watch = Watch(connection)
        with (
            process(url, "benchmarks.monitor_load", url, "1", "live", str(LIVE_RATE), str(LIVE_S), log=log) as load,
            process(url, "benchmarks.monitor_load", url, "2", "history", "3", str(LIVE_S), log=log) as past,
        ):
            await watch.while_running(load, past)
            assert past.stdout is not None
            sent, seconds = past.stdout.read().split()
        lags = await watch.lags_s(1)
        figures += [
            Figure("beside history: readings/s of it", int(sent) / float(seconds), "1/s"),
            Figure("beside history: live lag p50", float(np.percentile(lags, 50)), "s"),
            Figure("beside history: live lag p99", float(np.percentile(lags, 99)), "s"),
            Figure("beside history: monitor's memory", watched.memory_info().rss / 2**20, "MiB"),
        ]
        monitor.send_signal(signal.SIGKILL)
        monitor.wait()
    again = await connection.fetchval(
        "select coalesce(sum(b.stored), 0) from batch b join follow_cursor c using (worker)"
        " where b.n > c.snapshot_n and b.n <= c.n"
    )
    cursors = await connection.fetch("select worker, n from follow_cursor")
    began = time.monotonic()
    with process(url, "fleet.monitor", log=log) as monitor:
        # Snapshots are kept again once everything up to the kill was folded once more.
        kept = "select snapshot_n >= $2 from follow_cursor where worker = $1"
        while not all([await connection.fetchval(kept, row["worker"], row["n"]) for row in cursors]):
            if time.monotonic() - began > 120:
                raise SystemExit("the monitor did not start again: the benchmark measured something else")
            await asyncio.sleep(0.02)
        figures += [
            Figure("restart after kill, 6,000 vehicles", time.monotonic() - began, "s"),
            Figure("restart: CPU of it, start of Python included", cpu_s(psutil.Process(monitor.pid)), "s"),
            Figure("restart: readings in the batches followed once more", again, ""),
        ]
    await connection.close()
    return figures


def cpu_s(watched: psutil.Process) -> float:
    times = watched.cpu_times()
    return float(times.user + times.system)


async def measure_recompute(url: str) -> list[Figure]:
    """A day of some vehicles from the archive, where its rows lie as they came; in one process, and in two."""
    connection = await asyncpg.connect(url)
    await prepare(connection, DAY_VEHICLES)
    store = BatchStore(connection, 1)
    await store.prepare()
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
    step_s = 86_400 // DAY_READINGS
    rows = [
        position_row(unit, day + timedelta(seconds=k * step_s, microseconds=unit), k * step_s, 1)
        for k in range(DAY_READINGS)
        for unit in range(1, DAY_VEHICLES + 1)
    ]
    for start in range(0, len(rows), 4_000):
        await store.write(batch_of(rows[start : start + 4_000], datetime.now(UTC)))
    await connection.execute("analyze position_reading, usage_reading, event_reading")
    await connection.close()
    total = DAY_VEHICLES * DAY_READINGS
    figures = []
    for processes in (1, 2):
        share = DAY_VEHICLES // processes
        shares = [(url, str(day.timestamp()), str(k * share), str(share)) for k in range(processes)]
        outputs = _at_once(shares)
        if sum(int(output[0]) for output in outputs) != total:
            raise SystemExit("not all readings were folded: the benchmark measured something else")
        rate = sum(int(output[0]) / float(output[1]) for output in outputs)
        cpu_us = sum(float(output[2]) for output in outputs) / total * 1e6
        figures += [
            Figure(f"recompute, {processes} process(es): CPU a reading, without the database's", cpu_us, "µs"),
            Figure(f"recompute, {processes} process(es)", rate, "readings/s"),
            Figure(f"recompute of 4 million, {processes} process(es)", FLEET_DAY / rate, "s"),
        ]
    return figures


def _at_once(shares: Sequence[tuple[str, ...]]) -> list[list[bytes]]:
    started = [
        subprocess.Popen([sys.executable, "-m", "benchmarks.monitor", *share], cwd=ROOT, stdout=subprocess.PIPE)
        for share in shares
    ]
    return [one.communicate()[0].split() for one in started]


async def recompute(url: str, day: float, first: int, count: int) -> None:
    """Folds a share of the vehicles again, as the second lane and `fleet replay` do."""
    plain = await asyncpg.connect(url)
    connections = Connections(await reader(url), plain)
    registry = await load_registry(plain)
    cursor = await last_followed(plain)
    begins_us = to_us(datetime.fromtimestamp(day, UTC))
    began, began_cpu, readings = time.perf_counter(), time.process_time(), 0
    for vehicle_id in range(first + 1, first + count + 1):
        job = Job(vehicle_id, begins_us, begins_us + 86_400_000_000, cursor, begin(vehicle_id))
        result = await fold_again(connections, registry, job, _no_pause)
        readings += result.readings
    print(readings, time.perf_counter() - began, time.process_time() - began_cpu)


async def _no_pause() -> None:
    return


def measure_all() -> list[Figure]:
    figures: list[Figure] = []
    for measured in ("live", "recompute"):
        with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
            Path(name).chmod(0o711)
            postgres = Postgres(Path(name) / "postgres", free_port(), settings={"shared_buffers": "512MB"})
            try:
                postgres.start()
                migrate(postgres.url())
                if measured == "live":
                    figures += asyncio.run(measure_live(postgres.url(), Path(name) / "monitor.log"))
                else:
                    figures += asyncio.run(measure_recompute(postgres.url()))
            finally:
                postgres.remove()
    for figure in figures:
        print(f"{figure.what:66} {figure.value:12,.2f} {figure.unit}", flush=True)
    return figures


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(recompute(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    else:
        measure_all()
