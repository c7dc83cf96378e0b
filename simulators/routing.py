"""The quickest way along the roads: what it costs, at once, and its geometry when somebody drives it.

One tree of quickest ways a junction, kept with the sums along them, so that planning a day asks for numbers only.
The way from A to B is the way from B to A backwards.
"""

from __future__ import annotations

import heapq
from array import array
from collections import OrderedDict
from dataclasses import dataclass
from math import cos, pi, radians

import numpy as np
import shapely
from numpy.typing import NDArray

from fleet.geography.divisions import COUNTIES, division_index
from simulators.roads import (
    DEGREE_M,
    LANE_OFFSET_M,
    LIMIT_KMH,
    TOWN_CLASSES,
    Floats,
    Points,
    RoadClass,
    RoadNetwork,
    lengths_m,
)

_ACCESS_KMH = 15.0
_TOWN_CROSSING_S = 9.0  # slowing down, and a red light now and then
_CROSSING_S = 2.0
_SIDEWAYS_MS2 = 2.2  # what a driver bears in a bend
_ROUTES_KEPT = 1_500
_IN_COUNTY_M = 300.0  # a road that grazes a border does not count
_CODES = (0, *sorted(county.code for county in COUNTIES))  # 0: beyond the city
_SQUEEZE = cos(radians(25.7))

