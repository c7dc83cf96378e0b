"""Weighted choices from a seeded generator; the only place where the demonstration city touches chance."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")


class Mix(Generic[T]):
    """Options with weights; `Mix({"a": 3, "b": 1}).pick(rng)` is "a" three times out of four."""

    __slots__ = ("_bounds", "_options")

    def __init__(self, weights: Mapping[T, float]) -> None:
        self._options = tuple(weights)
        self._bounds = tuple(accumulate(weights.values()))

    def pick(self, rng: np.random.Generator) -> T:
        return self._options[bisect_right(self._bounds, rng.random() * self._bounds[-1])]


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream of one part of the city: independent of all others, the same for the same seed."""
    return np.random.default_rng([seed, *name.encode()])


def between(rng: np.random.Generator, low: float, high: float) -> float:
    return low + (high - low) * rng.random()


def apportion(total: int, weights: list[float], *, least: int) -> list[int]:
    """Whole numbers in proportion to `weights` that add up to `total`, none below `least` (largest remainders)."""
    spare = total - least * len(weights)
    shares = [spare * weight / sum(weights) for weight in weights]
    counts = [least + int(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda index: (int(shares[index]) - shares[index], index))
    for index in by_remainder[: total - sum(counts)]:
        counts[index] += 1
    return counts
