"""The nearest town of a place, how far, and which way."""

from math import cos, radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.geography.distance import haversine_m
from fleet.geography.divisions import COUNTIES, division_index
from fleet.geography.towns import FARTHEST_M, TOWNS, Direction, Near, nearest_town

HUIZE = (26.4208, 103.29545)


def found(lat: float, lon: float) -> Near:
    near = nearest_town(round(lat * 1e7), round(lon * 1e7))
    assert near is not None
    return near


def away(north_m: float, east_m: float) -> Near:
    """From the middle of Huize's town."""
    lat, lon = HUIZE
    return found(lat + north_m / 111_195, lon + east_m / 111_195 / cos(radians(lat)))


def test_every_town_lies_in_its_county_and_is_its_own_nearest() -> None:
    for town in TOWNS:
        place = (round(town.lat * 1e7), round(town.lon * 1e7))
        assert division_index().lookup(*(np.array([one], dtype=np.int32) for one in place)) == [town.division]
        near = nearest_town(*place)
        assert near is not None
        assert near.town == town
        assert near.distance_m == 0


def test_names_tell_towns_apart() -> None:
    assert {one.code for one in COUNTIES} == {one.division for one in TOWNS}
    assert len({one.name for one in TOWNS}) == len({one.name_en for one in TOWNS}) == len(TOWNS)
    names = {one.name for one in TOWNS}
    assert {"会泽县城", "麒麟城区", "宣威城区", "宣威市东山镇", "麒麟区东山镇"} <= names


@pytest.mark.parametrize(
    ("north_m", "east_m", "direction"),
    [
        (3_000, 0, Direction.NORTH),
        (3_000, 3_000, Direction.NORTH_EAST),
        (0, 3_000, Direction.EAST),
        (-3_000, 3_000, Direction.SOUTH_EAST),
        (-3_000, 0, Direction.SOUTH),
        (-3_000, -3_000, Direction.SOUTH_WEST),
        (0, -3_000, Direction.WEST),
        (3_000, -3_000, Direction.NORTH_WEST),
        (3_000, 1_200, Direction.NORTH),  # 21.8 degrees
        (3_000, 1_300, Direction.NORTH_EAST),  # 23.4 degrees
    ],
)
def test_which_way(north_m: float, east_m: float, direction: Direction) -> None:
    near = away(north_m, east_m)
    assert near.town.name == "会泽县城"
    assert near.direction is direction
    assert near.distance_m == pytest.approx((north_m**2 + east_m**2) ** 0.5, rel=0.002)


def test_too_far_from_every_town() -> None:
    wuxing = next(one for one in TOWNS if one.name_en == "Wuxing (Huize)")
    lat_e7, lon_e7 = round(wuxing.lat * 1e7), round(wuxing.lon * 1e7)
    assert nearest_town(lat_e7 + 2_690_000, lon_e7) is not None  # 29.9 km north
    assert nearest_town(lat_e7 + 2_700_000, lon_e7) is None  # 30.02 km
    assert nearest_town(0, 0) is None


@given(st.floats(24.3, 27.1), st.floats(102.6, 105.1))
def test_none_is_nearer(lat: float, lon: float) -> None:
    near = nearest_town(round(lat * 1e7), round(lon * 1e7))
    distances = [haversine_m(one.lat, one.lon, round(lat * 1e7) / 1e7, round(lon * 1e7) / 1e7) for one in TOWNS]
    if near is None:
        assert min(distances) > FARTHEST_M
    else:
        # Two towns may be as good as equally far: flat and round differ by metres.
        assert near.distance_m <= min(distances) + 50
