"""Takes MQTT in. `Uplink` is all that the pipeline knows of it; `PahoUplink` is one way to fulfil it.

The broker's window (MQTT 5 Receive Maximum) bounds what is held here: what is not acknowledged keeps its place in it,
so a store that is slow or away stops the flow at the broker, which queues.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from fleet.errors import BrokerUnavailable, InvalidSettings
from fleet.identity.tls import SYSTEM_TLS, ClientTls
from ingest.connection import BrokerAddress, Connection
from ingest.topics import STATUS_SUBSCRIPTION, subscriptions

log = logging.getLogger(__name__)

START_WITHIN_S = 8.0
"""How long a starting worker tries to reach the broker for the first time; later it waits as long as it takes."""

RECEIVE_MAXIMUM = 20_000
"""Messages on their way to us at once. At 10,000 a second it allows 2 s between arrival and commit; the broker's
max_inflight_messages must be at least as great, its max_inflight_bytes bounds the memory."""

SHARED_GROUP = "ingest"
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"


class Delivery(NamedTuple):
    """One message that waits for its acknowledgement."""

    topic: str
    payload: bytes
    received_at: datetime
    retain: bool
    generation: int
    packet_id: int  # 0 = QoS 0, nothing to acknowledge


class Uplink(Protocol):
    """What the pipeline needs of an MQTT subscriber."""

    @property
    def connected(self) -> bool: ...

    async def start(self) -> None:
        """Returns once connected and subscribed. Raises BrokerUnavailable when that does not happen in time."""
        ...

    async def take(self, most: int, age_s: float, wait_s: float) -> list[Delivery]:
        """Waits up to `wait_s` for a first message, gathers until `most` or `age_s` after it; may be empty."""
        ...

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledges in the order given; what came over an earlier connection is left to the broker's redelivery."""
        ...

    def waiting(self) -> int: ...

    async def stop(self) -> None:
        """Takes no more and disconnects; what was not acknowledged is delivered again."""
        ...


class PahoUplink:
    """The Uplink over paho, in the asyncio loop's own thread."""

    def __init__(
        self,
        url: str,
        worker: int,
        now: Callable[[], datetime],
        receive_maximum: int = RECEIVE_MAXIMUM,
        tls: ClientTls = SYSTEM_TLS,
    ) -> None:
        self._worker = worker
        self._now = now
        self._messages: list[Delivery] = []
        self._arrived = asyncio.Event()
        self.broker_dropped: int | None = None
        self._connection = Connection(
            BrokerAddress.parse(url),
            f"ingest-{worker}",  # a fixed name: the broker keeps this session while we are away
            receive_maximum=receive_maximum,
            clean_start=False,
            tls=tls,
            on_message=self._on_message,
            on_ready=self._subscribe,
        )
        self._subscribed = 0  # the connection generation of the last SUBACK
        self._connection.client.on_subscribe = self._on_subscribe

    @property
    def connected(self) -> bool:
        """Connected and subscribed: what is published from now on reaches us, or waits for us at the broker."""
        return self._connection.connected and self._subscribed == self._connection.generation

    async def start(self) -> None:
        self._connection.start()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_WITHIN_S
        while not self.connected:
            if loop.time() > deadline:
                await self._connection.stop()
                raise BrokerUnavailable(self._connection.problem or "the MQTT broker does not let ingest subscribe")
            await asyncio.sleep(0.05)

    async def take(self, most: int, age_s: float, wait_s: float) -> list[Delivery]:
        if not self._messages:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), wait_s)
            except TimeoutError:
                return []
        if len(self._messages) < most:
            await asyncio.sleep(age_s)
        taken, self._messages = self._messages[:most], self._messages[most:]
        return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        generation, ack = self._connection.generation, self._connection.client.ack
        if not self._connection.connected:
            return
        for delivery in deliveries:
            if delivery.packet_id and delivery.generation == generation:
                ack(delivery.packet_id, 1)

    def waiting(self) -> int:
        return len(self._messages)

    async def stop(self) -> None:
        await self._connection.stop()

    def _subscribe(self, session_present: bool) -> None:
        if session_present:
            # The broker will deliver again what was not acknowledged. Without this, a connection that flaps while the
            # database is away would pile up one window's worth each time.
            self._messages.clear()
        # Always, also with a kept session: subscribing twice is harmless, not being subscribed is not.
        client = self._connection.client
        topics = [(topic, SubscribeOptions(qos=1)) for topic in subscriptions(SHARED_GROUP)]
        if self._worker == 1:
            # Retain handling 1: retained states once for a new subscription, not at every reconnect.
            status = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
            topics += [(STATUS_SUBSCRIPTION, status), (DROPPED_TOPIC, SubscribeOptions(qos=0))]
        client.subscribe(topics)

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, codes: list[ReasonCode], _props: Any) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        if refused:
            raise InvalidSettings(
                f"the broker refuses ingest's subscriptions ({', '.join(refused)}): check its access file"
            )
        self._subscribed = self._connection.generation

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        topic = message.topic
        if topic == DROPPED_TOPIC:
            self.broker_dropped = int(message.payload)
            return
        self._messages.append(
            Delivery(
                topic=topic,
                payload=bytes(message.payload),
                received_at=self._now(),
                retain=bool(message.retain),
                generation=self._connection.generation,
                packet_id=message.mid if message.qos else 0,
            )
        )
        self._arrived.set()
