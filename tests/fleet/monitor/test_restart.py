"""Killed at any point, a monitor goes on as if nothing had been; two never work at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from fleet.local.processes import spawn
from fleet.model.moments import from_us, to_us
from fleet.model.trips import StoredReading
from fleet.monitor.process import Monitor, Pace
from fleet.settings import assume_role
from tests import services
from tests.fleet.monitor.rollups import assert_rolled_up
from tests.fleet.monitor.stage import FAST, City, Clock, assert_clean, clean, expected_rows, pieces, running
from tests.fleet.trips.journeys import START_S, Truth, Unit

pytestmark = pytest.mark.store

Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
async def start(city: City, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts `python -m fleet.monitor` on the city's database; what still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        process = spawn(
            [sys.executable, "-m", "fleet.monitor"],
            directory=services.ROOT,
            log=tmp_path / "monitor.log",
            death=signal.SIGKILL,
            environment={**os.environ, "FLEET_DATABASE_URL": city.url},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def day(unit_id: int, ends: datetime) -> list[StoredReading]:
    """A day of several trips that ended just now."""
    truth = Truth().stand(1_500)
    for metres in (3_000, 1_200, 5_000, 900, 2_000):
        truth.drive(metres, red_lights=[35]).stand(1_100)
    readings = Unit(unit_id=unit_id, every_s=5, usage_every_s=60, events=True, seed=unit_id).report(truth)
    shift_us = to_us(ends) - readings[-1].observed_at_us
    return [msgspec.structs.replace(one, observed_at_us=one.observed_at_us + shift_us) for one in readings]


async def test_killed_again_and_again_under_load(city: City, start: Start) -> None:
    rng = np.random.default_rng(7)
    readings = {vehicle_id: day(vehicle_id, datetime.now(UTC)) for vehicle_id in (1, 2, 3, 4)}
    everything = [one for each in readings.values() for one in each]
    delay_s = rng.choice([0, 20, 400, 3_000], size=len(everything), p=[0.85, 0.1, 0.03, 0.02])
    order = np.argsort([one.observed_at_us / 1e6 + delay for one, delay in zip(everything, delay_s, strict=True)])
    shuffled = pieces([everything[int(place)] for place in order], 25)
    process = start()
    kills = sorted(int(place) for place in rng.choice(len(shuffled) - 2, size=4, replace=False))
    for number, some in enumerate(shuffled):
        await city.write(some, worker=1 + number % 2)
        if number in kills:
            # Somewhere between its start, a round, a second fold and a snapshot.
            await asyncio.sleep(float(rng.uniform(0.0, 1.6)))
            process.kill()
            process.wait()
            process = start()
    await city.settled(60)
    await assert_clean(city, readings)
    await assert_rolled_up(city)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 20) == 0
    await assert_clean(city, readings)
    await assert_rolled_up(city)
    cursors = await city.rows("follow_cursor")
    assert all(row["n"] == row["snapshot_n"] for row in cursors), "a stop in order leaves nothing to fold again"


async def test_what_a_kill_left_behind_and_is_not_made_again_goes(city: City) -> None:
    """A round made a trip without its first readings; killed, the next monitor takes those with them in one round."""
    truth = Truth().stand(1_000).drive(3_000).stand(2_000)
    readings = Unit(unit_id=1, every_s=10, seed=1).report(truth)
    moved = (START_S + 1_000) * 1_000_000
    late = [one for one in readings if moved <= one.observed_at_us < moved + 70_000_000]
    there = [one for one in readings if one not in late]
    without, whole = expected_rows(clean(there, 1)), expected_rows(clean(readings, 1))
    assert without["trip"].keys() != whole["trip"].keys(), "or there is nothing to take away"
    clock = Clock(from_us(readings[-1].observed_at_us))
    seldom = replace(FAST, snapshot_s=1_000)
    async with killed(city.url, clock, seldom):
        await city.settled()
        await city.write(there)
        await city.settled()
        assert {row["id"] for row in await city.rows("trip")} == set(without["trip"])
    await city.write(late, received_at=from_us(readings[-1].observed_at_us))
    async with running(city.url, clock):
        await city.settled()
        await assert_clean(city, {1: readings})
    await assert_rolled_up(city)


@contextlib.asynccontextmanager
async def killed(url: str, now: Callable[[], datetime], pace: Pace) -> AsyncIterator[None]:
    """A monitor that is gone at the end without having kept anything."""
    task = asyncio.create_task(Monitor(assume_role(url, "fleet_monitor"), now, pace).run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_second_one_waits_for_the_end_of_the_first(city: City) -> None:
    readings = day(1, datetime(2026, 3, 3, tzinfo=UTC))
    half = len(readings) // 2
    clock = Clock(from_us(readings[-1].observed_at_us))
    async with running(city.url, clock) as first:
        await city.write(readings[:half])
        await city.settled()
        async with running(city.url, clock):
            await asyncio.sleep(0.3)
            held = await city.connection.fetchval(
                "select count(*) from pg_locks where locktype = 'advisory' and granted and database ="
                " (select oid from pg_database where datname = current_database())"
            )
            assert held == 1
            first.stop()
            await city.write(readings[half:])
            await city.settled()
            await assert_clean(city, {1: readings})


async def test_the_database_goes_and_comes_back(city: City) -> None:
    """Every connection of the monitor is cut; it takes up where its snapshots are."""
    readings = day(1, datetime(2026, 3, 3, tzinfo=UTC))
    some = pieces(readings, 200)
    async with running(city.url, Clock(from_us(readings[-1].observed_at_us) + timedelta(seconds=5))):
        for number, each in enumerate(some):
            await city.write(each)
            if number % 2:
                await city.connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name like 'one-network monitor%' and datname = current_database()"
                )
                await asyncio.sleep(0.1)
        await city.settled()
        await assert_clean(city, {1: readings})
    await assert_rolled_up(city)
