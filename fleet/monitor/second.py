"""The second fold of a vehicle: from a kept checkpoint through the archive, until it meets what was kept.

Reads only; what comes of it is swapped in and written by the monitor between two rounds.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from fleet.model.moments import from_us, to_us
from fleet.model.trips import EventReading, PositionReading, ReadingKey, StoredReading, TripParameters
from fleet.monitor.bindings import END_US
from fleet.monitor.proofs import SPEAKING
from fleet.monitor.registry import Registry
from fleet.store import checkpoints as kept
from fleet.store.follow import Followed, archive, count_positions
from fleet.store.trip_spans import standing_segments
from fleet.trips.fold import Closed, State, begin, decode
from fleet.trips.timeline import Refold

SLICE = 400
"""Readings that are folded in one go: some 10 ms in which nothing else is done."""

SOON = 300
"""Readings that are looked at first beyond what has to be folded again: about an hour of driving."""

Breathe = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Job:
    """Fold `vehicle_id` again from `from_us` on, at least up to `to_us`; None = from the beginning, to the end.

    `followed`: readings of later batches are not looked at. `head`: a copy of the state that was folded up to there.
    """

    vehicle_id: int
    from_us: int
    to_us: int | None
    followed: Followed
    head: State


@dataclass(slots=True)
class Result:
    """`stands_from_us`: segments that begin at or after it, before `stands_to_us` (None = to the end), are `closed`.

    `state` None: the fold met the kept one, what comes after stands. `refused_to_us`: up to there nothing was made
    again, because the raw readings are gone. `events`: when those were that are judged by themselves.
    """

    closed: list[Closed] = field(default_factory=list)
    checkpoints: list[tuple[ReadingKey, bytes]] = field(default_factory=list)
    after: ReadingKey | None = None
    joined: ReadingKey | None = None
    stands_from_us: int = 0
    stands_to_us: int | None = None
    state: State | None = None
    refused_to_us: int | None = None
    readings: int = 0
    events: list[int] = field(default_factory=list)
    nothing: bool = False


@dataclass(slots=True)
class Connections:
    """`archive` gives moments as microseconds (`follow.reader`), `plain` as datetimes."""

    archive: asyncpg.Connection
    plain: asyncpg.Connection


async def fold_again(connections: Connections, registry: Registry, job: Job, breathe: Breathe) -> Result:
    """Raises nothing of its own; a broken connection is the caller's."""
    refused_to_us: int | None = None
    base = await _base(connections, job, job.from_us)
    while True:
        result, seen_us = await _fold(connections, registry, job, base, breathe)
        missing_to_us = await _missing(connections, job, result, seen_us)
        if missing_to_us is None:
            result.refused_to_us = refused_to_us
            return result
        # What was made of readings that are gone stays; from the first checkpoint after them there is enough.
        later = await kept.checkpoint_from(connections.plain, job.vehicle_id, missing_to_us)
        refused_to_us = missing_to_us if later is None else later.key[0]
        if later is None or (job.to_us is not None and later.key[0] > job.to_us):
            return Result(refused_to_us=refused_to_us, nothing=True)
        base = decode(later.state)


async def _base(connections: Connections, job: Job, from_us_: int) -> State:
    head = job.head
    if head.last_key is not None and head.last_key[0] < from_us_:
        return head
    checkpoint = await kept.checkpoint_before(connections.plain, job.vehicle_id, from_us_)
    return begin(job.vehicle_id) if checkpoint is None else decode(checkpoint.state)


async def _fold(
    connections: Connections, registry: Registry, job: Job, base: State, breathe: Breathe
) -> tuple[Result, array[int]]:
    after = base.last_key
    after_us = 0 if after is None else after[0]
    later: dict[ReadingKey, bytes] = {}
    refold = Refold(base, later)
    result = Result(after=after, stands_from_us=refold.from_us)
    certain_us = END_US if job.to_us is None else job.to_us
    certain: ReadingKey = (certain_us - 1, 0, 0, 0, 0, "")
    battery_wh = registry.batteries.get(job.vehicle_id)

    def parameters_at(at_us: int) -> TripParameters:
        return registry.parameters.at(at_us, battery_wh)

    positions: array[int] = array("q")
    async for page in _readings(connections, registry, job, after_us):
        fresh = page
        if after is not None and page[0].observed_at_us <= after_us:
            fresh = [one for one in page if one.key > after]
        if not fresh:
            continue
        last_us = fresh[-1].observed_at_us
        if last_us >= certain_us:
            later.update(
                await kept.checkpoints_between(
                    connections.plain, job.vehicle_id, max(certain_us, fresh[0].observed_at_us), last_us + 1
                )
            )
        positions.extend(one.observed_at_us for one in fresh if isinstance(one, PositionReading))
        result.events += [
            one.observed_at_us for one in fresh if isinstance(one, EventReading) and one.event in SPEAKING
        ]
        result.readings += len(fresh)
        for start in range(0, len(fresh), SLICE):
            if refold.feed(fresh[start : start + SLICE], parameters_at, certain):
                break
            await breathe()
        if refold.joined is not None:
            break
    result.closed, result.checkpoints = refold.closed, refold.checkpoints
    result.joined, result.stands_to_us = refold.joined, refold.to_us
    result.state = refold.state if refold.joined is None else None
    return result, positions


async def _readings(
    connections: Connections, registry: Registry, job: Job, from_us_: int
) -> AsyncIterator[list[StoredReading]]:
    """What the vehicle's units said from there on, whichever sat in it, in pages that are not empty."""
    for binding in registry.bindings.of_vehicle(job.vehicle_id, from_us_):
        begins_us, ends_us = max(binding.from_us, from_us_), binding.to_us
        certain_us = ends_us if job.to_us is None else min(max(begins_us, job.to_us), ends_us)
        async for page in archive(connections.archive, binding.unit_id, begins_us, certain_us, job.followed):
            if page:
                yield page
        # From there on the fold soon meets what stands: days of readings would be read for an hour of them.
        async for page in archive(connections.archive, binding.unit_id, certain_us, ends_us, job.followed, SOON):
            if page:
                yield page


async def _missing(connections: Connections, job: Job, result: Result, seen_us: array[int]) -> int | None:
    """Up to when readings are gone that stored trips and stops were made of; None = all are there."""
    begins: datetime = from_us(result.stands_from_us)
    ends: datetime | None = None if result.stands_to_us is None else from_us(result.stands_to_us)
    missing: int | None = None
    for started_at, ended_at, unit_ids, positions in await standing_segments(
        connections.plain, job.vehicle_id, begins, ends
    ):
        started_us, ended_us = to_us(started_at), to_us(ended_at)
        if bisect_right(seen_us, ended_us) - bisect_left(seen_us, started_us) >= positions:
            continue
        # Perhaps they are another vehicle's now: then they are still there.
        if await count_positions(connections.archive, unit_ids, started_us, ended_us) < positions:
            missing = ended_us
    return missing


def sorted_pending(pending: list[StoredReading], state: State) -> tuple[list[StoredReading], list[StoredReading]]:
    """What was folded meanwhile: what follows `state`, in its order, and what would be late after it."""
    last = state.last_key
    ordered = sorted(pending, key=lambda reading: reading.key)
    return (
        [one for one in ordered if last is None or one.key > last],
        [one for one in ordered if last is not None and one.key < last],
    )
