"""Chance that follows from its name: the same seed and names give the same draws, in any process and any order.

Small and cheap, because every vehicle and date has generators of its own. `Draws` is a stream; `noise` answers for
many whole numbers at once, each for itself, so that asking for a part gives the same as asking for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, log, pi, sqrt
from typing import TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB


def _mixed(state: int) -> int:
    """The finaliser of splitmix64."""
    state = ((state ^ (state >> 30)) * _MIX_1) & _MASK
    state = ((state ^ (state >> 27)) * _MIX_2) & _MASK
    return state ^ (state >> 31)


def key_of(*names: int | str) -> int:
    """64 bits that stand for these names, in this order."""
    state = 0
    for name in names:
        number = name & _MASK if isinstance(name, int) else crc32(name.encode()) | len(name) << 32
        state = _mixed((state + _STEP + number) & _MASK)
    return state


class Draws:
    """A stream of draws named by its key."""

    __slots__ = ("_state",)

    def __init__(self, *names: int | str) -> None:
        self._state = key_of(*names)

    def unit(self) -> float:
        """0 ≤ x < 1."""
        self._state = (self._state + _STEP) & _MASK
        return (_mixed(self._state) >> 11) * 2.0**-53

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def below(self, count: int) -> int:
        """A whole number, 0 ≤ n < count."""
        return int(self.unit() * count)

    def chance(self, probability: float) -> bool:
        return self.unit() < probability

    def normal(self, mean: float, deviation: float) -> float:
        return mean + deviation * sqrt(-2 * log(1 - self.unit())) * cos(2 * pi * self.unit())

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def weighted(self, choices: Sequence[tuple[float, T]]) -> T:
        """One of the choices, each given with its weight."""
        left = self.unit() * sum(weight for weight, _ in choices)
        for weight, choice in choices:
            left -= weight
            if left < 0:
                return choice
        return choices[-1][1]

    def order(self, count: int) -> list[int]:
        """0 … count-1, shuffled."""
        found = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.below(last + 1)
            found[last], found[other] = found[other], found[last]
        return found


def noise(key: int, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each whole number one of 0 ≤ x < 1, whatever its neighbours."""
    state = numbers.astype(np.uint64) * np.uint64(_STEP) + np.uint64(key)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(_MIX_1)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(_MIX_2)
    state ^= state >> np.uint64(31)
    return np.asarray((state >> np.uint64(11)) * 2.0**-53, dtype=np.float64)
