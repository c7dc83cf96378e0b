"""Database, broker, ingest and API for a measurement: each a process of its own, as `fleet up` runs them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import psutil

from benchmarks.ingest import cpu_s, query
from benchmarks.load import DIVISION
from fleet.identity.broker_access import hash_password, new_password, render_access, render_passwords
from fleet.local.mosquitto import Mosquitto
from fleet.local.postgres import Postgres
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from tests.api.builders import world
from tests.services import ROOT, free_port, migrate

GATEWAYS = ("gateway.load", "gateway.live")
_SECRETS = {
    "FLEET_TOTP_KEY": "a key of the measurement that is long enough",
    "FLEET_AUDIT_KEY": "another key of the measurement long enough too",
    "FLEET_REQUEST_RATE_PER_S": "0",
}
_WITHIN_S = 120.0


class Stack:
    """Opened by `stack`. Parts are started and stopped by name."""

    def __init__(self, directory: Path, settings: Mapping[str, str]) -> None:
        self.directory = directory
        self.postgres = Postgres(directory / "postgres", free_port(), settings=settings)
        self.broker = Mosquitto(directory / "mosquitto", free_port())
        self.password = new_password()
        self.http_port = free_port()
        self.parts: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Of the database, as its owner."""
        return self.postgres.url()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def open(self) -> None:
        self.postgres.start()
        hashed = hash_password(self.password)
        service = BrokerAccount(username="service.ingest", kind=BrokerAccountKind.SERVICE, password_hash=hashed)
        gateways = [
            BrokerAccount(username=name, kind=BrokerAccountKind.GATEWAY, division=DIVISION, password_hash=hashed)
            for name in GATEWAYS
        ]
        self.broker.write_access(render_passwords([service, *gateways]), render_access([service, *gateways]))
        self.broker.start()
        migrate(self.url)

    def close(self) -> None:
        for name in list(self.parts):
            self.stop(name)
        self.broker.remove()
        self.postgres.remove()

    def start(self, name: str, *command: str) -> None:
        """`python -m` with the addresses of this stack; what it says goes to a file of its name."""
        environment = {
            **os.environ,
            **_SECRETS,
            "FLEET_DATA_DIR": str(self.directory / "data"),
            "FLEET_DATABASE_URL": self.url,
            "FLEET_MQTT_URL": self.broker.url("service.ingest", self.password),
            "FLEET_HTTP_PORT": str(self.http_port),
        }
        with (self.directory / f"{name}.log").open("ab") as log:
            self.parts[name] = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def stop(self, name: str) -> None:
        part = self.parts.pop(name)
        part.send_signal(signal.SIGTERM)
        try:
            part.wait(30)
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()

    def start_ingest(self) -> None:
        """Returns when it is connected."""
        self.start("ingest", "ingest")
        fresh = "select count(*) from ingest_worker where connected and seen_at > now() - interval '2 s'"
        self._await("ingest", lambda: query(self.url, fresh) == 1)

    def start_api(self) -> dict[str, str]:
        """Returns, when it answers, the header of an administrator's token, which outlives any measurement."""
        header = asyncio.run(self._administrator())
        self.start("api", "api")

        def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{self.api_url}/livez").status_code == 200
            return False

        self._await("api", answers)
        return header

    def cpu_s(self) -> dict[str, float]:
        """What each part has spent so far."""
        pids = {"database": self.postgres.pid, "broker": self.broker.pid}
        pids |= {name: part.pid for name, part in self.parts.items()}
        return {name: cpu_s(psutil.Process(pid)) for name, pid in pids.items()}

    async def _administrator(self) -> dict[str, str]:
        async with world(self.url, self.directory / "audit") as made:
            return await made.token_of(int(await made.scalar("select id from account where username = 'admin'")))

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _WITHIN_S
        while not ready():
            if self.parts[name].poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{name} did not start:\n" + (self.directory / f"{name}.log").read_text()[-2_000:])
            time.sleep(0.1)


@contextlib.contextmanager
def stack(directory: Path, settings: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Database and broker, migrated, with the accounts of `GATEWAYS`; ended and removed at the end."""
    opened = Stack(directory, {"shared_buffers": "512MB", **(settings or {})})
    try:
        opened.open()
        yield opened
    finally:
        opened.close()
