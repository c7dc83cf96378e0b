"""Cars that a test sends off while it looks at the page. What they measure goes the way of every unit: numbered, kept
and sent by the simulator's onboard unit, over the broker, until a receipt covers it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from fleet.model.readings import Kind
from simulators.unit import OnboardUnit
from tests.ingest.stage import DIVISION, PASSWORD

SPEED_KMH = 108.0
"""Below what counts as speeding."""

_M_PER_DEGREE = 111_195.0
_EVERY_S = 1.0


@dataclass
class Car:
    """Stands where it is until it is sent off; then drives there (metres, north positive) and stands."""

    lat: float
    lon: float
    unit: OnboardUnit = field(default_factory=lambda: OnboardUnit(resend_after_s=10, settle_s=0.5))
    odometer_km: float = 41_000.0
    to_go_m: float = 0.0
    engine_on: bool = False
    waits: bool = False
    """Leaves the engine on where it arrives."""

    def go(self, north_m: float, waits: bool) -> None:
        self.to_go_m, self.waits, self.engine_on = north_m, waits, True

    def advance(self, elapsed_s: float) -> dict[str, object]:
        """Its next reading."""
        moving, south = self.to_go_m != 0, self.to_go_m < 0
        way = min(SPEED_KMH / 3.6 * elapsed_s, abs(self.to_go_m))
        north = -way if south else way
        self.odometer_km += way / 1000
        self.lat += north / _M_PER_DEGREE
        self.to_go_m = 0.0 if way == abs(self.to_go_m) else self.to_go_m - north
        self.engine_on = moving or (self.engine_on and self.waits)
        return {
            "lat": round(self.lat, 7),
            "lon": self.lon,
            "speed_kmh": SPEED_KMH if moving else 0.0,
            "heading_deg": 180 if south else 0,
            "ignition": self.engine_on,
            "odometer_km": round(self.odometer_km, 3),
            "hdop": 0.8,
            "satellites": 12,
        }


class Street:
    """The cars by the codes of their units, on one connection of their county's gateway."""

    def __init__(self, port: int, cars: dict[str, Car]) -> None:
        self.cars = cars
        # paho's callbacks come on its own thread and under its locks: they only leave work for ours.
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._flying: dict[int, tuple[Car, int]] = {}
        self._ended = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="street", protocol=paho.MQTTv5)
        self._client.username_pw_set(f"gateway.{DIVISION}", PASSWORD)
        self._client.on_connect = self._on_connect
        self._client.on_publish = lambda _client, _data, mid, *_: self._work.put(lambda: self._acknowledged(mid))
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, name="street")
        self._thread.start()

    def send_off(self, code: str, north_m: float, *, waits: bool = False) -> None:
        self._work.put(lambda: self.cars[code].go(north_m, waits))

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        before = time.time()
        while not self._ended.wait(_EVERY_S):
            now = time.time()
            while not self._work.empty():
                self._work.get()()
            for code, car in self.cars.items():
                car.unit.record(Kind.POSITION, car.advance(now - before), now)
                for one in car.unit.due(now):
                    sent = self._client.publish(f"fleet/v1/{DIVISION}/{code}/{one.kind.value}", one.payload, qos=1)
                    self._flying[sent.mid] = (car, one.number)
            before = now

    def _acknowledged(self, mid: int) -> None:
        car, number = self._flying.pop(mid, (None, 0))
        if car is not None:
            car.unit.acknowledged(number)

    def _connected(self) -> None:
        for car in self.cars.values():
            car.unit.connected(time.time())

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        client.subscribe(f"fleet/v1/{DIVISION}/+/receipt", qos=1)
        self._work.put(self._connected)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        car, payload = self.cars[message.topic.split("/")[3]], bytes(message.payload)
        self._work.put(lambda: car.unit.receive_receipt(payload, time.time()))
