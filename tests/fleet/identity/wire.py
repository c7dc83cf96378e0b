"""One MQTT 5 connection for tests: what the broker answers, and what it delivers."""

from __future__ import annotations

import queue
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

NOT_AUTHORISED = 0x87


class Wire:
    """Connects at once; `accepted` says whether the broker let us in. Use as a context manager."""

    def __init__(
        self,
        port: int,
        username: str | None,
        password: str | None,
        *,
        protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.accepted: bool | None = None
        self.messages: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self.lost = threading.Event()
        self._answers: dict[int, int] = {}
        self._changed = threading.Condition()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=protocol, reconnect_on_failure=False)
        self._client.username_pw_set(username, password)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = lambda client, userdata, message: self.messages.put(message)
        self._client.on_publish = self._answered
        self._client.on_subscribe = self._subscribed
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        with self._changed:
            answered = self._changed.wait_for(lambda: self.accepted is not None or self.lost.is_set(), 5)
            assert answered, "the broker does not answer"
        if not self.accepted:
            self.close()

    def publish(self, topic: str, payload: str = "{}", *, retain: bool = False) -> int:
        """The broker's answer to a QoS 1 publish: 0 (or 16, nobody listens) or a reason why not."""
        return self._answer(self._client.publish(topic, payload, qos=1, retain=retain).mid)

    def subscribe(self, topic: str) -> int:
        number = self._client.subscribe(topic, qos=1)[1]
        assert number is not None
        return self._answer(number)

    def received(self, wait_s: float = 0.3) -> list[str]:
        """Topics delivered until nothing has come for a while."""
        found = []
        while True:
            try:
                found.append(self.messages.get(timeout=wait_s).topic)
            except queue.Empty:
                return found

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, number: int) -> int:
        with self._changed:
            assert self._changed.wait_for(lambda: number in self._answers or self.lost.is_set(), 5), "no answer"
            return self._answers[number]

    def _connected(
        self, client: mqtt.Client, data: Any, flags: Any, code: ReasonCode, properties: Properties | None
    ) -> None:
        with self._changed:
            self.accepted = not code.is_failure
            self._changed.notify_all()
        if code.is_failure:
            client.disconnect()

    def _disconnected(
        self, client: mqtt.Client, data: Any, flags: Any, code: ReasonCode, properties: Properties | None
    ) -> None:
        self.lost.set()
        with self._changed:
            self._changed.notify_all()

    def _answered(
        self, client: mqtt.Client, data: Any, number: int, code: ReasonCode, properties: Properties | None
    ) -> None:
        with self._changed:
            self._answers[number] = code.value
            self._changed.notify_all()

    def _subscribed(
        self, client: mqtt.Client, data: Any, number: int, codes: list[ReasonCode], properties: Properties | None
    ) -> None:
        with self._changed:
            self._answers[number] = codes[0].value
            self._changed.notify_all()


def eventually(happened: Callable[[], bool], within_s: float = 3) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if happened():
            return True
        time.sleep(0.02)
    return False
