"""Routes, drives and the life of vehicles: they obey geometry and physics, whatever the steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.geography.distance import haversine_m
from fleet.model.readings import EVENT_NAMES
from fleet.model.registry import Body, Energy
from simulators.habits import Map, moving_share
from simulators.powertrain import Powertrain
from simulators.roads import draw_roads
from simulators.trip import Trip
from simulators.vehicle import Happening, Vehicle, VehicleSpec

NOW = 1_790_000_000.0
ENERGIES, BODIES = list(Energy), list(Body)


@pytest.fixture(scope="module")
def city() -> Map:
    return Map.of(draw_roads())


def vehicle(city: Map, number: int, energy: Energy = Energy.PETROL, now: float = NOW) -> Vehicle:
    codes = sorted(city.network.towns)
    rng = np.random.default_rng([5, number])
    division = codes[number % len(codes)]
    spec = VehicleSpec(energy, BODIES[number % len(BODIES)], division, None, None, city.parking(division, rng))
    return Vehicle(spec, city, rng, now)


def trip(city: Map, seed: int) -> Trip:
    rng = np.random.default_rng(seed)
    start, end = (city.router.position(int(rng.integers(len(city.network.junctions)))) for _ in range(2))
    return Trip(city.router.route(start, end), NOW, 1.0, rng)


def test_a_route_is_never_shorter_than_the_straight_line(city: Map) -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        start, end = (city.router.position(int(rng.integers(len(city.network.junctions)))) for _ in range(2))
        route = city.router.route(start, end)
        assert tuple(route.points[0]) == start
        assert tuple(route.points[-1]) == end
        assert haversine_m(*start, *end) <= route.distance_m + 1
        assert len(route.points) == len(route.in_town) == len(route.limits_kmh) + 1 == len(route.lengths_m) + 1


@pytest.mark.parametrize("seed", range(8))
def test_a_drive_covers_its_way_without_jumps(city: Map, seed: int) -> None:
    drive = trip(city, seed)
    assert drive.at(NOW).driven_m == 0
    assert drive.at(drive.ends_at).driven_m == pytest.approx(drive.distance_m, abs=0.5)
    assert drive.at(NOW - 10) == drive.at(NOW)
    assert drive.at(drive.ends_at + 1_000).speed_kmh == pytest.approx(0, abs=0.1)
    before = drive.at(NOW)
    for second in range(1, int(drive.duration_s)):
        here = drive.at(NOW + second)
        assert here.driven_m >= before.driven_m - 1e-6
        assert here.speed_kmh <= 90.5
        assert abs(here.speed_kmh - before.speed_kmh) < 2 * 1.7 * 3.6
        assert haversine_m(before.lat, before.lon, here.lat, here.lon) <= here.driven_m - before.driven_m + 0.1
        before = here


def test_a_drive_to_where_one_is_already_ends_at_once(city: Map) -> None:
    here = city.router.position(5)
    drive = Trip(city.router.route(here, here), NOW, 1.0, np.random.default_rng(1))
    assert drive.duration_s == 0
    assert (drive.at(NOW + 1).lat, drive.at(NOW + 1).lon) == here


@given(
    st.sampled_from(ENERGIES),
    st.sampled_from(BODIES),
    st.floats(0, 1),
    st.lists(
        st.tuples(st.sampled_from(["drive", "idle", "refuel", "charge"]), st.floats(0, 5_000), st.floats(0.1, 3_600)),
        max_size=30,
    ),
)
def test_energy_is_neither_made_nor_lost(
    energy: Energy, body: Body, fill: float, acts: list[tuple[str, float, float]]
) -> None:
    power = Powertrain.build(energy, body, None, None, fill)
    fuel_l, charge_kwh = power.fuel_l, power.charge_kwh
    for act, amount, seconds in acts:
        used = power.fuel_used_l, power.energy_used_kwh
        if act == "drive":
            power.drive(amount * seconds / 3_600, seconds, amount / 1_000)
        elif act == "idle":
            power.idle(seconds)
        elif act == "refuel":
            power.refuel(amount / 50)
        else:
            power.charge(amount / 50)
        assert power.fuel_used_l >= used[0]
        assert power.energy_used_kwh >= used[1]
    assert power.fuel_l == pytest.approx(fuel_l + power.fuel_filled_l - power.fuel_used_l, abs=1e-6)
    assert power.charge_kwh == pytest.approx(charge_kwh + power.energy_charged_kwh - power.energy_used_kwh, abs=1e-6)
    assert -1e-9 <= power.fuel_l <= power.tank_l + 1e-9
    assert -1e-9 <= power.charge_kwh <= power.battery_kwh + 1e-9
    for name, value in power.usage().items():
        assert isinstance(value, float)
        assert value >= 0
        assert not name.endswith("_pct") or value <= 100


def test_consumption_is_that_of_the_road() -> None:
    petrol = Powertrain.build(Energy.PETROL, Body.SALOON, 50, None, 1.0)
    petrol.drive(100_000, 100 / 60 * 3_600, 60)
    assert petrol.fuel_used_l == pytest.approx(7.2, rel=0.05)
    electric = Powertrain.build(Energy.BEV, Body.SALOON, None, 60, 1.0)
    electric.drive(100_000, 100 / 60 * 3_600, 60)
    assert electric.energy_used_kwh == pytest.approx(14 + 0.7 * 100 / 60, rel=0.05)
    hybrid = Powertrain.build(Energy.PHEV, Body.SALOON, 45, 16, 1.0)
    hybrid.drive(200_000, 200 / 60 * 3_600, 60)
    assert hybrid.energy_used_kwh == pytest.approx(16 * 0.82, rel=0.01)
    assert 2 < hybrid.fuel_used_l < 8


def test_the_odometer_does_not_depend_on_the_steps(city: Map) -> None:
    for number in range(16):
        energy = ENERGIES[number % 8]
        fine, coarse = vehicle(city, number, energy), vehicle(city, number, energy)
        events: list[Happening] = []
        for second in range(5, 3 * 3_600 + 1, 5):
            events += fine.advance(NOW + second)
        at_once = coarse.advance(NOW + 3 * 3_600)
        assert [event.name for event in at_once] == [event.name for event in events]
        assert [event.at for event in at_once] == pytest.approx([event.at for event in events], abs=0.001)
        assert coarse.state().odometer_m == pytest.approx(fine.state().odometer_m, abs=0.01)
        assert coarse.state().lat == pytest.approx(fine.state().lat, abs=1e-7)
        assert coarse.power.level == pytest.approx(fine.power.level, abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(ENERGIES))
def test_a_day_of_any_vehicle(number: int, energy: Energy) -> None:
    city = _city()
    one = vehicle(city, number, energy)
    before, ignition = one.state(), one.ignition
    for k in range(1, 24 * 360):
        for event in one.advance(NOW + 10 * k):
            assert event.name in EVENT_NAMES
            assert NOW + 10 * (k - 1) < event.at <= NOW + 10 * k
            if event.name.startswith("ignition"):
                assert ignition is (event.name == "ignition_off")
                ignition = not ignition
        here = one.state()
        moved_m = haversine_m(before.lat, before.lon, here.lat, here.lon)
        assert moved_m <= here.odometer_m - before.odometer_m + 0.1
        assert here.odometer_m - before.odometer_m < 10 * 110 / 3.6
        assert one.next_change_at > NOW + 10 * k
        assert here.ignition is ignition
        assert 1_700 < here.altitude_m < 2_100
        assert not (here.charging and here.ignition)
        before = here
    assert one.power.level > 0.001


def test_at_any_hour_at_least_a_quarter_of_the_fleet_moves(city: Map) -> None:
    assert min(moving_share(NOW + 600 * k) for k in range(144)) >= 0.28
    for hour in (0, 6, 12, 18):
        now = NOW + 3_600 * hour
        fleet = [vehicle(city, number, ENERGIES[number % 8], now) for number in range(300)]
        shares = [sum(one.driving for one in fleet) / 300]
        for k in range(1, 13):
            for one in fleet:
                one.advance(now + 300 * k)
            shares.append(sum(one.driving for one in fleet) / 300)
        assert min(shares) > 0.2
        assert sum(shares) / len(shares) > 0.25


_kept: list[Map] = []


def _city() -> Map:
    """Hypothesis does not mix with fixtures of functions; one map serves all examples."""
    if not _kept:
        _kept.append(Map.of(draw_roads()))
    return _kept[0]
