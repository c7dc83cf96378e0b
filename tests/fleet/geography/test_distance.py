import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.geography.distance import EARTH_RADIUS_M, haversine_m, haversine_many_m

latitude, longitude = st.floats(-90, 90), st.floats(-180, 180)


def test_a_degree_of_latitude() -> None:
    assert haversine_m(25, 103, 26, 103) == pytest.approx(111_195, abs=1)


def test_between_two_county_seats() -> None:
    assert haversine_m(25.49834, 103.80273, 25.60359, 103.82034) == pytest.approx(11_835, abs=15)


def test_antipodes_are_half_the_earth_apart() -> None:
    assert haversine_m(0, 0, 0, 180) == pytest.approx(np.pi * EARTH_RADIUS_M)


@given(latitude, longitude, latitude, longitude)
def test_symmetric_and_the_same_in_both_forms(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    there = haversine_m(lat1, lon1, lat2, lon2)
    assert there == pytest.approx(haversine_m(lat2, lon2, lat1, lon1), abs=1e-6)
    many = haversine_many_m(np.array([lat1]), np.array([lon1]), lat2, lon2)
    assert many[0] == pytest.approx(there, rel=1e-9, abs=1e-6)
    assert 0 <= there <= np.pi * EARTH_RADIUS_M + 1e-6
