"""Fewer points, same story."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fleet.tracks.thinning import keep, local_metres


def test_thinning_keeps_corners_and_stops() -> None:
    """East, a stop of ten minutes on the straight, on east, a corner, north."""
    x = np.concatenate([np.arange(0, 1000, 10), np.full(60, 1000), np.arange(1000, 2000, 10), np.full(100, 2000)])
    y = np.concatenate([np.zeros(260), np.arange(0, 1000, 10)])
    t = np.arange(0, 10 * len(x), 10, dtype=np.float64)
    chosen = keep(x.astype(float), y.astype(float), t, 6)
    assert len(chosen) <= 6
    assert {0, len(x) - 1} <= set(chosen.tolist())
    kept_t = t[chosen]
    assert any(abs(moment - 1000) <= 20 for moment in kept_t), "the begin of the stop"
    assert any(abs(moment - 1600) <= 20 for moment in kept_t), "the end of the stop"
    assert any(abs(x[index] - 2000) <= 10 and y[index] <= 10 for index in chosen.tolist()), "the corner"


def test_thinning_of_points_in_one_place_keeps_the_ends() -> None:
    still: NDArray[np.float64] = np.zeros(100)
    assert keep(still, still, np.arange(100, dtype=np.float64), 10).tolist() == [0, 99]
    assert keep(still[:3], still[:3], np.zeros(3), 10).tolist() == [0, 1, 2]
    at_once: NDArray[np.float64] = np.arange(50, dtype=np.float64)
    assert len(keep(at_once, at_once, np.zeros(50), 10)) == 10


def test_local_metres_are_metres() -> None:
    x, y = local_metres(np.array([25.0, 25.001]), np.array([103.0, 103.001]))
    assert y[1] - y[0] == pytest.approx(111.195, rel=1e-3)
    assert x[1] - x[0] == pytest.approx(100.8, rel=1e-2)
