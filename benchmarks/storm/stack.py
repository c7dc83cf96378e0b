"""A whole private service: database, broker, ingest, monitor, judge, API; started, tended as `fleet up` does, killed.

Everything happens in the thread that made it: children are told when that thread ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import numpy as np
import psutil

from benchmarks.storm.plan import Plan
from benchmarks.storm.town import Town
from benchmarks.storm.wires import Wire
from fleet.errors import StoreUnavailable
from fleet.identity.broker_access import INGEST
from fleet.local.mosquitto import Mosquitto
from fleet.local.parts import ROOT, Part, tend_server
from fleet.local.postgres import Postgres
from fleet.local.processes import finish, spawn
from fleet.store.pool import UNAVAILABLE, connect
from tests.services import free_port, run

T = TypeVar("T")

PARTS = {
    "ingest": ("ingest", "--receipt-pause-s", "1"),
    "monitor": ("fleet.monitor",),
    "judge": ("fleet.judge",),
    "api": ("api",),
}
SERVERS = ("postgres", "broker")
TARGETS = (*PARTS, *SERVERS)

_LONGEST_PAUSE_S = 2.0
"""Between the end of a part and its new start; `fleet up` waits up to half a minute, with nothing there to kill."""

_TURN_S = 0.02
_ANSWER_WITHIN_S = 120.0


class Stack:
    """`postgres` and `broker` run already and belong to the caller; the parts, the wires and the units are ours."""

    def __init__(self, directory: Path, postgres: Postgres, broker: Mosquitto, town: Town, *, wired: bool) -> None:
        self.directory, self.postgres, self.broker, self.town = directory, postgres, broker, town
        self.url = postgres.url()
        self.killed: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()  # by themselves, by what they said
        self.held_down: set[str] = set()
        self.on_turn: Callable[[], None] | None = None
        self._units: subprocess.Popen[bytes] | None = None
        self._log = directory / "storm.log"
        self.wires: dict[str, Wire] = {}
        if wired:
            for name, port in (("units", broker.port), ("ingest", broker.port), ("database", postgres.port)):
                self.wires[name] = Wire(free_port(), port)
        self.http_port = free_port()
        database = self._over("database", self.url)
        self.environment = {
            "FLEET_DATABASE_URL": database,
            "FLEET_MQTT_URL": self._over("ingest", broker.url(INGEST, town.password)),
            "FLEET_HTTP_PORT": str(self.http_port),
            "FLEET_DATA_DIR": str(directory),
            "FLEET_AUDIT_DIR": str(directory / "audit"),
            "FLEET_AUDIT_KEY": "a key of the storm that is long enough",
            "FLEET_TOTP_KEY": "another key of the storm that is long enough",
        }
        self.parts = {name: self._part(name, module) for name, module in PARTS.items()}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    # ------------------------------------------------------------ life

    def start(self) -> None:
        for part in self.parts.values():
            part.start()

    def tend(self) -> None:
        """Start again what has ended, by the code of `fleet up`."""
        for name, server in (("postgres", self.postgres), ("broker", self.broker)):
            if name not in self.held_down:
                tend_server(name, server, self._note)
        for name, part in self.parts.items():
            if name not in self.held_down:
                part.tend(self._note)
        assert self._units is None or self._units.poll() is None, f"the units have ended, see {self._units_log}"

    def live(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Let so much time pass, and tend meanwhile; ends early where `until` holds, and answers whether it did."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            self.tend()
            if self.on_turn is not None:
                self.on_turn()
            if until is not None and until():
                return True
            time.sleep(_TURN_S)
        return False

    def ready(self) -> bool:
        """Whether the API says that everything works."""
        try:
            return httpx.get(f"{self.address}/readyz", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def ask(self, question: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """What the database answers; where it is away, once it is back. Raises StoreUnavailable after two minutes."""
        until = time.monotonic() + _ANSWER_WITHIN_S
        while True:
            try:
                return run(ask(self.url, question))
            except (StoreUnavailable, *UNAVAILABLE):
                if time.monotonic() > until:
                    raise
                self.live(0.3)

    # ------------------------------------------------------------ blows

    def kill(self, target: str, rng: np.random.Generator) -> bool:
        """SIGKILL; False when it does not run at this moment."""
        if target == "postgres":
            done = self._kill_postgres(rng)
        elif target == "broker":
            done = _kill(self.broker.pid)
        else:
            done = _kill(self.parts[target].pid)
        self.killed[target] += done
        return done

    def _kill_postgres(self, rng: np.random.Generator) -> bool:
        """All of it at once, its first process alone, or one that serves somebody: it recovers from each in its own
        way."""
        if self.postgres.pid is None:
            return False
        way = rng.choice(["everything", "postmaster", "backend"])
        if way == "everything":
            self.postgres.kill()
            return True
        if way == "postmaster":
            return _kill(self.postgres.pid)
        children = psutil.Process(self.postgres.pid).children()
        return bool(children) and _kill(int(rng.choice([child.pid for child in children])))

    # ------------------------------------------------------------ units

    @property
    def ledger(self) -> Path:
        """What the units say, once they have ended."""
        return self.directory / "ledger.json"

    def start_units(self, plan: Plan) -> None:
        port = self.wires["units"].port if self.wires else self.broker.port
        credentials, roster = self.town.write_files(self.directory, port)
        self._units = spawn(
            [
                *(sys.executable, "-m", "simulators"),
                *("--credentials", str(credentials), "--roster", str(roster), "--vehicles", str(plan.vehicles)),
                *("--from", plan.begins, "--epoch", plan.begins[:10], "--speed", f"{plan.speed:g}"),
                *("--interval-s", f"{plan.interval_s:g}", "--seed", str(plan.seed), "--habits", "3"),
                *("--jump", f"{plan.jumps:g}", "--resend-after-s", "15", "--counters", str(self.directory / "none")),
                *("--ledger", str(self.ledger), "--ledger-every-s", "1e9"),
                *("--drain-s", f"{plan.settle_within_s:g}"),
            ],
            directory=ROOT,
            log=self._units_log,
            death=signal.SIGKILL,
            environment={**os.environ, "FLEET_DATA_DIR": str(self.directory)},
        )

    def end_units(self, within_s: float) -> bool:
        """They measure no more, send what no receipt covers, say goodbye and write their ledger; whether they did."""
        units, self._units = self._units, None
        assert units is not None
        units.send_signal(signal.SIGTERM)
        self.live(within_s, lambda: units.poll() is not None)
        return finish(units, ((signal.SIGTERM, 5.0),)) == 0

    # ------------------------------------------------------------ the end

    def stop_parts(self) -> dict[str, int | None]:
        """In order; their exit codes."""
        return {name: part.stop(lambda: False) for name, part in reversed(self.parts.items())}

    def close(self) -> None:
        """Whatever happened."""
        if self._units is not None:
            finish(self._units, ())
        for part in self.parts.values():
            _kill(part.pid)
            part.stop(lambda: True)
        for wire in self.wires.values():
            wire.close()

    def tracebacks(self) -> list[str]:
        """Names of parts whose log has one: they ended, or went on, with an error that nobody had thought of."""
        logs = {name: part.log for name, part in self.parts.items()} | {"units": self._units_log}
        return [name for name, log in logs.items() if "Traceback" in log.read_text(errors="replace")]

    @property
    def _units_log(self) -> Path:
        return self.directory / "units.log"

    def _part(self, name: str, module: tuple[str, ...]) -> Part:
        return Part(name, module, self.environment, self.directory / f"{name}.log", longest_s=_LONGEST_PAUSE_S)

    def _over(self, wire: str, url: str) -> str:
        if not self.wires:
            return url
        parts = urlsplit(url)
        place = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self.wires[wire].port}"
        return urlunsplit(parts._replace(netloc=place))

    def _note(self, line: str) -> None:
        with self._log.open("a") as log:
            log.write(f"{time.time():.2f} {line}\n")
        name, _, rest = line.partition(" ended (exit code ")
        if rest:
            self.ended[f"{name}: exit code {rest}"[:160].partition("); again")[0]] += 1


async def ask(url: str, question: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    """Over a connection of its own. Raises StoreUnavailable, and what the driver raises."""
    connection = await connect(url, application_name="one-network storm")
    try:
        return await question(connection)
    finally:
        await connection.close()


def every(seconds: float, condition: Callable[[], bool]) -> Callable[[], bool]:
    """The condition, asked no more often: False in between."""
    next_at = 0.0

    def asked() -> bool:
        nonlocal next_at
        if time.monotonic() < next_at:
            return False
        holds = condition()
        next_at = time.monotonic() + seconds
        return holds

    return asked


def _kill(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def room(directory: Path) -> int:
    """Free bytes."""
    return shutil.disk_usage(directory).free
