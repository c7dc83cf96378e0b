"""Ingest at full speed: broker, database, ingest and generator on this machine, everything durable.

Reports accepted samples a second from the first publish to the last commit, and CPU a message of each process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from benchmarks import load
from benchmarks.load import DIVISION, UNITS
from fleet.identity.broker_access import hash_password, new_password, render_access, render_passwords
from fleet.local.mosquitto import Mosquitto
from fleet.local.postgres import Postgres
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from tests.services import ROOT, free_port, migrate


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    rounds: int
    samples: int  # a message
    workers: int = 1


CASES = (
    Case("single samples, 1 worker", rounds=50, samples=1),
    Case("single samples, 2 workers", rounds=50, samples=1, workers=2),
    Case("arrays of 10, 1 worker", rounds=10, samples=10),
)


@dataclass(frozen=True, slots=True)
class Result:
    case: Case
    samples: int
    seconds: float
    cpu_us: dict[str, float]  # of each part, a message
    bytes_a_reading: float
    memory_mib: float  # the most that one worker held

    @property
    def rate(self) -> float:
        return self.samples / self.seconds


def cpu_s(process: psutil.Process) -> float:
    """Of a process and all that it started, those that have ended included."""
    own = process.cpu_times()
    total: float = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            total += times.user + times.system
    return total


def peak_mib(pid: int) -> float:
    """The most memory that a living process ever held."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1_024


def measure(case: Case, directory: Path) -> Result:
    postgres = Postgres(directory / "postgres", free_port(), settings={"shared_buffers": "512MB"})
    broker = Mosquitto(directory / "mosquitto", free_port())
    password = new_password()
    hashed = hash_password(password)
    accounts = [
        BrokerAccount(username="service.ingest", kind=BrokerAccountKind.SERVICE, password_hash=hashed),
        BrokerAccount(username="gateway.load", kind=BrokerAccountKind.GATEWAY, division=DIVISION, password_hash=hashed),
    ]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        postgres.start()
        broker.write_access(render_passwords(accounts), render_access(accounts))
        broker.start()
        migrate(postgres.url())
        query(
            postgres.url(),
            "insert into unit (code, division) select 'B' || lpad(g::text, 5, '0'), $1 from generate_series(0, $2) g",
            *(DIVISION, UNITS - 1),
        )
        environment = {
            **os.environ,
            "FLEET_DATABASE_URL": postgres.url(),
            "FLEET_MQTT_URL": broker.url("service.ingest", password),
        }
        with (directory / "ingest.log").open("ab") as log:
            for worker in range(1, case.workers + 1):
                command = [sys.executable, "-m", "ingest", "--worker", str(worker)]
                processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log))
        connected = "select count(*) from ingest_worker where connected"
        while query(postgres.url(), connected) < case.workers:
            time.sleep(0.1)
        watched = {"ingest": [psutil.Process(p.pid) for p in processes]}
        watched["broker"] = [psutil.Process(broker.pid)]
        watched["database"] = [psutil.Process(postgres.pid)]
        before = {name: sum(map(cpu_s, group)) for name, group in watched.items()}
        total = UNITS * case.rounds * case.samples
        generator = load.start(directory, broker.port, "gateway.load", password, once=total, array=case.samples)
        processes.append(generator)
        await_received(postgres.url(), total)
        ended_at = time.time()
        used = {name: sum(map(cpu_s, group)) - before[name] for name, group in watched.items()}
        report = load.report_of(generator)
        seconds = ended_at - report.began_at
        used["generator"] = report.cpu_us_a_message * report.messages / 1e6
        stored = query(postgres.url(), "select sum(stored) from batch")
        if stored != total:
            raise SystemExit(f"{stored} of {total} samples are stored: the benchmark measured something else")
        size = query(postgres.url(), "select hypertable_size('position_reading')")
        messages = UNITS * case.rounds
        cpu_us = {name: spent / messages * 1e6 for name, spent in used.items()}
        memory_mib = max(peak_mib(process.pid) for process in watched["ingest"])
        return Result(case, total, seconds, cpu_us, size / total, memory_mib)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)
        broker.remove()
        postgres.remove()


def query(url: str, statement: str, *arguments: object) -> int:
    async def work() -> int:
        connection = await asyncpg.connect(url)
        try:
            return int(await connection.fetchval(statement, *arguments) or 0)
        finally:
            await connection.close()

    return asyncio.run(work())


def await_received(url: str, total: int) -> None:
    """Returns when so many samples are committed. Over one connection: to open one costs the database 15 ms."""

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            received = 0
            while received < total:
                await asyncio.sleep(0.05)
                received = await connection.fetchval("select coalesce(sum(received), 0) from batch")
        finally:
            await connection.close()

    asyncio.run(work())


def measure_all() -> list[Result]:
    results = []
    print(
        "case                         samples/s   CPU in µs a message: ingest  database  broker  generator   B/reading"
        "  MiB"
    )
    for case in CASES:
        with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
            Path(name).chmod(0o711)
            result = measure(case, Path(name))
        cpu = result.cpu_us
        print(
            f"{case.name:28} {result.rate:9,.0f} {cpu['ingest']:33.1f} {cpu['database']:9.1f}"
            f" {cpu['broker']:7.1f} {cpu['generator']:10.1f} {result.bytes_a_reading:11.0f} {result.memory_mib:4.0f}",
            flush=True,
        )
        results.append(result)
    return results
