"""The road network as data: junctions, roads between them, and its form for the page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import cos, pi, radians

import numpy as np
import shapely

from fleet.geography.divisions import Division
from simulators.roads.terrain import DEGREE_M, Floats, Points, Terrain


class RoadClass(StrEnum):
    TRUNK = "trunk"
    PROVINCIAL = "provincial"
    AVENUE = "avenue"
    STREET = "street"
    VILLAGE = "village"


LIMIT_KMH = {
    RoadClass.TRUNK: 100.0,
    RoadClass.PROVINCIAL: 70.0,
    RoadClass.AVENUE: 50.0,
    RoadClass.STREET: 35.0,
    RoadClass.VILLAGE: 40.0,
}
LANES = {  # each way
    RoadClass.TRUNK: 2,
    RoadClass.PROVINCIAL: 1,
    RoadClass.AVENUE: 2,
    RoadClass.STREET: 1,
    RoadClass.VILLAGE: 1,
}
LANE_OFFSET_M = {  # from the drawn middle of the road to the middle of the right-hand lanes
    RoadClass.TRUNK: 8.0,
    RoadClass.PROVINCIAL: 2.0,
    RoadClass.AVENUE: 4.5,
    RoadClass.STREET: 2.0,
    RoadClass.VILLAGE: 1.3,
}
TOWN_CLASSES = frozenset({RoadClass.AVENUE, RoadClass.STREET})

_HALF_RADIANS = pi / 360

_DRAWN_WITHIN_M = {
    RoadClass.TRUNK: 25.0,
    RoadClass.PROVINCIAL: 25.0,
    RoadClass.AVENUE: 2.0,
    RoadClass.STREET: 2.0,
    RoadClass.VILLAGE: 30.0,
}


@dataclass(frozen=True, slots=True)
class Road:
    """A stretch between two junctions, passable both ways: n points from start to end, n-1 segments."""

    start: int
    end: int
    road_class: RoadClass
    points: Points
    altitude_m: Floats  # n
    tunnel: tuple[bool, ...]  # n-1


@dataclass(frozen=True, slots=True)
class Town:
    """A county seat, or the capital beyond: its centre and all junctions of its streets."""

    division: Division
    centre: int
    junctions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """Junctions are numbered; `towns` and `villages` are by county code, `beyond` lies outside the city."""

    seed: int
    junctions: Points
    roads: tuple[Road, ...]
    towns: dict[int, Town]
    villages: dict[int, tuple[int, ...]]
    beyond: Town
    lines: tuple[tuple[RoadClass, Points], ...]  # the same roads in long pieces, for drawing
    terrain: Terrain

    def as_geojson(self) -> dict[str, object]:
        """A FeatureCollection of one MultiLineString a class, WGS-84: five decimals (a metre) in towns, four
        elsewhere, and no point more than the eye can see."""
        features = []
        for road_class in RoadClass:
            decimals = 5 if road_class in TOWN_CLASSES else 4
            lines = [
                [[round(float(lon), decimals), round(float(lat), decimals)] for lat, lon in points]
                for points in _simplified(
                    [points for drawn_class, points in self.lines if drawn_class is road_class],
                    _DRAWN_WITHIN_M[road_class],
                )
            ]
            features.append(
                {
                    "type": "Feature",
                    "properties": {"class": road_class.value, "limit_kmh": LIMIT_KMH[road_class]},
                    "geometry": {"type": "MultiLineString", "coordinates": lines},
                }
            )
        return {"type": "FeatureCollection", "name": "roads", "features": features}


def moved(lat: float, lon: float, east_m: float, north_m: float) -> tuple[float, float]:
    """The point so many metres away, in degrees; good to a metre over a few kilometres."""
    return lat + north_m / DEGREE_M, lon + east_m / (DEGREE_M * cos(radians(lat)))


def lengths_m(points: Points) -> Floats:
    """Metres of each segment of a line; good to a thousandth for segments of a few kilometres."""
    lat, lon = points[:, 0], points[:, 1]
    north = lat[1:] - lat[:-1]
    east = (lon[1:] - lon[:-1]) * np.cos((lat[:-1] + lat[1:]) * _HALF_RADIANS)
    return np.asarray(np.hypot(north, east) * DEGREE_M, dtype=np.float64)


def _simplified(lines: list[Points], within_m: float) -> list[Points]:
    drawn = shapely.simplify(np.array([shapely.linestrings(line) for line in lines]), within_m / DEGREE_M)
    return [shapely.get_coordinates(line) for line in drawn]
