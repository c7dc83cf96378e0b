"""Routes and drives: they obey geometry and physics, whatever moments are asked for."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.geography.distance import haversine_m
from fleet.model.registry import Body, Energy
from simulators.city import City, RegisteredSite, SiteKind
from simulators.days.timeline import Activity
from simulators.powertrain import Powertrain, Reservoir
from simulators.roads import draw_roads
from simulators.routing import Anchor, Router, Way
from simulators.trip import Trip
from tests.simulators.fleet import WORKING_DAY, city, vehicles


@pytest.fixture(scope="module")
def router() -> Router:
    return city().router


def places(count: int, seed: int = 1) -> list[Anchor]:
    """Anchors in the nine towns and between them."""
    rng = np.random.default_rng(seed)
    junctions = city().network.junctions
    chosen = junctions[rng.integers(len(junctions), size=count)] + rng.normal(0, 0.002, (count, 2))
    return [city().router.anchor(float(lat), float(lon)) for lat, lon in chosen]


def test_a_way_costs_what_its_geometry_says(router: Router) -> None:
    some = places(60)
    for start, end in pairwise(some):
        way, route = router.way(start, end), router.route(start, end)
        assert way.distance_m == pytest.approx(route.distance_m, rel=0.03, abs=30)
        assert haversine_m(*start.place, *end.place) <= way.distance_m + 1
        assert tuple(route.points[0]) == start.place
        assert tuple(route.points[-1]) == end.place
        count = len(route.points)
        assert len(route.crossing) == len(route.altitude_m) == count
        assert len(route.lengths_m) == len(route.limits_ms) == len(route.tunnel) == count - 1


def test_the_way_back_is_as_long_and_climbs_what_the_way_there_descends(router: Router) -> None:
    some = places(40, seed=2)
    for start, end in pairwise(some):
        there, back = router.way(start, end), router.way(end, start)
        assert there.distance_m == pytest.approx(back.distance_m)
        assert (there.up_m, there.down_m) == pytest.approx((back.down_m, back.up_m))


def test_vehicles_keep_to_the_right(router: Router) -> None:
    """There and back are two lanes apart, and each lies to the right of its direction."""
    network = city().network
    start, end = (
        router.anchor(*map(float, network.junctions[network.towns[code].centre])) for code in (530302, 530381)
    )
    there, back = router.route(start, end).points, router.route(end, start).points
    middle = len(there) // 2
    step = there[middle + 1] - there[middle - 1]
    nearest = back[np.argmin(np.sum((back - there[middle]) ** 2, axis=1))]
    left = nearest - there[middle]
    assert step[0] * left[1] * 0.9 - step[1] * 0.9 * left[0] < 0
    assert 3 < haversine_m(*there[middle], *nearest) < 60


@pytest.mark.parametrize("seed", range(6))
def test_a_drive_covers_its_way_without_jumps(router: Router, seed: int) -> None:
    start, end = places(2, seed=10 + seed)
    route, way = router.route(start, end), router.way(start, end)
    seconds = round(way.drive_s / 0.9)
    drive = Trip(route, seconds, key=seed)
    motions = drive.at(np.arange(seconds + 1, dtype=np.float64))
    driven = motions.share * route.distance_m
    assert driven[0] == 0
    assert driven[-1] == pytest.approx(route.distance_m, abs=1)
    assert (np.diff(driven) >= -1e-6).all()
    assert motions.speed_ms[0] == motions.speed_ms[-1] == pytest.approx(0, abs=0.3)
    assert motions.speed_ms.max() < 125 / 3.6
    assert np.abs(np.diff(motions.speed_ms)).max() < 4.5
    moved = [
        haversine_m(motions.lat[k], motions.lon[k], motions.lat[k + 1], motions.lon[k + 1]) for k in range(seconds)
    ]
    assert (np.array(moved) <= np.diff(driven) + 0.2).all()


def test_a_drive_can_be_asked_at_any_moments(router: Router) -> None:
    start, end = places(2, seed=30)
    drive = Trip(router.route(start, end), 900, key=5)
    moments = np.arange(0, 900, 10, dtype=np.float64)
    together = drive.at(moments)
    for k in (0, 7, 50, 89):
        alone = drive.at(moments[k : k + 1])
        assert (alone.lat[0], alone.speed_ms[0], alone.share[0]) == (
            together.lat[k],
            together.speed_ms[k],
            together.share[k],
        )


def test_who_speeds_does_so_on_open_roads_only(router: Router) -> None:
    network = city().network
    start, end = (
        router.anchor(*map(float, network.junctions[network.towns[code].centre])) for code in (530302, 530381)
    )
    route, seconds = router.route(start, end), router.way(start, end).drive_s
    moments = np.arange(0, seconds * 0.7, 1.0)
    fast = Trip(route, seconds * 0.7, key=1, speeding_kmh=40).at(moments).speed_ms * 3.6
    calm = Trip(route, seconds, key=1).at(np.arange(0, seconds, 1.0)).speed_ms * 3.6
    assert (fast > 120).sum() > 120
    assert (calm > 120).sum() == 0


def test_registered_places_take_the_stead_of_drawn_ones() -> None:
    station = RegisteredSite(SiteKind.STATION, "示范加油站 1", 530302, 25.51, 103.81)
    drawn, known = city(), City.of(draw_roads(), [station])
    assert [site.name for site in known.sites_of(530302, SiteKind.STATION)] == ["示范加油站 1"]
    assert known.sites_of(530303, SiteKind.STATION) == drawn.sites_of(530303, SiteKind.STATION)
    assert known.sites_of(530302, SiteKind.OFFICE) == drawn.sites_of(530302, SiteKind.OFFICE)


@given(st.integers(0, 2**40), st.integers(10_000, 200_000), st.integers(0, 10**9), st.integers(0, 60_000))
def test_a_reservoir_fills_what_was_used(key: int, capacity: int, used: int, more: int) -> None:
    tank = Reservoir.tank(key, capacity)
    assert tank.mark(tank.passed(used)) <= used < tank.mark(tank.passed(used) + 1)
    portion = tank.mark(tank.passed(used) + 1) - tank.filled(used)
    assert 0.39 * capacity < portion < 0.51 * capacity
    # Whoever fills when a mark is passed never runs dry and never overflows.
    level = tank.level(used, tank.filled(used))
    assert 0.24 * capacity <= level <= tank.top
    assert tank.level(used + more, tank.filled(used + more)) - level == (
        tank.filled(used + more) - tank.filled(used) - more
    )


def test_consumption_is_that_of_the_road() -> None:
    flat, hour = Way(60_000, 3_600, 0, 0, 0), 3_600.0
    petrol = Powertrain.build(1, Energy.PETROL, Body.SALOON, 50, None)
    cost = petrol.drive(flat, hour, 20, cold=False, load=1, left_wh=0)
    assert cost.fuel_ml == pytest.approx(0.6 * 7_200, rel=0.05)
    assert cost.engine_s == 3_600
    assert petrol.drive(flat, hour, 0, cold=True, load=1, left_wh=0).fuel_ml > cost.fuel_ml + 30
    assert petrol.drive(flat, hour, 20, cold=False, load=1.2, left_wh=0).fuel_ml > 1.15 * cost.fuel_ml
    up = petrol.drive(Way(60_000, 3_600, 600, 0, 0), hour, 20, cold=False, load=1, left_wh=0)
    down = petrol.drive(Way(60_000, 3_600, 0, 600, 0), hour, 20, cold=False, load=1, left_wh=0)
    assert down.fuel_ml < cost.fuel_ml < up.fuel_ml
    electric = Powertrain.build(1, Energy.BEV, Body.SALOON, None, 60)
    mild = electric.drive(flat, hour, 20, cold=False, load=1, left_wh=0)
    assert mild.energy_wh == pytest.approx(0.6 * 14_000 + 500, rel=0.05)
    assert mild.fuel_ml == mild.engine_s == 0
    assert electric.drive(flat, hour, -2, cold=True, load=1, left_wh=0).energy_wh > mild.energy_wh + 1_000
    hybrid = Powertrain.build(1, Energy.PHEV, Body.SALOON, 45, 16)
    both = hybrid.drive(flat, hour, 20, cold=False, load=1, left_wh=4_000)
    assert both.energy_wh == 4_000
    assert 0 < both.fuel_ml < cost.fuel_ml


def test_nothing_is_made_or_lost_and_no_tank_runs_dry() -> None:
    """Two weeks of many vehicles: meters only grow, levels stay between empty and full, places do not jump."""
    for vehicle in vehicles()[::4]:
        previous = None
        for k in range(-5, 6):
            timeline = vehicle.timeline(WORKING_DAY + timedelta(days=k))
            assert timeline.episodes[-1].ends_at - timeline.begins_at == 86_400
            for episode in timeline.episodes:
                assert episode.ends_at > episode.begins_at
                assert episode.activity is Activity.DRIVING or episode.before.odometer_m <= episode.after.odometer_m
                if previous is not None:
                    assert episode.begins_at == previous.ends_at
                    assert episode.before == previous.after
                for tank, level in _levels(vehicle.power, episode.after):
                    assert -0.03 * tank.capacity < level < 1.06 * tank.capacity
                previous = episode


def _levels(power: Powertrain, meters: object) -> list[tuple[Reservoir, int]]:
    found = []
    if power.tank is not None:
        left = meters.filled_ml - meters.fuel_used_ml - meters.lost_ml  # type: ignore[attr-defined]
        found.append((power.tank, power.tank.top + left))
    if power.battery is not None:
        left = meters.charged_wh - meters.energy_used_wh  # type: ignore[attr-defined]
        found.append((power.battery, power.battery.top + left))
    return found
