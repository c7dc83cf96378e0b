"""Real servers for the tests: one PostgreSQL for the whole session, a Mosquitto wherever one is asked for.

The first worker that needs a database starts a keeper (`python -m tests.services`), a process of its own that owns
the cluster: workers end one by one, and the cluster must outlive each of them. The keeper ends with the session, or
by itself when the session was killed. Everything lies in one directory that is removed at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import psutil

from fleet.errors import DependencyMissing
from fleet.local.listeners import TlsFiles
from fleet.local.mosquitto import Mosquitto
from fleet.local.postgres import Postgres
from fleet.local.processes import await_end

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[1]
SHARED = "ONE_NETWORK_TEST_SERVICES"
SESSION = "ONE_NETWORK_TEST_SESSION"
TEMPLATE = "template"
_PREFIX = "one-network-tests-"

MEMORY = Path("/dev/shm")
MEMORY_NEEDED_BYTES = 3 << 30
"""What the cluster may grow to, with room to spare; containers often have less, and then it lies on the disk."""

# Speed over durability: a test that is about durability starts a cluster of its own.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "autovacuum_naptime": "10s",
    "timescaledb.max_background_workers": "0",
}

DURABLE = {"shared_buffers": "64MB", "min_wal_size": "32MB"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The session's PostgreSQL: URLs of its maintenance database, and where it listens."""

    owner_url: str
    superuser_url: str
    log: str
    """The path of its log."""

    def url(self, database: str) -> str:
        """As the owner, like FLEET_DATABASE_URL."""
        return f"{self.owner_url.rpartition('/')[0]}/{database}"


