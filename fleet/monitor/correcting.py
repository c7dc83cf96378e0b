"""The second lane at work: one vehicle after the other, whatever came late or was corrected."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

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


class SecondLane:
    """`run()` until asked to stop."""

    def __init__(self, work: Work, connections: Connections) -> None:
        self._work, self._connections = work, connections
        self._recomputes: dict[int, list[kept.Recompute]] = {}
        self.waiting = 0

    def take_up(self, rows: Sequence[kept.Recompute]) -> None:
        """Rows that were read before the registry was: what they tell of is in it."""
        self.waiting = len(rows)
        found: dict[int, list[kept.Recompute]] = {}
        for row in rows:
            found.setdefault(row.vehicle_id, []).append(row)
        self._recomputes = found

    async def run(self) -> None:
        work = self._work
        while not work.stopping.is_set():
            vehicle_id = None if work.replay_to is not None else self._next_vehicle(work.now_us)
            if vehicle_id is None:
                await asyncio.sleep(min(0.2, work.pace.settled_s))
            else:
                await self._again(vehicle_id)

    def _next_vehicle(self, now_us: int) -> int | None:
        """Whose turn it is: what came late of the last hours, then corrections, then history."""
        best: tuple[int, int] | None = None
        chosen: int | None = None
        for vehicle_id, late in self._work.memory.late.items():
            settled = (
                now_us - late.marked_us >= self._work.pace.settled_s * 1e6
                or now_us - late.since_us >= self._work.pace.waited_s * 1e6
            )
            if settled:
                rank = (0 if late.from_us >= now_us - RECENT_US else 2, late.since_us)
                if best is None or rank < best:
                    best, chosen = rank, vehicle_id
        if self._recomputes and (best is None or best[0] > 1):
            chosen = next(iter(self._recomputes))
        return chosen

    async def _again(self, vehicle_id: int) -> None:
        memory = self._work.memory
        rows = self._recomputes.pop(vehicle_id, [])
        if rows:  # they may have been read before they were taken
            standing = await kept.standing_recomputes(self._connections.plain, [row.id for row in rows])
            rows = [row for row in rows if row.id in standing]
        late = memory.late.pop(vehicle_id, None)
        spans: list[tuple[int | None, int | None]] = [
            (row.from_us, row.to_us) for row in rows if row.reason not in RELABELLED
        ]
        if late is not None:
            spans.append((late.from_us, late.to_us + 1))
        reasons = [row.reason for row in rows if row.reason not in RELABELLED]
        result: Result | None = None
        if spans:
            begins = [one for one, _ in spans if one is not None]
            ends = [one for _, one in spans if one is not None]
            tracked = memory.tracked(vehicle_id)
            tracked.pending = []
            job = Job(
                vehicle_id,
                min(begins) if len(begins) == len(spans) else 0,
                max(ends) if len(ends) == len(spans) else None,
                list(memory.followed),
                decode(encode(tracked.state)),
            )
            result = await fold_again(self._connections, memory.registry, job, self._breathe)
        relabel = [row for row in rows if row.reason in RELABELLED]
        if result is None and not relabel:
            return
        async with self._work.writing, self._work.writer.transaction():
            if rows:
                await kept.take_recomputes(self._work.writer, [row.id for row in rows])
            if result is not None:
                await self._swap(job, result, reasons[0] if reasons else kept.LATE)
            for row in relabel:
                await self._relabel(row)

    async def _swap(self, job: Job, result: Result, reason: str) -> None:
        """Puts what was folded again in the place of what was; within the caller's transaction, between two rounds."""
        memory, vehicle_id, now_us = self._work.memory, job.vehicle_id, self._work.now_us
        tracked = memory.tracked(vehicle_id)
        pending, tracked.pending = tracked.pending or [], None
        outcome = Outcome()
        memory.counters.refolds += 1
        if result.refused_to_us is not None:
            await self._refuse(job, result.refused_to_us, reason)
        if not result.nothing:
            outcome.events = [(vehicle_id, at_us) for at_us in result.events]
            for key, state in result.checkpoints:
                outcome.checkpoints.append(kept.Checkpoint(vehicle_id, key, state))
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
            await kept.drop_checkpoints(self._work.writer, vehicle_id, result.after, result.joined)
        await self._work.write(outcome, reason)
        left = memory.late.get(vehicle_id)
        if left is not None:
            left.kept = None
        await kept.drop_late_span(self._work.writer, vehicle_id)
        await kept.add_late_spans(self._work.writer, memory.late_to_keep())
        # With its own snapshot: one from before would not know what came late.
        await kept.save_snapshots(self._work.writer, [(vehicle_id, encode(tracked.state))], memory.followed)
        tracked.changed = False

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
