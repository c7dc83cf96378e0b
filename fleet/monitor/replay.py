"""Recomputes a period without writing: what the stored trips would be if they were made again today."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fleet.model.moments import from_us, to_us
from fleet.monitor.registry import Registry, load_registry
from fleet.monitor.rows import kind_of, row_of
from fleet.monitor.second import Connections, Job, Result, fold_again
from fleet.store.checkpoints import load_cursor
from fleet.store.follow import reader
from fleet.store.pool import connect
from fleet.store.trip_spans import segments_begun
from fleet.store.trips import CONTENT, TABLES, SegmentRow
from fleet.trips.fold import begin


class Difference(msgspec.Struct, frozen=True):
    """One segment that would be another: `columns` name what differs; before None = new, after None = gone."""

    kind: str
    before: SegmentRow | None
    after: SegmentRow | None
    columns: tuple[str, ...] = ()

    @property
    def fate(self) -> str:
        if self.before is None:
            return "new"
        return "gone" if self.after is None else "changed"


class Replayed(msgspec.Struct):
    """What became of one vehicle's span."""

    vehicle_id: int
    readings: int
    same: Counter[str]
    differences: list[Difference]
    refused_to: datetime | None


async def replay(
    url: str, begins: datetime, ends: datetime, vehicle_ids: Sequence[int] | None
) -> AsyncIterator[Replayed]:
    """Each vehicle with its differences, in the order of ids; `vehicle_ids` None = all that ever had a unit.

    Looks at the readings the monitor has followed, and at segments that began in [begins, ends). Running ones are left
    out. Raises StoreUnavailable.
    """
    plain = await connect(url, application_name="one-network replay")
    archive = await reader(url)
    try:
        registry = await load_registry(plain)
        cursor = await load_cursor(plain)
        chosen = sorted(registry.organs) if vehicle_ids is None else sorted(vehicle_ids)
        for vehicle_id in chosen:
            if not registry.bindings.of_vehicle(vehicle_id, to_us(begins)):
                continue
            job = Job(vehicle_id, to_us(begins), to_us(ends), cursor.results, begin(vehicle_id))
            connections = Connections(archive, plain)
            result = await fold_again(connections, registry, job, _no_pause)
            yield await _compare(connections, registry, job, result)
    finally:
        for connection in (archive, plain):
            connection.terminate()


async def _no_pause() -> None:
    """Nobody else waits for this process."""


async def _compare(connections: Connections, registry: Registry, job: Job, result: Result) -> Replayed:
    replayed = Replayed(
        job.vehicle_id,
        result.readings,
        Counter(),
        [],
        None if result.refused_to_us is None else from_us(result.refused_to_us),
    )
    if result.nothing:
        return replayed
    begins_us = max(result.stands_from_us, job.from_us)
    ends_us = job.to_us if result.stands_to_us is None else result.stands_to_us
    if job.to_us is not None and ends_us is not None:
        ends_us = min(ends_us, job.to_us)
    begins, ends = from_us(begins_us), None if ends_us is None else from_us(ends_us)

    def named(lat_e7: int, lon_e7: int, at_us: int) -> Any:
        return registry.name(job.vehicle_id, lat_e7, lon_e7, at_us)

    made: dict[tuple[str, int], SegmentRow] = {}
    for segment, _ in result.closed:
        if begins_us <= segment.started_us and (ends_us is None or segment.started_us < ends_us):
            row = row_of(segment, known_to_us=0, written_at=begins, named=named)
            made[kind_of(segment), row["id"]] = row
    for kind in TABLES:
        for before in await segments_begun(connections.plain, kind, job.vehicle_id, begins, ends):
            after = made.pop((kind, before["id"]), None)
            columns = () if after is None else _differing(kind, before, after)
            if after is not None and not columns:
                replayed.same[kind] += 1
            else:
                replayed.differences.append(Difference(kind, before, after, columns))
    replayed.differences += [Difference(kind, None, row) for (kind, _), row in made.items()]
    replayed.differences.sort(key=lambda one: (one.after or one.before or {})["started_at"])
    return replayed


def _differing(kind: str, before: SegmentRow, after: SegmentRow) -> tuple[str, ...]:
    return tuple(
        column for column in CONTENT[kind] if column in after and _plain(before[column]) != _plain(after[column])
    )


def _plain(value: Any) -> Any:
    """Documents of the database and of the fold in one form."""
    if isinstance(value, msgspec.Raw | list | tuple | dict):
        return msgspec.json.decode(msgspec.json.encode(value))
    return value
