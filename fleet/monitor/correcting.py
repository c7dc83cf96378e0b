"""The second lane at work: some vehicles at a time, whatever came late or was corrected.

They are folded one after the other, which is work of this process, and written together in one transaction, which is
the database's: while some are written the next are folded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from fleet.model.moments import from_us
from fleet.monitor.memory import Outcome
from fleet.monitor.second import Connections, Job, Result, fold_again, sorted_pending
from fleet.monitor.work import Work
from fleet.store import checkpoints as kept
from fleet.store.trip_spans import segments_between
from fleet.store.trips import TABLES, Span
from fleet.trips.fold import decode, encode

log = logging.getLogger(__name__)

RECENT_US = 6 * 3_600_000_000
RELABELLED = ("area", "vehicle.history")
"""Reasons that change what trips are called, not what they are."""

TOGETHER = 12
"""Vehicles that are written in one transaction: less than half a second in which the live lane cannot write."""

TOGETHER_SEGMENTS = 300
"""No further vehicle is added to so many trips, stops and gaps: one that is folded from its beginning has thousands."""

PLENTY = 500
"""Vehicles to be corrected: ten seconds of work."""


@dataclass(slots=True)
class Corrected:
    """A vehicle whose second fold is over and not yet in memory nor written."""

    vehicle_id: int
    job: Job | None = None
    result: Result | None = None
    rows: list[kept.Recompute] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """What its versions are kept for: the first correction, else what came late."""
        return next((row.reason for row in self.rows if row.reason not in RELABELLED), kept.LATE)

    @property
    def segments(self) -> int:
        return 0 if self.result is None else len(self.result.closed)


class SecondLane:
    """`run()` until asked to stop."""

    def __init__(self, work: Work, connections: Connections) -> None:
        self._work, self._connections = work, connections
        self._recomputes: dict[int, list[kept.Recompute]] = {}
        self._in_hand: set[int] = set()
        self.waiting = 0

    def take_up(self, rows: Sequence[kept.Recompute]) -> None:
        """Rows that were read before the registry was: what they tell of is in it."""
        self.waiting = len(rows)
        found: dict[int, list[kept.Recompute]] = {}
        for row in rows:
            found.setdefault(row.vehicle_id, []).append(row)
        self._recomputes = found

    @property
    def has_plenty(self) -> bool:
        """Whether corrections last for more than some seconds: nobody need look every second for what is new."""
        return len(self._recomputes) > PLENTY

    async def run(self) -> None:
        work = self._work
        writing: asyncio.Task[None] | None = None
        try:
            while not work.stopping.is_set():
                corrected = [] if work.replay_to is not None else await self._fold_some()
                if writing is not None:
                    await _over(writing)
                writing = asyncio.create_task(self._write(corrected)) if corrected else None
                if writing is None:
                    await asyncio.sleep(min(0.2, work.pace.settled_s))
            if writing is not None:
                await _over(writing)
        finally:
            if writing is not None and not writing.done():
                if not work.stopping.is_set():  # something is broken; else memory and tables shall agree at the end
                    writing.cancel()
                await asyncio.wait([writing])

    async def _fold_some(self) -> list[Corrected]:
        """Those whose turn it is, as many as are written at once; none of them is in somebody's hand already."""
        found: list[Corrected] = []
        segments = 0
        while len(found) < TOGETHER and segments < TOGETHER_SEGMENTS and not self._work.stopping.is_set():
            vehicle_id = self._next_vehicle(self._work.now_us)
            if vehicle_id is None:
                break
            self._in_hand.add(vehicle_id)
            corrected = await self._fold(vehicle_id)
            if corrected is None:
                self._in_hand.discard(vehicle_id)
            else:
                found.append(corrected)
                segments += corrected.segments
        return found

    def _next_vehicle(self, now_us: int) -> int | None:
        """Whose turn it is: what came late of the last hours, then corrections, then history."""
        best: tuple[int, int] | None = None
        chosen: int | None = None
        for vehicle_id, late in self._work.memory.late.items():
            if vehicle_id in self._in_hand:
                continue
            settled = (
                now_us - late.marked_us >= self._work.pace.settled_s * 1e6
                or now_us - late.since_us >= self._work.pace.waited_s * 1e6
            )
            if settled:
                rank = (0 if late.from_us >= now_us - RECENT_US else 2, late.since_us)
                if best is None or rank < best:
                    best, chosen = rank, vehicle_id
        if self._recomputes and (best is None or best[0] > 1):
            chosen = next((one for one in self._recomputes if one not in self._in_hand), chosen)
        return chosen

    async def _fold(self, vehicle_id: int) -> Corrected | None:
        """Reads and folds, changes nothing; None when there is nothing to do after all."""
        memory = self._work.memory
        corrected = Corrected(vehicle_id, rows=self._recomputes.pop(vehicle_id, []))
        if corrected.rows:  # they may have been read before they were taken
            standing = await kept.standing_recomputes(self._connections.plain, [row.id for row in corrected.rows])
            corrected.rows = [row for row in corrected.rows if row.id in standing]
        late = memory.late.pop(vehicle_id, None)
        spans: list[tuple[int | None, int | None]] = [
            (row.from_us, row.to_us) for row in corrected.rows if row.reason not in RELABELLED
        ]
        if late is not None:
            spans.append((late.from_us, late.to_us + 1))
        if spans:
            begins = [one for one, _ in spans if one is not None]
            ends = [one for _, one in spans if one is not None]
            tracked = memory.tracked(vehicle_id)
            tracked.pending = []
            corrected.job = Job(
                vehicle_id,
                min(begins) if len(begins) == len(spans) else 0,
                max(ends) if len(ends) == len(spans) else None,
                list(memory.followed),
                decode(encode(tracked.state)),
            )
            corrected.result = await fold_again(self._connections, memory.registry, corrected.job, self._breathe)
        return corrected if corrected.rows or corrected.result is not None else None

    async def _write(self, corrected: Sequence[Corrected]) -> None:
        """Puts what was folded again in the place of what was, between two rounds."""
        work = self._work
        async with work.writing, work.writer.transaction():
            ids = [row.id for one in corrected for row in one.rows]
            if ids:
                await kept.take_recomputes(work.writer, ids)
            for reason in sorted({one.reason for one in corrected if one.result is not None}):
                await self._swap([one for one in corrected if one.result is not None and one.reason == reason], reason)
            for one in corrected:
                for row in one.rows:
                    if row.reason in RELABELLED:
                        await self._relabel(row)
        self._in_hand.difference_update(one.vehicle_id for one in corrected)

    async def _swap(self, corrected: Sequence[Corrected], reason: str) -> None:
        """Into memory and the tables, within the caller's transaction."""
        work, memory = self._work, self._work.memory
        outcome = Outcome()
        for one in corrected:
            if one.job is None or one.result is None:
                continue
            memory.counters.refolds += 1
            if one.result.refused_to_us is not None:
                await self._refuse(one.job, one.result.refused_to_us, reason)
            if one.result.nothing:
                memory.tracked(one.vehicle_id).pending = None
            else:
                self._take_over(one.vehicle_id, one.result, outcome)
                await kept.drop_checkpoints(work.writer, one.vehicle_id, one.result.after, one.result.joined)
            left = memory.late.get(one.vehicle_id)
            if left is not None:
                left.kept = None
        await work.write(outcome, reason)
        vehicle_ids = [one.vehicle_id for one in corrected]
        await kept.drop_late_spans(work.writer, vehicle_ids)
        await kept.add_late_spans(work.writer, memory.late_to_keep())
        # With their own snapshots: those from before would not know what came late.
        states = [(vehicle_id, encode(memory.tracked(vehicle_id).state)) for vehicle_id in vehicle_ids]
        await kept.save_snapshots(work.writer, states, memory.followed)
        for vehicle_id in vehicle_ids:
            memory.tracked(vehicle_id).changed = False

    def _take_over(self, vehicle_id: int, result: Result, outcome: Outcome) -> None:
        """What was made again, and after it what was folded meanwhile."""
        memory, now_us = self._work.memory, self._work.now_us
        tracked = memory.tracked(vehicle_id)
        pending, tracked.pending = tracked.pending or [], None
        outcome.events += [(vehicle_id, at_us) for at_us in result.events]
        outcome.checkpoints += [kept.Checkpoint(vehicle_id, key, state) for key, state in result.checkpoints]
        memory.add_closed(vehicle_id, result.closed, now_us, outcome.changes)
        ends = None if result.stands_to_us is None else from_us(result.stands_to_us)
        outcome.changes.spans.append(Span(vehicle_id, from_us(result.stands_from_us), ends))
        if result.state is not None:
            tracked.state = result.state
            fresh, overtaken = sorted_pending(pending, result.state)
            memory.fold(vehicle_id, fresh, now_us, outcome)
            for reading in overtaken:
                memory.mark_late(vehicle_id, reading.observed_at_us, reading.observed_at_us, 1, now_us)
            memory.show_running(vehicle_id, now_us, outcome.changes)

    async def _refuse(self, job: Job, kept_to_us: int, reason: str) -> None:
        counters = self._work.memory.counters
        counters.refused += 1
        counters.last_refusal = (
            f"vehicle {job.vehicle_id}: the raw readings before {from_us(kept_to_us).isoformat()} are gone, so what was"
            f" made of them stays ({reason})"
        )
        log.warning("%s", counters.last_refusal)
        span = (min(job.from_us, kept_to_us), job.to_us if job.to_us is None else max(job.to_us, kept_to_us))
        await kept.refuse(self._work.writer, job.vehicle_id, span, reason, kept_to_us, self._work.now())

    async def _relabel(self, row: kept.Recompute) -> None:
        """Names of places, organ and county of rows that stand; the fold has nothing to do with them."""
        memory, outcome = self._work.memory, Outcome()
        begins = None if row.from_us is None else from_us(row.from_us)
        ends = None if row.to_us is None else from_us(row.to_us)
        now = self._work.now()
        for kind in TABLES:
            for segment in await segments_between(self._work.writer, kind, row.vehicle_id, begins, ends):
                segment["written_at"] = now
                memory.rename(kind, segment)
                outcome.changes.put(kind, segment)
        await self._work.write(outcome, row.reason)

    async def _breathe(self) -> None:
        """Lets the live lane go first, for a second at most."""
        await asyncio.sleep(0)
        if not self._work.idle.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._work.idle.wait(), 1.0)


async def _over(task: asyncio.Task[None]) -> None:
    """Waits for it and raises what it raised; whoever waits may be cancelled without it."""
    await asyncio.wait([task])
    task.result()
