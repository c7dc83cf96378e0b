"""A simulator process, a real broker, and a hand-made service behind it that keeps its promise."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from fleet.identity.broker_access import INGEST, hash_password, render_access, render_passwords
from fleet.local.mosquitto import Mosquitto
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from fleet.model.readings import SAMPLE_KINDS, Kind
from tests.simulators.loopback import LoopbackService

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "secret"
KINDS = {kind.value: kind for kind in SAMPLE_KINDS}


def write_files(
    directory: Path, broker: Mosquitto, gateway_units: int, single_units: int, divisions: tuple[int, ...] = (530302,)
) -> tuple[Path, Path]:
    """Accounts on the broker, and the two files a simulator reads: credentials and roster."""
    gateways = [(f"gateway.g{division}", division) for division in divisions]
    codes = [(f"T{k:05d}", divisions[k % len(divisions)]) for k in range(gateway_units + single_units)]
    singles = codes[gateway_units:]
    hashed = hash_password(PASSWORD)
    accounts = [
        BrokerAccount(username=name, kind=BrokerAccountKind.GATEWAY, division=division, password_hash=hashed)
        for name, division in gateways
    ]
    accounts += [BrokerAccount(username=code, kind=BrokerAccountKind.UNIT, password_hash=hashed) for code, _ in singles]
    accounts.append(BrokerAccount(username=INGEST, kind=BrokerAccountKind.SERVICE, password_hash=hashed))
    broker.write_access(render_passwords(accounts), render_access(accounts))
    credentials = {
        "mqtt_url": f"mqtt://127.0.0.1:{broker.port}",
        "gateways": [{"username": n, "password": PASSWORD, "division": f"{d:06d}"} for n, d in gateways],
        "units": [{"username": c, "password": PASSWORD, "division": f"{d:06d}", "code": c} for c, d in singles],
        # Every account may speak for history and load here, so that a test needs no more of them.
        "history": [{"username": n, "password": PASSWORD, "division": f"{d:06d}"} for n, d in gateways],
        "load": [{"username": n, "password": PASSWORD, "division": f"{d:06d}"} for n, d in gateways],
    }
    energies = ("petrol", "diesel", "bev", "phev", "erev", "fcev", "hev", "gas")
    units = [{"code": c, "division": d, "energy": energies[k % 8]} for k, (c, d) in enumerate(codes)]
    (directory / "credentials.json").write_text(json.dumps(credentials))
    (directory / "roster.json").write_text(json.dumps({"units": units}))
    return directory / "credentials.json", directory / "roster.json"


class Service:
    """Behind the broker: stores what arrives, counts what is garbled, answers a retained receipt every second."""

    def __init__(self, broker: Mosquitto) -> None:
        self.units: dict[str, LoopbackService] = defaultdict(LoopbackService)
        self.online: dict[str, bool] = {}
        self.garbled = 0
        self.messages = 0
        self.payloads: list[tuple[str, bytes]] = []  # of samples, as they came
        self.answers: list[tuple[str, dict[str, Any]]] = []  # to commands
        self.silent = False
        self._topics: dict[str, str] = {}
        self._news: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.username_pw_set(INGEST, PASSWORD)
        self._client.max_inflight_messages_set(10_000)
        self._client.on_message = self._take
        self._client.on_connect = self._subscribe
        parts = urlsplit(broker.url(INGEST, PASSWORD))
        self._client.connect("127.0.0.1", parts.port or 1883)
        self._client.loop_start()
        self._writer = threading.Thread(target=self._answer, daemon=True)
        self._writer.start()

    @property
    def samples(self) -> int:
        """Different ones."""
        with self._lock:
            return sum(len(numbers) for unit in self.units.values() for numbers in unit.stored.values())

    def close(self) -> None:
        self._ended.set()
        self._writer.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(f"fleet/v1/+/+/{kind}", 1) for kind in (*KINDS, "status", "command/result")])

    def command(self, division: int, code: str, content: dict[str, Any]) -> None:
        self._client.publish(f"fleet/v1/{division:06d}/{code}/command", json.dumps(content), qos=1)

    def _take(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        code, kind = message.topic.split("/", 4)[3:]
        self.messages += 1
        if kind == Kind.COMMAND_RESULT.value:
            self.answers.append((code, json.loads(message.payload)))
            return
        if kind == Kind.STATUS.value:
            self.online[code] = json.loads(message.payload)["online"]
            return
        with self._lock:
            self.payloads.append((message.topic, bytes(message.payload)))
            try:
                self.units[code].take(KINDS[kind], bytes(message.payload))
            except ValueError:
                self.garbled += 1
                return
            self._topics[code] = message.topic.rpartition("/")[0] + "/receipt"
            self._news.add(code)

    def _answer(self) -> None:
        while not self._ended.wait(1.0):
            if self.silent:
                continue
            with self._lock:
                news, self._news = self._news, set()
                receipts = [(self._topics[code], self.units[code].receipt()) for code in sorted(news)]
            for topic, receipt in receipts:
                self._client.publish(topic, receipt, qos=1, retain=True)


@contextmanager
def service_behind(broker: Mosquitto) -> Iterator[Service]:
    service = Service(broker)
    try:
        yield service
    finally:
        service.close()


@contextmanager
def simulator(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A running `python -m simulators`; killed at the end unless it has ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def wait_until(condition: Callable[[], bool], within_s: float, what: str) -> None:
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, f"not within {within_s} s: {what}"
        time.sleep(0.05)


def ended(process: subprocess.Popen[str], within_s: float = 60) -> str:
    """Its output once it has ended. Raises subprocess.TimeoutExpired."""
    output, _ = process.communicate(timeout=within_s)
    return output


def read_ledger(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found