Place = tuple[float, float]  # latitude, longitude in degrees


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a place touches the roads: its own point, the foot on a road, and the junction it is counted from."""

    place: Place
    foot: Place
    away_m: float  # from the place to the foot
    road: int
    foot_m: float  # along the road, from its start
    junction: int  # the nearer end of the road
    part_m: float  # from the foot to the junction


@dataclass(frozen=True, slots=True)
class Way:
    """What a way costs: metres, seconds of free driving, metres up and down, crossings in town.

    `counties`: which it runs through, a bit for each; `counties_of` says their codes.
    """

    distance_m: float
    drive_s: float
    up_m: float
    down_m: float
    crossings: float
    counties: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """A way to drive: n points in their lane, n-1 segments. `crossing[k]`: point k is a crossing in town."""

    points: Points
    lengths_m: Floats
    limits_ms: Floats  # the speed limit, and what bends allow
    altitude_m: Floats
    tunnel: NDArray[np.bool_]
    crossing: NDArray[np.bool_]

    @property
    def distance_m(self) -> float:
        return float(self.lengths_m.sum())


@dataclass(slots=True)
class _Tree:
    """For each junction: the way to the root. `road` is the next one (-1 at the root), `last` the one that enters the
    root."""

    road: array[int]
    last: array[int]
    distance_m: array[float]
    drive_s: array[float]
    up_m: array[float]  # climbed on the way towards the root
    down_m: array[float]
    crossings: array[float]
    counties: array[int]


class Router:
    """Finds ways in one network. Keeps a tree for each junction that was asked for, and the latest geometries."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._hops: list[list[tuple[int, int]]] = [[] for _ in network.junctions]
        self._length_m: list[float] = []
        self._drive_s: list[float] = []
        self._up_m: list[float] = []
        self._down_m: list[float] = []
        self._town: list[bool] = []
        self._counties = _counties_of_roads(network)
        self._tunnel = [np.array(road.tunnel, dtype=np.bool_) for road in network.roads]
        for number, road in enumerate(network.roads):
            lengths = lengths_m(road.points)
            self._length_m.append(float(lengths.sum()))
            limits = np.minimum(LIMIT_KMH[road.road_class] / 3.6, _bend_limits_ms(road.points, lengths))
            town = road.road_class in TOWN_CLASSES
            self._town.append(town)
            self._drive_s.append(float((lengths / limits).sum()) + (_TOWN_CROSSING_S if town else _CROSSING_S))
            climbs = road.altitude_m[1:] - road.altitude_m[:-1]
            self._up_m.append(float(np.maximum(climbs, 0).sum()))
            self._down_m.append(float(np.maximum(-climbs, 0).sum()))
            self._hops[road.start].append((road.end, number))
            self._hops[road.end].append((road.start, number))
        self._trees: dict[int, _Tree] = {}
        self._routes: OrderedDict[tuple[Place, Place], Route] = OrderedDict()
        starts = np.concatenate([road.points[:-1] for road in network.roads])
        ends = np.concatenate([road.points[1:] for road in network.roads])
        flat = np.array([DEGREE_M, DEGREE_M * _SQUEEZE])
        self._segment_road = np.repeat(np.arange(len(network.roads)), [len(road.points) - 1 for road in network.roads])
        self._segments = shapely.STRtree(shapely.linestrings(np.stack([starts * flat, ends * flat], 1)))
        counts = [len(road.points) for road in network.roads]
        every = np.concatenate([road.points for road in network.roads]) * flat
        self._lines = shapely.linestrings(every, indices=np.repeat(np.arange(len(counts)), counts))
        self._flat = flat

    def position(self, junction: int) -> Place:
        lat, lon = self._network.junctions[junction]
        return float(lat), float(lon)

    def anchor(self, lat: float, lon: float) -> Anchor:
        """The nearest point of any road to a point in degrees."""
        here = shapely.points(np.array([lat, lon]) * self._flat)
        number = int(self._segment_road[int(self._segments.nearest(here))])
        road, line = self._network.roads[number], self._lines[number]
        share = float(shapely.line_locate_point(line, here, normalized=True))
        foot = shapely.get_coordinates(shapely.line_interpolate_point(line, share, normalized=True))[0] / self._flat
        foot_m = share * self._length_m[number]
        start_nearer = share <= 0.5
        return Anchor(
            place=(lat, lon),
            foot=(float(foot[0]), float(foot[1])),
            away_m=float(lengths_m(np.array([(lat, lon), foot]))[0]),
            road=number,
            foot_m=foot_m,
            junction=road.start if start_nearer else road.end,
            part_m=foot_m if start_nearer else self._length_m[number] - foot_m,
        )

    def way(self, start: Anchor, end: Anchor) -> Way:
        """The cost of the quickest way between two places."""
        access_m = start.away_m + end.away_m
        access_s = access_m / (_ACCESS_KMH / 3.6)
        if start.road == end.road:
            along_m = abs(start.foot_m - end.foot_m)
            share = along_m / self._length_m[start.road]
            drive_s = access_s + share * self._drive_s[start.road]
            up_m, down_m = self._up_m[start.road] * share, self._down_m[start.road] * share
            return Way(access_m + along_m, drive_s, up_m, down_m, 0.0, self._counties[start.road])
        root, leaf = (start, end) if start.junction < end.junction else (end, start)
        tree = self._tree(root.junction)
        at = leaf.junction
        distance_m, drive_s = tree.distance_m[at] + access_m, tree.drive_s[at] + access_s
        for anchor, first in ((leaf, tree.road[at]), (root, tree.last[at])):
            # Who lives on the road that the way takes anyway does not drive to its other end first.
            part_m = -anchor.part_m if first == anchor.road else anchor.part_m
            distance_m += part_m
            drive_s += part_m / self._length_m[anchor.road] * self._drive_s[anchor.road]
        up_m, down_m = tree.up_m[at], tree.down_m[at]
        if leaf is end:
            up_m, down_m = down_m, up_m
        counties = tree.counties[at] | self._counties[start.road] | self._counties[end.road]
        return Way(distance_m, max(drive_s, 1.0), up_m, down_m, tree.crossings[at], counties)

    def route(self, start: Anchor, end: Anchor) -> Route:
        """The geometry of the same way, from place to place."""
        key = (start.place, end.place)
        found = self._routes.get(key)
        if found is None:
            found = self._routes[key] = self._trace(start, end)
            if len(self._routes) > _ROUTES_KEPT:
                self._routes.popitem(last=False)
        else:
            self._routes.move_to_end(key)
        return found

    def roads_between(self, start: int, end: int) -> list[tuple[int, bool]]:
        """The numbers of the roads of the quickest way between two junctions; True = driven from start to end."""
        if end > start:
            return [(number, not forward) for number, forward in reversed(self.roads_between(end, start))]
        tree = self._tree(end)
        way, here = [], start
        while here != end:
            number = tree.road[here]
            road = self._network.roads[number]
            forward = road.start == here
            way.append((number, forward))
            here = road.end if forward else road.start
        return way

    def _trace(self, start: Anchor, end: Anchor) -> Route:
        pieces: list[tuple[int, float, float]] = []  # road, from and to in metres along it
        if start.road == end.road:
            pieces.append((start.road, start.foot_m, end.foot_m))
        else:
            way = self.roads_between(start.junction, end.junction)
            begin_m, end_m = start.foot_m, end.foot_m
            if not way or way[0][0] != start.road:
                pieces.append((start.road, begin_m, self._at_junction(start)))
            elif len(way) == 1 and way[0][0] == end.road:
                pieces.append((start.road, begin_m, end_m))
                way = []
            else:
                pieces.append((start.road, begin_m, self._length_m[start.road] if way[0][1] else 0.0))
                way = way[1:]
            last: tuple[int, float, float] | None = (end.road, self._at_junction(end), end_m)
            if way and way[-1][0] == end.road:
                last = (end.road, 0.0 if way[-1][1] else self._length_m[end.road], end_m)
                way = way[:-1]
            elif pieces[-1][0] == end.road:
                last = None
            pieces += [(n, 0.0, self._length_m[n]) if f else (n, self._length_m[n], 0.0) for n, f in way]
            if last is not None:
                pieces.append(last)
        return self._lay(start.place, end.place, pieces)

    def _at_junction(self, anchor: Anchor) -> float:
        return 0.0 if self._network.roads[anchor.road].start == anchor.junction else self._length_m[anchor.road]

    def _lay(self, start: Place, end: Place, pieces: list[tuple[int, float, float]]) -> Route:
        points, altitudes, limits, tunnels, crossings, offsets = [], [], [], [], [], []
        for number, from_m, to_m in pieces:
            road = self._network.roads[number]
            whole = abs(to_m - from_m) >= self._length_m[number]
            if whole:
                part, altitude, tunnel = road.points, road.altitude_m, self._tunnel[number]
                if from_m > to_m:
                    part, altitude, tunnel = part[::-1], altitude[::-1], tunnel[::-1]
            else:
                part, altitude, tunnel = _part(road.points, road.altitude_m, self._tunnel[number], from_m, to_m)
            count = len(part) - 1
            points.append(part[:-1])
            altitudes.append(altitude[:-1])
            limits.append(np.full(count, LIMIT_KMH[road.road_class] / 3.6))
            tunnels.append(tunnel)
            offsets.append(np.full(count, LANE_OFFSET_M[road.road_class]))
            crossing = np.zeros(count, dtype=np.bool_)
            crossing[0] = road.road_class in TOWN_CLASSES
            crossings.append(crossing)
        line = np.concatenate([*points, part[-1:]])
        offset = np.concatenate([*offsets, offsets[-1][-1:]])
        line = _in_lane(line, offset)
        level = np.concatenate([*altitudes, altitude[-1:]])
        line = np.concatenate([[start], line, [end]])
        lengths = lengths_m(line)
        access = np.array([_ACCESS_KMH / 3.6])
        limit = np.concatenate([access, *limits, access])
        no = np.array([False])
        crossing = np.concatenate([no, *crossings, no, no])
        crossing[1] = False
        keep = np.concatenate([[True], lengths > 0.3])
        keep[-1] = True
        if not keep[1:-1].any():
            keep[:] = [True, *[False] * (len(keep) - 2), True]
        kept = np.flatnonzero(keep)
        line, crossing = line[kept], crossing[kept]
        lengths = np.maximum(lengths_m(line), 1e-3)
        limit = limit[np.maximum(kept[1:] - 1, 0)]
        limit = np.minimum(limit, _bend_limits_ms(line, lengths))
        tunnel = np.concatenate([no, *tunnels, no])[np.maximum(kept[1:] - 1, 0)]
        return Route(line, lengths, limit, np.concatenate([level[:1], level, level[-1:]])[kept], tunnel, crossing)

    def _tree(self, root: int) -> _Tree:
        tree = self._trees.get(root)
        if tree is not None:
            return tree
        count = len(self._hops)
        nowhere, nothing = array("i", [-1]) * count, array("d", [0.0]) * count
        tree = _Tree(
            *(nowhere[:], nowhere),
            *(nothing[:], nothing[:], nothing[:], nothing[:], nothing),
            array("H", [0]) * count,
        )
        best_s = [float("inf")] * count
        best_s[root] = 0.0
        done = [False] * count
        frontier = [(0.0, root)]
        drive_s, hops, roads = self._drive_s, self._hops, self._network.roads
        while frontier:
            seconds, here = heapq.heappop(frontier)
            if done[here]:
                continue
            done[here] = True
            number = tree.road[here]
            if number >= 0:
                self._sum_up(tree, here, number, roads[number].start == here)
            for there, road in hops[here]:
                candidate = seconds + drive_s[road]
                if candidate < best_s[there]:
                    best_s[there] = candidate
                    tree.road[there] = road
                    heapq.heappush(frontier, (candidate, there))
        self._trees[root] = tree
        return tree

    def _sum_up(self, tree: _Tree, here: int, number: int, forward: bool) -> None:
        """The sums of a junction follow from those of the next one towards the root."""
        road = self._network.roads[number]
        there = road.end if forward else road.start
        tree.last[here] = tree.last[there] if tree.road[there] >= 0 else number
        tree.distance_m[here] = tree.distance_m[there] + self._length_m[number]
        tree.drive_s[here] = tree.drive_s[there] + self._drive_s[number]
        up_m, down_m = self._up_m[number], self._down_m[number]
        tree.up_m[here] = tree.up_m[there] + (up_m if forward else down_m)
        tree.down_m[here] = tree.down_m[there] + (down_m if forward else up_m)
        tree.crossings[here] = tree.crossings[there] + self._town[number]
        tree.counties[here] = tree.counties[there] | self._counties[number]


