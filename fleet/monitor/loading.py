"""The state as it was kept last: where a session begins, after a stop in order and after a kill alike."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

import asyncpg

from fleet.model.moments import to_us
from fleet.monitor.memory import Memory, Tracked
from fleet.monitor.registry import load_registry
from fleet.monitor.reporting import UnitCondition, UnitSeen
from fleet.monitor.work import Pace, Work
from fleet.store import checkpoints as kept
from fleet.store import monitor_status
from fleet.store.trip_spans import running_segments
from fleet.trips.fold import decode, open_segment

log = logging.getLogger(__name__)


async def load(writer: asyncpg.Connection, now: Callable[[], datetime], pace: Pace, stopping: asyncio.Event) -> Work:
    """Snapshots, cursor, what runs, what came late. After a kill the work is to follow again what came since the
    snapshots, up to `replay_to`."""
    memory = Memory(await load_registry(writer))
    work = Work(memory, writer, now, pace, stopping)
    now_us = work.now_us
    cursor = await kept.load_cursor(writer)
    memory.followed = list(cursor.snapshots)
    unclean = cursor.results != cursor.snapshots
    memory.replaying = unclean
    for snapshot in await kept.load_snapshots(writer):
        tracked = Tracked(decode(snapshot.state), changed=False)
        memory.vehicles[snapshot.vehicle_id] = tracked
        if unclean:
            running = open_segment(tracked.state)
            tracked.emitted, tracked.settled_from_us = set(), 0 if running is None else running.started_us
        if any(seen > n for seen, n in zip(snapshot.followed, cursor.snapshots, strict=True)):
            tracked.followed = [max(both) for both in zip(snapshot.followed, cursor.snapshots, strict=True)]
    for kind, identifier, vehicle_id, known_to in await running_segments(writer):
        memory.tracked(vehicle_id).shown[kind, identifier] = to_us(known_to)
    for span in await kept.load_late_spans(writer):
        memory.mark_late(span.vehicle_id, span.from_us, span.to_us, span.readings, now_us)
        memory.late[span.vehicle_id].kept = (span.from_us, span.to_us)
    for row in await monitor_status.load_unit_states(writer):
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
        work.replay_to = cursor.results
        # They may have seen in another order what is folded once more now.
        await kept.drop_checkpoints_after(
            writer, [(one, tracked.state.last_key) for one, tracked in memory.vehicles.items()]
        )
    log.info(
        "following from %s%s: %d vehicles, %d late spans",
        {worker: n for worker, n in enumerate(memory.followed) if n} or "the beginning",
        " (folding again what came since the last snapshot)" if unclean else "",
        len(memory.vehicles),
        len(memory.late),
    )
    return work
