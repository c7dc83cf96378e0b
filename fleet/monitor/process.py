"""The monitor at work: two lanes over one memory, one connection that writes.

The live lane follows the cursor and must never wait; the second lane folds again what came late or was corrected.
Between two rounds memory and database say the same: that is when the second lane swaps its results in. Whatever goes
wrong with the database ends the session; the next one begins from the snapshots, as after a kill.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from fleet.errors import StoreUnavailable
from fleet.model.trips import Gap
from fleet.monitor.live import MOST_BATCHES, fold_round, live_since_us, next_batches
from fleet.monitor.memory import Memory, Outcome, Tracked
from fleet.monitor.registry import Registry, load_registry, touched_by
from fleet.monitor.reporting import UnitCondition, UnitSeen
from fleet.monitor.second import Connections, Job, Result, fold_again, sorted_pending
from fleet.store import checkpoints as kept
from fleet.store import follow, monitor_status
from fleet.store.follow import Followed, from_us, to_us
from fleet.store.follow_registry import registry_marks
from fleet.store.pool import UNAVAILABLE, connect
from fleet.store.rollups import refresh_days
from fleet.store.trip_spans import running_segments, segments_between
from fleet.store.trips import TABLES, Span, Touched, write_segments
from fleet.trips.days import split
from fleet.trips.fold import decode, encode, open_segment, tick

log = logging.getLogger(__name__)

DEPENDANTS: tuple[str, ...] = ()
"""Stages of `recompute` that follow from trips: each that is named here is told of every span that changed."""

RUNNING_EVERY_S = {"trip": 45, "stop": 600, "gap": 600}
RUNNING_AT_ONCE = 250
RECENT_US = 6 * 3_600_000_000
RELABELLED = ("area", "vehicle.history")
"""Reasons that change what trips are called, not what they are."""
TRY_LOCK_EVERY_S = 1.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.25, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often what is done.

    `idle_s`: the live lane's rest when there is nothing, the greatest part of the lag. Snapshots: whichever comes
    first; a restart folds again what came since. A vehicle is folded again once nothing more came late for
    `settled_s`, but at most `waited_s` after the first. So few old readings in a round as `old_at_once` are folded at
    once: a unit that was away for hours catches up without detours.
    """

    idle_s: float = 0.15
    house_s: float = 1.0
    snapshot_s: float = 40.0
    snapshot_readings: int = 60_000
    settled_s: float = 2.0
    waited_s: float = 30.0
    old_at_once: int = 3_000


class Monitor:
    """`run()` until `stop()`; `url`: the monitor's own login."""

    def __init__(self, url: str, now: Callable[[], datetime], pace: Pace = Pace()) -> None:
        self._pace = pace
        self._url = url
        self._now = now
        self._stopping = asyncio.Event()
        self._started_at = now()

    def stop(self) -> None:
        """Finish the round, keep the state, go."""
        self._stopping.set()

    async def run(self) -> None:
        """Works, or waits for the database or for another monitor, until `stop`."""
        back_off_s = FIRST_BACK_OFF_S
        while not self._stopping.is_set():
            session = Session(self._url, self._now, self._pace, self._stopping, self._started_at)
            try:
                await session.run()
                back_off_s = FIRST_BACK_OFF_S
            except (StoreUnavailable, *UNAVAILABLE) as error:
                if session.worked:
                    back_off_s = FIRST_BACK_OFF_S
                log.warning("the database does not answer (%s); again in %.2f s", error, back_off_s)
                await self._rest(back_off_s)
                back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)
            finally:
                await session.close()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