def counties_of(bits: int) -> frozenset[int]:
    """The codes of the counties that `Way.counties` means; 0 stands for everything beyond the city."""
    return frozenset(code for place, code in enumerate(_CODES) if bits >> place & 1)


def _counties_of_roads(network: RoadNetwork) -> list[int]:
    """For each road a bit for every county it runs through, by the middles of its segments."""
    middles = np.concatenate([(road.points[:-1] + road.points[1:]) / 2 for road in network.roads])
    e7 = np.round(middles * 1e7).astype(np.int32)
    codes = division_index().lookup(np.ascontiguousarray(e7[:, 0]), np.ascontiguousarray(e7[:, 1]))
    found: list[int] = []
    begin = 0
    for road in network.roads:
        lengths = lengths_m(road.points)
        here = codes[begin : begin + len(lengths)]
        begin += len(lengths)
        enough_m = min(_IN_COUNTY_M, float(lengths.sum()) / 2)
        found.append(
            sum(1 << place for place, code in enumerate(_CODES) if float(lengths[here == code].sum()) >= enough_m)
        )
    return found


def _bend_limits_ms(points: Points, lengths: Floats) -> Floats:
    """What the bend at the end of each segment, and at its beginning, allows on it; a sharp corner is taken later,
    when the drive is planned."""
    limits = np.full(len(lengths), 99.0)
    if len(lengths) < 2:
        return limits
    turns = turns_rad(points)
    radius_m = (lengths[:-1] + lengths[1:]) / 2 / np.maximum(turns, 1e-4)
    speed = np.sqrt(_SIDEWAYS_MS2 * radius_m)
    speed[turns > pi / 6] = 99.0
    limits[:-1] = np.minimum(limits[:-1], speed)
    limits[1:] = np.minimum(limits[1:], speed)
    return np.asarray(np.maximum(limits, 5.0), dtype=np.float64)