def free_port() -> int:
    """A TCP port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from synchronous code, whatever loop may be running here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def execute(url: str, *statements: str) -> None:
    """Run statements one by one, each in a transaction of its own."""

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    run(work())


# ---------------------------------------------------------------- for tests


@contextlib.contextmanager
def fresh_database(cluster: Cluster) -> Iterator[str]:
    """URL, as the owner, of a fully migrated copy that is dropped at the end.

    Copying the template's thousand files costs 60 ms of a core; through the log it is six times that.
    """
    name = f"test_{secrets.token_hex(6)}"
    execute(cluster.superuser_url, f"create database {name} template {TEMPLATE} owner fleet strategy file_copy")
    try:
        yield cluster.url(name)
    finally:
        execute(cluster.superuser_url, f"drop database if exists {name} with (force)")


@contextlib.contextmanager
def durable_postgres() -> Iterator[Postgres]:
    """A running, fully migrated cluster of a test's own with everything durable: it may be killed.

    A copy of one that is made once in a session, for to make one takes five seconds of a core.
    """
    shared = Path(os.environ[SHARED])
    made = shared / "durable"
    with (shared / "durable.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "durable.made").exists():
            first = Postgres(made, free_port(), DURABLE)
            try:
                first.start()
                migrate(first.url())
            finally:
                first.stop()
            (shared / "durable.made").touch()
    place = fresh_directory("durable")
    subprocess.run(["cp", "-a", str(made), str(place)], check=True)
    server = Postgres(place, free_port(), DURABLE)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@contextlib.contextmanager
def fresh_broker(tls: TlsFiles | None = None) -> Iterator[Mosquitto]:
    """A running Mosquitto with the production file on a free port; accounts come by `write_access`.

    With `tls` it also speaks that, at `tls_port`.
    """
    tls_port = None if tls is None else free_port()
    broker = Mosquitto(fresh_directory("mosquitto"), free_port(), tls_port=tls_port, tls=tls)
    try:
        broker.start()
        yield broker
    finally:
        broker.remove()


def fresh_directory(name: str) -> Path:
    """A new path in the session's directory, which the servers' users can enter (pytest's own is closed to them)."""
    return Path(os.environ[SHARED]) / f"{name}-{secrets.token_hex(4)}"


def migrate(url: str) -> None:
    """`alembic upgrade head`. Raises AssertionError with its output."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT,
        env={**os.environ, "FLEET_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"migrations failed:\n{done.stdout}{done.stderr}"


def shared_cluster() -> Cluster:
    """The session's cluster, started by whoever asks first. Raises AssertionError with the keeper's output."""
    shared = Path(os.environ[SHARED])
    answer = shared / "cluster.json"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            with (shared / "keeper.log").open("ab") as log:
                keeper = subprocess.Popen(
                    [sys.executable, "-m", "tests.services", str(shared), os.environ[SESSION]],
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            (shared / "keeper.pid").write_text(str(keeper.pid))
            until = time.monotonic() + 120
            while not answer.exists():
                failed = keeper.poll() is not None or time.monotonic() > until
                assert not failed, f"the test database does not start:\n{(shared / 'keeper.log').read_text()}"
                time.sleep(0.05)
            keeper.returncode = 0  # from here on it belongs to the session, not to this worker
    return Cluster(**json.loads(answer.read_text()))


# ---------------------------------------------------------------- for conftest.py, in the process that controls


def open_session() -> None:
    """Prepare the shared directory, whose name the workers inherit, and sweep up after sessions that were killed."""
    for left in (*Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"), *MEMORY.glob(f"{_PREFIX}*")):
        with contextlib.suppress(OSError, ValueError):
            if not psutil.pid_exists(int((left / "session.pid").read_text())):
                shutil.rmtree(left, ignore_errors=True)  # its servers ended with the process that started them
    os.environ[SHARED] = str(_new_directory(None))
    os.environ[SESSION] = str(os.getpid())


def _new_directory(parent: Path | None) -> Path:
    """A directory of this session that is swept up when the session is gone."""
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    made.chmod(0o711)
    (made / "session.pid").write_text(os.environ.get(SESSION) or str(os.getpid()))
    return made


def _cluster_directory(shared: Path) -> Path:
    """In memory where there is enough of it: making and dropping a database is mostly making and removing files."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage(MEMORY).free > MEMORY_NEEDED_BYTES:
            return _new_directory(MEMORY)
    return shared


def close_session() -> None:
    """End the keeper and remove the shared directory."""
    shared = Path(os.environ.pop(SHARED))
    with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
        keeper = psutil.Process(int((shared / "keeper.pid").read_text()))
        keeper.terminate()
        await_end([keeper], within_s=30)
    shutil.rmtree(shared, ignore_errors=True)


# ---------------------------------------------------------------- the keeper


def keep(shared: Path, session: int) -> None:
    """Own the cluster until SIGTERM, or until the process `session` is gone."""
    stopped: list[int] = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _: stopped.append(number))
    watched = psutil.Process(session)
    place = _cluster_directory(shared)
    server = Postgres(place / "postgres", free_port(), FAST)
    try:
        server.start()
        template = server.url(TEMPLATE)
        execute(server.url("postgres", superuser=True), f"create database {TEMPLATE} owner fleet")
        migrate(template)
        # Without connections nothing holds the template while it is copied, not even TimescaleDB's scheduler.
        execute(
            server.url("postgres", superuser=True),
            f"alter database {TEMPLATE} with allow_connections false is_template true",
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{TEMPLATE}'",
        )
        log = str(place / "postgres" / "postgres.log")
        cluster = Cluster(server.url("postgres"), server.url("postgres", superuser=True), log)
        partial = shared / "cluster.json.partial"
        partial.write_text(json.dumps(asdict(cluster)))
        partial.rename(shared / "cluster.json")
        while not stopped and watched.is_running():
            time.sleep(0.5)
    finally:
        server.remove()
        if place != shared:
            shutil.rmtree(place, ignore_errors=True)
        if not watched.is_running():
            shutil.rmtree(shared, ignore_errors=True)


if __name__ == "__main__":
    try:
        keep(Path(sys.argv[1]), int(sys.argv[2]))
    except (DependencyMissing, AssertionError) as error:
        sys.exit(str(error))
