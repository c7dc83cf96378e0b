"""The list, on one screen: take -> decode -> judge -> batch -> store -> acknowledge.

One batch is being committed while the next is being read and judged; nothing else is in memory but what the broker's
window allows. Three failures, three fates: a bad payload is a quarantine row; a store that is away keeps the batch and
stops the flow; anything else is a bug and ends the process, and the broker delivers again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from fleet.model.batch import BatchWrite
from ingest.arrivals import Incoming
from ingest.batch import BatchBuilder
from ingest.registry import RegistryCopy
from ingest.uplink import Deliveries, Uplink
from ingest.writer import Writer

MOST_MESSAGES = 32_000  # a batch: half of the broker's window, so that one is committed while the next one comes
MOST_SAMPLES = 40_000  # about so many: a message may hold 1,000
AGE_S = 0.2  # how long the first message of a batch waits for company
IDLE_S = 1.0  # how long to wait for a first message before looking for other work


class Pipeline:
    """One worker. Its life: `run` until `stop` is called. Before `started` it holds nothing and may be cancelled."""

    def __init__(
        self,
        uplink: Uplink,
        builder: BatchBuilder,
        registry: RegistryCopy,
        writer: Writer,
        now: Callable[[], datetime],
    ) -> None:
        self._uplink = uplink
        self._builder = builder
        self._registry = registry
        self._writer = writer
        self._now = now
        self._stopping = False
        self.started = False
        self._held: Deliveries | None = None  # taken, and too much for one batch
        self._retries: list[Incoming] = []
        self._retried: asyncio.Event = asyncio.Event()

    def stop(self) -> None:
        """Take no more; `run` commits and acknowledges what it holds, then returns."""
        self._stopping = True

    async def retry(self, messages: Sequence[Incoming]) -> None:
        """Puts quarantined messages through the same list once more; returns when they are committed."""
        self._retries = list(messages)
        self._retried.clear()
        await self._retried.wait()

    async def run(self) -> None:
        """Returns after `stop`. Raises what is a bug."""
        await self._writer.open()  # before the first message: the worker's name must be ours alone
        await self._registry.refresh()
        await self._uplink.start()
        self.started = True
        committing: asyncio.Task[None] | None = None
        try:
            while not self._stopping:
                deliveries = await self._next()
                retries, self._retries = self._retries, []
                batch = await self._build(deliveries, retries)
                if committing is not None:
                    await committing
                committing = asyncio.create_task(self._finish(batch, deliveries)) if batch is not None else None
                if retries and committing is not None:
                    await committing
                    self._retried.set()
        finally:
            if committing is not None:
                await committing
            await self._uplink.stop()
            await self._writer.close()

    async def _next(self) -> Deliveries:
        deliveries, self._held = self._held, None
        if deliveries is None:
            deliveries = await self._uplink.take(MOST_MESSAGES, AGE_S, IDLE_S)
        fitting = self._builder.fitting(deliveries.arrivals, MOST_SAMPLES)
        if fitting < len(deliveries):
            deliveries, self._held = deliveries.split(fitting)
        return deliveries

    async def _build(self, deliveries: Deliveries, retries: Sequence[Incoming]) -> BatchWrite | None:
        if not len(deliveries) and not retries:
            return None
        if self._builder.unknown_units(deliveries.arrivals, retries, self._registry.units):
            await self._registry.refresh()  # a unit may have been registered a moment ago
        return self._builder.build(deliveries.arrivals, self._registry.units, self._now(), retries)

    async def _finish(self, batch: BatchWrite, deliveries: Deliveries) -> None:
        """The order that everything rests on: committed first, acknowledged after."""
        await self._writer.commit(batch)
        self._uplink.acknowledge(deliveries)
