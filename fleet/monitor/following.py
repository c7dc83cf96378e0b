"""The live lane at work: one round after the other, each written before the next."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import asyncpg

from fleet.model.moments import from_us
from fleet.monitor.live import MOST_BATCHES, fold_round, live_since_us, next_batches
from fleet.monitor.memory import Outcome
from fleet.monitor.work import Work
from fleet.store import checkpoints as kept
from fleet.store import follow
from fleet.store.trips import Span

log = logging.getLogger(__name__)


class LiveLane:
    """`run()` until asked to stop; `reader`: a connection of `follow.reader`."""

    def __init__(self, work: Work, reader: asyncpg.Connection) -> None:
        self._work, self._reader = work, reader

    async def run(self) -> None:
        work = self._work
        while not work.stopping.is_set():
            if not await self._round():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(work.stopping.wait(), work.pace.idle_s)

    async def _round(self) -> bool:
        """Takes the next batches; False when there are none."""
        work, memory = self._work, self._work.memory
        found = await follow.batches_after(self._reader, memory.followed, MOST_BATCHES)
        if work.replay_to is not None and all(n >= to for n, to in zip(memory.followed, work.replay_to, strict=True)):
            await self._settle()
        if not found:
            work.idle.set()
            return False
        work.idle.clear()
        batches, holes = next_batches(found, memory.followed)
        for one in holes:
            log.error(
                "ingest worker %d: the batches after %d up to %d are missing",
                one.worker,
                memory.followed[one.worker],
                one.n - 1,
            )
        since_us = live_since_us(batches)
        old = await follow.old_spans_of(self._reader, batches, since_us)
        if sum(span.readings for span in old) <= work.pace.old_at_once:
            old, since_us = [], 0
        readings = await follow.readings_of(self._reader, batches, since_us)
        async with work.writing:
            outcome = fold_round(memory, batches, readings, old, work.now_us)
            async with work.writer.transaction():
                await work.write(outcome, kept.READINGS)
                await kept.save_cursor(work.writer, memory.followed, snapshots=False)
        work.idle.set()
        return True

    async def _settle(self) -> None:
        """After a restart everything up to the kill was made again: what was not made again is none any more."""
        work, memory, outcome = self._work, self._work.memory, Outcome()
        for vehicle_id, tracked in memory.vehicles.items():
            if tracked.emitted is not None and tracked.changed:
                outcome.changes.spans.append(Span(vehicle_id, from_us(tracked.settled_from_us), None))
                for kind, identifier in [*tracked.emitted, *tracked.shown]:
                    outcome.changes.standing[kind].append(identifier)
            tracked.emitted, tracked.followed = None, None
        async with work.writing, work.writer.transaction():
            await work.write(outcome, "restart")
        memory.replaying, work.replay_to = False, None
        log.info("up to where it was before")
