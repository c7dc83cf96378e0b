"""Makes one day of the whole fleet again, out of the middle of what `trip_tables` has filled.

Twice: as `fleet replay` shows it (read, folded, compared), and as the monitor does it where every trip of the day
comes out differently (written, with tracks, index and roll-ups, and what was before kept as versions). The filled trips
are not what the fold makes of their readings, so nothing is the same: the worst there is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from asyncio.subprocess import Process
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import psutil

from benchmarks.driving import DAY_ROWS, FIRST_DAY, VEHICLES
from fleet.model.moments import to_us
from fleet.monitor.registry import Registry, load_registry
from fleet.monitor.replay import replay
from fleet.store import checkpoints as kept
from fleet.store.follow import Followed, archive, reader
from fleet.trips.fold import State, begin, encode
from fleet.trips.timeline import Refold
from tests.services import ROOT

SOME = 200
"""Vehicles that are prepared in one transaction."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """`cpu_s`: of the processes that fold and of the database."""

    way: str
    readings: int
    spent_s: float
    cpu_s: float


def middle_day(count: int) -> datetime:
    return FIRST_DAY + timedelta(days=count // 2)


async def prepare(url: str, count: int) -> None:
    """What a monitor that had followed all this would have kept: cursor, snapshots, and checkpoints about the day."""
    day = middle_day(count)
    plain, archived = await asyncpg.connect(url), await reader(url)
    try:
        batches = count * -(-DAY_ROWS // 6_000)
        followed = [0, batches] + [0] * 14
        await kept.save_cursor(plain, followed, snapshots=True)
        loaded = await load_registry(plain)
        begins_us, ends_us = to_us(day), to_us(day + timedelta(hours=30))
        for first in range(1, VEHICLES + 1, SOME):
            states: list[tuple[int, bytes]] = []
            checkpoints: list[kept.Checkpoint] = []
            for vehicle_id in range(first, min(first + SOME, VEHICLES + 1)):
                fresh = msgspec.structs.replace(
                    begin(vehicle_id), last_key=(begins_us - 1, 0, vehicle_id, 0, 0, ""), alive_us=begins_us - 1
                )
                checkpoints.append(kept.Checkpoint(vehicle_id, (begins_us - 1, 0, vehicle_id, 0, 0, ""), encode(fresh)))
                refold = await _folded(archived, loaded, fresh, (begins_us, ends_us), followed)
                checkpoints += [kept.Checkpoint(vehicle_id, key, state) for key, state in refold.checkpoints]
                states.append((vehicle_id, encode(refold.state)))
            async with plain.transaction():
                await kept.add_checkpoints(plain, checkpoints)
                await kept.save_snapshots(plain, states, followed)
        for table in ("fold_checkpoint", "fold_snapshot"):
            await plain.execute(f"vacuum analyze {table}")
    finally:
        await plain.close()
        await archived.close()


async def _folded(
    archived: asyncpg.Connection, loaded: Registry, state: State, span_us: tuple[int, int], followed: Followed
) -> Refold:
    refold = Refold(state, {})
    battery_wh = loaded.batteries.get(state.vehicle_id)
    never = (span_us[1], 0, 0, 0, 0, "")
    async for page in archive(archived, state.vehicle_id, *span_us, followed):
        refold.feed(page, lambda at_us: loaded.parameters.at(at_us, battery_wh), never)
    return refold


async def compared(url: str, count: int) -> Replayed:
    """Read, folded and compared, as `fleet replay` does without --write."""
    day = middle_day(count)
    watch = Watch()
    readings = 0
    async for one in replay(url, day, day + timedelta(days=1), None):
        readings += one.readings
    if readings < DAY_ROWS:
        raise SystemExit("not the whole day was folded: the benchmark measured something else")
    return watch.ended("compared", readings)


async def written(url: str, count: int) -> Replayed:
    """Written by the monitor, as `fleet replay --write` has it; from the marks until the last vehicle is done."""
    day = middle_day(count)
    connection = await asyncpg.connect(url)
    environment = {**os.environ, "FLEET_DATABASE_URL": url}
    monitor = await asyncio.create_subprocess_exec(sys.executable, "-m", "fleet.monitor", cwd=ROOT, env=environment)
    try:
        while not await connection.fetchval("select count(*) from monitor_status where snapshot_at is not null"):
            _still_runs(monitor)
            await asyncio.sleep(0.5)
        watch = Watch()
        before = await connection.fetchval("select sum(positions) from trip_version")
        await connection.execute(
            "insert into recompute (vehicle_id, period, reason, at, stage)"
            " select id, tstzrange($1, $2), 'replay', $3, 'readings' from vehicle",
            *(day, day + timedelta(days=1), datetime.now(UTC)),
        )
        while await connection.fetchval("select exists (select from recompute where stage = 'readings')"):
            _still_runs(monitor)
            await asyncio.sleep(0.2)
        done = watch.ended("written by the monitor", DAY_ROWS)
        if await connection.fetchval("select sum(positions) from trip_version") - (before or 0) < DAY_ROWS:
            raise SystemExit("not every trip was replaced: the benchmark measured something else")
        return done
    finally:
        monitor.terminate()
        await monitor.wait()
        await connection.close()


def _still_runs(monitor: Process) -> None:
    if monitor.returncode is not None:
        raise SystemExit("the monitor ended: the benchmark measured something else")


class Watch:
    """From now on: time, and the CPU of this process and of all that it started, the database among them."""

    def __init__(self) -> None:
        self._began, self._cpu_s = time.perf_counter(), _cpu_s()

    def ended(self, way: str, readings: int) -> Replayed:
        return Replayed(way, readings, time.perf_counter() - self._began, _cpu_s() - self._cpu_s)


def _cpu_s() -> float:
    """With what a parent has counted of its ended children: connections come and go."""
    this = psutil.Process()
    total = 0.0
    for process in (this, *this.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total
