"""One private PostgreSQL cluster with TimescaleDB in one directory.

    server = Postgres(Path("var/postgres"), 5433)
    server.start()
    server.url()            # postgresql://fleet:...@127.0.0.1:5433/fleet
    server.stop()

The directory holds `data/`, `socket/`, `postgres.log` and the two passwords. The role `fleet` owns the database
and may create roles and databases, but is no superuser, as in production.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import psutil

from fleet.errors import DependencyMissing
from fleet.local.places import ServerUser, remove, secret, server_user, settle, write_private
from fleet.local.processes import (
    await_end,
    end_all,
    finish,
    last_lines,
    require_free_port,
    spawn,
    wait_until,
    working_in,
)

VERSIONS = (17, 16, 15)
"""Major versions we run on, newest first; NULLS NOT DISTINCT needs 15."""

OWNER = "fleet"
DATABASE = "fleet"
SUPERUSER = "postgres"

# Fast shutdown, then immediate (recovery at the next start), then SIGKILL.
_STOP = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 5.0))

# For a small machine where half of the work is writing. Anything may be overridden by the constructor's `settings`.
DEFAULTS: Mapping[str, str] = {
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "60",
    # A steady stream of inserts: rare, spread-out checkpoints and compressed full-page images.
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    # Two cores: a parallel plan takes the one that ingest needs; just-in-time compilation costs more than it saves.
    "max_worker_processes": "8",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "jit": "off",
    "timescaledb.max_background_workers": "2",
    "timescaledb.telemetry_level": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "2s",
    "log_lock_waits": "on",
    "track_io_timing": "on",
}

_HBA = """\
# Passwords everywhere, this machine only.
local   all   all                  scram-sha-256
host    all   all   127.0.0.1/32   scram-sha-256
"""


def find_binaries() -> tuple[int, Path]:
    """The newest major version installed with its directory of programs. Raises DependencyMissing."""
    for version in VERSIONS:
        programs = Path(f"/usr/lib/postgresql/{version}/bin")
        if (programs / "postgres").exists() and timescaledb_control(version).exists():
            return version, programs
    for version in VERSIONS:
        programs = Path(f"/usr/lib/postgresql/{version}/bin")
        if (programs / "postgres").exists():
            raise DependencyMissing(f"PostgreSQL {version} is installed without TimescaleDB: run `make setup`")
    raise DependencyMissing(
        "PostgreSQL is not installed: run `make setup`, or set FLEET_DATABASE_URL and FLEET_MQTT_URL"
    )


def timescaledb_control(version: int) -> Path:
    """The file whose presence says that TimescaleDB is installed for this major version."""
    return Path(f"/usr/share/postgresql/{version}/extension/timescaledb.control")


class Postgres:
    """Life of one cluster. Not thread-safe; `start` from a thread that lives as long as the server shall."""

    def __init__(self, directory: Path, port: int, settings: Mapping[str, str] | None = None) -> None:
        self.port = port
        self._asked = directory.absolute()
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._user: ServerUser | None = None

    @property
    def directory(self) -> Path:
        """Where the files really are (see `places.settle`)."""
        return self._asked.resolve()

    @property
    def log(self) -> Path:
        return self.directory / "postgres.log"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self.running and self._process is not None else None

    def url(self, database: str = DATABASE, *, superuser: bool = False) -> str:
        """`postgresql://user:password@127.0.0.1:port/database`, as the owner unless `superuser`."""
        user = SUPERUSER if superuser else OWNER
        password = quote(secret(self.directory / f"{user}.password"), safe="")
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def start(self) -> None:
        """Start, creating the cluster at the first call; returns when connections are taken.

        A server that an earlier owner left running in this directory is stopped first.
        Raises DependencyMissing: not installed, port in use, or the server's own complaint.
        """
        if self.running:
            return
        version, programs = find_binaries()
        self._user = server_user("postgres")
        settle(self._asked, self._user)
        self._stop_leftovers()
        require_free_port(self.port, "FLEET_DATABASE_PORT")
        data = self.directory / "data"
        marker = data / "PG_VERSION"
        if not (self.directory / "initialised").exists():
            shutil.rmtree(data, ignore_errors=True)
            self._initialise(programs)
        elif int(marker.read_text()) != version:
            raise DependencyMissing(
                f"{data} was made by PostgreSQL {marker.read_text().strip()}, but {version} is installed: "
                "upgrade it with pg_upgrade, or empty it with `make clean-data`"
            )
        self._configure(data)
        self._launch(programs, data)
        self._create_database()

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk.

        When `hurry` answers True: immediate shutdown, with recovery at the next start.
        """
        if self._process is not None:
            finish(self._process, _STOP, hurry)
            self._process = None

    def kill(self) -> None:
        """SIGKILL for the postmaster and each of its children at once, as a power failure would."""
        if self._process is None:
            return
        tree: list[psutil.Process] = []
        if self.running:
            postmaster = psutil.Process(self._process.pid)
            postmaster.suspend()  # else it would start new children, or tidy up, while we kill
            tree = [*postmaster.children(recursive=True), postmaster]
        for process in tree:
            process.kill()
        self._process.wait()
        await_end(tree, within_s=10)
        self._process = None

    def allow_login(self, passwords: Mapping[str, str]) -> None:
        """Let existing roles log in with these passwords (of token_urlsafe's alphabet)."""
        self._sql("".join(f"ALTER ROLE {role} LOGIN PASSWORD '{word}';\n" for role, word in passwords.items()))

    def remove(self) -> None:
        """Stop and delete everything."""
        self.stop()
        if self._asked.exists():
            self._stop_leftovers()
        remove(self._asked)

    def _stop_leftovers(self) -> None:
        end_all(self._postmasters(), _STOP)
        # Children whose postmaster was killed end by themselves, except while busy; a new server refuses to start
        # as long as one is attached to the shared memory.
        end_all(working_in(self.directory / "data", "postgres"), ())

    def _postmasters(self) -> list[psutil.Process]:
        data = self.directory / "data"
        try:
            pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return []
        return [process for process in working_in(data, "postgres") if process.pid == pid]

    def _run(
        self, arguments: list[str], *, environment: Mapping[str, str] | None = None, text: str | None = None
    ) -> None:
        """Run one program of PostgreSQL as the server's user. Raises DependencyMissing with its last lines."""
        assert self._user is not None
        switch = self._user.switch
        done = subprocess.run(
            arguments,
            check=False,
            cwd=self.directory,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **(environment or {})},
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            user=self._user.uid if switch else None,
            group=self._user.gid if switch else None,
            extra_groups=list(self._user.groups) if switch else None,
        )
        if done.returncode != 0:
            complaint = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
            raise DependencyMissing(f"{Path(arguments[0]).name} failed in {self.directory}: {complaint}")

    def _sql(self, script: str) -> None:
        """Run a psql script as the superuser. It goes through standard input: arguments can be seen by everyone."""
        self._run(
            [str(find_binaries()[1] / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"],
            environment={
                "PGHOST": "127.0.0.1",
                "PGPORT": str(self.port),
                "PGUSER": SUPERUSER,
                "PGPASSWORD": secret(self.directory / f"{SUPERUSER}.password"),
                "PGDATABASE": SUPERUSER,
            },
            text=script,
        )

    def _initialise(self, programs: Path) -> None:
        assert self._user is not None
        for name in (SUPERUSER, OWNER):
            secret(self.directory / f"{name}.password")
        handed = self.directory / "initdb.password"
        write_private(handed, secret(self.directory / f"{SUPERUSER}.password") + "\n", self._user)
        try:
            self._run(
                [
                    str(programs / "initdb"),
                    f"--pgdata={self.directory / 'data'}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={handed}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--data-checksums",
                    *(["--no-sync"] if self._settings.get("fsync") == "off" else []),
                ]
            )
        finally:
            handed.unlink(missing_ok=True)
        write_private(self.directory / "initialised", "initdb has ended well here\n")

    def _configure(self, data: Path) -> None:
        """Rewrite the settings at every start, so that an upgrade of ours reaches clusters that exist already."""
        assert self._user is not None
        socket = self.directory / "socket"
        socket.mkdir(mode=0o700, exist_ok=True)
        self._user.give(socket)
        # The path of a Unix socket is limited to 107 bytes; TCP on loopback does as well.
        fits = len(os.fsencode(socket / f".s.PGSQL.{self.port}")) <= 107
        settings = {
            **DEFAULTS,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(socket) if fits else "",
            "password_encryption": "scram-sha-256",
            "shared_preload_libraries": "timescaledb",
            "dynamic_shared_memory_type": _dynamic_shared_memory(),
            **self._settings,
        }
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
        head = "# Written by fleet.local at every start; changes are lost.\n"
        write_private(data / "postgresql.conf", head + "\n".join(lines) + "\n", self._user)
        write_private(data / "pg_hba.conf", _HBA, self._user)

    def _launch(self, programs: Path, data: Path) -> None:
        pid_file = data / "postmaster.pid"

        def ready() -> bool:
            try:
                lines = pid_file.read_text().splitlines()
            except FileNotFoundError:
                return False
            # Line 8 is the state, as pg_ctl reads it; line 1 tells a leftover file from ours.
            return len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready"

        until = time.monotonic() + 20
        while True:
            process = spawn(
                [str(programs / "postgres"), "-D", str(data)],
                directory=self.directory,
                log=self.log,
                death=signal.SIGINT,
                user=self._user,
                environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            )
            self._process = process  # before it is ready: whoever interrupts us here still can stop it
            # Recovery after a crash replays up to max_wal_size.
            if wait_until(ready, process, within_s=300):
                return
            self.stop()
            complaint = last_lines(self.log)
            # Children of a killed server hold its shared memory for a moment.
            if "pre-existing shared memory block" not in complaint or time.monotonic() > until:
                raise DependencyMissing(f"PostgreSQL does not start ({self.log}): {complaint}")
            time.sleep(0.5)

    def _create_database(self) -> None:
        done = self.directory / "database-created"
        if done.exists():
            return
        password = secret(self.directory / f"{OWNER}.password")
        # Each statement may find its work done: a crash between two of them is possible. The password is of
        # token_urlsafe's alphabet, so that it needs no quoting.
        self._sql(f"""\
SELECT 'CREATE ROLE {OWNER}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}') \\gexec
ALTER ROLE {OWNER} LOGIN CREATEDB CREATEROLE PASSWORD '{password}';
-- From 16 on, who creates a role may assume it only if he says so beforehand.
SELECT 'ALTER ROLE {OWNER} SET createrole_self_grant = ''set, inherit'''
WHERE current_setting('server_version_num')::int >= 160000 \\gexec
SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER}'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
\\connect {DATABASE}
CREATE EXTENSION IF NOT EXISTS timescaledb;
""")
        write_private(done, f"role {OWNER} and database {DATABASE}\n")


def _dynamic_shared_memory() -> str:
    """POSIX shared memory lives in /dev/shm, which containers limit to 64 MB and bare roots leave closed."""
    place = Path("/dev/shm")  # noqa: S108  # measured, not written to
    try:
        open_to_all = place.stat().st_mode & 0o002
        room = shutil.disk_usage(place).total
    except OSError:
        return "sysv"
    return "posix" if open_to_all and room >= 256 * 1024 * 1024 else "sysv"
