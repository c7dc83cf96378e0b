"""Some onboard units over one gateway connection: they number, keep and resend as units must, and know the truth.

The unit's logic is the simulator's own `OnboardUnit`; this file only joins it to a wire that tests can spoil.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from fleet.model.readings import SAMPLE_KINDS, Kind
from simulators.unit import OnboardUnit, Outgoing
from tests.ingest.stage import DIVISION, PASSWORD, Stage, until

TABLES = {Kind.POSITION: "position_reading", Kind.USAGE: "usage_reading", Kind.EVENT: "event_reading"}
RESEND_AFTER_S = 4.0


@dataclass(frozen=True, slots=True)
class Wire:
    """Chances that a message is lost on the way, sent twice, or held back until later ones have gone."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0


class Units:
    """`count` units named u0, u1, ...; each records `rate_hz` positions a second, and some usage and events."""

    def __init__(self, stage: Stage, count: int = 20, rate_hz: float = 20, wire: Wire = Wire(), seed: int = 1) -> None:
        self.stage = stage
        self.units = {
            f"u{i}": OnboardUnit(resend_after_s=RESEND_AFTER_S, settle_s=0.5, keep_truth=True) for i in range(count)
        }
        stage.register(*self.units)
        self.wire = wire
        self.recording = True
        self._rate_hz = rate_hz
        self._random = np.random.default_rng(seed)
        # paho's callbacks come on its own thread and under its locks: they only leave work for ours.
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._flying: dict[int, tuple[OnboardUnit, int]] = {}
        self._held_back: list[tuple[str, Outgoing]] = []
        self._ended = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"units-{os.getpid()}-{seed}", protocol=paho.MQTTv5
        )
        self._client.username_pw_set(f"gateway.{DIVISION}", PASSWORD)
        self._client.max_inflight_messages_set(500)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.connect("127.0.0.1", stage.broker.port, keepalive=5)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    # ------------------------------------------------------------------------------------------- what tests ask

    @property
    def produced(self) -> int:
        return sum(sum(unit.produced.values()) for unit in self.units.values())

    @property
    def held(self) -> int:
        return sum(unit.held_count for unit in self.units.values())

    def settle(self, within_s: float = 60) -> None:
        """Stops recording and the wire's faults, and waits until no unit holds anything."""
        self.recording = False
        self.wire = Wire()
        until(
            lambda: self.held == 0, "the units to hold nothing", within_s, lambda: f"{self.held} held\n{self._logs()}"
        )

    def check_nothing_lost(self) -> None:
        """Each sample that was ever recorded is stored exactly once or in quarantine, and the books add up."""
        for kind in SAMPLE_KINDS:
            rows = self.stage.fetch(
                f"select unit.code, run, seq, count(*) from {TABLES[kind]} r"
                " join unit on unit.id = r.unit_id group by 1, 2, 3"
            )
            stored = {(row[0], row[1], row[2]): row[3] for row in rows}
            truth = {
                (code, run, seq)
                for code, unit in self.units.items()
                for of_kind, run, seq in unit.truth or {}
                if of_kind is kind
            }
            missing = truth - stored.keys()
            assert not missing, (
                f"{len(missing)} of {len(truth)} {kind.value} samples are lost, e.g. {sorted(missing)[:5]}"
            )
            assert not stored.keys() - truth
            assert set(stored.values()) <= {1}
        self.stage.check_books()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    # ------------------------------------------------------------------------------------------- the wire

    def _run(self) -> None:
        began = time.time()
        rounds = 0
        while not self._ended.is_set():
            while not self._work.empty():
                self._work.get()()
            now = time.time()
            while self.recording and rounds < (now - began) * self._rate_hz:
                rounds += 1
                self._record(rounds, began + rounds / self._rate_hz)
            for code, unit in self.units.items():
                for outgoing in unit.due(now):
                    self._send(code, unit, outgoing)
            self._ended.wait(0.03)

    def _record(self, number: int, at: float) -> None:
        for i, unit in enumerate(self.units.values()):
            unit.record(Kind.POSITION, {"lat": 25.4 + i * 0.001, "lon": 103.8 + number * 1e-5}, at)
            if number % 10 == i % 10:
                unit.record(Kind.USAGE, {"fuel_level_pct": number % 100}, at)
            if number % 25 == i % 25:
                unit.record(Kind.EVENT, {"event": "door_open", "detail": {"n": number}}, at)

    def _send(self, code: str, unit: OnboardUnit, outgoing: Outgoing) -> None:
        dice = self._random.random(3)
        if dice[0] < self.wire.drop:
            unit.acknowledged(outgoing.number)  # as a broker does that acknowledges and then is killed
            return
        if dice[2] < self.wire.reorder:
            self._held_back.append((code, outgoing))
            if len(self._held_back) < 10:
                return
            late = [self._held_back[i] for i in self._random.permutation(len(self._held_back))]
            self._held_back = []
        else:
            late = [(code, outgoing)]
        for of_code, one in late:
            for _ in range(2 if dice[1] < self.wire.duplicate else 1):
                topic = f"fleet/v1/{DIVISION}/{of_code}/{one.kind.value}"
                info = self._client.publish(topic, one.payload, qos=1)
                self._flying[info.mid] = (self.units[of_code], one.number)

    def _on_publish(self, _client: paho.Client, _data: object, mid: int, *_: object) -> None:
        self._work.put(lambda: self._acknowledged(mid))

    def _acknowledged(self, mid: int) -> None:
        unit, number = self._flying.pop(mid, (None, 0))
        if unit is not None:
            unit.acknowledged(number)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        unit, payload = self.units[message.topic.split("/")[3]], bytes(message.payload)
        self._work.put(lambda: unit.receive_receipt(payload, time.time()))

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        client.subscribe(f"fleet/v1/{DIVISION}/+/receipt", qos=1)
        self._work.put(lambda: self._each(OnboardUnit.connected))

    def _on_disconnect(self, *_: object) -> None:
        self._work.put(lambda: self._each(OnboardUnit.disconnected))

    def _each(self, tell: Callable[[OnboardUnit, float], None]) -> None:
        for unit in self.units.values():
            tell(unit, time.time())

    def reboot(self, code: str) -> None:
        self._work.put(lambda: self._reboot(self.units[code]))

    @staticmethod
    def _reboot(unit: OnboardUnit) -> None:
        unit.reboot(time.time())
        unit.connected(time.time())

    def _logs(self) -> str:
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.stage.logs.glob("ingest-*.log")))
