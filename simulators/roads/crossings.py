"""Where lines cross they get a junction: lines in, stretches between junctions out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from simulators.roads.network import RoadClass, lengths_m
from simulators.roads.terrain import Floats, Points

_SAME_PLACE_M = 25.0


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn road from one junction to another."""

    start: int
    end: int
    road_class: RoadClass
    points: Points


def cut_at_crossings(lines: list[Line], junctions: list[tuple[float, float]]) -> list[Line]:
    """The lines in pieces that meet at junctions only; new junctions are appended to `junctions`."""
    cuts: list[list[tuple[float, int]]] = [[] for _ in lines]
    marks = [np.concatenate([[0.0], np.cumsum(lengths_m(line.points))]) for line in lines]
    for one, one_m, other, other_m, place in _crossings(lines, marks):
        known = _junction_near(lines[one], marks[one], cuts[one], one_m)
        other_known = _junction_near(lines[other], marks[other], cuts[other], other_m)
        if known is not None and other_known is not None:
            continue
        junction = known if known is not None else other_known
        if junction is None:
            junctions.append(place)
            junction = len(junctions) - 1
        if known is None:
            cuts[one].append((one_m, junction))
        if other_known is None:
            cuts[other].append((other_m, junction))
    found: list[Line] = []
    for line, line_marks, line_cuts in zip(lines, marks, cuts, strict=True):
        found += _pieces(line, line_marks, sorted(line_cuts), junctions)
    return found


def _crossings(lines: list[Line], marks: list[Floats]) -> list[tuple[int, float, int, float, tuple[float, float]]]:
    """Each crossing of two lines: line and metres along it, twice, and the place."""
    starts = np.concatenate([line.points[:-1] for line in lines])
    ends = np.concatenate([line.points[1:] for line in lines])
    owner = np.concatenate([np.full(len(line.points) - 1, number) for number, line in enumerate(lines)])
    begin_m = np.concatenate([one[:-1] for one in marks])
    long_m = np.concatenate([np.diff(one) for one in marks])
    segments = shapely.linestrings(np.stack([starts, ends], 1))
    one, other = shapely.STRtree(segments).query(segments, predicate="intersects")
    apart = (one < other) & (owner[one] != owner[other])
    one, other = one[apart], other[apart]
    share, other_share = _where(starts[one], ends[one], starts[other], ends[other])
    real = np.isfinite(share) & (share >= 0) & (share <= 1) & (other_share >= 0) & (other_share <= 1)
    found = []
    for a, b, u, v in zip(one[real], other[real], share[real], other_share[real], strict=True):
        lat, lon = starts[a] + u * (ends[a] - starts[a])
        found.append(
            (
                int(owner[a]),
                float(begin_m[a] + u * long_m[a]),
                int(owner[b]),
                float(begin_m[b] + v * long_m[b]),
                (float(lat), float(lon)),
            )
        )
    return sorted(found)


def _where(a: Points, b: Points, c: Points, d: Points) -> tuple[Floats, Floats]:
    """The shares of a-b and c-d at which the two meet; not finite where they are parallel."""
    first, second, between = b - a, d - c, c - a
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
        share = (between[:, 0] * second[:, 1] - between[:, 1] * second[:, 0]) / turn
        other: Floats = (between[:, 0] * first[:, 1] - between[:, 1] * first[:, 0]) / turn
    return share, other


def _junction_near(line: Line, marks: Floats, cuts: list[tuple[float, int]], at_m: float) -> int | None:
    for mark_m, junction in ((0.0, line.start), (float(marks[-1]), line.end), *cuts):
        if abs(at_m - mark_m) < _SAME_PLACE_M:
            return junction
    return None


def _pieces(
    line: Line, marks: Floats, cuts: list[tuple[float, int]], junctions: list[tuple[float, float]]
) -> list[Line]:
    ends: list[tuple[float, int]] = [(0.0, line.start), *cuts, (float(marks[-1]), line.end)]
    pieces = []
    for (from_m, start), (to_m, end) in pairwise(ends):
        inner: NDArray[np.bool_] = (marks > from_m + 1) & (marks < to_m - 1)
        if start == end and to_m - from_m < 4 * _SAME_PLACE_M:
            continue
        points = np.concatenate([[junctions[start]], line.points[inner], [junctions[end]]])
        pieces.append(Line(start, end, line.road_class, points))
    return pieces
