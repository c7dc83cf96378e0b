"""The Uplink over paho: the reference that the subscriber of our own is held against. `--subscriber paho` takes it.

The same tests run over both. A message costs several times as much here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from fleet.errors import BrokerUnavailable, InvalidSettings
from fleet.identity.tls import SYSTEM_TLS, ClientTls
from ingest.connection import KEEP_ALIVE_S, BrokerAddress, Connection
from ingest.packets import Subscription
from ingest.uplink import DROPPED_TOPIC, RECEIVE_MAXIMUM, START_WITHIN_S, Deliveries, Inbox, wanted

log = logging.getLogger(__name__)

_MOST_UNDERWAY = 100
"""paho looks through all that is under way at each PUBACK."""


class PahoUplink:
    """The Uplink over paho, in the asyncio loop's own thread."""

    def __init__(
        self,
        url: str,
        worker: int,
        now: Callable[[], datetime],
        receive_maximum: int = RECEIVE_MAXIMUM,
        tls: ClientTls = SYSTEM_TLS,
        keep_alive_s: int = KEEP_ALIVE_S,
        start_within_s: float = START_WITHIN_S,
    ) -> None:
        self._worker = worker
        self._now = now
        self._start_within_s = start_within_s
        self._inbox = Inbox(receive_maximum)
        self.broker_dropped: int | None = None
        self._connection = Connection(
            BrokerAddress.parse(url),
            f"ingest-{worker}",  # a fixed name: the broker keeps this session while we are away
            receive_maximum=receive_maximum,
            clean_start=False,
            tls=tls,
            keep_alive_s=keep_alive_s,
            on_message=self._on_message,
            on_ready=self._subscribe,
        )
        self._subscribed = 0  # the connection generation of the last SUBACK
        self._connection.client.on_subscribe = self._on_subscribe
        self._underway: set[int] = set()  # packet numbers; paho itself sends again what a lost connection leaves open
        self._connection.client.on_publish = self._on_publish

    @property
    def connected(self) -> bool:
        """Connected and subscribed: what is published from now on reaches us, or waits for us at the broker."""
        return self._connection.connected and self._subscribed == self._connection.generation

    async def start(self) -> None:
        self._connection.start()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._start_within_s
        while not self.connected:
            if loop.time() > deadline:
                await self._connection.stop()
                raise BrokerUnavailable(self._connection.problem or "the MQTT broker does not let ingest subscribe")
            await asyncio.sleep(0.05)

    async def take(self, most: int, age_s: float, wait_s: float) -> Deliveries:
        return await self._inbox.take(most, age_s, wait_s)

    def acknowledge(self, deliveries: Deliveries) -> None:
        if not self._connection.connected or deliveries.generation != self._connection.generation:
            return
        ack = self._connection.client.ack
        for packet_id in deliveries.packet_ids:
            if packet_id:
                ack(int.from_bytes(packet_id, "big"), 1)

    def room(self) -> int:
        return _MOST_UNDERWAY - len(self._underway) if self.connected else 0

    def publish(self, topic: str, payload: bytes) -> None:
        self._underway.add(self._connection.client.publish(topic, payload, qos=1, retain=True).mid)

    def waiting(self) -> int:
        return len(self._inbox)

    async def stop(self) -> None:
        await self._connection.stop()

    def _subscribe(self, session_present: bool) -> None:
        self._inbox.begin(self._connection.generation, session_present)
        # Always, also with a kept session: subscribing twice is harmless, not being subscribed is not.
        self._connection.client.subscribe([(one.filter, _options(one)) for one in wanted(self._worker)])

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, codes: list[ReasonCode], _props: Any) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        if refused:
            raise InvalidSettings(
                f"the broker refuses ingest's subscriptions ({', '.join(refused)}): check its access file"
            )
        self._subscribed = self._connection.generation

    def _on_publish(self, _client: paho.Client, _data: Any, number: int, code: ReasonCode, _properties: Any) -> None:
        self._underway.discard(number)
        if code.is_failure:
            log.warning("the broker refuses what ingest publishes: %s", code)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        topic = message.topic
        if topic == DROPPED_TOPIC:
            self.broker_dropped = int(message.payload)
            return
        published = self._inbox.published
        if message.retain:
            published.retained.append(len(published))
        published.topics.append(topic)
        published.payloads.append(bytes(message.payload))
        published.packet_ids.append(message.mid.to_bytes(2, "big") if message.qos else b"")
        self._inbox.mark(self._now(), len(message.payload))


def _options(one: Subscription) -> SubscribeOptions:
    new = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB if one.retained_if_new else SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
    return SubscribeOptions(qos=one.qos, retainHandling=new)
