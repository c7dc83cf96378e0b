"""WGS-84 <-> GCJ-02, the shifted datum of Chinese map providers: a known offset of 100 to 700 m inside China.

The law of the shift is public knowledge (see the packages `prcoords` and `eviltransform`, against which the tests
check); both directions here are vectorised, and the inverse is exact: it iterates the forward shift, which contracts
by a factor of about 200 a step.
"""

from __future__ import annotations

import math
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

Degrees = NDArray[np.float64]

_AXIS_M = 6_378_245.0  # Krasovsky 1940
_ECCENTRICITY_2 = 0.00669342162296594323
_ITERATIONS = 7
_STEEPEST = 80.0


def wgs84_to_gcj02(lat_deg: Degrees, lon_deg: Degrees) -> tuple[Degrees, Degrees]:
    """GCJ-02 latitude and longitude of WGS-84 points, degrees; points outside China come back unchanged."""
    lat, lon = np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64)
    inside = _in_china(lat, lon)
    d_lat, d_lon = _shift(lat, lon, np.clip(lat, -_STEEPEST, _STEEPEST), np)
    return np.where(inside, lat + d_lat, lat), np.where(inside, lon + d_lon, lon)


def wgs84_to_gcj02_point(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """The same for one point, at a tenth of what it costs as an array."""
    if not _in_china(lat_deg, lon_deg):
        return lat_deg, lon_deg
    d_lat, d_lon = _shift(lat_deg, lon_deg, lat_deg, math)
    return lat_deg + d_lat, lon_deg + d_lon


def gcj02_to_wgs84(lat_deg: Degrees, lon_deg: Degrees) -> tuple[Degrees, Degrees]:
    """The WGS-84 points whose GCJ-02 form is given, degrees; identity for points that come from outside China."""
    lat, lon = np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64)
    wgs_lat, wgs_lon = lat, lon
    for _ in range(_ITERATIONS):
        d_lat, d_lon = _shift(wgs_lat, wgs_lon, np.clip(wgs_lat, -_STEEPEST, _STEEPEST), np)
        wgs_lat, wgs_lon = lat - d_lat, lon - d_lon
    inside = _in_china(wgs_lat, wgs_lon)
    return np.where(inside, wgs_lat, lat), np.where(inside, wgs_lon, lon)


def _in_china(lat: Any, lon: Any) -> Any:
    return (lat >= 0.8293) & (lat <= 55.8271) & (lon >= 72.004) & (lon <= 137.8347)


def _shift(lat: Any, lon: Any, phi_deg: Any, of: Any) -> tuple[Any, Any]:
    """The shift in degrees at WGS-84 points; `of` has the functions for them: `math` for floats, numpy for arrays.

    `phi_deg` is the latitude, kept away from the poles, where the cosine is 0: the shift is discarded there anyway.
    """
    x, y = lon - 105.0, lat - 35.0
    root, product = of.sqrt(of.fabs(x)), x * y
    both = 2 * of.sin(6 * pi * x) + 2 * of.sin(2 * pi * x)
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * product + 0.2 * root
    north_m += (20 / 3) * (
        both + 2 * of.sin(pi * y) + 4 * of.sin(pi * y / 3) + 16 * of.sin(pi * y / 12) + 32 * of.sin(pi * y / 30)
    )
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * product + 0.1 * root
    east_m += (20 / 3) * (
        both + 2 * of.sin(pi * x) + 4 * of.sin(pi * x / 3) + 15 * of.sin(pi * x / 12) + 30 * of.sin(pi * x / 30)
    )
    phi = of.radians(phi_deg)
    curvature = 1 - _ECCENTRICITY_2 * of.sin(phi) ** 2
    degree_north_m = of.radians(_AXIS_M * (1 - _ECCENTRICITY_2) / curvature**1.5)
    degree_east_m = of.radians(_AXIS_M * of.cos(phi) / of.sqrt(curvature))
    return north_m / degree_north_m, east_m / degree_east_m
