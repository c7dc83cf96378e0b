"""One drive along a route, planned at departure: speed and place at any moment, without stepping.

A plan is a list of phases of constant acceleration. Asking it is exact at any step size, so a replay in steps of
10 s and one of 1 s give the same odometer.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from simulators.routing import Route

_ACCELERATION_MS2 = 1.3
_BRAKING_MS2 = 1.6
_CORNER_KMH = 18.0  # a turn of 90 degrees
_STOP_CHANCE = 0.18  # of a red light at a crossing in town


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a driving vehicle is: degrees, km/h, degrees clockwise from north, metres from the start."""

    lat: float
    lon: float
    speed_kmh: float
    heading_deg: float
    driven_m: float


class Trip:
    """A planned drive. `started_at` and `ends_at` are Unix seconds."""

    __slots__ = (
        "_accelerations",
        "_distances",
        "_headings",
        "_lats",
        "_lons",
        "_marks",
        "_speeds",
        "_times",
        "distance_m",
        "duration_s",
        "ends_at",
        "started_at",
    )

    def __init__(self, route: Route, started_at: float, driver_factor: float, rng: np.random.Generator) -> None:
        """Plan the drive; `driver_factor` scales the speed limits (1.0 = to the letter), `rng` sets the red lights."""
        points, lengths = route.points, route.lengths_m
        keep = np.concatenate([[True], lengths > 0.05])
        points, in_town = points[keep], route.in_town[keep]
        limits_ms = route.limits_kmh[keep[1:]] / 3.6 * driver_factor
        lengths = lengths[keep[1:]]
        headings = _headings_deg(points)
        self._lats, self._lons = points[:, 0].tolist(), points[:, 1].tolist()
        self._marks: list[float] = [0.0, *np.cumsum(lengths).tolist()]
        self._headings: list[float] = headings.tolist()
        self.started_at = started_at
        self.distance_m: float = self._marks[-1]
        wait_s = np.where(rng.random(len(points)) < _STOP_CHANCE, rng.uniform(8, 45, len(points)), 0.0)
        wait_s[~in_town] = 0.0
        turns = np.abs((np.diff(headings) + 180) % 360 - 180)
        corner_ms = np.where(turns > 30, _CORNER_KMH / 3.6 * (90 / np.maximum(turns, 30)), 99.0)
        self._plan(lengths.tolist(), limits_ms.tolist(), [99.0, *corner_ms.tolist()], wait_s.tolist())
        self.duration_s: float = self._times[-1]
        self.ends_at = started_at + self.duration_s

    @property
    def mean_kmh(self) -> float:
        return 3.6 * self.distance_m / self.duration_s if self.duration_s > 0 else 0.0

    def move_start(self, started_at: float) -> None:
        """Let the same drive begin at another moment."""
        self.started_at = started_at
        self.ends_at = started_at + self.duration_s

    def at(self, now: float) -> Motion:
        """The motion at `now` (Unix seconds); before the start and after the end the vehicle stands there."""
        after_s = min(max(now - self.started_at, 0.0), self.duration_s)
        phase = max(0, bisect_right(self._times, after_s) - 1)
        in_phase_s = after_s - self._times[phase]
        speed_ms = self._speeds[phase] + self._accelerations[phase] * in_phase_s
        driven_m = (
            self._distances[phase]
            + self._speeds[phase] * in_phase_s
            + 0.5 * self._accelerations[phase] * in_phase_s * in_phase_s
        )
        driven_m = min(max(driven_m, 0.0), self.distance_m)
        if not self._headings:
            return Motion(self._lats[0], self._lons[0], 0.0, 0.0, 0.0)
        segment = min(max(0, bisect_right(self._marks, driven_m) - 1), len(self._headings) - 1)
        length_m = self._marks[segment + 1] - self._marks[segment]
        share = (driven_m - self._marks[segment]) / length_m
        return Motion(
            self._lats[segment] + share * (self._lats[segment + 1] - self._lats[segment]),
            self._lons[segment] + share * (self._lons[segment + 1] - self._lons[segment]),
            max(0.0, speed_ms * 3.6),
            self._headings[segment],
            driven_m,
        )

    def _plan(
        self, lengths_m: list[float], limits_ms: list[float], corners_ms: list[float], wait_s: list[float]
    ) -> None:
        """Fill the phases: speed up, hold, brake in each segment; wait where a light is red."""
        count = len(lengths_m)
        nodes_ms = [0.0] * (count + 1)
        for k in range(1, count):
            cap_ms = 0.0 if wait_s[k] else min(limits_ms[k - 1], limits_ms[k], corners_ms[k])
            nodes_ms[k] = min(cap_ms, sqrt(nodes_ms[k - 1] ** 2 + 2 * _ACCELERATION_MS2 * lengths_m[k - 1]))
        for k in range(count - 1, 0, -1):
            nodes_ms[k] = min(nodes_ms[k], sqrt(nodes_ms[k + 1] ** 2 + 2 * _BRAKING_MS2 * lengths_m[k]))
        self._times, self._distances = [0.0], [0.0]
        self._speeds: list[float] = []
        self._accelerations: list[float] = []
        for k, (enter_ms, leave_ms) in enumerate(pairwise(nodes_ms)):
            self._drive_segment(lengths_m[k], limits_ms[k], enter_ms, leave_ms)
            if k + 1 < count and wait_s[k + 1]:
                self._phase(wait_s[k + 1], 0.0, 0.0)
        self._speeds.append(0.0)
        self._accelerations.append(0.0)

    def _drive_segment(self, length_m: float, limit_ms: float, enter_ms: float, leave_ms: float) -> None:
        up, down = 2 * _ACCELERATION_MS2, 2 * _BRAKING_MS2
        # The highest speed that both ends allow: where speeding up meets braking.
        peak_ms = min(limit_ms, sqrt((length_m + enter_ms**2 / up + leave_ms**2 / down) / (1 / up + 1 / down)))
        peak_ms = max(peak_ms, enter_ms, leave_ms)
        up_m = (peak_ms**2 - enter_ms**2) / up
        down_m = (peak_ms**2 - leave_ms**2) / down
        hold_m = max(0.0, length_m - up_m - down_m)
        self._phase((peak_ms - enter_ms) / _ACCELERATION_MS2, enter_ms, _ACCELERATION_MS2)
        self._phase(hold_m / peak_ms if peak_ms > 0 else 0.0, peak_ms, 0.0)
        self._phase((peak_ms - leave_ms) / _BRAKING_MS2, peak_ms, -_BRAKING_MS2)

    def _phase(self, seconds: float, speed_ms: float, acceleration_ms2: float) -> None:
        if seconds <= 0.0:
            return
        self._speeds.append(speed_ms)
        self._accelerations.append(acceleration_ms2)
        self._times.append(self._times[-1] + seconds)
        self._distances.append(self._distances[-1] + speed_ms * seconds + 0.5 * acceleration_ms2 * seconds * seconds)


def _headings_deg(points: NDArray[np.float64]) -> NDArray[np.float64]:
    north = np.diff(points[:, 0])
    east = np.diff(points[:, 1]) * np.cos(np.radians(points[:-1, 0]))
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360, dtype=np.float64)