def turns_rad(points: Points) -> Floats:
    """By how much the direction changes at each inner point, without its sign."""
    north = np.diff(points[:, 0])
    east = np.diff(points[:, 1]) * _SQUEEZE
    direction = np.arctan2(east, north)
    return np.asarray(np.abs((np.diff(direction) + pi) % (2 * pi) - pi), dtype=np.float64)


def _part(
    points: Points, altitude_m: Floats, tunnel: NDArray[np.bool_], from_m: float, to_m: float
) -> tuple[Points, Floats, NDArray[np.bool_]]:
    """The stretch of a road between two marks, in the direction from the one to the other."""
    lengths = lengths_m(points)
    marks = np.concatenate([[0.0], np.cumsum(lengths)])
    low, high = (from_m, to_m) if from_m <= to_m else (to_m, from_m)
    inner = marks[(marks > low + 0.01) & (marks < high - 0.01)]
    wanted = np.concatenate([[low], inner, [high]])
    part = np.stack([np.interp(wanted, marks, points[:, 0]), np.interp(wanted, marks, points[:, 1])], 1)
    altitude = np.interp(wanted, marks, altitude_m)
    segment = np.clip(np.searchsorted(marks, wanted[:-1], side="right") - 1, 0, len(lengths) - 1)
    tunnels = tunnel[segment]
    if from_m > to_m:
        return part[::-1], altitude[::-1], tunnels[::-1]
    return part, altitude, tunnels


def _in_lane(line: Points, offset_m: Floats) -> Points:
    """The line moved to the right of its direction."""
    if len(line) < 2:
        return line
    scale = np.array([1.0, _SQUEEZE])
    steps = np.diff(line, axis=0) * scale
    size = np.hypot(steps[:, 0], steps[:, 1])
    steps /= np.maximum(size, 1e-12)[:, None]
    direction = np.concatenate([steps[:1], steps[:-1] + steps[1:], steps[-1:]])
    direction /= np.maximum(np.hypot(direction[:, 0], direction[:, 1]), 0.2)[:, None]
    right = np.stack([-direction[:, 1], direction[:, 0]], 1)
    return np.asarray(line + (offset_m / DEGREE_M)[:, None] * right / scale, dtype=np.float64)


__all__ = ["Anchor", "Place", "RoadClass", "Route", "Router", "Way", "counties_of"]
