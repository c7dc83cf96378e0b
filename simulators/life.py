"""One vehicle with its unit, from any moment on: what it measures, live or over a past span. Pure.

What happens on a date follows from the seed, the vehicle and the date, whoever asks and however often. Two ways of
playing give the same readings: `take` for a live unit, `readings` for a span of time as columns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from simulators.days.calendar import begins_at, day_of
from simulators.days.model import DayPlan, VehicleSpec
from simulators.readings import Reading, Readings, joined
from simulators.sensing import Sensors, UnitTraits
from simulators.truth import records_of
from simulators.vehicle import Vehicle, World

_AHEAD_S = 900.0  # a live unit is measured so far ahead at once

__all__ = ["Life", "VehicleSpec", "World"]


class Life:
    """One vehicle and the unit in it. Call `begin` once, then `take` whenever `wakes_at` has come; `readings` may be
    asked at any time."""

    def __init__(self, spec: VehicleSpec, unit: str, world: World, interval_s: float) -> None:
        """`unit`: the unit's code; `interval_s`: seconds between positions with the ignition on."""
        self.spec = spec if spec.key else replace(spec, key=unit)
        self.unit, self.interval_s = unit, interval_s
        self.vehicle = Vehicle(self.spec, world)
        traits = UnitTraits.of(world.seed, unit)
        self.gcj02 = traits.gcj02
        self.clock_s = traits.clock_ms / 1_000
        self._sensors = Sensors(traits, self.vehicle.power, world.city.router, interval_s)
        self._waiting: deque[Reading] = deque()
        self._measured_to = 0.0
        self._now = 0.0
        self.wakes_at = 0.0

    @property
    def driving(self) -> bool:
        """Whether the vehicle drives, at the moment of the last `take`."""
        return self._now > 0 and self.vehicle.driving(self._now)

    def begin(self, now: float) -> None:
        """Be in the midst of life at `now` (Unix seconds, past or present); readings from then on."""
        self._waiting.clear()
        self._now = self._measured_to = now
        self._look_ahead()
        self.wakes_at = self._waiting[0].taken_at if self._waiting else self._measured_to

    def take(self, now: float) -> list[Reading]:
        """All readings due since the last call, up to and including `now`; sets `wakes_at`."""
        found: list[Reading] = []
        while True:
            while self._waiting and self._waiting[0].taken_at <= now:
                found.append(self._waiting.popleft())
            if self._waiting or self._measured_to > now:
                break
            self._look_ahead()
        self._now = max(self._now, now)
        if not self._waiting:
            self._look_ahead()
        self.wakes_at = self._waiting[0].taken_at if self._waiting else self._measured_to
        return found

    def readings(self, begin: float, end: float) -> Readings:
        """All readings from `begin` up to, not including, `end` (Unix seconds)."""
        parts = []
        day = day_of(begin)
        while begins_at(day) < end:
            following = day + timedelta(days=1)
            first, last = max(begin, begins_at(day)), min(end, begins_at(following))
            if first < last:
                parts.append(self._of_day(day, first, last))
            day = following
        return joined(parts)

    def plan(self, day: date) -> DayPlan:
        """The trips of a day, with the orders they need and what is wrong with them."""
        return self.vehicle.plan(day)

    def truth(self, day: date) -> Iterator[dict[str, Any]]:
        """The records of a day for a `Truth`."""
        return records_of(self.spec.key, self.unit, self.vehicle.plan(day), self.vehicle.timeline(day))

    def _look_ahead(self) -> None:
        end = self._measured_to + _AHEAD_S
        self._waiting.extend(self.readings(self._measured_to, end).rows())
        self._measured_to = end

    def _of_day(self, day: date, first: float, last: float) -> Readings:
        vehicle = self.vehicle
        timeline = vehicle.timeline(day)
        # A dead valley or a silence may reach over from the evening before.
        effects = vehicle.plan(day).effects
        return self._sensors.measure(timeline, effects, round(first * 1_000), round(last * 1_000))
