"""Both directions of the datum shift, against two independent packages."""

import eviltransform
import numpy as np
import prcoords
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fleet.geography.datum import gcj02_to_wgs84, wgs84_to_gcj02, wgs84_to_gcj02_point
from fleet.geography.distance import haversine_many_m


def country(count: int, seed: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.uniform(18.2, 53.5, count), rng.uniform(73.5, 135.0, count)


def test_forward_agrees_with_both_packages() -> None:
    lat, lon = country(2_000)
    got_lat, got_lon = wgs84_to_gcj02(lat, lon)
    for package in (lambda a, o: prcoords.wgs_gcj((a, o)), eviltransform.wgs2gcj):
        expected = np.array([tuple(package(a, o)) for a, o in zip(lat, lon, strict=True)])
        assert np.abs(got_lat - expected[:, 0]).max() < 1e-6
        assert np.abs(got_lon - expected[:, 1]).max() < 1e-6


def test_inverse_agrees_with_both_packages() -> None:
    lat, lon = country(500, seed=2)
    got_lat, got_lon = gcj02_to_wgs84(lat, lon)
    expected = np.array([tuple(prcoords.gcj_wgs_bored((a, o))) for a, o in zip(lat, lon, strict=True)])
    assert np.abs(got_lat - expected[:, 0]).max() < 1e-6
    assert np.abs(got_lon - expected[:, 1]).max() < 1e-6
    # Its own inverse stops at an error of 1e-6 degree, so that much may lie between.
    expected = np.array([eviltransform.gcj2wgs_exact(a, o) for a, o in zip(lat, lon, strict=True)])
    assert np.abs(got_lat - expected[:, 0]).max() < 2e-6
    assert np.abs(got_lon - expected[:, 1]).max() < 2e-6


@given(st.floats(18.0, 54.0), st.floats(73.0, 136.0))
def test_there_and_back(lat: float, lon: float) -> None:
    back_lat, back_lon = gcj02_to_wgs84(*wgs84_to_gcj02(np.array([lat]), np.array([lon])))
    assert abs(back_lat[0] - lat) < 1e-8
    assert abs(back_lon[0] - lon) < 1e-8


@given(st.floats(-90.0, 90.0), st.floats(-180.0, 71.9))
def test_identity_outside_china(lat: float, lon: float) -> None:
    for convert in (wgs84_to_gcj02, gcj02_to_wgs84):
        got_lat, got_lon = convert(np.array([lat]), np.array([lon]))
        assert (got_lat[0], got_lon[0]) == (lat, lon)


def test_the_shift_in_the_city_is_hundreds_of_metres() -> None:
    lat, lon = np.array([25.49834]), np.array([103.80273])
    assert 100 < haversine_many_m(lat, lon, *wgs84_to_gcj02(lat, lon))[0] < 700


@given(st.floats(-85.0, 85.0), st.floats(-180.0, 180.0))
def test_one_point_is_shifted_as_many_are(lat: float, lon: float) -> None:
    many_lat, many_lon = wgs84_to_gcj02(np.array([lat]), np.array([lon]))
    assert wgs84_to_gcj02_point(lat, lon) == pytest.approx((many_lat[0], many_lon[0]), abs=1e-9)
