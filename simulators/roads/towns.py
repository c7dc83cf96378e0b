"""The streets of a town: a grid that is turned, bent and frayed at its edge, with some streets left out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, hypot, pi, sin

import numpy as np

from simulators.roads.network import RoadClass, moved

Cell = tuple[int, int]

_MISSING = 0.14
_AVENUE_EVERY = 4


@dataclass(frozen=True, slots=True)
class Streets:
    """The places of the junctions by cell, the blocks that join them, and the same in long lines for drawing."""

    places: dict[Cell, tuple[float, float]]
    middle: Cell
    blocks: tuple[tuple[Cell, Cell, RoadClass], ...]
    lines: tuple[tuple[RoadClass, tuple[Cell, ...]], ...]


def draw_streets(rng: np.random.Generator, lat: float, lon: float, count: int) -> Streets:
    """A town of up to `count` streets each way around a centre in degrees; every junction can be reached."""
    middle = count // 2
    places = _places(rng, lat, lon, count)
    pairs = [(a, b) for a in places for b in ((a[0] + 1, a[1]), (a[0], a[1] + 1)) if b in places]
    kept = _connected(rng, places, pairs, middle)
    blocks = tuple((a, b, _class(a, b, middle)) for a, b in pairs if (a, b) in kept)
    return Streets(places, (middle, middle), blocks, tuple(_long_lines(kept, count, middle)))


def _places(rng: np.random.Generator, lat: float, lon: float, count: int) -> dict[Cell, tuple[float, float]]:
    middle = count // 2
    spacing_m = float(rng.uniform(300, 380))
    turn = float(rng.uniform(-0.6, 0.6))
    bend = [(rng.uniform(0, 2 * pi, 2), rng.uniform(5, 11), rng.uniform(0.15, 0.34)) for _ in range(3)]
    edge = [(k, float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.05, 0.13))) for k in (2, 3, 5)]
    places: dict[Cell, tuple[float, float]] = {}
    for i in range(count):
        for j in range(count):
            x, y = float(i - middle), float(j - middle)
            angle = atan2(y, x)
            reach = 0.86 + sum(size * sin(k * angle + phase) for k, phase, size in edge)
            if hypot(x, y) > reach * middle and (i, j) != (middle, middle):
                continue
            east, north = x + 0.05 * float(rng.standard_normal()), y + 0.05 * float(rng.standard_normal())
            for phases, length, size in bend:
                east += size * sin(2 * pi * y / length + phases[0])
                north += size * sin(2 * pi * x / length + phases[1])
            places[i, j] = moved(
                lat,
                lon,
                spacing_m * (east * cos(turn) - north * sin(turn)),
                spacing_m * (east * sin(turn) + north * cos(turn)),
            )
    return _in_one_piece(places, (middle, middle))


def _in_one_piece(places: dict[Cell, tuple[float, float]], middle: Cell) -> dict[Cell, tuple[float, float]]:
    seen, frontier = {middle}, [middle]
    while frontier:
        i, j = frontier.pop()
        for cell in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
            if cell in places and cell not in seen:
                seen.add(cell)
                frontier.append(cell)
    return {cell: place for cell, place in places.items() if cell in seen}


def _connected(
    rng: np.random.Generator, places: dict[Cell, tuple[float, float]], pairs: list[tuple[Cell, Cell]], middle: int
) -> set[tuple[Cell, Cell]]:
    """The blocks that stay: all avenues, most streets, and whatever keeps the town in one piece."""
    parent = {cell: cell for cell in places}

    def root(cell: Cell) -> Cell:
        while parent[cell] != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    missing = rng.random(len(pairs)) < _MISSING
    kept: set[tuple[Cell, Cell]] = set()
    for number in rng.permutation(len(pairs)):
        a, b = pairs[number]
        if root(a) != root(b) or not missing[number] or _class(a, b, middle) is RoadClass.AVENUE:
            parent[root(a)] = root(b)
            kept.add((a, b))
    return kept


def _class(a: Cell, b: Cell, middle: int) -> RoadClass:
    line = a[0] if a[0] == b[0] else a[1]
    return RoadClass.AVENUE if (line - middle) % _AVENUE_EVERY == 0 else RoadClass.STREET


def _long_lines(kept: set[tuple[Cell, Cell]], count: int, middle: int) -> list[tuple[RoadClass, tuple[Cell, ...]]]:
    found: list[tuple[RoadClass, tuple[Cell, ...]]] = []
    for across in (False, True):
        for street in range(count):
            cells = [(street, k) if across else (k, street) for k in range(count)]
            line: list[Cell] = []
            for a, b in [*pairwise(cells), (cells[-1], cells[-1])]:
                if (a, b) in kept:
                    line = [*(line or [a]), b]
                elif line:
                    found.append((_class(line[0], line[1], middle), tuple(line)))
                    line = []
    return found
