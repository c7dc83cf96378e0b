"""How long a read waits for its entry in the audit log: the journal, and beside it a chain under an advisory lock.
A bare insert, without chain, code or index, says what no log in this database can be quicker than.

Both against a private PostgreSQL with durable settings, both with keyed codes and the same entries. At 200 reads a
second arrivals are random (Poisson, seeded) and do not wait for each other; the 20 readers ask again as soon as they
are answered.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import numpy as np
import uvloop

from fleet.audit.entry import GENESIS, Actor, Entry, chain_up, make_entry
from fleet.audit.keys import read_keys
from fleet.local.postgres import Postgres
from fleet.settings import assume_role
from fleet.store.audit_check import check
from fleet.store.audit_files import AuditFiles
from fleet.store.audit_journal import Journal
from fleet.store.pool import connect
from tests.services import free_port, migrate

READS_A_SECOND = 200
SECONDS = 20
READERS = 20
KEYS = read_keys("k" * 40, "the benchmark")
LOCKED_CHAIN = 900
"""A number that no journal takes here."""

Append = Callable[[Entry], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Result:
    """Milliseconds from the call to the return, when the entry is committed."""

    way: str
    load: str
    entries: int
    entries_a_second: float | None
    p50_ms: float
    p95_ms: float
    p99_ms: float
    slowest_ms: float


def entry(number: int) -> Entry:
    return make_entry(
        datetime.now(UTC),
        Actor(account="auditor", role="auditor", address="10.20.30.40", organ_id=17),
        action="track.read",
        subject=f"vehicle:{number % 6000}",
        purpose="yearly audit of the use of official vehicles",
        organ_ids=[17],
        detail={
            "plate": "云D12345",
            "from": datetime.now(UTC) - timedelta(days=1),
            "format": "json",
            "positions": 8640,
        },
    )


@asynccontextmanager
async def journal(url: str, directory: Path) -> AsyncIterator[Append]:
    made = Journal(
        lambda: connect(assume_role(url, "fleet_api")), KEYS, AuditFiles(directory), lambda: datetime.now(UTC)
    )
    made.start()
    try:
        await made.append(entry(0))
        yield made.append
    finally:
        await made.stop()


@asynccontextmanager
async def on_free_connections(
    url: str, role: str, write: Callable[[asyncpg.Connection, Entry], Awaitable[None]]
) -> AsyncIterator[Append]:
    """Each entry on whichever of `READERS` connections is free."""
    free: asyncio.Queue[asyncpg.Connection] = asyncio.Queue()
    opened = [await connect(assume_role(url, role)) for _ in range(READERS)]
    for connection in opened:
        free.put_nowait(connection)

    async def append(one: Entry) -> None:
        connection = await free.get()
        try:
            await write(connection, one)
        finally:
            free.put_nowait(connection)

    try:
        await append(entry(0))
        yield append
    finally:
        for connection in opened:
            await connection.close()


@asynccontextmanager
async def locked(url: str, _: Path) -> AsyncIterator[Append]:
    """Each read in a transaction of its own, which holds the one end of the chain until it is committed."""

    async def write(connection: asyncpg.Connection, one: Entry) -> None:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(1)")
            last = await connection.fetchrow(
                "select n, mac from audit_log where chain = $1 order by n desc limit 1", LOCKED_CHAIN
            )
            n, mac = (0, GENESIS) if last is None else (last["n"], last["mac"])
            (link,) = chain_up(KEYS, LOCKED_CHAIN, n, mac, [one])
            await connection.execute(
                "insert into audit_log (chain, n, at, account, role, address, action, subject, organ_ids, purpose,"
                " detail, key_id, mac) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                *(LOCKED_CHAIN, link.n, one.at, one.account, one.role, one.address, one.action, one.subject),
                *(list(one.organ_ids), one.purpose, one.detail, link.key_id, link.mac),
            )

    async with on_free_connections(url, "fleet_api", write) as append:
        yield append


@asynccontextmanager
async def bare(url: str, _: Path) -> AsyncIterator[Append]:
    """The text of each entry into a table that has nothing else."""

    async def write(connection: asyncpg.Connection, one: Entry) -> None:
        await connection.execute("insert into bare values ($1)", one.detail)

    owner = await connect(assume_role(url, "fleet_owner"))
    await owner.execute("create table if not exists bare (detail text)")
    await owner.close()
    async with on_free_connections(url, "fleet_owner", write) as append:
        yield append


WAYS = {"journal": journal, "bare insert": bare, "advisory lock": locked}


async def timed(append: Append, number: int, taken: list[float]) -> None:
    one = entry(number)
    began = time.perf_counter()
    await append(one)
    taken.append((time.perf_counter() - began) * 1000)


async def open_loop(append: Append) -> tuple[list[float], float]:
    gaps = np.random.default_rng(17).exponential(1 / READS_A_SECOND, READS_A_SECOND * SECONDS)
    taken: list[float] = []
    began = time.perf_counter()
    due = began
    async with asyncio.TaskGroup() as group:
        for number, gap in enumerate(gaps):
            due += gap
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            group.create_task(timed(append, number, taken))
    return taken, time.perf_counter() - began


async def closed_loop(append: Append) -> tuple[list[float], float]:
    taken: list[float] = []
    began = time.perf_counter()

    async def reader(first: int) -> None:
        number = first
        while time.perf_counter() - began < SECONDS / 4:
            await timed(append, number, taken)
            number += READERS

    await asyncio.gather(*(reader(one) for one in range(READERS)))
    return taken, time.perf_counter() - began


def disk(directory: Path) -> list[float]:
    """Milliseconds that the disk takes to keep 8 KiB, 200 times a second: nothing that commits can be quicker."""
    taken = []
    with (directory / "probe").open("wb", buffering=0) as file:
        file.write(bytes(512 * 1024))
        os.fsync(file.fileno())
        for number in range(READS_A_SECOND * 2):
            began = time.perf_counter()
            os.pwrite(file.fileno(), bytes([number % 256]) * 8192, 8192 * (number % 64))
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
            time.sleep(1 / READS_A_SECOND)
    return taken


LOADS = {f"{READS_A_SECOND} reads a second": open_loop, f"{READERS} readers at once": closed_loop}


def shown(way: str, load: str, taken: list[float], seconds: float | None) -> Result:
    p50, p95, p99 = (float(one) for one in np.percentile(taken, [50, 95, 99]))
    rate = None if seconds is None else len(taken) / seconds
    result = Result(way, load, len(taken), rate, p50, p95, p99, max(taken))
    figures = f"{p50:8.2f} {p95:8.2f} {p99:8.2f} {max(taken):8.1f}"
    print(f"{load:22} {way:14} {'' if rate is None else f'{rate:,.0f}':>9} {figures}", flush=True)
    return result


async def measure(url: str, directory: Path) -> list[Result]:
    results = []
    for load, drive in LOADS.items():
        results.append(shown("disk alone", load, await asyncio.to_thread(disk, directory), None))
        for way, opened in WAYS.items():
            async with opened(url, directory) as append:
                taken, seconds = await drive(append)
            results.append(shown(way, load, taken, seconds))
    connection = await connect(assume_role(url, "fleet_owner"))
    try:
        began = time.perf_counter()
        report = await check(connection, KEYS, AuditFiles(directory))
        seconds = time.perf_counter() - began
    finally:
        await connection.close()
    wrong = [one for one in report.findings if one.chain != LOCKED_CHAIN]  # that one has no head file
    if wrong:
        raise SystemExit(f"the log is not intact: {wrong[0].message}")
    print(f"checked {report.entries:,} entries in {seconds:.1f} s: {report.entries / seconds:,.0f} a second")
    return results


def measure_all() -> list[Result]:
    print(f"{'load':22} {'way':14} entries/s   p50 ms   p95 ms   p99 ms  slowest")
    with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        (directory / "audit").mkdir()
        postgres = Postgres(directory / "postgres", free_port(), settings={"shared_buffers": "512MB"})
        try:
            postgres.start()
            migrate(postgres.url())
            return uvloop.run(measure(postgres.url(), directory / "audit"))
        finally:
            postgres.remove()
