"""How far outside a set of counties a point lies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import cos, radians

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from fleet.geography.distance import EARTH_RADIUS_M
from fleet.geography.divisions import county_polygons

_MIDDLE_LAT = 25.6
_M_A_DEGREE = EARTH_RADIUS_M * radians(1)
_ACROSS = cos(radians(_MIDDLE_LAT))


@lru_cache(maxsize=64)
def _union_m(divisions: frozenset[int]) -> BaseGeometry:
    """The counties in metres east and north of 0, 0: true within 1 % all over the city."""
    polygons = county_polygons()
    union = shapely.union_all([polygons[code] for code in sorted(divisions) if code in polygons])
    flat = affinity.scale(union, _M_A_DEGREE * _ACROSS, _M_A_DEGREE, origin=(0, 0))
    shapely.prepare(flat)
    return flat


def outside_m(lat_e7: Sequence[int], lon_e7: Sequence[int], divisions: frozenset[int]) -> NDArray[np.float64]:
    """Metres from each point to the nearest of the counties, 0 inside; infinite where `divisions` is empty."""
    if not divisions:
        return np.full(len(lat_e7), np.inf)
    east = np.asarray(lon_e7, dtype=np.float64) * 1e-7 * _M_A_DEGREE * _ACROSS
    north = np.asarray(lat_e7, dtype=np.float64) * 1e-7 * _M_A_DEGREE
    union = _union_m(divisions)
    found = np.zeros(len(lat_e7))
    # Inside is asked first: it takes microseconds a point, a distance to the border a hundred times as long.
    beyond = np.flatnonzero(~shapely.intersects_xy(union, east, north))
    found[beyond] = shapely.distance(union, shapely.points(east[beyond], north[beyond]))
    return found
