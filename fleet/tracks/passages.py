"""When a way was within a circle: exact on the legs between fixes, and honest about how it is known."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from math import cos, radians

import msgspec
import numpy as np
from numpy.typing import NDArray

from fleet.geography.distance import EARTH_RADIUS_M
from fleet.tracks.packed import Way

_METRES_PER_E7 = radians(EARTH_RADIUS_M) / 1e7
Metres = NDArray[np.float64]


class Evidence(StrEnum):
    """How it is known that a vehicle was there, the strongest first."""

    FIX = "fix"
    """It reported a position from within."""
    BETWEEN_FIXES = "between_fixes"
    """It drove from a fix outside to the next one outside, and the straight line runs through."""
    BRIDGED = "bridged"
    """The same across a silence: nobody knows which way it took."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One stay within the circle. Moments at its border are interpolated on the leg that crosses it."""

    entered_us: int
    left_us: int
    closest_us: int
    closest_m: float
    evidence: Evidence


class Circle(msgspec.Struct, frozen=True, kw_only=True):
    lat_e7: int
    lon_e7: int
    radius_m: float

    def plane(self, lat_e7: NDArray[np.int64], lon_e7: NDArray[np.int64]) -> tuple[Metres, Metres]:
        """Metres east and north of the centre; within 10 km wrong by less than a thousandth."""
        narrowed = _METRES_PER_E7 * cos(radians(self.lat_e7 / 1e7))
        east: Metres = (lon_e7 - self.lon_e7) * np.float64(narrowed)
        north: Metres = (lat_e7 - self.lat_e7) * np.float64(_METRES_PER_E7)
        return east, north

    def distance_m(self, lat_e7: int, lon_e7: int) -> float:
        east, north = self.plane(np.array([lat_e7]), np.array([lon_e7]))
        return float(np.hypot(east, north)[0])


def passages(way: Way, circle: Circle, bridged: Sequence[tuple[int, int]] = ()) -> list[Passage]:
    """Every stay of a way (fixes in time order) within the circle, its border included.

    `bridged`: the silences of the trip, from and to in microseconds.
    """
    if len(way) == 0:
        return []
    east, north = circle.plane(way.lat_e7, way.lon_e7)
    squared = circle.radius_m**2
    inside = east**2 + north**2 <= squared
    if len(way) == 1:
        return _alone(way, east, north) if inside[0] else []
    first, last = _inside_of_legs(east, north, inside, squared)
    legs = np.flatnonzero(first <= last)
    if not len(legs):
        return []
    # Two legs belong to one stay where the fix between them lies inside.
    breaks = [n + 1 for n, (one, other) in enumerate(pairwise(legs.tolist())) if other > one + 1 or not inside[other]]
    return [
        _stay(way, east, north, inside, stay, (first[stay], last[stay]), bridged) for stay in np.split(legs, breaks)
    ]


def _inside_of_legs(
    east: Metres, north: Metres, inside: NDArray[np.bool_], squared: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From where to where each leg is inside, as shares of it; first > last where it is not."""
    d_east, d_north = np.diff(east), np.diff(north)
    long = d_east**2 + d_north**2
    towards = east[:-1] * d_east + north[:-1] * d_north
    under_root = towards**2 - long * (east[:-1] ** 2 + north[:-1] ** 2 - squared)
    root = np.sqrt(np.maximum(under_root, 0.0))
    length = np.where(long > 0, long, 1.0)
    first = np.where(inside[:-1], 0.0, (-towards - root) / length)
    last = np.where(inside[1:], 1.0, (-towards + root) / length)
    outside = ~(inside[:-1] | inside[1:])
    missed = outside & ((under_root < 0) | (long == 0) | (first < 0) | (first > 1) | (last < 0) | (last > 1))
    first = np.where(missed, 2.0, np.clip(first, 0.0, 1.0))
    last = np.where(missed, -1.0, np.clip(last, 0.0, 1.0))
    return first, np.where(missed, last, np.maximum(first, last))


def _stay(
    way: Way,
    east: Metres,
    north: Metres,
    inside: NDArray[np.bool_],
    legs: NDArray[np.int64],
    shares: tuple[NDArray[np.float64], NDArray[np.float64]],
    bridged: Sequence[tuple[int, int]],
) -> Passage:
    first, last = shares
    d_east, d_north = east[legs + 1] - east[legs], north[legs + 1] - north[legs]
    long = d_east**2 + d_north**2
    nearest = -(east[legs] * d_east + north[legs] * d_north) / np.where(long > 0, long, 1.0)
    nearest = np.clip(nearest, first, last)
    off = np.hypot(east[legs] + nearest * d_east, north[legs] + nearest * d_north)
    best = int(off.argmin())
    begin, end = int(legs[0]), int(legs[-1])
    if inside[begin : end + 2].any():
        evidence = Evidence.FIX
    else:
        silent = any(since < way.at_us[end + 1] and way.at_us[begin] < until for since, until in bridged)
        evidence = Evidence.BRIDGED if silent else Evidence.BETWEEN_FIXES
    return Passage(
        entered_us=_moment(way, begin, float(first[0])),
        left_us=_moment(way, end, float(last[-1])),
        closest_us=_moment(way, int(legs[best]), float(nearest[best])),
        closest_m=float(off[best]),
        evidence=evidence,
    )


def _moment(way: Way, leg: int, share: float) -> int:
    begin, end = int(way.at_us[leg]), int(way.at_us[leg + 1])
    return begin + round((end - begin) * share)


def _alone(way: Way, east: Metres, north: Metres) -> list[Passage]:
    at_us = int(way.at_us[0])
    off = float(np.hypot(east, north)[0])
    return [Passage(entered_us=at_us, left_us=at_us, closest_us=at_us, closest_m=off, evidence=Evidence.FIX)]
