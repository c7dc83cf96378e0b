"""Late, out of order, in two lanes: in the end it is as if everything had come in one clean pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fleet.model.moments import from_us
from fleet.model.trips import StoredReading
from tests.fleet.monitor.rollups import assert_rolled_up
from tests.fleet.monitor.stage import FAST, City, Clock, assert_clean, pieces, running
from tests.fleet.trips.journeys import START_S, Truth, Unit

pytestmark = pytest.mark.store


def outing(unit_id: int) -> list[StoredReading]:
    truth = (
        Truth().stand(1_000).drive(3_000).stand(1_300).drive(5_000, red_lights=[30]).stand(4_000).drive(900).stand(900)
    )
    return Unit(unit_id=unit_id, every_s=10, usage_every_s=60, events=True, seed=unit_id).report(truth)


@pytest.mark.parametrize(("seed", "at_once"), [(1, 0), (2, 60), (3, 10_000)])
async def test_any_order_in_any_batches(city: City, seed: int, at_once: int) -> None:
    rng = np.random.default_rng(seed)
    readings = {vehicle_id: outing(vehicle_id) for vehicle_id in (1, 2, 3)}
    everything = [one for each in readings.values() for one in each]
    newest = from_us(max(one.observed_at_us for one in everything))
    # Mostly in order, some minutes off, some hours: what comes more than a quarter of an hour late is history.
    delay_s = rng.choice([0, 5, 120, 3_000, 20_000], size=len(everything), p=[0.5, 0.2, 0.1, 0.1, 0.1])
    order = np.argsort([one.observed_at_us / 1e6 + delay for one, delay in zip(everything, delay_s, strict=True)])
    shuffled = [everything[int(place)] for place in order]
    async with running(city.url, Clock(newest), replace(FAST, old_at_once=at_once)):
        for number, some in enumerate(pieces(shuffled, 150)):
            received = max(from_us(one.observed_at_us) for one in shuffled[: 150 * (number + 1)])
            await city.write(some, worker=1 + int(rng.integers(2)), received_at=received + timedelta(seconds=2))
        await city.settled()
        await assert_clean(city, readings)
    await assert_rolled_up(city)


async def test_an_hour_that_comes_late_takes_the_gap_away(city: City) -> None:
    readings = outing(1)
    begins, ends = (START_S + 1_100) * 1_000_000, (START_S + 5_000) * 1_000_000
    missing = [one for one in readings if begins <= one.observed_at_us < ends]
    there = [one for one in readings if not begins <= one.observed_at_us < ends]
    now = from_us(readings[-1].observed_at_us)
    async with running(city.url, Clock(now)):
        await city.write(there)
        await city.settled()
        await assert_clean(city, {1: there})
        assert len(await city.rows("gap")) == 1
        await city.write(missing, received_at=now)
        await city.settled()
        await assert_clean(city, {1: readings})
        versions = await city.rows("gap_version")
        assert [(row["vehicle_id"], row["reason"], row["version"]) for row in versions] == [(1, "late", 1)]
        # Whoever is told a trip by its id can see that it said something else before.
        before = {row["id"]: row for row in await city.rows("trip_version")}
        assert before
        assert all(row["reason"] == "late" for row in before.values())
        now_there = {row["id"]: row for row in await city.rows("trip")}
        assert all(now_there[one]["version"] == 2 for one in before.keys() & now_there.keys())
        assert before.keys() & now_there.keys()
        await assert_rolled_up(city)


async def test_what_idled_before_it_left_is_not_taken_for_gone(city: City) -> None:
    """A past that comes late, before a stop that ended when the engine was switched on: all raw readings are there."""
    truth = Truth().stand(900).drive(3_000).stand(650)
    middle = (START_S + truth.end_s) * 1_000_000
    truth.stand(650).stand(600, ignition=True).drive(5_000).stand(900)
    readings = Unit(unit_id=1, every_s=10, usage_every_s=60, events=True).report(truth)
    past = [one for one in readings if one.observed_at_us < middle]
    now = from_us(readings[-1].observed_at_us)
    async with running(city.url, Clock(now)):
        await city.write([one for one in readings if one.observed_at_us >= middle])
        await city.settled()
        await city.write(past, received_at=now)
        await city.settled()
        await assert_clean(city, {1: readings})
    assert await city.rows("recompute_refused") == []


async def test_the_same_batch_again_changes_nothing(city: City) -> None:
    """A unit that sends again what was stored: ingest stores nothing, the monitor does nothing."""
    readings = outing(1)
    async with running(city.url, Clock(from_us(readings[-1].observed_at_us))):
        await city.write(readings)
        await city.settled()
        before = {name: await city.rows(name) for name in ("trip", "stop", "gap", "vehicle_day")}
        written = await (await city.worker()).write(city.batch(readings))
        assert (written.stored, written.duplicate) == (0, len(readings))
        await city.settled()
        after = {name: await city.rows(name) for name in before}
    for name, rows in before.items():
        shown = [row for row in rows if not row.get("running")]
        assert [row for row in after[name] if not row.get("running")] == shown
    assert await city.rows("trip_version") == []


async def test_whoever_judges_trips_is_told_of_what_changed(city: City) -> None:
    """A later stage that is registered gets spans over all new, changed and vanished segments."""
    readings = outing(1)
    begins, ends = (START_S + 1_100) * 1_000_000, (START_S + 5_000) * 1_000_000
    missing = [one for one in readings if begins <= one.observed_at_us < ends]
    there = [one for one in readings if not begins <= one.observed_at_us < ends]
    now = from_us(readings[-1].observed_at_us)
    told = "select lower(period) as begins, upper(period) as ends, reason, stage from recompute order by id"
    async with running(city.url, Clock(now), dependants=("trips",)):
        await city.write(there)
        await city.settled()
        rows = await city.connection.fetch(told)
        trips = await city.rows("trip")
        assert trips
        for trip in trips:
            assert any(row["begins"] <= trip["started_at"] and trip["ended_at"] <= row["ends"] for row in rows)
        assert {(row["stage"], row["reason"]) for row in rows} == {("trips", "readings")}
        gone = (await city.rows("gap"))[0]
        await city.connection.execute("delete from recompute")
        await city.write(missing, received_at=now)
        await city.settled()
        late = [row for row in await city.connection.fetch(told) if row["reason"] == "late"]
        assert any(row["begins"] <= gone["started_at"] and gone["ended_at"] <= row["ends"] for row in late)


async def test_a_vehicle_that_stands_for_weeks_is_summed_up_day_by_day(city: City) -> None:
    """Its days stand as soon as they are over, and the last one grows."""
    reports = Unit(unit_id=1, parked_every_s=3_600, wakes=False, ignition=False).report(Truth().stand(10 * 86_400))
    silent = replace(FAST, house_s=0.02)
    half = len(reports) // 2
    for some in (reports[:half], reports[half:]):
        now = from_us(some[-1].observed_at_us)
        async with running(city.url, Clock(now), silent):
            await city.write(some)
            await city.settled()
        await assert_rolled_up(city)
    days = await city.rows("vehicle_day")
    assert len(days) >= 10
    assert sum(row["stopped_s"] + row["gap_s"] for row in days) >= 10 * 86_400 - 3_700
