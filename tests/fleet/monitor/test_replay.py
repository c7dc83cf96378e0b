"""`fleet replay`: what would differ, shown first and written by the monitor with versions."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from fleet.model.moments import from_us
from fleet.model.trips import TripParameters
from fleet.store.pool import create_engine
from fleet.store.recompute import count_waiting
from tests import services
from tests.fleet.monitor.rollups import assert_rolled_up
from tests.fleet.monitor.stage import City, Clock, assert_clean, running
from tests.fleet.trips.journeys import START_S, Truth, Unit

pytestmark = pytest.mark.store


async def fleet_replay(city: City, *arguments: str) -> subprocess.CompletedProcess[str]:
    begins = from_us((START_S - 3_600) * 1_000_000)
    ends = begins + timedelta(days=1)
    return await asyncio.to_thread(
        subprocess.run,
        [
            *(sys.executable, "-m", "fleet.cli", "replay"),
            *("--from", f"{begins:%Y-%m-%dT%H:%M:%S%z}", "--to", f"{ends:%Y-%m-%dT%H:%M:%S%z}", *arguments),
        ],
        cwd=services.ROOT,
        env={**os.environ, "FLEET_DATABASE_URL": city.url, "FLEET_MQTT_URL": "mqtt://a:b@127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_shown_first_and_written_then(city: City) -> None:
    truth = Truth().stand(1_000).drive(5_000, red_lights=[240]).stand(2_000)
    readings = Unit(unit_id=1, every_s=10, ignition=False).report(truth)
    async with running(city.url, Clock(from_us(readings[-1].observed_at_us))):
        await city.write(readings)
        await city.settled()
    # Somebody corrects a threshold behind everybody's back.
    await city.connection.execute(
        "insert into policy_value (slug, value, effective_from, who, why)"
        " values ('trips.stop_after_s', '180', '2020-01-01', 'a', 'b')"
    )
    shown = await fleet_replay(city, "--vehicle", "P1")
    assert "trips: 0 the same, 1 changed, 1 new, 0 gone" in shown.stdout, shown.stdout + shown.stderr
    assert "stops: 1 the same, 0 changed, 1 new, 0 gone" in shown.stdout
    assert "changed trip" in shown.stdout
    assert "distance_m" in shown.stdout
    assert len(await city.rows("trip")) == 1
    waiting = await fleet_replay(city, "--vehicle", "P1", "--write")
    assert waiting.returncode == 1
    assert "start `fleet monitor`" in waiting.stdout
    now = from_us(readings[-1].observed_at_us) + timedelta(days=2)
    async with running(city.url, Clock(now)):
        await city.settled()
    await assert_clean(city, {1: readings}, lambda _: TripParameters(stop_after_s=180))
    assert {row["reason"] for row in await city.rows("trip_version")} == {"replay"}
    await assert_rolled_up(city)


async def test_verdicts_that_follow_are_not_waited_for(city: City) -> None:
    """They are marked for the same reason, and their turn comes when the judge runs."""
    await city.connection.execute(
        "insert into recompute (vehicle_id, period, reason, at, stage)"
        " values (1, '[2026-01-01,2026-01-02)', 'replay', now(), 'readings'),"
        " (2, '[2026-01-01,2026-01-02)', 'replay', now(), 'trips')"
    )
    engine = create_engine(city.url)
    try:
        async with engine.connect() as connection:
            assert await count_waiting(connection, "replay") == 1
    finally:
        await engine.dispose()


async def test_an_unknown_plate_is_named(city: City) -> None:
    done = await fleet_replay(city, "--vehicle", "云D00000")
    assert done.returncode != 0
    assert "云D00000" in done.stderr
