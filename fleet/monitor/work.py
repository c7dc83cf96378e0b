"""What both lanes share: the memory, the one connection that writes, and the lock that lets one write at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import asyncpg

from fleet.model.moments import day_of, from_us, to_us
from fleet.monitor.memory import Memory, Outcome
from fleet.store import checkpoints as kept
from fleet.store.follow import Followed
from fleet.store.rollups import refresh_days
from fleet.store.trips import Touched, write_segments
from fleet.trips.days import split
from fleet.trips.fold import encode

DEPENDANTS: tuple[str, ...] = ("trips",)
"""Stages of `recompute` that follow from trips: each that is named here is told of every span that changed."""

RUNNING_AT_ONCE = 250


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


@dataclass(slots=True)
class Work:
    """One session's. Between two holders of `writing`, memory and database say the same.

    `idle`: the live lane has nothing to do. `replay_to`: what was followed before a restart and is followed again.
    """

    memory: Memory
    writer: asyncpg.Connection
    now: Callable[[], datetime]
    pace: Pace
    stopping: asyncio.Event
    dependants: tuple[str, ...] = DEPENDANTS
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    replay_to: Followed | None = None
    snapshot_at: datetime | None = None
    folded_at_snapshot: int = 0

    @property
    def now_us(self) -> int:
        return to_us(self.now())

    async def write(self, outcome: Outcome, reason: str) -> None:
        """Within the caller's transaction."""
        now = self.now()
        news = [(vehicle_id, from_us(at_us), from_us(at_us)) for vehicle_id, at_us in outcome.events]
        if outcome.changes:
            touched = await write_segments(self.writer, outcome.changes, now=now, reason=reason)
            await refresh_days(self.writer, _days(touched))
            news += [(one.vehicle_id, one.started_at, one.known_to) for one in touched if one.news]
        if self.dependants:
            await kept.tell_dependants(self.writer, self.dependants, news, reason, now)
        await kept.add_checkpoints(self.writer, outcome.checkpoints)
        await kept.add_late_spans(self.writer, outcome.late)

    async def write_running(self, vehicle_ids: Sequence[int], now_us: int) -> None:
        """Brings the running rows of these vehicles up to date, some at a time."""
        for start in range(0, len(vehicle_ids), RUNNING_AT_ONCE):
            async with self.writing:
                outcome = Outcome()
                for vehicle_id in vehicle_ids[start : start + RUNNING_AT_ONCE]:
                    self.memory.show_running(vehicle_id, now_us, outcome.changes)
                async with self.writer.transaction():
                    await self.write(outcome, kept.READINGS)

    def snapshot_due(self) -> bool:
        if self.snapshot_at is None:
            return True
        folded = self.memory.counters.folded - self.folded_at_snapshot
        since_s = (self.now() - self.snapshot_at).total_seconds()
        return since_s >= self.pace.snapshot_s or folded >= self.pace.snapshot_readings

    async def snapshot(self) -> None:
        """Keeps every state that has changed, and with them the cursor."""
        memory = self.memory
        async with self.writing:
            changed = [one for one, tracked in memory.vehicles.items() if tracked.changed]
            states = [(vehicle_id, encode(memory.vehicles[vehicle_id].state)) for vehicle_id in changed]
            async with self.writer.transaction():
                await kept.save_snapshots(self.writer, states, memory.followed)
                await kept.save_cursor(self.writer, memory.followed, snapshots=True)
            for vehicle_id in changed:
                memory.vehicles[vehicle_id].changed = False
            self.snapshot_at, self.folded_at_snapshot = self.now(), memory.counters.folded


def _days(touched: Sequence[Touched]) -> set[tuple[int, date]]:
    """The days that have to be summed up again: of a vehicle that stands for months not all of them each time."""
    days: set[tuple[int, date]] = set()
    for one in touched:
        begins_us, ends_us = to_us(one.started_at), to_us(one.known_to)
        days.add((one.vehicle_id, day_of(begins_us)))
        if one.kind == "trip":
            continue
        if one.known_before is not None:
            before_us = to_us(one.known_before)
            begins_us, ends_us = min(before_us, ends_us), max(before_us, ends_us)
        days.update((one.vehicle_id, day) for day, _ in split(begins_us, ends_us))
    return days
