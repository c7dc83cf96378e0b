"""All that pipeline and downlink know of MQTT: `Uplink`, and what it hands over.

The broker's window (MQTT 5 Receive Maximum) bounds what is held here: what is not acknowledged keeps its place in it,
so a store that is slow or away stops the flow at the broker, which queues.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingest.arrivals import Arrivals
from ingest.packets import Published, Subscription
from ingest.topics import STATUS_SUBSCRIPTION, subscriptions

START_WITHIN_S = 8.0
"""How long a starting worker tries to reach the broker for the first time; later it waits as long as it takes."""

RECEIVE_MAXIMUM = 65_535
"""Messages on their way to us at once: half of them are committed while the other half comes. The broker's
max_inflight_messages must be at least as great, its max_inflight_bytes bounds the memory."""

MOST_BYTES = 128 * 1_048_576
"""Twice the broker's max_inflight_bytes: what is delivered with a promise never comes near it."""

FLOOD = 4_000
"""As many messages while a batch waits for company are a flood: it waits up to three times as long, since what a batch
costs for each unit is shared by more of its messages then."""

_FLOOD_TURNS = 3

ENOUGH_BYTES = 8 * 1_048_576
"""As much fills a batch, whether of single samples or of arrays: nothing more is waited for."""

SHARED_GROUP = "ingest"
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"


@dataclass(slots=True)
class Deliveries:
    """Messages of one connection that wait for their acknowledgement, in the order of their arrival."""

    arrivals: Arrivals
    packet_ids: list[bytes]  # two bytes each; empty for QoS 0, where nothing is to be acknowledged
    generation: int  # of the connection: the broker gives its numbers anew to each

    def __len__(self) -> int:
        return len(self.packet_ids)

    def split(self, count: int) -> tuple[Deliveries, Deliveries]:
        """The first `count` messages, and the others."""
        first, rest = self.arrivals.split(count)
        return (
            Deliveries(first, self.packet_ids[:count], self.generation),
            Deliveries(rest, self.packet_ids[count:], self.generation),
        )


class Uplink(Protocol):
    """What ingest needs of its connection to the broker: messages come in, receipts go out."""

    broker_dropped: int | None
    """Messages that the broker says it dropped since it started; None before it said so."""

    @property
    def connected(self) -> bool: ...

    async def start(self) -> None:
        """Returns once connected and subscribed. Raises BrokerUnavailable when that does not happen in time."""
        ...

    async def take(self, most: int, age_s: float, wait_s: float) -> Deliveries:
        """Waits up to `wait_s` for a first message, gathers until `most` or `age_s` after it; may be empty."""
        ...

    def acknowledge(self, deliveries: Deliveries) -> None:
        """Acknowledges in the order given; what came over an earlier connection is left to the broker's redelivery."""
        ...

    def room(self) -> int:
        """How many messages may be published now; none without a connection."""
        ...

    def publish(self, topic: str, payload: bytes) -> None:
        """Retained, with QoS 1; only where there is `room`. What a broken connection leaves open is sent again over
        the next one."""
        ...

    def waiting(self) -> int: ...

    async def stop(self) -> None:
        """Takes no more and disconnects; what was not acknowledged is delivered again."""
        ...


def wanted(worker: int) -> list[Subscription]:
    """What a worker subscribes to."""
    filters = [Subscription(one) for one in subscriptions(SHARED_GROUP)]
    if worker == 1:
        filters += [Subscription(STATUS_SUBSCRIPTION, retained_if_new=True), Subscription(DROPPED_TOPIC, qos=0)]
    return filters


class Inbox:
    """What came and was not taken yet. `published` is filled by whoever reads, who then says so with `mark`.

    The window bounds what is delivered with a promise. For the rest, and for what lost sessions left, there is `full`.
    """

    def __init__(self, receive_maximum: int) -> None:
        self._most = receive_maximum
        self._bytes = 0
        self.published = Published()
        self._ends: list[int] = []
        self._moments: list[datetime] = []
        self._generation = 0
        self._earlier: list[Deliveries] = []  # of connections that are gone and whose session is gone with them
        self._arrived = asyncio.Event()
        self._wanted = 0  # messages; 0 while nobody waits for so many
        self._enough = asyncio.Event()

    def __len__(self) -> int:
        return len(self.published) + sum(map(len, self._earlier))

    @property
    def full(self) -> bool:
        """More than a window's worth waits: no more should be read."""
        return len(self) > self._most or self._bytes > MOST_BYTES

    def begin(self, generation: int, session_present: bool) -> None:
        """Another connection begins."""
        if session_present:
            # The broker will deliver again what was not acknowledged. Without this, a connection that flaps while the
            # database is away would pile up one window's worth each time.
            self._earlier.clear()
            self._bytes = 0
        elif self.published:
            self._earlier.append(self._all())
        self._renew()
        self._generation = generation

    def mark(self, received_at: datetime, size_bytes: int) -> None:
        """All that is in `published` since the last mark came at this moment, in about so many bytes."""
        self._bytes += size_bytes
        count = len(self.published)
        if count > (self._ends[-1] if self._ends else 0):
            self._ends.append(count)
            self._moments.append(received_at)
            self._arrived.set()
            if self._wanted and self._holds(self._wanted):
                self._enough.set()

    async def take(self, most: int, age_s: float, wait_s: float) -> Deliveries:
        """As `Uplink.take`."""
        if not len(self):
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), wait_s)
            except TimeoutError:
                return self._all()
        for turn in range(_FLOOD_TURNS):
            if self._holds(most) or (turn and len(self) < FLOOD * turn):
                break
            await self._wait_for(most, age_s)
        if self._earlier:
            deliveries = self._earlier.pop(0)
        else:
            deliveries = self._all()
            self._renew()
        if len(deliveries) > most:
            deliveries, rest = deliveries.split(most)
            self._put_back(rest)
        left = [self.published.payloads, *(one.arrivals.payloads for one in self._earlier)]
        self._bytes = sum(sum(map(len, payloads)) for payloads in left)
        return deliveries

    def _holds(self, most: int) -> bool:
        return len(self) >= most or self._bytes >= ENOUGH_BYTES

    async def _wait_for(self, most: int, age_s: float) -> None:
        self._wanted = most
        self._enough.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._enough.wait(), age_s)
        self._wanted = 0

    def _all(self) -> Deliveries:
        found = self.published
        arrivals = Arrivals(found.topics, found.payloads, found.retained, self._ends, self._moments)
        return Deliveries(arrivals, found.packet_ids, self._generation)

    def _renew(self) -> None:
        self.published, self._ends, self._moments = Published(), [], []

    def _put_back(self, rest: Deliveries) -> None:
        if rest.generation != self._generation:
            self._earlier.insert(0, rest)
            return
        arrivals, ids = rest.arrivals, rest.packet_ids
        found = self.published
        found.topics, found.payloads, found.retained = arrivals.topics, arrivals.payloads, arrivals.retained
        found.packet_ids, self._ends, self._moments = ids, arrivals.ends, arrivals.moments
