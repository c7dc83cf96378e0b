"""The city's roads as the project itself draws them, from one seed and no outside data.

Winding trunk roads between the nine county seats, a provincial road out of the city, a street grid around each seat,
village roads. Not a copy of any real road: enough for vehicles to move as on roads, and for the page to draw them.

`python -m simulators.roads > roads.geojson` writes the network as the page uses it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from math import atan2, cos, hypot, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

from fleet.geography.distance import EARTH_RADIUS_M
from fleet.geography.divisions import COUNTIES, Division, division_index

Points = NDArray[np.float64]  # shape (n, 2): latitude, longitude in degrees

ROADS_SEED = 1
"""The demonstration city's roads; the page's copy is drawn from the same seed."""

DEGREE_M = EARTH_RADIUS_M * pi / 180


class RoadClass(StrEnum):
    TRUNK = "trunk"
    PROVINCIAL = "provincial"
    AVENUE = "avenue"
    STREET = "street"
    VILLAGE = "village"


LIMIT_KMH = {
    RoadClass.TRUNK: 90.0,
    RoadClass.PROVINCIAL: 70.0,
    RoadClass.AVENUE: 50.0,
    RoadClass.STREET: 35.0,
    RoadClass.VILLAGE: 40.0,
}

_TRUNKS = (
    (530302, 530303, RoadClass.TRUNK),
    (530303, 530381, RoadClass.TRUNK),
    (530302, 530304, RoadClass.TRUNK),
    (530302, 530322, RoadClass.TRUNK),
    (530322, 530323, RoadClass.TRUNK),
    (530323, 530324, RoadClass.TRUNK),
    (530302, 530325, RoadClass.TRUNK),
    (530303, 530326, RoadClass.TRUNK),
    (530324, 530325, RoadClass.PROVINCIAL),
    (530325, 530381, RoadClass.PROVINCIAL),
    (530326, 530381, RoadClass.PROVINCIAL),
    (530304, 530322, RoadClass.PROVINCIAL),
    (530302, 530324, RoadClass.PROVINCIAL),
)
_WAY_OUT = (530304, (25.33, 102.93))  # westwards, towards the provincial capital
_SPURS = (  # county roads into the corners that no trunk road touches; each ends at a township
    (530326, (26.82, 103.52)),
    (530326, (26.30, 103.13)),
    (530381, (26.62, 104.15)),
    (530381, (26.45, 104.42)),
    (530381, (26.08, 103.82)),
    (530303, (25.93, 103.70)),
    (530325, (25.50, 104.50)),
    (530324, (24.75, 104.44)),
    (530324, (24.98, 104.55)),
    (530323, (24.55, 104.22)),
    (530322, (24.88, 103.55)),
    (530304, (25.25, 103.42)),
)
_BLOCKS = {530302: 15, 530303: 9, 530381: 11}  # streets each way; the others have 8
_VILLAGE_EVERY_M = 5_500.0


@dataclass(frozen=True, slots=True)
class Road:
    """A stretch between two junctions, passable both ways."""

    start: int
    end: int
    road_class: RoadClass
    points: Points  # from the start junction to the end junction, both included


@dataclass(frozen=True, slots=True)
class Town:
    """A county seat: its centre junction and all junctions of its street grid."""

    division: Division
    centre: int
    junctions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """Junctions are numbered; `towns` and `villages` are by county code, `beyond` lies outside the city."""

    junctions: Points
    roads: tuple[Road, ...]
    towns: dict[int, Town]
    villages: dict[int, tuple[int, ...]]
    beyond: tuple[int, ...]
    lines: tuple[tuple[RoadClass, Points], ...]  # the same roads in long pieces, for drawing

    def as_geojson(self) -> dict[str, object]:
        """A FeatureCollection of one MultiLineString a class, WGS-84, five decimals (a metre)."""
        features = []
        for road_class in RoadClass:
            lines = [
                [[round(float(lon), 5), round(float(lat), 5)] for lat, lon in points]
                for drawn_class, points in self.lines
                if drawn_class is road_class
            ]
            features.append(
                {
                    "type": "Feature",
                    "properties": {"class": road_class.value, "limit_kmh": LIMIT_KMH[road_class]},
                    "geometry": {"type": "MultiLineString", "coordinates": lines},
                }
            )
        return {"type": "FeatureCollection", "name": "roads", "features": features}


def draw_roads(seed: int = ROADS_SEED) -> RoadNetwork:
    """The network of `seed`: the same seed gives the same roads, to the last bit."""
    return _Draughtsman(np.random.default_rng(seed)).draw()


@dataclass(slots=True)
class _Draughtsman:
    rng: np.random.Generator
    junctions: list[tuple[float, float]] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    lines: list[tuple[RoadClass, Points]] = field(default_factory=list)
    villages: dict[int, list[int]] = field(default_factory=dict)

    def draw(self) -> RoadNetwork:
        towns = {division.code: self._town(division) for division in COUNTIES}
        for start, end, road_class in _TRUNKS:
            gate = self._gate(towns[start], self.junctions[towns[end].centre])
            other_gate = self._gate(towns[end], self.junctions[towns[start].centre])
            self._trunk(gate, other_gate, road_class)
        for code, place in _SPURS:
            township = self._junction(*place)
            self._trunk(self._gate(towns[code], place), township, RoadClass.PROVINCIAL)
            self.villages.setdefault(_county_of(place), []).append(township)
        code, place = _WAY_OUT
        beyond = self._junction(*place)
        self._trunk(self._gate(towns[code], place), beyond, RoadClass.PROVINCIAL)
        return RoadNetwork(
            junctions=np.array(self.junctions),
            roads=tuple(self.roads),
            towns=towns,
            villages={code: tuple(ends) for code, ends in sorted(self.villages.items())},
            beyond=(beyond,),
            lines=tuple(self.lines),
        )

    def _junction(self, lat: float, lon: float) -> int:
        self.junctions.append((float(lat), float(lon)))
        return len(self.junctions) - 1

    def _town(self, division: Division) -> Town:
        """A grid of streets, turned and jittered, without its corners; some streets are missing, all connected."""
        count = _BLOCKS.get(division.code, 8)
        spacing_m = float(self.rng.uniform(320, 400))
        turn = float(self.rng.uniform(-0.5, 0.5))
        grid: dict[tuple[int, int], int] = {}
        middle = (count - 1) / 2
        for i in range(count):
            for j in range(count):
                if hypot(i - middle, j - middle) > middle * 1.15:
                    continue
                east, north = self.rng.normal((i - middle, j - middle), 0.08) * spacing_m
                grid[i, j] = self._junction(
                    *_moved(
                        division.seat_lat,
                        division.seat_lon,
                        east * cos(turn) - north * sin(turn),
                        east * sin(turn) + north * cos(turn),
                    )
                )
        # All middle streets are avenues; the tree over the rest keeps the town connected when streets are left out.
        parent = {junction: junction for junction in grid.values()}
        pairs = [(a, b) for a in grid for b in ((a[0] + 1, a[1]), (a[0], a[1] + 1)) if b in grid]
        order = self.rng.permutation(len(pairs))
        missing = self.rng.random(len(pairs)) < 0.12
        kept: set[tuple[tuple[int, int], tuple[int, int]]] = set()
        for number in order:
            a, b = pairs[number]
            root_a, root_b = _root(parent, grid[a]), _root(parent, grid[b])
            if root_a != root_b or not missing[number] or self._avenue(a, b, int(middle)):
                parent[root_a] = root_b
                kept.add((a, b))
        for a, b in pairs:
            if (a, b) in kept:
                road_class = RoadClass.AVENUE if self._avenue(a, b, int(middle)) else RoadClass.STREET
                points = np.array([self.junctions[grid[a]], self.junctions[grid[b]]])
                self.roads.append(Road(grid[a], grid[b], road_class, points))
        self._draw_streets(grid, kept, count, int(middle))
        return Town(division, grid[int(middle), int(middle)], tuple(grid.values()))

    @staticmethod
    def _avenue(a: tuple[int, int], b: tuple[int, int], middle: int) -> bool:
        return a[0] == b[0] == middle or a[1] == b[1] == middle

    def _draw_streets(
        self,
        grid: dict[tuple[int, int], int],
        kept: set[tuple[tuple[int, int], tuple[int, int]]],
        count: int,
        middle: int,
    ) -> None:
        """Join the kept blocks of each street into the longest lines."""
        for across in (False, True):
            for street in range(count):
                cells = [(street, k) if across else (k, street) for k in range(count)]
                line: list[tuple[float, float]] = []
                for a, b in pairwise(cells):
                    if (a, b) in kept:
                        line = line or [self.junctions[grid[a]]]
                        line.append(self.junctions[grid[b]])
                    else:
                        self._draw_line(RoadClass.AVENUE if street == middle else RoadClass.STREET, line)
                        line = []
                self._draw_line(RoadClass.AVENUE if street == middle else RoadClass.STREET, line)

    def _draw_line(self, road_class: RoadClass, line: list[tuple[float, float]]) -> None:
        if line:
            self.lines.append((road_class, np.array(line)))

    def _gate(self, town: Town, towards: tuple[float, float]) -> int:
        """The junction of the town's grid that lies farthest in the direction of a place."""
        lat, lon = self.junctions[town.centre]
        north, east = towards[0] - lat, (towards[1] - lon) * cos(radians(lat))
        return max(
            town.junctions,
            key=lambda j: (
                (self.junctions[j][0] - lat) * north + (self.junctions[j][1] - lon) * cos(radians(lat)) * east
            ),
        )

    def _trunk(self, start: int, end: int, road_class: RoadClass) -> None:
        """A winding road with a village road every few kilometres."""
        points = self._winding(self.junctions[start], self.junctions[end], sway=0.07)
        self.lines.append((road_class, points))
        steps = _lengths_m(points)
        junction, begin, since_m = start, 0, 0.0
        for k in range(1, len(points) - 1):
            since_m += float(steps[k - 1])
            if since_m < _VILLAGE_EVERY_M * float(self.rng.uniform(0.7, 1.5)) or k < 3 or k > len(points) - 4:
                continue
            village = self._village_at(points[k], points[k + 1] - points[k])
            if village is None:
                continue
            crossing = self._junction(*points[k])
            self.roads.append(Road(junction, crossing, road_class, points[begin : k + 1]))
            way = self._winding((points[k][0], points[k][1]), village, sway=0.12)
            end_of_way = self._junction(*village)
            self.roads.append(Road(crossing, end_of_way, RoadClass.VILLAGE, way))
            self.lines.append((RoadClass.VILLAGE, way))
            self.villages.setdefault(_county_of(village), []).append(end_of_way)
            junction, begin, since_m = crossing, k, 0.0
        self.roads.append(Road(junction, end, road_class, points[begin:]))

    def _village_at(self, crossing: Points, along: Points) -> tuple[float, float] | None:
        """A place some kilometres to one side of a trunk road, in the city and away from the county seats."""
        side = -1.0 if self.rng.random() < 0.5 else 1.0
        bearing = atan2(along[0], along[1]) + side * float(self.rng.uniform(0.3, 0.7)) * pi
        distance_m = float(self.rng.uniform(2_500, 9_000))
        lat, lon = _moved(crossing[0], crossing[1], distance_m * cos(bearing), distance_m * sin(bearing))
        if not _county_of((lat, lon)):
            return None
        if any(hypot(lat - d.seat_lat, lon - d.seat_lon) < 0.05 for d in COUNTIES):
            return None
        return lat, lon

    def _winding(self, start: tuple[float, float], end: tuple[float, float], sway: float) -> Points:
        """A road through hills: a straight line bent by waves of several lengths that fade out at its ends."""
        scale = np.array([1.0, cos(radians(start[0]))])
        way = (np.array(end) - np.array(start)) * scale
        length_m = float(np.hypot(*way)) * DEGREE_M
        u = np.linspace(0.0, 1.0, max(4, int(length_m / 800) + 1))
        aside_m = np.zeros_like(u)
        waves = ((length_m * 1.3, sway * length_m), (length_m / 2.2, sway * length_m / 2), (9_000, 700), (3_300, 260))
        for wave_m, swing_m in waves:
            if wave_m < 3_000:
                continue
            phase, strength = self.rng.uniform(0, 2 * pi), self.rng.uniform(0.5, 1.0)
            aside_m += min(swing_m, wave_m / 8) * strength * np.sin(2 * pi * u * length_m / wave_m + phase)
        aside_m *= np.minimum(1.0, np.minimum(u, 1 - u) * length_m / min(6_000.0, length_m / 2))
        across = np.array([way[1], -way[0]]) / np.hypot(*way)
        points: Points = np.array(start) + (u[:, None] * way + (aside_m / DEGREE_M)[:, None] * across) / scale
        points[-1] = end
        return points


def _root(parent: dict[int, int], junction: int) -> int:
    while parent[junction] != junction:
        parent[junction] = parent[parent[junction]]
        junction = parent[junction]
    return junction


def _moved(lat: float, lon: float, east_m: float, north_m: float) -> tuple[float, float]:
    return lat + north_m / DEGREE_M, lon + east_m / (DEGREE_M * cos(radians(lat)))


def _lengths_m(points: Points) -> NDArray[np.float64]:
    north = np.diff(points[:, 0])
    east = np.diff(points[:, 1]) * np.cos(np.radians(points[:-1, 0]))
    return np.asarray(np.hypot(north, east) * DEGREE_M, dtype=np.float64)


def _county_of(place: tuple[float, float]) -> int:
    """The county's code; 0 = outside the city."""
    lat_e7, lon_e7 = (np.array([round(degrees * 1e7)], dtype=np.int32) for degrees in place)
    return int(division_index().lookup(lat_e7, lon_e7)[0])


def main() -> None:
    json.dump(draw_roads().as_geojson(), sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
