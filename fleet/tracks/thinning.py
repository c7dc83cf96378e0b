"""Fewer points, same story: top-down time-ratio simplification (TD-TR, Meratnia and de By 2004).

Douglas-Peucker with the distance to where a steady drive along the chord would have been at that moment. It keeps
the shape of the way and also its timing, so that a stop on a straight road does not vanish; plain Douglas-Peucker
would drop it. The worst deviation is split first, so that exactly the wanted number of points comes out.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

Metres = NDArray[np.float64]

METRES_PER_DEGREE = 111_195.0


def local_metres(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> tuple[Metres, Metres]:
    """Plane coordinates good enough to rank deviations."""
    middle = np.radians(float(lat_deg.mean()))
    return lon_deg * (METRES_PER_DEGREE * np.cos(middle)), lat_deg * METRES_PER_DEGREE


def keep(x_m: Metres, y_m: Metres, t_s: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """The indices of at most `count` (at least 2) points in their order, both ends among them."""
    n = len(x_m)
    if n <= count:
        return np.arange(n, dtype=np.int64)
    kept = [0, n - 1]
    heap: list[tuple[float, int, int, int]] = []

    def offer(first: int, last: int) -> None:
        if last - first < 2:
            return
        span = t_s[last] - t_s[first]
        inner = slice(first + 1, last)
        share = (t_s[inner] - t_s[first]) / span if span > 0 else np.zeros(last - first - 1)
        off_x = x_m[inner] - (x_m[first] + share * (x_m[last] - x_m[first]))
        off_y = y_m[inner] - (y_m[first] + share * (y_m[last] - y_m[first]))
        off = off_x * off_x + off_y * off_y
        worst = int(off.argmax())
        heapq.heappush(heap, (-float(off[worst]), first, first + 1 + worst, last))

    offer(0, n - 1)
    while heap and len(kept) < count:
        deviation, first, middle, last = heapq.heappop(heap)
        if deviation == 0.0:
            break  # what is left lies exactly where it would be expected
        kept.append(middle)
        offer(first, middle)
        offer(middle, last)
    return np.array(sorted(kept), dtype=np.int64)
