"""Draws the whole network from one seed: towns, main roads, villages and the roads between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import cos, radians

import numpy as np
import shapely
from numpy.typing import NDArray

from fleet.geography.distance import haversine_many_m
from fleet.geography.divisions import COUNTIES, Division, division_index
from simulators.roads.crossings import Line, cut_at_crossings
from simulators.roads.network import TOWN_CLASSES, Road, RoadClass, RoadNetwork, Town, lengths_m
from simulators.roads.terrain import DEGREE_M, Points, Terrain
from simulators.roads.towns import draw_streets
from simulators.roads.ways import valley_way, winding_way

ROADS_SEED = 1
"""The demonstration city's roads; the page's copy is drawn from the same seed."""

CAPITAL = Division(530100, "昆明市", "Kunming", 25.04, 102.72)
"""Where the provincial road out of the city leads."""

_MAIN_ROADS = (
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
    (530304, 530100, RoadClass.TRUNK),
)
_SPURS = (  # provincial roads into the corners that no other main road touches
    (530326, (26.82, 103.52)),
    (530326, (26.30, 103.13)),
    (530381, (26.62, 104.15)),
    (530381, (26.45, 104.42)),
    (530381, (26.08, 103.82)),
    (530325, (25.50, 104.50)),
    (530324, (24.75, 104.44)),
    (530324, (24.98, 104.55)),
    (530323, (24.55, 104.22)),
)
_STREETS = {530302: 29, 530303: 15, 530381: 21, 530326: 19, 530100: 11}  # each way; the others have 17
_STEP_M = 220.0
_VILLAGES_APART_M = 5_600.0
_VILLAGE_TRIES = 9_000
_VILLAGE_FROM_SEAT_M = 5_500.0
_VILLAGE_FROM_ROAD_M = 900.0
_ACCESS_EVERY = 12  # points of a main road between two places where a village road may join
_LONGEST_VILLAGE_ROAD_M = 16_000.0
_TUNNEL_ABOVE_M = 85.0


@cache
def draw_roads(seed: int = ROADS_SEED) -> RoadNetwork:
    """The network of `seed`: the same seed gives the same roads, to the last bit. About a second of work, once."""
    return _Draughtsman(seed, np.random.default_rng(seed)).draw()


@dataclass(slots=True)
class _Draughtsman:
    seed: int
    rng: np.random.Generator
    terrain: Terrain = field(init=False)
    junctions: list[tuple[float, float]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    drawn: list[tuple[RoadClass, Points]] = field(default_factory=list)

    def draw(self) -> RoadNetwork:
        self.terrain = Terrain.of(self.rng)
        towns = {division.code: self._town(division) for division in (*COUNTIES, CAPITAL)}
        for start, end, road_class in _MAIN_ROADS:
            gate = self._gate(towns[start], towns[end].division)
            self._main_road(gate, self._gate(towns[end], towns[start].division), road_class)
        for code, (lat, lon) in _SPURS:
            corner = Division(0, "", "", lat, lon)
            self._main_road(self._gate(towns[code], corner), self._junction(lat, lon), RoadClass.PROVINCIAL)
        beyond = towns.pop(CAPITAL.code)
        villages = self._villages(towns)
        lines = cut_at_crossings(self.lines, self.junctions)
        junctions = np.array(self.junctions)
        return RoadNetwork(
            seed=self.seed,
            junctions=junctions,
            roads=self._roads(lines),
            towns=towns,
            villages=villages,
            beyond=beyond,
            lines=tuple(self.drawn),
            terrain=self.terrain,
        )

    def _junction(self, lat: float, lon: float) -> int:
        self.junctions.append((float(lat), float(lon)))
        return len(self.junctions) - 1

    def _town(self, division: Division) -> Town:
        count = _STREETS.get(division.code, 17)
        streets = draw_streets(self.rng, division.seat_lat, division.seat_lon, count)
        numbers = {cell: self._junction(*place) for cell, place in streets.places.items()}
        for a, b, road_class in streets.blocks:
            points = np.array([streets.places[a], streets.places[b]])
            self.lines.append(Line(numbers[a], numbers[b], road_class, points))
        for road_class, cells in streets.lines:
            self.drawn.append((road_class, np.array([streets.places[cell] for cell in cells])))
        return Town(division, numbers[streets.middle], tuple(numbers.values()))

    def _gate(self, town: Town, towards: Division) -> int:
        """The junction of the town that lies farthest in the direction of a place."""
        lat, lon = self.junctions[town.centre]
        squeeze = cos(radians(lat))
        north, east = towards.seat_lat - lat, (towards.seat_lon - lon) * squeeze
        return max(
            town.junctions,
            key=lambda j: (self.junctions[j][0] - lat) * north + (self.junctions[j][1] - lon) * squeeze * east,
        )

    def _main_road(self, start: int, end: int, road_class: RoadClass) -> None:
        points = valley_way(self.terrain, self.rng, self.junctions[start], self.junctions[end], _STEP_M)
        self.lines.append(Line(start, end, road_class, points))
        self.drawn.append((road_class, points))

    def _villages(self, towns: dict[int, Town]) -> dict[int, tuple[int, ...]]:
        """Villages all over the counties, joined to their neighbours and to the main roads."""
        access: list[int] = []
        for number, line in enumerate(self.lines):
            if line.road_class in TOWN_CLASSES:
                continue
            access += self._accesses(number, line)
        places = self._village_places()
        by_county: dict[int, list[int]] = {code: [] for code in towns}
        first = len(self.junctions)
        for lat, lon, code in places:
            by_county[code].append(self._junction(lat, lon))
        edge = [
            junction
            for town in towns.values()
            for junction in {
                self._gate(
                    town, Division(0, "", "", self.junctions[town.centre][0] + dy, self.junctions[town.centre][1] + dx)
                )
                for dy, dx in ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.7, -0.7), (0, -1), (0.7, -0.7))
            }
        ]
        nodes = [*range(first, len(self.junctions)), *access, *sorted(edge)]
        for a, b in self._neighbours(nodes, len(places)):
            points = winding_way(self.rng, self.junctions[a], self.junctions[b], _STEP_M)
            self.lines.append(Line(a, b, RoadClass.VILLAGE, points))
            self.drawn.append((RoadClass.VILLAGE, points))
        return {code: tuple(found) for code, found in sorted(by_county.items())}

    def _accesses(self, number: int, line: Line) -> list[int]:
        """Cut a main road into stretches; the new junctions between them."""
        cuts = list(range(_ACCESS_EVERY, len(line.points) - _ACCESS_EVERY // 2, _ACCESS_EVERY))
        if not cuts:
            return []
        new = [self._junction(*line.points[k]) for k in cuts]
        ends, marks = [line.start, *new, line.end], [0, *cuts, len(line.points) - 1]
        pieces = [
            Line(ends[k], ends[k + 1], line.road_class, line.points[marks[k] : marks[k + 1] + 1])
            for k in range(len(ends) - 1)
        ]
        self.lines[number] = pieces[0]
        self.lines += pieces[1:]
        return new

    def _village_places(self) -> list[tuple[float, float, int]]:
        """Places in the counties, apart from each other, from the seats and from the main roads."""
        low, high = np.array([24.3, 102.9]), np.array([27.1, 104.8])
        tries = low + (high - low) * self.rng.random((_VILLAGE_TRIES, 2))
        e7 = np.round(tries * 1e7).astype(np.int32)
        counties = division_index().lookup(e7[:, 0].copy(), e7[:, 1].copy())
        good = counties > 0
        for county in COUNTIES:
            away = haversine_many_m(tries[:, 0], tries[:, 1], county.seat_lat, county.seat_lon)
            good &= away > _VILLAGE_FROM_SEAT_M
        main = [line.points for line in self.lines if line.road_class not in TOWN_CLASSES]
        tree = shapely.STRtree(shapely.linestrings([points[:, ::-1] for points in _chunks(main)]))
        near = tree.query(shapely.points(tries[:, ::-1]), predicate="dwithin", distance=_VILLAGE_FROM_ROAD_M / DEGREE_M)
        good[np.unique(near[0])] = False
        squeeze = np.array([DEGREE_M, DEGREE_M * cos(radians(25.7))])
        taken: NDArray[np.float64] = np.zeros((0, 2))
        found: list[tuple[float, float, int]] = []
        for (lat, lon), code in zip(tries[good].tolist(), counties[good].tolist(), strict=True):
            here = np.array([lat, lon]) * squeeze
            if len(taken) and np.min(np.sum((taken - here) ** 2, axis=1)) < _VILLAGES_APART_M**2:
                continue
            taken = np.concatenate([taken, [here]])
            found.append((lat, lon, code))
        return found

    def _neighbours(self, nodes: list[int], villages: int) -> list[tuple[int, int]]:
        """Pairs with nobody between them (the relative neighbourhood graph); the first `villages` nodes are villages,
        and of each pair at least one is."""
        places = np.array([self.junctions[node] for node in nodes]) * np.array(
            [DEGREE_M, DEGREE_M * cos(radians(25.7))]
        )
        points = shapely.multipoints(places)
        edges = shapely.delaunay_triangles(points, only_edges=True)
        index = {(float(x), float(y)): k for k, (x, y) in enumerate(places)}
        found = []
        for edge in shapely.get_parts(edges):
            (ax, ay), (bx, by) = shapely.get_coordinates(edge).tolist()
            a, b = sorted((index[ax, ay], index[bx, by]))
            length2 = (ax - bx) ** 2 + (ay - by) ** 2
            if a >= villages or length2 > _LONGEST_VILLAGE_ROAD_M**2:
                continue
            to_a = np.sum((places - places[a]) ** 2, axis=1)
            to_b = np.sum((places - places[b]) ** 2, axis=1)
            if np.count_nonzero(np.maximum(to_a, to_b) < length2 * 0.999) == 0:
                found.append((nodes[a], nodes[b]))
        return sorted(found)

    def _roads(self, lines: list[Line]) -> tuple[Road, ...]:
        """The lines with their altitudes and tunnels, asked for all at once."""
        ends = np.cumsum([len(line.points) for line in lines])[:-1]
        levels = np.split(self.terrain.level_m(np.concatenate([line.points for line in lines])), ends)
        main = [line for line in lines if line.road_class in (RoadClass.TRUNK, RoadClass.PROVINCIAL)]
        middles = np.concatenate([(line.points[:-1] + line.points[1:]) / 2 for line in main])
        above = self.terrain.ground_m(middles) - self.terrain.level_m(middles)
        cuts = np.split(above > _TUNNEL_ABOVE_M, np.cumsum([len(line.points) - 1 for line in main])[:-1])
        tunnels = {id(line): tuple(cut.tolist()) for line, cut in zip(main, cuts, strict=True)}
        return tuple(
            Road(
                *(line.start, line.end, line.road_class, line.points, level),
                tunnels.get(id(line), (False,) * (len(line.points) - 1)),
            )
            for line, level in zip(lines, levels, strict=True)
        )


def _chunks(lines: list[Points]) -> list[Points]:
    return [points[k : k + 2] for points in lines for k in range(len(points) - 1)]


__all__ = ["CAPITAL", "ROADS_SEED", "draw_roads", "lengths_m"]
