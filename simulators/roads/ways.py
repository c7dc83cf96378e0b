"""The course of a road through the hills: it keeps to the valleys where that costs less than climbing."""

from __future__ import annotations

from math import cos, pi, radians

import numpy as np

from simulators.roads.network import lengths_m
from simulators.roads.terrain import DEGREE_M, Floats, Points, Terrain

_STATION_M = 1_400.0
_LANES_ASIDE = 31
_GENTLE = 0.022  # a grade that costs as much again as the level way


def valley_way(
    terrain: Terrain, rng: np.random.Generator, start: tuple[float, float], end: tuple[float, float], step_m: float
) -> Points:
    """A main road between two places: the cheapest course beside the straight line, smoothed; points every `step_m`."""
    scale = np.array([1.0, cos(radians((start[0] + end[0]) / 2))])
    first, last = np.array(start), np.array(end)
    way = (last - first) * scale
    length_m = float(np.hypot(*way)) * DEGREE_M
    stations = max(5, round(length_m / _STATION_M))
    u = np.linspace(0, 1, stations + 1)
    reach_m = min(0.17 * length_m, 12_000.0) * np.minimum(1, 3.2 * np.minimum(u, 1 - u)) ** 0.8
    aside_m = np.linspace(-1, 1, _LANES_ASIDE)[None, :] * reach_m[:, None]
    across = np.array([way[1], -way[0]]) / np.hypot(*way)
    grid = first + (u[:, None, None] * way + (aside_m / DEGREE_M)[:, :, None] * across) / scale
    flat = grid.reshape(-1, 2)
    level, ground = (one.reshape(aside_m.shape) for one in (terrain.level_m(flat), terrain.ground_m(flat)))
    # What stands above the level must be dug away; chance makes two roads of one valley differ.
    dug = np.maximum(0, ground - level) / 60 + rng.uniform(0, 0.25, aside_m.shape)
    along_m = length_m / stations
    cost = np.zeros(_LANES_ASIDE)
    came_from = np.zeros((stations + 1, _LANES_ASIDE), dtype=np.int64)
    for k in range(1, stations + 1):
        step = np.hypot(aside_m[k][None, :] - aside_m[k - 1][:, None], along_m)
        climb = np.abs(level[k][None, :] - level[k - 1][:, None]) / step / _GENTLE
        total = cost[:, None] + step * (1 + climb**2 + dug[k][None, :]) * (step / along_m) ** 2
        came_from[k] = np.argmin(total, axis=0)
        cost = np.min(total, axis=0)
    lane = _LANES_ASIDE // 2
    course = [grid[stations, lane]]
    for k in range(stations, 0, -1):
        lane = int(came_from[k][lane])
        course.append(grid[k - 1, lane])
    return _swayed(rng, _smooth(np.array(course[::-1]), step_m), 2_600.0, 70.0)


def winding_way(
    rng: np.random.Generator, start: tuple[float, float], end: tuple[float, float], step_m: float
) -> Points:
    """A minor road: a line bent by waves that fade out at its ends."""
    length_m = float(lengths_m(np.array([start, end]))[0])
    count = max(3, int(length_m / step_m) + 1)
    line = np.linspace(start, end, count)
    line = _swayed(rng, line, max(length_m * 0.9, 1_500.0), 0.05 * length_m)
    return _swayed(rng, line, 1_700.0, min(90.0, 0.02 * length_m))


def _smooth(course: Points, step_m: float) -> Points:
    """Corners cut three times (Chaikin), then points at even steps."""
    for _ in range(3):
        near, far = 0.75 * course[:-1] + 0.25 * course[1:], 0.25 * course[:-1] + 0.75 * course[1:]
        inner = np.stack([near, far], 1).reshape(-1, 2)
        course = np.concatenate([course[:1], inner[1:-1], course[-1:]])
    return _even(course, step_m)


def _even(course: Points, step_m: float) -> Points:
    marks = np.concatenate([[0.0], np.cumsum(lengths_m(course))])
    wanted = np.linspace(0, marks[-1], max(3, int(marks[-1] / step_m) + 1))
    return np.stack([np.interp(wanted, marks, course[:, 0]), np.interp(wanted, marks, course[:, 1])], 1)


def _swayed(rng: np.random.Generator, line: Points, wave_m: float, swing_m: float) -> Points:
    """The line moved to and fro across its direction, not at its ends."""
    marks = np.concatenate([[0.0], np.cumsum(lengths_m(line))])
    phase, strength = float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.5, 1.0))
    aside_m: Floats = strength * swing_m * np.sin(2 * pi * marks / wave_m + phase)
    aside_m *= np.minimum(1, np.minimum(marks, marks[-1] - marks) / min(wave_m / 2, marks[-1] / 3))
    scale = np.array([1.0, cos(radians(line[0][0]))])
    direction = np.gradient(line, axis=0) * scale
    direction /= np.maximum(np.hypot(direction[:, 0], direction[:, 1]), 1e-12)[:, None]
    across = np.stack([direction[:, 1], -direction[:, 0]], 1)
    return np.asarray(line + (aside_m / DEGREE_M)[:, None] * across / scale, dtype=np.float64)
