"""The clock that the units live by: real time, or a past that is lived faster. Pure.

A service refuses what lies more than ten minutes ahead of its own clock, so nobody can live ahead of time. Whoever
lives faster therefore begins in the past, and once the present is reached goes on with it at its speed.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.errors import InvalidSettings


@dataclass(frozen=True, slots=True)
class Clock:
    """All times are Unix seconds. At the real time `started_at` the units' time is `begins_at`."""

    started_at: float
    begins_at: float
    speed: float = 1.0
    ends_at: float = float("inf")  # the units' time stops there

    def __post_init__(self) -> None:
        if not 1 <= self.speed <= 1_000:
            raise InvalidSettings(f"--speed must lie between 1 and 1000, not {self.speed:g}")
        if self.begins_at > self.started_at:
            raise InvalidSettings("--from lies in the future: the service refuses samples ahead of its clock")

    def at(self, real: float) -> float:
        """The units' time at a real time: never ahead of it."""
        return min(self.begins_at + (real - self.started_at) * self.speed, real, self.ends_at)

    def real_s(self, seconds: float, real: float) -> float:
        """How many real seconds pass from `real` on until the units have lived so many of theirs."""
        target = self.at(real) + seconds
        fast = self.started_at + (target - self.begins_at) / self.speed
        return max(fast, target) - real

    def over(self, real: float) -> bool:
        return self.at(real) >= self.ends_at
