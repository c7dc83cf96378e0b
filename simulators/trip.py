"""One drive along a route as columns: where, how fast, how far at any moments, without stepping.

The drive is a list of phases of constant acceleration, laid out at once: speed limits, bends, corners, red lights.
Asking it is exact at any moments, so a replay in steps of 10 s and one of 1 s meet at every common one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from simulators.draws import noise
from simulators.roads import Floats
from simulators.routing import Route, turns_rad

_ACCELERATION_MS2 = 1.2
_BRAKING_MS2 = 1.5
_CORNER_KMH = 18.0  # a turn of 90 degrees
_STOP_CHANCE = 0.2  # of a red light at a crossing in town
_OPEN_ROAD_MS = 24.0  # from this limit on, a road invites to speed
_SLOWEST, _FASTEST = 0.72, 1.04  # of what the limits allow, while waits can give way
_SQUEEZE = np.cos(np.radians(25.7))


@dataclass(frozen=True, slots=True)
class Motions:
    """n moments of a drive: degrees, metres a second, degrees clockwise from north, metres, the share of the way."""

    lat: Floats
    lon: Floats
    speed_ms: Floats
    heading_deg: Floats
    altitude_m: Floats
    tunnel: NDArray[np.bool_]
    share: Floats
    climb_share: Floats


class Trip:
    """A drive that takes exactly `seconds`: first the waits at lights give way, then the pace."""

    __slots__ = ("_accelerations", "_climb", "_headings", "_marks", "_pace", "_route", "_speeds", "_starts_m", "_times")

    def __init__(self, route: Route, seconds: float, key: int, speeding_kmh: float = 0.0) -> None:
        """`key` draws the red lights and the mood; `speeding_kmh` is added to the limits of open roads."""
        self._route = route
        lengths, count = route.lengths_m, len(route.lengths_m)
        mood = noise(key, np.arange(2 * count, dtype=np.int64))
        limits = route.limits_ms * (0.93 + 0.1 * mood[:count])
        if speeding_kmh:
            limits = np.where(route.limits_ms >= _OPEN_ROAD_MS, limits + speeding_kmh / 3.6, limits)
        steps = np.diff(route.points, axis=0)
        self._headings = np.degrees(np.arctan2(steps[:, 1] * _SQUEEZE, steps[:, 0])) % 360
        nodes = np.zeros(count + 1)
        wait_s = np.zeros(count + 1)
        if count > 1:
            turns = turns_rad(route.points)
            corner = np.where(turns > pi / 6, _CORNER_KMH / 3.6 * (pi / 2) / np.maximum(turns, pi / 6), 99.0)
            red = route.crossing[1:-1] & (mood[count + 1 :] < _STOP_CHANCE)
            wait_s[1:-1] = np.where(red, 6 + 190 * mood[count + 1 :], 0.0)
            nodes[1:-1] = np.where(red, 0.0, np.minimum(np.minimum(limits[:-1], limits[1:]), corner))
        nodes = np.sqrt(_reachable(nodes**2, lengths))
        self._lay(lengths, limits, nodes, wait_s, seconds)
        self._marks = np.concatenate([[0.0], np.cumsum(lengths)])
        climbs = np.concatenate([[0.0], np.cumsum(np.maximum(0, np.diff(route.altitude_m)))])
        self._climb = climbs / climbs[-1] if climbs[-1] > 1 else self._marks / self._marks[-1]

    @property
    def pace(self) -> float:
        """Above 1 the vehicle is faster than limits, bends and its mood ask for."""
        return self._pace

    def at(self, after_s: Floats) -> Motions:
        """The motions so many seconds after the start, each between 0 and the end."""
        inner = np.clip(after_s, 0.0, self._times[-1])
        phase = np.clip(np.searchsorted(self._times, inner, side="right") - 1, 0, len(self._speeds) - 1)
        in_phase = inner - self._times[phase]
        first, gain = self._speeds[phase], self._accelerations[phase]
        speed = np.maximum(0.0, first + gain * in_phase)
        total = self._marks[-1]
        driven = np.clip(self._starts_m[phase] + first * in_phase + 0.5 * gain * in_phase * in_phase, 0.0, total)
        points, route = self._route.points, self._route
        segment = np.clip(np.searchsorted(self._marks, driven, side="right") - 1, 0, len(self._headings) - 1)
        share = (driven - self._marks[segment]) / route.lengths_m[segment]
        lat = points[segment, 0] + share * (points[segment + 1, 0] - points[segment, 0])
        lon = points[segment, 1] + share * (points[segment + 1, 1] - points[segment, 1])
        altitude = route.altitude_m[segment] + share * (route.altitude_m[segment + 1] - route.altitude_m[segment])
        climb = self._climb[segment] + share * (self._climb[segment + 1] - self._climb[segment])
        return Motions(lat, lon, speed, self._headings[segment], altitude, route.tunnel[segment], driven / total, climb)

    def _lay(self, lengths: Floats, limits: Floats, nodes: Floats, wait_s: Floats, wanted_s: float) -> None:
        """Speed up, hold, brake in each segment; wait at its end where a light is red."""
        enter, leave = nodes[:-1], nodes[1:]
        up, down = 2 * _ACCELERATION_MS2, 2 * _BRAKING_MS2
        # The highest speed that both ends allow: where speeding up meets braking.
        peak = np.sqrt((lengths + enter**2 / up + leave**2 / down) / (1 / up + 1 / down))
        peak = np.maximum(np.maximum(np.minimum(limits, peak), np.maximum(enter, leave)), 0.05)
        hold_m = np.maximum(0.0, lengths - (peak**2 - enter**2) / up - (peak**2 - leave**2) / down)
        count = len(lengths)
        seconds = np.empty((count, 4))
        seconds[:, 0] = (peak - enter) / _ACCELERATION_MS2
        seconds[:, 1] = hold_m / peak
        seconds[:, 2] = (peak - leave) / _BRAKING_MS2
        seconds[:, 3] = 0.0
        driving_s, waiting_s = float(seconds.sum()), float(wait_s.sum())
        pace = driving_s / max(wanted_s - waiting_s, 0.3 * wanted_s)
        pace = min(_FASTEST, max(_SLOWEST, pace)) if waiting_s else driving_s / wanted_s
        left_s = wanted_s - driving_s / pace
        if left_s < 0:
            pace, left_s = driving_s / wanted_s, 0.0
        seconds /= pace
        if waiting_s:
            seconds[:, 3] = wait_s[1:] * (left_s / waiting_s)
        speeds, gains = np.zeros((count, 4)), np.zeros((count, 4))
        speeds[:, 0], speeds[:, 1], speeds[:, 2] = enter * pace, peak * pace, peak * pace
        gains[:, 0], gains[:, 2] = _ACCELERATION_MS2 * pace**2, -_BRAKING_MS2 * pace**2
        flat_s = seconds.ravel()
        self._pace = pace
        self._speeds, self._accelerations = speeds.ravel(), gains.ravel()
        self._times = np.concatenate([[0.0], np.cumsum(flat_s)])
        metres = self._speeds * flat_s + 0.5 * self._accelerations * flat_s**2
        self._starts_m = np.concatenate([[0.0], np.cumsum(metres)])[:-1]


def _reachable(squares: Floats, lengths: Floats) -> Floats:
    """The squares of the speeds at the nodes, cut to what speeding up from before and braking after allow."""
    gained = np.concatenate([[0.0], np.cumsum(2 * _ACCELERATION_MS2 * lengths)])
    squares = np.minimum.accumulate(squares - gained) + gained
    lost = np.concatenate([[0.0], np.cumsum(2 * _BRAKING_MS2 * lengths[::-1])])
    cut = (np.minimum.accumulate(squares[::-1] - lost) + lost)[::-1]
    return np.asarray(np.maximum(0.0, cut), dtype=np.float64)
