"""The drawn roads: connected, in the city, the same for the same seed, small enough for the page."""

import json
import subprocess
import sys

import numpy as np
import pytest

from fleet.geography.distance import haversine_many_m
from fleet.geography.divisions import COUNTIES, division_index
from simulators.roads import LIMIT_KMH, RoadClass, RoadNetwork, draw_roads, lengths_m
from tests.simulators.stage import ROOT


@pytest.fixture(scope="module")
def network() -> RoadNetwork:
    return draw_roads()


def test_every_junction_can_be_reached_from_every_other(network: RoadNetwork) -> None:
    neighbours: dict[int, set[int]] = {}
    for road in network.roads:
        neighbours.setdefault(road.start, set()).add(road.end)
        neighbours.setdefault(road.end, set()).add(road.start)
    seen, frontier = {0}, [0]
    while frontier:
        for there in neighbours[frontier.pop()] - seen:
            seen.add(there)
            frontier.append(there)
    assert len(seen) == len(network.junctions)


def test_roads_begin_and_end_at_their_junctions(network: RoadNetwork) -> None:
    for road in network.roads:
        assert np.allclose(road.points[0], network.junctions[road.start], atol=1e-9)
        assert np.allclose(road.points[-1], network.junctions[road.end], atol=1e-9)
        assert len(road.points) == len(road.altitude_m) == len(road.tunnel) + 1


def test_points_follow_each_other_closely(network: RoadNetwork) -> None:
    for road in network.roads:
        assert lengths_m(road.points).max() < 2_500


def test_roads_lie_in_the_city_but_for_the_way_out(network: RoadNetwork) -> None:
    points = np.concatenate([road.points for road in network.roads])
    e7 = np.round(points * 1e7).astype(np.int32)
    inside = division_index().lookup(e7[:, 0].copy(), e7[:, 1].copy()) > 0
    assert inside.mean() > 0.93
    assert points[:, 0].min() > 24.2
    assert points[:, 0].max() < 27.2
    assert points[:, 1].min() > 102.6
    assert points[:, 1].max() < 105.0
    out = network.junctions[network.beyond.centre]
    assert haversine_many_m(out[0], out[1], 25.04, 102.72) < 500


def test_each_county_has_its_seat_and_villages(network: RoadNetwork) -> None:
    assert sorted(network.towns) == [county.code for county in COUNTIES]
    for county in COUNTIES:
        lat, lon = network.junctions[network.towns[county.code].centre]
        assert haversine_many_m(lat, lon, county.seat_lat, county.seat_lon) < 600
        assert len(network.towns[county.code].junctions) > 60
        assert len(network.villages[county.code]) > 15


def test_the_land_is_high_and_its_roads_are_not_too_steep(network: RoadNetwork) -> None:
    altitudes = np.concatenate([road.altitude_m for road in network.roads])
    assert 1_750 < np.median(altitudes) < 2_050
    assert altitudes.min() > 1_000
    assert altitudes.max() < 2_900
    assert altitudes.max() - altitudes.min() > 500
    for road in network.roads:
        grades = np.abs(np.diff(road.altitude_m)) / np.maximum(lengths_m(road.points), 50)
        assert grades.max() < 0.13


def test_main_roads_have_tunnels_and_streets_have_none(network: RoadNetwork) -> None:
    for road_class in RoadClass:
        tunnels = sum(sum(road.tunnel) for road in network.roads if road.road_class is road_class)
        assert (tunnels > 0) == (road_class in (RoadClass.TRUNK, RoadClass.PROVINCIAL))


def test_the_same_seed_draws_the_same_roads() -> None:
    first, other = draw_roads(7), draw_roads(8)
    again = draw_roads.__wrapped__(7)
    assert again is not first
    assert json.dumps(first.as_geojson()) == json.dumps(again.as_geojson())
    assert json.dumps(first.as_geojson()) != json.dumps(other.as_geojson())


def test_the_page_draws_what_the_command_writes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simulators.roads"], cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    assert len(done.stdout) < 400_000
    assert done.stdout == (ROOT / "api/dashboard/geo/roads.json").read_bytes()
    found = json.loads(done.stdout)
    assert found["type"] == "FeatureCollection"
    assert [feature["properties"]["class"] for feature in found["features"]] == [one.value for one in RoadClass]
    assert [feature["properties"]["limit_kmh"] for feature in found["features"]] == list(LIMIT_KMH.values())
    lon, lat = found["features"][0]["geometry"]["coordinates"][0][0]
    assert 102 < lon < 106
    assert 24 < lat < 28
