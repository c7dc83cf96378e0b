"""What `fleet up` does: servers, migrations, demonstration, services, in this order; and all of it back again.

Runs in the main thread: children are told when the thread that started them ends (see `processes.spawn`).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TextIO

import httpx

from fleet.errors import Conflict, InvalidSettings, StoreUnavailable
from fleet.identity.broker_access import INGEST
from fleet.local.demonstration import Demonstration, prepare_administrator, prepare_city
from fleet.local.discovery import environment_file, lock_file, write_environment
from fleet.local.history import History
from fleet.local.listeners import tls_files
from fleet.local.mosquitto import Mosquitto
from fleet.local.parts import ROOT, Part, keep_short, tend_server
from fleet.local.people import table
from fleet.local.places import secret
from fleet.local.postgres import Postgres
from fleet.local.processes import finish, last_lines, require_free_port, spawn
from fleet.settings import Settings, with_credentials

PARTS = (
    ("ingest", "ingest"),
    ("monitor", "fleet.monitor"),
    ("judge", "fleet.judge"),
    ("api", "api"),
    ("webhooks", "api.delivery"),
    ("simulators", "simulators"),
    ("offices", "simulators"),
)
"""Name and module of every service, in the order of their start."""

DEMONSTRATION_RETENTION_DAYS = 2
_READY_WITHIN_S = 90.0
_HISTORY_AFTER_S = 30.0


class _Interrupted(BaseException):
    """Ctrl-C or SIGTERM while starting."""


class Supervisor:
    """`run()` returns the exit code once everything has been stopped."""

    def __init__(
        self, settings: Settings, say: Callable[[str], None], parts: Sequence[tuple[str, str]] = PARTS
    ) -> None:
        if (settings.database_url is None) != (settings.mqtt_url is None):
            raise InvalidSettings("set both FLEET_DATABASE_URL and FLEET_MQTT_URL, or neither for private servers")
        self._data_dir = settings.data_dir.absolute()
        self._settings = settings.model_copy(update={"data_dir": self._data_dir})
        self._say = say
        self._wanted = tuple(parts)
        self._private = settings.private
        # A named database may be a real one: a demonstration is put into it only when somebody asked for vehicles.
        # A private one has the city and the accounts always; without vehicles it only has no simulator.
        self._simulates = settings.simulated_vehicles > 0 and (
            self._private or "simulated_vehicles" in settings.model_fields_set
        )
        self._demonstrates = self._private or self._simulates
        self._postgres: Postgres | None = None
        self._mosquitto: Mosquitto | None = None
        self._parts: list[Part] = []
        self._history = History(self._data_dir)
        self._past: tuple[str, ...] = ()
        self._history_at = float("inf")  # monotonic, when its loading begins
        self._signals = 0
        self._starting = True

    def run(self) -> int:
        """Start everything, tend it until Ctrl-C or SIGTERM, stop everything. Raises FleetError."""
        with self._only_one(), self._signals_handled():
            try:
                city = self._start()
                self._starting = False
                self._wait_ready()
                self._welcome(city)
                self._history_at = time.monotonic() + _HISTORY_AFTER_S if self._past else float("inf")
                self._tend_until_signal()
            except _Interrupted:
                pass
            finally:
                self._starting = False
                self._stop()
        return 0

    # ------------------------------------------------------------ starting

    def _start(self) -> Demonstration:
        require_free_port(self._settings.http_port, "FLEET_HTTP_PORT", host=self._settings.http_host)
        if self._private:
            self._start_servers()
        self._migrate()
        if self._postgres is not None:
            self._separate_logins(self._postgres)
        write_environment(self._data_dir, self._environment())
        if self._demonstrates:
            # The demonstration city: everything it needs is running, nothing that it could disturb is.
            city = asyncio.run(prepare_city(self._settings, self._mosquitto, self._say, _now()))
        else:
            city = asyncio.run(prepare_administrator(self._settings))
        self._start_parts(city)
        return city

    def _start_servers(self) -> None:
        settings = self._settings
        self._postgres = Postgres(self._data_dir / "postgres", settings.database_port)
        with self._timed("database"):
            self._postgres.start()
        # Whoever opens the API to other machines wants units of other machines too.
        self._mosquitto = Mosquitto(
            self._data_dir / "mosquitto",
            settings.mqtt_port,
            listen_on=settings.http_host.replace("localhost", "127.0.0.1"),
            tls_port=settings.mqtt_tls_port,
            tls=tls_files(settings),
        )
        with self._timed("broker"):
            self._mosquitto.start()
        self._settings = settings.model_copy(
            update={
                "database_url": self._postgres.url(),
                "mqtt_url": self._mosquitto.url(INGEST, secret(self._data_dir / "secrets" / "broker")),
                "broker_dir": self._mosquitto.directory,
                "retention_days": settings.retention_days
                if "retention_days" in settings.model_fields_set
                else DEMONSTRATION_RETENTION_DAYS,
            }
        )

    def _migrate(self) -> None:
        log = self._data_dir / "log" / "migrate.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        with self._timed("migrations"):
            process = spawn(
                [sys.executable, "-m", "alembic", "upgrade", "head"],
                directory=ROOT,
                log=log,
                death=signal.SIGTERM,
                environment={**os.environ, **self._environment()},
            )
            try:
                code = process.wait()
            except _Interrupted:
                finish(process, ((signal.SIGTERM, 5.0),))
                raise
            if code != 0:
                raise StoreUnavailable(f"the migrations failed ({log}): {last_lines(log)}")

    def _separate_logins(self, postgres: Postgres) -> None:
        """Give every service a login of its own, so that a mistake in one cannot do what only another may."""
        assert self._settings.database_url is not None
        passwords = {
            f"fleet_{service}": secret(self._data_dir / "secrets" / f"fleet_{service}")
            for service in ("ingest", "monitor", "api")
        }
        postgres.allow_login(passwords)
        self._settings = self._settings.model_copy(
            update={
                f"{role.removeprefix('fleet_')}_database_url": with_credentials(
                    self._settings.database_url, role, password
                )
                for role, password in passwords.items()
            }
        )

    def _start_parts(self, city: Demonstration) -> None:
        common = self._environment()
        for name, module in self._wanted:
            arguments: tuple[str, ...] = ()
            if name == "simulators":
                if not self._simulates:
                    continue
                # Before anything lives in the city: whoever stops us now still gets its past next time.
                days = self._settings.simulated_history_days
                self._history.settle(days, _now(), fresh=city.fresh)
                self._past, arguments = self._history.module(days), self._history.common
            elif name == "offices":
                if not (self._simulates and self._settings.files_orders and city.offices):
                    continue
                arguments = ("--orders", *self._history.common)
            self._add_part(name, (module, *arguments), {**common, **city.environment.get(name, {})})
        if city.retention:
            self._add_part("retention", city.retention, common, once=True)
        if self._mosquitto is not None:
            self._add_part("accounts", ("fleet.cli", "broker", "follow"), common)

    def _start_history(self) -> None:
        """The past last: whoever looks now sees the present first, and units plan their day before it is loaded."""
        if time.monotonic() >= self._history_at and self._signals == 0:
            self._history_at = float("inf")
            self._add_part("history", self._past, self._environment(), once=True)

    def _add_part(self, name: str, module: tuple[str, ...], environment: dict[str, str], *, once: bool = False) -> None:
        part = Part(name, module, environment, self._data_dir / "log" / f"{name}.log", once=once)
        self._parts.append(part)
        part.start()
        self._say(f"{name}: started (process {part.pid})")

    def _environment(self) -> dict[str, str]:
        """Our settings as environment variables: what was set, what we found out, and no defaults."""
        values = {}
        for name in sorted(self._settings.model_fields_set | {"data_dir"}):
            value = getattr(self._settings, name)
            if value is not None:
                plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
                plain = plain.absolute() if isinstance(plain, Path) else plain
                values[f"FLEET_{name.upper()}"] = str(plain)
        return values

    # ------------------------------------------------------------ running

    @property
    def address(self) -> str:
        """Where the API is reached from this machine."""
        host = self._settings.http_host
        scheme = "http" if self._settings.http_tls_cert is None else "https"
        return f"{scheme}://{'127.0.0.1' if host == '0.0.0.0' else host}:{self._settings.http_port}"  # noqa: S104

    def _wait_ready(self) -> None:
        if not any(part.name == "api" for part in self._parts):
            return
        started = time.monotonic()
        last = "no answer"
        # Proxies of the environment are not for our own port; nor need our certificate name the loopback address.
        with httpx.Client(trust_env=False, timeout=2, verify=False) as client:  # noqa: S501
            while self._signals == 0 and time.monotonic() - started < _READY_WITHIN_S:
                self._tend()
                try:
                    answer = client.get(f"{self.address}/readyz")
                except httpx.TransportError as error:
                    last = str(error)
                else:
                    if answer.is_success:
                        self._say(f"ready after {time.monotonic() - started:.1f} s")
                        return
                    last = f"{answer.status_code} {answer.text[:200]}"
                time.sleep(0.2)
        if self._signals == 0:
            self._say(f"{self.address}/readyz is not ready yet ({last}); still trying, see {self._data_dir / 'log'}")

    def _welcome(self, city: Demonstration) -> None:
        if self._signals:
            return
        self._say("")
        self._say(f"Dashboard       {self.address}/")
        self._say(f"API             {self.address}/openapi.json")
        if self._mosquitto is not None:
            self._say(f"MQTT broker     mqtt://{self._mosquitto.host}:{self._mosquitto.port}")
            if self._mosquitto.tls_port is not None:
                self._say(f"                mqtts://{self._mosquitto.listeners.tls_address}:{self._mosquitto.tls_port}")
        if self._postgres is not None:
            self._say(f"Database        127.0.0.1:{self._postgres.port}")
        self._say(f"Logs            {self._data_dir / 'log'}")
        for number, line in enumerate(table(city.accounts)):
            self._say(f"{'' if number else 'Accounts':<16}{line}")
        self._say("")
        self._say("Ctrl-C stops everything; the data stay.")

    def _tend_until_signal(self) -> None:
        next_look = 0.0
        while self._signals == 0:
            self._tend()
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + 30
                for log in self._logs():
                    keep_short(log)
            self._start_history()
            if self._past and (line := self._history.news()):
                self._say(line)
            time.sleep(0.2)

    def _tend(self) -> None:
        for name, server in (("database", self._postgres), ("broker", self._mosquitto)):
            if server is not None and self._signals == 0:
                tend_server(name, server, self._say)
        for part in self._parts:
            if self._signals == 0:
                part.tend(self._say)

    def _logs(self) -> list[Path]:
        servers = [server.log for server in (self._postgres, self._mosquitto) if server is not None]
        return [*servers, *(part.log for part in self._parts)]

    # ------------------------------------------------------------ stopping

    def _stop(self) -> None:
        hurried_from = self._signals

        def hurry() -> bool:
            return self._signals > hurried_from

        if self._signals:
            self._say("stopping (Ctrl-C once more: at once)")
        environment_file(self._data_dir).unlink(missing_ok=True)
        for part in reversed(self._parts):
            if part.pid is not None:
                self._say(f"stopping {part.name}")
            part.stop(hurry)
        if self._mosquitto is not None:
            self._say("stopping broker")
            self._mosquitto.stop(hurry)
        if self._postgres is not None:
            self._say("stopping database")
            self._postgres.stop(hurry)
        self._say("stopped; everything is kept in " + str(self._data_dir))

    # ------------------------------------------------------------ around it

    @contextlib.contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self._say(f"{what}: ready after {time.monotonic() - started:.1f} s")

    @contextlib.contextmanager
    def _only_one(self) -> Iterator[None]:
        path = lock_file(self._data_dir)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        with path.open("a+") as lock:
            until = time.monotonic() + 1  # `discovery.is_up` holds it for a moment
            while not _locked(lock):
                if time.monotonic() > until:
                    lock.seek(0)
                    raise Conflict(
                        f"`fleet up` already runs in {self._data_dir} (process {lock.read().strip() or 'unknown'}): "
                        "stop it there with Ctrl-C, or choose another FLEET_DATA_DIR and other ports"
                    )
                time.sleep(0.05)
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    @contextlib.contextmanager
    def _signals_handled(self) -> Iterator[None]:
        def handle(number: int, frame: FrameType | None) -> None:
            self._signals += 1
            if self._starting:
                self._starting = False
                raise _Interrupted

        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {name: signal.signal(name, handle) for name in handled}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # an entry point


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