class Session:
    """From one loading of the state to the loss of the database, or to the end."""

    def __init__(
        self, url: str, now: Callable[[], datetime], pace: Pace, stopping: asyncio.Event, started_at: datetime
    ) -> None:
        self._url, self._now, self._pace, self._stopping, self._started_at = url, now, pace, stopping, started_at
        self.worked = False
        self._opened: list[asyncpg.Connection] = []
        self._writing = asyncio.Lock()
        self._idle = asyncio.Event()
        self._idle.set()
        self._replay_to: Followed | None = None
        self._recomputes: dict[int, list[kept.Recompute]] = {}
        self._recomputes_waiting = 0
        self._snapshot_at: datetime | None = None
        self._folded_at_snapshot = 0
        self._behind: tuple[int, int] = (0, 0)

    # ------------------------------------------------------------ from the beginning to the end

    async def run(self) -> None:
        """Raises what the database raises."""
        self._writer = await self._open(connect(self._url, application_name="one-network monitor"))
        await self._writer.execute("set synchronous_commit = off")  # all of it can be made again
        if not await self._locked():
            return
        self._live = await self._open(follow.reader(self._url))
        self._house = await self._open(connect(self._url, application_name="one-network monitor housekeeping"))
        self._connections = Connections(
            archive=await self._open(follow.reader(self._url)),
            plain=await self._open(connect(self._url, application_name="one-network monitor second lane")),
        )
        await self._load()
        self.worked = True
        tasks = [
            asyncio.create_task(self._follow(), name="live"),
            asyncio.create_task(self._keep_house(), name="house"),
            asyncio.create_task(self._second_lane(), name="second"),
        ]
        try:
            await asyncio.wait([*tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._end()

    async def close(self) -> None:
        for connection in self._opened:
            connection.terminate()
        self._opened.clear()

    async def _open(self, opening: Awaitable[asyncpg.Connection]) -> asyncpg.Connection:
        connection = await opening
        self._opened.append(connection)
        return connection

    async def _locked(self) -> bool:
        """Waits until no other monitor works on this database; False when asked to stop meanwhile."""
        said = False
        while not self._stopping.is_set():
            if await kept.lock_monitor(self._writer):
                return True
            if not said:
                log.info("another monitor works on this database; waiting for its end")
                said = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), TRY_LOCK_EVERY_S)
        return False

    async def _load(self) -> None:
        """The state as it was kept last."""
        now_us = self._now_us()
        memory = self._memory = Memory(await load_registry(self._house))
        cursor = await kept.load_cursor(self._writer)
        memory.followed = list(cursor.snapshots)
        unclean = cursor.results != cursor.snapshots
        memory.replaying = unclean
        for snapshot in await kept.load_snapshots(self._writer):
            tracked = Tracked(decode(snapshot.state), changed=False)
            memory.vehicles[snapshot.vehicle_id] = tracked
            if unclean:
                running = open_segment(tracked.state)
                tracked.emitted, tracked.settled_from_us = set(), 0 if running is None else running.started_us
            if any(seen > n for seen, n in zip(snapshot.followed, cursor.snapshots, strict=True)):
                tracked.followed = [max(both) for both in zip(snapshot.followed, cursor.snapshots, strict=True)]
        for kind, identifier, vehicle_id, known_to in await running_segments(self._writer):
            memory.tracked(vehicle_id).shown[kind, identifier] = to_us(known_to)
        for span in await kept.load_late_spans(self._writer):
            memory.mark_late(span.vehicle_id, span.from_us, span.to_us, span.readings, now_us)
            memory.late[span.vehicle_id].kept = (span.from_us, span.to_us)
        for row in await monitor_status.load_unit_states(self._writer):
            memory.units[row.unit_id] = UnitSeen(
                vehicle_id=row.vehicle_id,
                observed_us=None if row.last_observed_at is None else to_us(row.last_observed_at),
                received_us=None if row.last_received_at is None else to_us(row.last_received_at),
                moving=row.moving,
                offset_ms=row.clock_offset_ms,
                condition=UnitCondition(row.state),
                since_us=to_us(row.since),
                touched=False,
            )
        if unclean:
            self._replay_to = cursor.results
            # They may have seen in another order what is folded once more now.
            await kept.drop_checkpoints_after(
                self._writer, [(one, tracked.state.last_key) for one, tracked in memory.vehicles.items()]
            )
        log.info(
            "following from %s%s: %d vehicles, %d late spans",
            {worker: n for worker, n in enumerate(memory.followed) if n} or "the beginning",
            " (folding again what came since the last snapshot)" if unclean else "",
            len(memory.vehicles),
            len(memory.late),
        )

    async def _end(self) -> None:
        """Everything as it is now, so that the next start has nothing to fold again."""
        if self._replay_to is None:
            await self._write_running(list(self._memory.vehicles), self._now_us())
            await self._snapshot()
        log.info("stopped")

    def _now_us(self) -> int:
        return to_us(self._now())

    # ------------------------------------------------------------ the live lane

    async def _follow(self) -> None:
        while not self._stopping.is_set():
            if not await self._round():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._pace.idle_s)

    async def _round(self) -> bool:
        """Takes the next batches; False when there are none."""
        memory = self._memory
        found = await follow.batches_after(self._live, memory.followed, MOST_BATCHES)
        if self._replay_to is not None and all(n >= to for n, to in zip(memory.followed, self._replay_to, strict=True)):
            await self._settle()
        if not found:
            self._idle.set()
            return False
        self._idle.clear()
        batches, holes = next_batches(found, memory.followed)
        for one in holes:
            log.error(
                "ingest worker %d: the batches after %d up to %d are missing",
                one.worker,
                memory.followed[one.worker],
                one.n - 1,
            )
        since_us = live_since_us(batches)
        old = await follow.old_spans_of(self._live, batches, since_us)
        if sum(span.readings for span in old) <= self._pace.old_at_once:
            old, since_us = [], 0
        readings = await follow.readings_of(self._live, batches, since_us)
        async with self._writing:
            outcome = fold_round(memory, batches, readings, old, self._now_us())
            async with self._writer.transaction():
                await self._write(outcome, "readings")
                await kept.save_cursor(self._writer, memory.followed, snapshots=False)
        self._idle.set()
        return True

    async def _write(self, outcome: Outcome, reason: str) -> None:
        """Within the caller's transaction."""
        now = self._now()
        if outcome.changes:
            touched = await write_segments(self._writer, outcome.changes, now=now, reason=reason)
            await refresh_days(self._writer, _days(touched))
            if DEPENDANTS:
                spans = [(one.vehicle_id, one.started_at, one.known_to) for one in touched]
                await kept.tell_dependants(self._writer, DEPENDANTS, spans, reason, now)
        await kept.add_checkpoints(self._writer, outcome.checkpoints)
        await kept.add_late_spans(self._writer, outcome.late)

    async def _settle(self) -> None:
        """After a restart everything up to the kill was made again: what was not made again is none any more."""
        memory, outcome = self._memory, Outcome()
        for vehicle_id, tracked in memory.vehicles.items():
            if tracked.emitted is not None and tracked.changed:
                outcome.changes.spans.append(Span(vehicle_id, from_us(tracked.settled_from_us), None))
                for kind, identifier in [*tracked.emitted, *tracked.shown]:
                    outcome.changes.standing[kind].append(identifier)
            tracked.emitted, tracked.followed = None, None
        async with self._writing, self._writer.transaction():
            await self._write(outcome, "restart")
        memory.replaying, self._replay_to = False, None
        log.info("up to where it was before")

    # ------------------------------------------------------------ the second lane

    async def _second_lane(self) -> None:
        while not self._stopping.is_set():
            vehicle_id = None if self._replay_to is not None else self._next_vehicle(self._now_us())
            if vehicle_id is None:
                await asyncio.sleep(min(0.2, self._pace.settled_s))
            else:
                await self._again(vehicle_id)

    def _next_vehicle(self, now_us: int) -> int | None:
        """Whose turn it is: what came late of the last hours, then corrections, then history."""
        best: tuple[int, int] | None = None
        chosen: int | None = None
        for vehicle_id, late in self._memory.late.items():
            settled = (
                now_us - late.marked_us >= self._pace.settled_s * 1e6
                or now_us - late.since_us >= self._pace.waited_s * 1e6
            )
            if settled:
                rank = (0 if late.from_us >= now_us - RECENT_US else 2, late.since_us)
                if best is None or rank < best:
                    best, chosen = rank, vehicle_id
        if self._recomputes and (best is None or best[0] > 1):
            chosen = next(iter(self._recomputes))
        return chosen

    async def _again(self, vehicle_id: int) -> None:
        memory = self._memory
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
        async with self._writing, self._writer.transaction():
            if rows:
                await kept.take_recomputes(self._writer, [row.id for row in rows])
            if result is not None:
                await self._swap(job, result, reasons[0] if reasons else "late")
            for row in relabel:
                await self._relabel(row)

    async def _swap(self, job: Job, result: Result, reason: str) -> None:
        """Puts what was folded again in the place of what was; within the caller's transaction, between two rounds."""
        memory, vehicle_id, now_us = self._memory, job.vehicle_id, self._now_us()
        tracked = memory.tracked(vehicle_id)
        pending, tracked.pending = tracked.pending or [], None
        outcome = Outcome()
        memory.counters.refolds += 1
        if result.refused_to_us is not None:
            await self._refuse(job, result.refused_to_us, reason)
        if not result.nothing:
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
            await kept.drop_checkpoints(self._writer, vehicle_id, result.after, result.joined)
        await self._write(outcome, reason)
        left = memory.late.get(vehicle_id)
        if left is not None:
            left.kept = None
        await kept.drop_late_span(self._writer, vehicle_id)
        await kept.add_late_spans(self._writer, memory.late_to_keep())
        # With its own snapshot: one from before would not know what came late.
        await kept.save_snapshots(self._writer, [(vehicle_id, encode(tracked.state))], memory.followed)
        tracked.changed = False

    async def _refuse(self, job: Job, kept_to_us: int, reason: str) -> None:
        counters = self._memory.counters
        counters.refused += 1
        counters.last_refusal = (
            f"vehicle {job.vehicle_id}: the raw readings before {from_us(kept_to_us).isoformat()} are gone, so what was"
            f" made of them stays ({reason})"
        )
        log.warning("%s", counters.last_refusal)
        span = (min(job.from_us, kept_to_us), job.to_us if job.to_us is None else max(job.to_us, kept_to_us))
        await kept.refuse(self._writer, job.vehicle_id, span, reason, kept_to_us, self._now())

    async def _relabel(self, row: kept.Recompute) -> None:
        """Names of places, organ and county of rows that stand; the fold has nothing to do with them."""
        memory, outcome = self._memory, Outcome()
        begins = None if row.from_us is None else from_us(row.from_us)
        ends = None if row.to_us is None else from_us(row.to_us)
        now = self._now()
        for kind in TABLES:
            for segment in await segments_between(self._writer, kind, row.vehicle_id, begins, ends):
                segment["written_at"] = now
                memory.rename(kind, segment)
                outcome.changes.put(kind, segment)
        await self._write(outcome, row.reason)

    async def _breathe(self) -> None:
        """Lets the live lane go first, for a second at most."""
        await asyncio.sleep(0)
        if not self._idle.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), 1.0)

    # ------------------------------------------------------------ beside

    async def _keep_house(self) -> None:
        turn = 0
        while True:
            now_us = self._now_us()
            rows = await kept.waiting_recomputes(self._house, 20_000)
            await self._refresh_registry(now_us)
            if self._replay_to is None:
                self._take_up_recomputes(rows)
                await self._tell_silence(now_us)
                await self._judge_units(now_us, everything=turn % 30 == 0)
                await self._write_due(now_us)
                if self._snapshot_due():
                    await self._snapshot()
            await self._report()
            turn += 1
            await asyncio.sleep(self._pace.house_s)

    async def _refresh_registry(self, now_us: int) -> None:
        memory = self._memory
        if await registry_marks(self._house) == memory.registry.marks:
            return
        fresh: Registry = await load_registry(self._house)
        async with self._writing:
            for vehicle_id, since_us in touched_by(memory.registry, fresh, now_us).items():
                memory.mark_late(vehicle_id, since_us, max(now_us, since_us), 0, now_us)
            memory.registry = fresh

    def _take_up_recomputes(self, rows: Sequence[kept.Recompute]) -> None:
        """Rows that were read before the registry was: what they tell of is in it."""
        self._recomputes_waiting = len(rows)
        found: dict[int, list[kept.Recompute]] = {}
        for row in rows:
            found.setdefault(row.vehicle_id, []).append(row)
        self._recomputes = found

    async def _listened_to(self, now_us: int) -> int:
        """Up to when silence is the units' own: not while ingest was away, nor what we have yet to follow."""
        if self._behind[0]:
            return now_us - self._behind[1] * 1_000
        heard = await monitor_status.ingest_listened_at(self._house)
        return now_us if heard is None else min(now_us, to_us(heard))

    async def _tell_silence(self, now_us: int) -> None:
        """Shows as gaps the silences that have become one, though nothing came."""
        memory = self._memory
        memory.heard_us = listened_us = max(memory.heard_us, await self._listened_to(now_us))
        silent = []
        for vehicle_id, tracked in memory.vehicles.items():
            state = tracked.state
            if listened_us - state.alive_us < 60_000_000 or vehicle_id in memory.late or not state.last_key:
                continue
            if any(kind == "gap" for kind, _ in tracked.shown):
                continue
            parameters = memory.registry.parameters.at(listened_us, memory.registry.batteries.get(vehicle_id))
            if isinstance(tick(state, listened_us, parameters), Gap):
                silent.append(vehicle_id)
        await self._write_running(silent, now_us)

    async def _write_due(self, now_us: int) -> None:
        """Brings running rows up to date that have fallen behind."""
        due = []
        for vehicle_id, tracked in self._memory.vehicles.items():
            last_key = tracked.state.last_key
            if last_key is None:
                continue
            for (kind, _), known_to_us in tracked.shown.items():
                known_us = self._memory.heard_us if kind == "gap" else last_key[0]
                if known_us - known_to_us >= RUNNING_EVERY_S[kind] * 1_000_000:
                    due.append(vehicle_id)
                    break
        await self._write_running(due, now_us)

    async def _write_running(self, vehicle_ids: Sequence[int], now_us: int) -> None:
        for start in range(0, len(vehicle_ids), RUNNING_AT_ONCE):
            async with self._writing:
                outcome = Outcome()
                for vehicle_id in vehicle_ids[start : start + RUNNING_AT_ONCE]:
                    self._memory.show_running(vehicle_id, now_us, outcome.changes)
                async with self._writer.transaction():
                    await self._write(outcome, "readings")

    async def _judge_units(self, now_us: int, *, everything: bool) -> None:
        memory = self._memory
        limits = memory.registry.limits(now_us)
        present = memory.registry.bindings.present(now_us)
        changed: list[int] = []
        for unit_id, vehicle_id in present.items():
            seen = memory.units.setdefault(unit_id, UnitSeen())
            if seen.vehicle_id != vehicle_id:
                seen.vehicle_id, seen.touched = vehicle_id, True
                changed.append(unit_id)
            if seen.judge(memory.heard_us, limits):
                changed.append(unit_id)
        if everything:
            changed += [unit_id for unit_id in present if memory.units[unit_id].touched]
        gone = [one for one, seen in memory.units.items() if seen.vehicle_id is not None and one not in present]
        for unit_id in gone:
            memory.units[unit_id].vehicle_id = None
        if not changed and not gone:
            return
        rows = [_unit_row(unit_id, memory.units[unit_id]) for unit_id in dict.fromkeys(changed)]
        async with self._writing, self._writer.transaction():
            await monitor_status.forget_units(self._writer, gone)
            await monitor_status.save_unit_states(self._writer, rows, from_us(now_us))
        for row in rows:
            memory.units[row.unit_id].touched = False

    def _snapshot_due(self) -> bool:
        if self._snapshot_at is None:
            return True
        folded = self._memory.counters.folded - self._folded_at_snapshot
        since_s = (self._now() - self._snapshot_at).total_seconds()
        return since_s >= self._pace.snapshot_s or folded >= self._pace.snapshot_readings

    async def _snapshot(self) -> None:
        memory = self._memory
        async with self._writing:
            changed = [one for one, tracked in memory.vehicles.items() if tracked.changed]
            states = [(vehicle_id, encode(memory.vehicles[vehicle_id].state)) for vehicle_id in changed]
            async with self._writer.transaction():
                await kept.save_snapshots(self._writer, states, memory.followed)
                await kept.save_cursor(self._writer, memory.followed, snapshots=True)
            for vehicle_id in changed:
                memory.vehicles[vehicle_id].changed = False
            self._snapshot_at, self._folded_at_snapshot = self._now(), memory.counters.folded

    async def _report(self) -> None:
        memory, counters = self._memory, self._memory.counters
        self._behind = await follow.behind(self._house, memory.followed, self._now())
        status = monitor_status.MonitorStatus(
            started_at=self._started_at,
            seen_at=self._now(),
            behind_batches=self._behind[0],
            behind_ms=self._behind[1],
            vehicles=len(memory.vehicles),
            late_spans=len(memory.late),
            recompute_waiting=self._recomputes_waiting,
            readings_folded=counters.folded,
            readings_late=counters.late,
            refolds=counters.refolds,
            refolds_refused=counters.refused,
            readings_unbound=counters.unbound,
            snapshot_at=self._snapshot_at,
            last_refusal=counters.last_refusal,
        )
        async with self._writing:
            await monitor_status.report_monitor(self._writer, status)


def _days(touched: Sequence[Touched]) -> set[tuple[int, date]]:
    return {(one.vehicle_id, day) for one in touched for day, _ in split(to_us(one.started_at), to_us(one.known_to))}


def _unit_row(unit_id: int, seen: UnitSeen) -> monitor_status.UnitStateRow:
    return monitor_status.UnitStateRow(
        unit_id=unit_id,
        vehicle_id=seen.vehicle_id,
        state=seen.condition.value,
        since=from_us(seen.since_us),
        moving=seen.moving,
        last_observed_at=None if seen.observed_us is None else from_us(seen.observed_us),
        last_received_at=None if seen.received_us is None else from_us(seen.received_us),
        clock_offset_ms=seen.offset_ms,
        clock_samples=len(seen.offsets_ms),
    )
