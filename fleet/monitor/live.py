"""The live lane: takes the next batches of every worker and folds what is in them at once.

Where much of it was already old when it came (a history is loaded), that is only marked, by vehicle and span; the
second lane folds it. So a backlog of the past costs the present one small question a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import merge
from itertools import groupby

from fleet.model.trips import EventReading, StoredReading
from fleet.monitor.memory import Memory, Outcome
from fleet.monitor.proofs import SPEAKING
from fleet.monitor.reporting import UnitSeen
from fleet.store.follow import Followed, FollowedBatch, OldSpan

LIVE_WITHIN_US = 15 * 60_000_000
"""What came later than this after it was observed goes to the second lane."""

MOST_READINGS = 12_000
MOST_BATCHES = 64
"""A round's bound: about 0.3 s of work."""
_OLD_WEIGHT = 500
"""A batch of history alone is only summed up: it counts as so many readings."""


def next_batches(
    batches: Iterable[FollowedBatch], followed: Followed
) -> tuple[list[FollowedBatch], list[FollowedBatch]]:
    """The batches of one round in the order of their commits, and those after which the numbers have a hole.

    Of each worker one after the other, whatever the clocks said when they were committed.
    """
    of_worker = [list(group) for _, group in groupby(sorted(batches), key=lambda one: one.worker)]
    chosen: list[FollowedBatch] = []
    holes: list[FollowedBatch] = []
    last = list(followed)
    readings = 0
    for one in merge(*of_worker, key=lambda one: one.committed_us):
        weight = one.stored if _has_live(one) else min(one.stored, _OLD_WEIGHT)
        if chosen and readings + weight > MOST_READINGS:
            break
        if last[one.worker] and one.n != last[one.worker] + 1:
            holes.append(one)
        last[one.worker] = one.n
        chosen.append(one)
        readings += weight
    return chosen, holes


def _has_live(one: FollowedBatch) -> bool:
    return one.observed_to_us is not None and one.observed_to_us >= one.received_us - LIVE_WITHIN_US


def live_since_us(batches: Sequence[FollowedBatch]) -> int:
    """From which moment of observation on the readings of a round are live."""
    return min(one.received_us for one in batches) - LIVE_WITHIN_US


def fold_round(
    memory: Memory,
    batches: Sequence[FollowedBatch],
    readings: Sequence[tuple[int, StoredReading]],
    old: Sequence[OldSpan],
    now_us: int,
) -> Outcome:
    """Takes one round into memory. Answers what has to be written before the next one."""
    outcome = Outcome()
    memory.heard_us = max(memory.heard_us, *(one.received_us for one in batches))
    received_us = {one.number: one.received_us for one in batches}
    by_vehicle: dict[int, list[StoredReading]] = {}
    newest: dict[tuple[int, int], StoredReading] = {}
    vehicle_at, vehicles = memory.registry.bindings.vehicle_at, memory.vehicles
    for number, reading in readings:
        heard = newest.get((number, reading.unit_id))
        if heard is None or heard.observed_at_us < reading.observed_at_us:
            newest[number, reading.unit_id] = reading
        vehicle_id = vehicle_at(reading.unit_id, reading.observed_at_us)
        if vehicle_id is None:
            memory.counters.unbound += 1
            continue
        tracked = vehicles.get(vehicle_id)
        if tracked is not None and tracked.followed is not None and number >> 4 <= tracked.followed[number & 15]:
            continue
        by_vehicle.setdefault(vehicle_id, []).append(reading)
        if type(reading) is EventReading and reading.event in SPEAKING:
            outcome.events.append((vehicle_id, reading.observed_at_us))
    for vehicle_id, ordered in by_vehicle.items():
        memory.fold(vehicle_id, ordered, now_us, outcome)
    for span in old:
        memory.counters.late += span.readings
        for binding in memory.registry.bindings.between(span.unit_id, span.from_us, span.to_us):
            memory.mark_late(binding.vehicle_id, binding.from_us, binding.to_us - 1, span.readings, now_us)
    for (number, unit_id), reading in sorted(newest.items(), key=lambda item: item[1].observed_at_us):
        _hear(memory, unit_id, reading, received_us[number])
    outcome.late = memory.late_to_keep()
    for one in batches:
        memory.followed[one.worker] = one.n
    return outcome


def _hear(memory: Memory, unit_id: int, reading: StoredReading, received_us: int) -> None:
    seen = memory.units.get(unit_id)
    if seen is None:
        seen = memory.units[unit_id] = UnitSeen()
    newer = seen.observed_us is None or reading.observed_at_us > seen.observed_us
    seen.heard(reading.observed_at_us, received_us)
    if newer:
        ignition, speed_dkmh = getattr(reading, "ignition", None), getattr(reading, "speed_dkmh", None)
        if ignition is not None:
            seen.moving = ignition
        elif speed_dkmh is not None:
            seen.moving = speed_dkmh >= memory.registry.parameters.at(reading.observed_at_us).moving_dkmh
