"""The lie of the land, invented: basins near 1,900 m with the towns in them, ridges and valleys between.

Altitude is a sum of waves and of one basin for each county seat: a function of the place alone, the same for every
road that passes there.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians

import numpy as np
from numpy.typing import NDArray

from fleet.geography.distance import EARTH_RADIUS_M
from fleet.geography.divisions import COUNTIES

Points = NDArray[np.float64]  # shape (n, 2): latitude, longitude in degrees
Floats = NDArray[np.float64]

DEGREE_M = EARTH_RADIUS_M * pi / 180

_MIDDLE_LAT, _MIDDLE_LON = 25.7, 103.8
_SQUEEZE = cos(radians(_MIDDLE_LAT))
_LEVEL_M = 1_960.0
_BASIN_M = 7_000.0
_LONG_WAVES_M = (95_000, 70_000, 52_000, 41_000, 33_000, 27_000, 22_000, 18_000, 15_000, 12_500)
_SHORT_WAVES_M = (7_500, 6_000, 4_700, 3_600)


@dataclass(frozen=True, slots=True)
class Terrain:
    """`level_m` is where a road runs, `ground_m` the ground itself: where it stands far above, the road needs a
    tunnel."""

    waves: Floats  # rows: north and east wave numbers (radians a metre), phase, height in metres
    rough: Floats
    basins: Floats  # rows: metres north and east of the middle, altitude

    @classmethod
    def of(cls, rng: np.random.Generator) -> Terrain:
        seats = np.array([(one.seat_lat, one.seat_lon) for one in COUNTIES])
        north, east = _metres(seats)
        altitude = rng.uniform(1_780, 2_040, len(seats))
        return cls(
            _waves(rng, _LONG_WAVES_M, 0.0019), _waves(rng, _SHORT_WAVES_M, 0.009), np.stack([north, east, altitude], 1)
        )

    def level_m(self, points: Points) -> Floats:
        """Metres above the sea of a road at each point."""
        north, east = _metres(points)
        level = _LEVEL_M + _sum(self.waves, north, east)
        for basin_north, basin_east, altitude in self.basins:
            share = np.exp(-((((north - basin_north) ** 2 + (east - basin_east) ** 2) / _BASIN_M**2) ** 2))
            level += (altitude - level) * share
        return level

    def ground_m(self, points: Points) -> Floats:
        """Metres above the sea of the ground; flat around the county seats."""
        north, east = _metres(points)
        flat = np.ones(len(points))
        for basin_north, basin_east, _ in self.basins:
            flat *= 1 - np.exp(-((north - basin_north) ** 2 + (east - basin_east) ** 2) / _BASIN_M**2)
        return self.level_m(points) + flat * _sum(self.rough, north, east)


def _waves(rng: np.random.Generator, lengths_m: tuple[int, ...], steepness: float) -> Floats:
    length_m = np.array(lengths_m, dtype=np.float64) * rng.uniform(0.85, 1.15, len(lengths_m))
    bearing, phase = rng.uniform(0, 2 * pi, (2, len(length_m)))
    number = 2 * pi / length_m
    return np.stack([number * np.cos(bearing), number * np.sin(bearing), phase, steepness * length_m], 1)


def _sum(waves: Floats, north: Floats, east: Floats) -> Floats:
    total = np.zeros(len(north))
    for north_number, east_number, phase, height in waves:
        total += height * np.sin(north_number * north + east_number * east + phase)
    return total


def _metres(points: Points) -> tuple[Floats, Floats]:
    """Metres north and east of the middle of the city."""
    return (points[:, 0] - _MIDDLE_LAT) * DEGREE_M, (points[:, 1] - _MIDDLE_LON) * DEGREE_M * _SQUEEZE
