"""The live lane: nothing skipped, nothing doubled, whatever the order of the commits."""

from __future__ import annotations

import pytest

from fleet.model.moments import from_us
from fleet.model.trips import StoredReading
from tests.fleet.monitor.stage import City, Clock, assert_clean, pieces, running
from tests.fleet.trips.journeys import Truth, Unit

pytestmark = pytest.mark.store


def day(unit_id: int) -> list[StoredReading]:
    """Half a day: two trips with a red light, an hour and more of standing around each."""
    truth = Truth().stand(1_900).drive(4_000, red_lights=[40]).stand(4_000).drive(2_500).stand(2_400)
    unit = Unit(unit_id=unit_id, phase_s=unit_id * 1.7, every_s=12, usage_every_s=60, events=True, seed=unit_id)
    return unit.report(truth)


async def test_two_workers_in_turn(city: City) -> None:
    readings = {vehicle_id: day(vehicle_id) for vehicle_id in (1, 2, 3, 4)}
    everything = sorted((one for each in readings.values() for one in each), key=lambda one: one.key)
    clock = Clock(from_us(everything[-1].observed_at_us))
    async with running(city.url, clock):
        for number, some in enumerate(pieces(everything, 60)):
            # Each vehicle's next readings may come by the other worker, as with a shared subscription.
            await city.write(some, worker=1 + number % 2)
        await city.settled()
        await assert_clean(city, readings)
    await assert_clean(city, readings)
