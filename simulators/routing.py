"""The quickest way along the roads, and its geometry.

One tree of next hops a destination, kept: vehicles of a fleet go to the same few hundred places again and again.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.geography.distance import haversine_many_m
from simulators.roads import LIMIT_KMH, Points, Road, RoadClass, RoadNetwork

_ACCESS_LIMIT_KMH = 15.0


@dataclass(frozen=True, slots=True)
class Route:
    """A way to drive: n points, n-1 segments. `in_town[k]` says that point k is a crossing of town streets."""

    points: Points
    lengths_m: NDArray[np.float64]
    limits_kmh: NDArray[np.float64]
    in_town: NDArray[np.bool_]

    @property
    def distance_m(self) -> float:
        return float(self.lengths_m.sum())


class Router:
    """Finds ways in one network. Keeps at most one list of next hops for each junction of the network."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._roads: list[list[tuple[int, float, int, bool]]] = [[] for _ in network.junctions]
        for number, road in enumerate(network.roads):
            length_m = float(_segment_lengths_m(road.points).sum())
            seconds = length_m / (LIMIT_KMH[road.road_class] / 3.6) + 4.0
            self._roads[road.start].append((road.end, seconds, number, True))
            self._roads[road.end].append((road.start, seconds, number, False))
        self._trees: dict[int, list[tuple[int, int, bool] | None]] = {}

    def nearest(self, lat: float, lon: float) -> int:
        """The junction nearest to a point in degrees."""
        junctions = self._network.junctions
        return int(np.argmin(haversine_many_m(junctions[:, 0], junctions[:, 1], lat, lon)))

    def position(self, junction: int) -> tuple[float, float]:
        lat, lon = self._network.junctions[junction]
        return float(lat), float(lon)

    def roads_between(self, start: int, end: int) -> list[tuple[Road, bool]]:
        """The roads of the quickest way, in order; True = driven from its start to its end.

        Raises ValueError where no road leads from one to the other.
        """
        tree = self._tree(end)
        way, here = [], start
        while here != end:
            hop = tree[here]
            if hop is None:
                raise ValueError(f"no road leads from junction {start} to junction {end}")
            here, number, forward = hop
            way.append((self._network.roads[number], forward))
        return way

    def route(self, start: tuple[float, float], end: tuple[float, float]) -> Route:
        """The way between two points in degrees: straight to the nearest junction, along the roads, straight again."""
        first, last = self.nearest(*start), self.nearest(*end)
        pieces = [np.array([start, self.position(first)])]
        limits = [np.array([_ACCESS_LIMIT_KMH])]
        crossings = [np.array([False])]
        for road, forward in self.roads_between(first, last):
            points = road.points if forward else road.points[::-1]
            pieces.append(points[1:])
            limits.append(np.full(len(points) - 1, LIMIT_KMH[road.road_class]))
            crossing = np.zeros(len(points) - 1, dtype=np.bool_)
            crossing[0] = road.road_class in (RoadClass.STREET, RoadClass.AVENUE)
            crossings.append(crossing)
        pieces.append(np.array([end]))
        limits.append(np.array([_ACCESS_LIMIT_KMH]))
        crossings.append(np.array([False, False]))
        points = np.concatenate(pieces)
        return Route(points, _segment_lengths_m(points), np.concatenate(limits), np.concatenate(crossings))

    def _tree(self, end: int) -> list[tuple[int, int, bool] | None]:
        """For each junction the next hop towards `end`: (junction, road, driven forwards)."""
        tree = self._trees.get(end)
        if tree is not None:
            return tree
        tree = [None] * len(self._roads)
        best_s = [float("inf")] * len(self._roads)
        best_s[end] = 0.0
        frontier = [(0.0, end)]
        while frontier:
            seconds, here = heapq.heappop(frontier)
            if seconds > best_s[here]:
                continue
            for there, more_s, number, forward in self._roads[here]:
                candidate = seconds + more_s
                if candidate < best_s[there]:
                    best_s[there] = candidate
                    # The tree is walked towards `end`, against the direction in which it is built.
                    tree[there] = (here, number, not forward)
                    heapq.heappush(frontier, (candidate, there))
        self._trees[end] = tree
        return tree


def _segment_lengths_m(points: Points) -> NDArray[np.float64]:
    return haversine_many_m(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])
