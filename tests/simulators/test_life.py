"""Live and history measure the same, in any steps, in any process."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from simulators.days.calendar import at_hour, begins_at
from simulators.life import Life
from simulators.readings import Reading, Readings
from tests.simulators.fleet import WORKING_DAY, spec, vehicles, world
from tests.simulators.stage import ROOT

BEGIN = begins_at(WORKING_DAY)


def lives(count: int) -> Iterator[Life]:
    for number in range(count):
        yield Life(spec(number), f"U{number}", world(habits=4), 10.0)


def taken(life: Life, begin: float, end: float, step_s: float | None) -> list[Reading]:
    """Played live from `begin` on, waking as asked or in even steps."""
    life.begin(begin)
    found = []
    now = begin
    while now < end:
        found += life.take(min(now, end - 0.001))
        now = life.wakes_at if step_s is None else now + step_s
    return found + life.take(end - 0.001)


@pytest.mark.parametrize("step_s", [None, 7.0, 433.0])
def test_live_and_history_measure_the_same(step_s: float | None) -> None:
    begin, end = at_hour(WORKING_DAY, 8.9), at_hour(WORKING_DAY, 11.3)
    for life in lives(8):
        assert taken(life, begin, end, step_s) == life.readings(begin, end).rows()


def test_a_span_is_the_sum_of_its_parts() -> None:
    for life in lives(6):
        whole = life.readings(BEGIN - 7_200, BEGIN + 86_400).rows()
        marks = [BEGIN - 7_200, BEGIN - 11.5, BEGIN + 30_000.25, BEGIN + 50_000, BEGIN + 86_400]
        parts = [life.readings(a, b).rows() for a, b in pairwise(marks)]
        assert [row for part in parts for row in part] == whole
        assert all(a.taken_at <= b.taken_at for a, b in pairwise(whole))


def test_readings_agree_with_the_truth() -> None:
    """Fixes lie near the way, odometers grow with it, speeds are those of the drive."""
    for vehicle in vehicles()[:25]:
        life = Life(vehicle.spec, f"V{vehicle.spec.key}", world(), 10.0)
        positions = life.readings(BEGIN, BEGIN + 86_400).positions
        metres = positions.odometer_m[-1] - positions.odometer_m[0]
        spent = vehicle.plan(WORKING_DAY).spent.odometer_m
        assert spent - 1 <= metres + 50_000
        assert (np.diff(positions.odometer_m) >= 0).all()
        assert (np.diff(positions.when.taken_ms) > 0).all()
        steps = np.hypot(np.diff(positions.lat_e7), np.diff(positions.lon_e7) * 0.9) * 0.0111
        seconds = np.diff(positions.when.taken_ms) / 1_000
        usual = seconds <= 10
        assert (steps[usual] < 60 * seconds[usual] + 60).all()
        assert (positions.hdop_tenths >= 5).all()
        assert positions.satellites.min() >= 5


def test_clocks_are_off_by_seconds_and_a_few_by_minutes() -> None:
    offsets = []
    for number in range(300):
        life = Life(spec(0), f"C{number}", world(), 10.0)
        when = life.readings(BEGIN, BEGIN + 700).usages.when
        offsets.append(int(when.observed_ms[0] - when.taken_ms[0]) / 1_000)
    wrong = np.abs(offsets)
    assert 0.6 < (wrong < 0.5).mean() < 0.9
    assert 0.1 < (wrong >= 1).mean() < 0.3
    assert 1 <= (wrong >= 60).sum() <= 9
    assert wrong.max() < 600  # the service refuses what leads by ten minutes


def test_tunnels_leave_gaps_that_the_odometer_explains() -> None:
    tunnels = 0
    for vehicle in vehicles():
        for leg in vehicle.plan(WORKING_DAY).legs:
            route = vehicle.subject.city.router.route(leg.start, leg.end) if leg.distance_m > 40_000 else None
            if route is None or not route.tunnel.any():
                continue
            life = Life(vehicle.spec, "T1", world(habits=0), 10.0)
            if life.plan(WORKING_DAY).legs != vehicle.plan(WORKING_DAY).legs:
                continue
            positions = life.readings(leg.departs_at, leg.arrives_at).positions
            gaps = np.diff(positions.when.taken_ms)
            assert gaps.max() > 15_000
            assert (np.diff(positions.odometer_m)[gaps > 15_000] > 100).all()
            tunnels += 1
            if tunnels == 3:
                return
    assert tunnels


def digest(readings: Readings) -> str:
    rows = [(row.kind.value, row.taken_at, row.observed_at, row.leaves_at, row.fields) for row in readings.rows()]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def digest_of_many() -> str:
    """Of a day of some vehicles; run in other processes too."""
    found = "".join(digest(life.readings(BEGIN, BEGIN + 86_400)) for life in lives(10))
    return hashlib.sha256(found.encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    script = "from tests.simulators.test_life import digest_of_many; print(digest_of_many())"
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            text=True,
            timeout=120,
        ).stdout.strip()
        for hash_seed in ("1", "77")
    }
    assert found == {digest_of_many()}


def test_the_days_before_and_after_fit_to_the_metre_and_the_drop() -> None:
    for life in lives(12):
        before = life.readings(BEGIN - 3 * 86_400, BEGIN).usages
        after = Life(life.spec, life.unit, world(habits=4), 10.0).readings(BEGIN, BEGIN + 3_600).usages
        assert after.odometer_m[0] == before.odometer_m[-1]
        if before.fuel_used_ml is not None and after.fuel_used_ml is not None:
            assert after.fuel_used_ml[0] == before.fuel_used_ml[-1]
        assert life.plan(WORKING_DAY - timedelta(days=1)).day < WORKING_DAY
