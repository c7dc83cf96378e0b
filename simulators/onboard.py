"""A unit in its vehicle: what it measures and when, and what it does with it. Pure: the same seed and times give the
same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from zlib import crc32

import numpy as np

from fleet.model.readings import Kind
from simulators.days.calendar import day_of
from simulators.faults import FaultRates, FaultyWire
from simulators.life import Life
from simulators.readings import Reading
from simulators.roster import UnitSpec
from simulators.truth import Truth
from simulators.unit import OnboardUnit
from simulators.vehicle import World

_LONGEST_PAUSE_S = 601.0  # between two readings of a parked unit


@dataclass(frozen=True, slots=True)
class Play:
    """What all units of one run of the simulator share."""

    world: World
    interval_s: float
    faults: FaultRates
    first_run: int
    resend_after_s: float = 60.0
    keep_truth: bool = False
    held_up_s: float = 30.0  # a process that is later than that does not make up for what it missed
    truth: Truth | None = None  # where it is written down what really happens


class MeasuringUnit:
    """One unit. `wakes_at` is when `measure` wants to be called next (Unix seconds)."""

    __slots__ = ("_play", "_told", "begun", "life", "spec", "unit", "wakes_at", "wire")

    def __init__(self, spec: UnitSpec, play: Play, starts_at: float) -> None:
        self.spec, self._play = spec, play
        self.unit = OnboardUnit(
            first_run=play.first_run,
            resend_after_s=play.resend_after_s,
            integer_times=writes_integer_times(spec.code),
            keep_truth=play.keep_truth,
        )
        faults = np.random.default_rng([play.world.seed, crc32(spec.code.encode()), 3])
        self.wire = FaultyWire(play.faults, faults) if play.faults.any else None
        self.life = life_of(spec, play.world, play.interval_s)
        self.begun = False
        self._told: date | None = None  # the last day whose truth is written down
        self.wakes_at = starts_at

    @property
    def driving(self) -> bool:
        return self.life.driving

    def measure(self, now: float) -> None:
        """Live up to `now` and record what is due."""
        if not self.begun:
            # At its first call, so that six thousand vehicles do not plan their day in the same second.
            self.begun = True
            self._recall(now)
            self.life.begin(now)
        elif now - self.wakes_at > self._play.held_up_s:
            self.life.begin(now)
        for reading in self.life.take(now):
            self._record(reading)
        self.wakes_at = self.life.wakes_at
        if self._play.truth is not None and (day := day_of(now)) != self._told:
            self._told = day
            self._play.truth.write(self.life.truth(day))

    def say(self, event: str, now: float) -> None:
        """Record an event of its own."""
        self._record(Reading(Kind.EVENT, now, now + self.life.clock_s, now, {"event": event}))

    def fitted(self, now: float) -> None:
        """Be put into a vehicle that stands, and say so; what was before is not its to tell."""
        self.begun = True
        self.life.begin(now)
        self.say("unit_fitted", now)
        for last in self._last(now):
            self._record(replace(last, taken_at=now, observed_at=now + self.life.clock_s, leaves_at=now))
        self.wakes_at = self.life.wakes_at

    def _recall(self, now: float) -> None:
        """A unit that starts says what it measured last: a parked one would else be unknown for minutes."""
        for last in self._last(now):
            self._record(replace(last, leaves_at=now))

    def _last(self, now: float) -> list[Reading]:
        rows = self.life.readings(now - _LONGEST_PAUSE_S, now).rows()
        found = (
            next((row for row in reversed(rows) if row.kind is kind), None) for kind in (Kind.POSITION, Kind.USAGE)
        )
        return [one for one in found if one is not None]

    def _record(self, reading: Reading) -> None:
        offset_s = self.wire.clock_offset_s if self.wire is not None else 0.0
        self.unit.record(
            reading.kind, reading.fields, reading.taken_at, reading.observed_at + offset_s, reading.leaves_at
        )


def life_of(spec: UnitSpec, world: World, interval_s: float) -> Life:
    """The life of the vehicle that the unit sits in, as it measures it."""
    return Life(spec.vehicle, spec.code, world, interval_s)


def writes_integer_times(code: str) -> bool:
    """Half of the makers write times as Unix milliseconds, half as RFC 3339."""
    return crc32(code.encode()) & 1 == 0
