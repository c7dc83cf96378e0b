"""A stage for the tests of the whole ingest path: real database, real broker, real ingest processes, a publisher."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from fleet.identity.broker_access import hash_password, render_access, render_passwords
from fleet.local.mosquitto import Mosquitto
from fleet.local.processes import spawn
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from tests import services

PASSWORD = "stage-password"
DIVISION = 530302


class Stage:
    """Owns the ingest processes it starts; the database and the broker belong to the caller."""

    def __init__(self, database_url: str, broker: Mosquitto, logs: Path) -> None:
        self.database_url = database_url
        self.broker = broker
        self.logs = logs
        self._workers: dict[int, subprocess.Popen[bytes]] = {}
        hashed = hash_password(PASSWORD)
        accounts = [
            BrokerAccount(username="service.ingest", kind=BrokerAccountKind.SERVICE, password_hash=hashed),
            *(
                BrokerAccount(
                    username=f"gateway.{division}",
                    kind=BrokerAccountKind.GATEWAY,
                    division=division,
                    password_hash=hashed,
                )
                for division in (DIVISION, 530303, 530381)
            ),
        ]
        broker.write_access(render_passwords(accounts), render_access(accounts))

    # ------------------------------------------------------------------------------------------- database

    def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        async def work() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.database_url)
            try:
                return list(await connection.fetch(query, *arguments))
            finally:
                await connection.close()

        return services.run(work())

    def value(self, query: str, *arguments: Any) -> Any:
        return self.fetch(query, *arguments)[0][0]

    def register(self, *codes: str, division: int = DIVISION) -> None:
        self.fetch(
            "insert into unit (code, division) select code, $2 from unnest($1::text[]) as c (code)",
            list(codes),
            division,
        )

    def totals(self) -> dict[str, int]:
        row = self.fetch(
            "select coalesce(sum(received), 0) as received, coalesce(sum(stored), 0) as stored,"
            " coalesce(sum(duplicate), 0) as duplicate, coalesce(sum(quarantined), 0) as quarantined from batch"
        )[0]
        return {name: int(row[name]) for name in row.keys()}  # noqa: SIM118 a Record is no mapping

    def quarantined(self) -> list[tuple[str, list[str]]]:
        """Reason codes of each quarantined element, the oldest first."""
        rows = self.fetch("select topic, reasons from quarantine where resolved_at is null order by id")
        return [(row["topic"], [reason["code"] for reason in json.loads(row["reasons"])]) for row in rows]

    def check_books(self) -> None:
        """Every book says the same: batches, units and hours, hours, and what the tables really hold."""
        totals = self.totals()
        assert totals["received"] == totals["stored"] + totals["duplicate"] + totals["quarantined"]
        for book in ("ledger", "ledger_hour"):
            row = self.fetch(
                "select coalesce(sum(received), 0) as received, coalesce(sum(stored), 0) as stored,"
                f" coalesce(sum(duplicate), 0) as duplicate, coalesce(sum(quarantined), 0) as quarantined from {book}"
            )[0]
            assert {name: int(row[name]) for name in totals} == totals, book
        stored = sum(
            self.value(f"select count(*) from {table}")
            for table in ("position_reading", "usage_reading", "event_reading")
        )
        no_samples = self.value("select coalesce(sum(stored), 0) from ledger where kind in (4, 5)")
        assert stored + no_samples == totals["stored"]
        assert self.value("select count(*) from quarantine where resolved_at is null") == totals["quarantined"]

    # ------------------------------------------------------------------------------------------- processes

    def start_ingest(
        self, worker: int = 1, *, ready: bool = True, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        began = datetime.now(UTC)
        process = spawn(  # dies with the test session, however that ends
            [sys.executable, "-m", "ingest", "--worker", str(worker), "--receipt-pause-s", "0.5"],
            directory=services.ROOT,
            log=self.logs / f"ingest-{worker}.log",
            death=signal.SIGKILL,
            environment={
                **os.environ,
                "FLEET_DATABASE_URL": self.database_url,
                "FLEET_MQTT_URL": self.broker.url("service.ingest", PASSWORD),
                **(environment or {}),
            },
        )
        self._workers[worker] = process
        if ready:
            until(
                lambda: self.worker_connected(worker, process, began),
                f"ingest worker {worker} to connect",
                log=self.log(worker),
            )
        return process

    def worker_connected(self, worker: int, process: subprocess.Popen[bytes], since: datetime) -> bool:
        """Whether the worker has said since then that it is connected."""
        assert process.poll() is None, f"ingest ended with {process.returncode}:\n{self.log(worker)()}"
        return bool(
            self.fetch(
                "select 1 from ingest_worker where worker = $1 and connected and seen_at > $2",
                worker,
                since,
            )
        )

    def kill_ingest(self, worker: int = 1) -> None:
        process = self._workers.pop(worker)
        process.kill()
        process.wait()
        self.fetch("update ingest_worker set connected = false where worker = $1", worker)

    def stop_ingest(self, worker: int = 1) -> int:
        """SIGTERM; the exit code."""
        process = self._workers.pop(worker)
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=30)

    def log(self, worker: int = 1) -> Callable[[], str]:
        return (self.logs / f"ingest-{worker}.log").read_text

    def close(self) -> None:
        for process in self._workers.values():
            process.kill()
            process.wait()
        self._workers.clear()

    # ------------------------------------------------------------------------------------------- publisher

    @contextlib.contextmanager
    def publisher(self, division: int = DIVISION, *, receipts: bool = False) -> Iterator[Publisher]:
        publisher = Publisher(self.broker.port, f"gateway.{division}", division, receipts)
        try:
            yield publisher
        finally:
            publisher.close()


class Publisher:
    """A gateway: publishes for any unit of its division, remembers the receipts it is sent."""

    def __init__(self, port: int, username: str, division: int, receipts: bool) -> None:
        self.division = division
        self.receipts: dict[str, dict[str, Any]] = {}
        self.receipt_log: list[tuple[str, dict[str, Any]]] = []
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"{username}-{os.getpid()}", protocol=paho.MQTTv5
        )
        self._client.username_pw_set(username, PASSWORD)
        self._client.max_inflight_messages_set(1000)
        self._client.on_message = self._on_message
        connected = threading.Event()
        self._client.on_connect = lambda *_: connected.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert connected.wait(10)
        if receipts:
            self._client.subscribe(f"fleet/v1/{division}/+/receipt", qos=1)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        unit = message.topic.split("/")[3]
        receipt = json.loads(message.payload)
        self.receipts[unit] = receipt
        self.receipt_log.append((unit, receipt))

    def send(self, unit: str, kind: str, payload: Any, *, division: int | None = None, retain: bool = False) -> None:
        """Publishes with QoS 1 and waits for the broker's acknowledgement."""
        self.send_many([(unit, kind, payload)], division=division, retain=retain)

    def send_many(
        self, messages: Sequence[tuple[str, str, Any]], *, division: int | None = None, retain: bool = False
    ) -> None:
        for info in self.begin(messages, division=division, retain=retain):
            info.wait_for_publish(20)

    def begin(
        self, messages: Sequence[tuple[str, str, Any]], *, division: int | None = None, retain: bool = False
    ) -> list[paho.MQTTMessageInfo]:
        """Publishes without waiting."""
        infos = []
        for unit, kind, payload in messages:
            body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            topic = f"fleet/v1/{division or self.division}/{unit}/{kind}"
            infos.append(self._client.publish(topic, body, qos=1, retain=retain))
        return infos

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def until(condition: Callable[[], Any], what: str, within_s: float = 30, log: Callable[[], str] | None = None) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within_s:.0f} s for {what}" + (f"\n{log()}" if log else ""))
        time.sleep(0.05)


def position(seq: int | None = None, at_ms: int | None = None, **more: Any) -> dict[str, Any]:
    """A correct position; `at_ms` defaults to a fixed start plus ten seconds a sequence number."""
    now_ms = int(time.time() * 1000)
    sample = {"time": now_ms - 600_000 + (seq or 0) * 10 if at_ms is None else at_ms, "lat": 25.4983, "lon": 103.8027}
    if seq is not None:
        sample["seq"] = seq
    return {**sample, **more}
