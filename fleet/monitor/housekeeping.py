"""What goes by the clock: the registry's copy, silences, conditions of units, snapshots, the heartbeat."""

from __future__ import annotations

import asyncio
from datetime import datetime

import asyncpg

from fleet.model.moments import from_us, to_us
from fleet.model.trips import Gap
from fleet.monitor.correcting import SecondLane
from fleet.monitor.registry import Registry, load_registry, touched_by
from fleet.monitor.reporting import UnitSeen
from fleet.monitor.work import Work
from fleet.store import checkpoints as kept
from fleet.store import follow, monitor_status
from fleet.store.follow_registry import load_watches, registry_marks
from fleet.trips.fold import tick

RUNNING_EVERY_S = {"trip": 45, "stop": 600, "gap": 600}
"""How far a running row may fall behind before it is brought up to date."""
MOST_RECOMPUTES = 20_000


class Housekeeping:
    """`run()` until cancelled; `reader`: a plain connection."""

    def __init__(self, work: Work, second: SecondLane, reader: asyncpg.Connection, started_at: datetime) -> None:
        self._work, self._second, self._reader, self._started_at = work, second, reader, started_at

    async def run(self) -> None:
        work, turn = self._work, 0
        while True:
            now_us = work.now_us
            rows = None
            if not self._second.has_plenty or turn % 10 == 0:
                rows = await kept.waiting_recomputes(self._reader, MOST_RECOMPUTES)
            await self._refresh_registry(now_us)
            work.memory.watched = {
                vehicle_id: to_us(since) for vehicle_id, since in (await load_watches(self._reader)).items()
            }
            # In this order: a batch that is committed in between counts as one that is not followed.
            heard = await monitor_status.ingest_listened_at(self._reader)
            behind = await follow.behind(self._reader, work.memory.followed, work.now())
            if work.replay_to is None:
                if rows is not None:
                    self._second.take_up(rows)
                await self._tell_silence(now_us, _listened_us(now_us, heard, behind))
                await self._judge_units(now_us, everything=turn % 30 == 0)
                await self._write_due(now_us)
                if work.snapshot_due():
                    await work.snapshot()
            await self._report(behind)
            turn += 1
            await asyncio.sleep(work.pace.house_s)

    async def _refresh_registry(self, now_us: int) -> None:
        memory = self._work.memory
        if await registry_marks(self._reader) == memory.registry.marks:
            return
        fresh: Registry = await load_registry(self._reader)
        async with self._work.writing:
            for vehicle_id, since_us in touched_by(memory.registry, fresh, now_us).items():
                memory.mark_late(vehicle_id, since_us, max(now_us, since_us), 0, now_us)
            memory.registry = fresh
            await kept.add_late_spans(self._work.writer, memory.late_to_keep())

    async def _tell_silence(self, now_us: int, listened_us: int) -> None:
        """Shows as gaps the silences that have become one, though nothing came."""
        memory = self._work.memory
        memory.heard_us = listened_us = max(memory.heard_us, listened_us)
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
        await self._work.write_running(silent, now_us)

    async def _write_due(self, now_us: int) -> None:
        """Brings running rows up to date that have fallen behind."""
        due = list(self._work.memory.owed)
        for vehicle_id, tracked in self._work.memory.vehicles.items():
            last_key = tracked.state.last_key
            if last_key is None or vehicle_id in self._work.memory.owed:
                continue
            for (kind, _), known_to_us in tracked.shown.items():
                known_us = self._work.memory.heard_us if kind == "gap" else last_key[0]
                if known_us - known_to_us >= RUNNING_EVERY_S[kind] * 1_000_000:
                    due.append(vehicle_id)
                    break
        await self._work.write_running(due, now_us)

    async def _judge_units(self, now_us: int, *, everything: bool) -> None:
        memory = self._work.memory
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
        async with self._work.writing, self._work.writer.transaction():
            await monitor_status.forget_units(self._work.writer, gone)
            await monitor_status.save_unit_states(self._work.writer, rows, from_us(now_us))
        for row in rows:
            memory.units[row.unit_id].touched = False

    async def _report(self, behind: follow.Behind) -> None:
        memory, counters = self._work.memory, self._work.memory.counters
        status = monitor_status.MonitorStatus(
            started_at=self._started_at,
            seen_at=self._work.now(),
            behind_batches=behind.batches,
            behind_ms=behind.ms,
            vehicles=len(memory.vehicles),
            late_spans=len(memory.late),
            recompute_waiting=self._second.waiting,
            readings_folded=counters.folded,
            readings_late=counters.late,
            refolds=counters.refolds,
            refolds_refused=counters.refused,
            readings_unbound=counters.unbound,
            snapshot_at=self._work.snapshot_at,
            last_refusal=counters.last_refusal,
        )
        async with self._work.writing:
            await monitor_status.report_monitor(self._work.writer, status)


def _listened_us(now_us: int, heard: datetime | None, behind: follow.Behind) -> int:
    """Up to when silence is the units' own: not while ingest was away, nor what we have yet to follow."""
    return min([now_us, *(to_us(one) for one in (heard, behind.received_at) if one is not None)])


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
