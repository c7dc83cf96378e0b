"""A unit in its vehicle: what it measures becomes samples on its wire. Pure: equal seeds and times give equal bytes.

Positions every `interval_s` with the ignition on, every ten minutes without; usage every minute and every ten
minutes; both, and an event, whenever something changes. See `simulators.life` for what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from fleet.model.readings import Kind
from simulators.days.model import VehicleSpec
from simulators.faults import FaultRates, FaultyWire
from simulators.life import Life
from simulators.roster import UnitSpec
from simulators.unit import OnboardUnit
from simulators.vehicle import World

_HELD_UP_S = 30.0
_STREAMS = {"wire": 3, "maker": 4}


@dataclass(frozen=True, slots=True)
class Play:
    """What all units of one run of the simulator share."""

    world: World
    interval_s: float
    faults: FaultRates
    first_run: int
    resend_after_s: float = 60.0
    keep_truth: bool = False


class MeasuringUnit:
    """One unit. `wakes_at` is when `measure` wants to be called next (Unix seconds)."""

    __slots__ = ("_life", "_play", "spec", "unit", "wakes_at", "wire")

    def __init__(self, spec: UnitSpec, play: Play, starts_at: float) -> None:
        self.spec, self._play = spec, play
        self.unit = OnboardUnit(
            first_run=play.first_run,
            resend_after_s=play.resend_after_s,
            integer_times=bool(self._stream("maker").random() < 0.5),
            keep_truth=play.keep_truth,
        )
        self.wire = FaultyWire(play.faults, self._stream("wire")) if play.faults.any else None
        self._life: Life | None = None
        self.wakes_at = starts_at

    @property
    def driving(self) -> bool:
        return self._life is not None and self._life.driving

    def measure(self, now: float) -> None:
        """Live up to `now` and record what is due; what a held-up process missed is not made up afterwards."""
        if self._life is None:
            # At its first call, so that six thousand vehicles do not plan their day in the same second.
            self._life = Life(_vehicle(self.spec), self.spec.code, self._play.world, self._play.interval_s)
            self._life.begin(now)
        elif now - self.wakes_at > _HELD_UP_S:
            self._life.begin(now)
        for reading in self._life.take(now):
            self._record(reading.kind, reading.fields, reading.taken_at, reading.observed_at)
        self.wakes_at = self._life.wakes_at

    def _record(self, kind: Kind, fields: dict[str, object], at: float, observed_at: float) -> None:
        offset_s = self.wire.clock_offset_s if self.wire is not None else 0.0
        self.unit.record(kind, fields, at, observed_at + offset_s)

    def _stream(self, name: str) -> np.random.Generator:
        """A generator of this unit's own: what one unit does never depends on the others."""
        return np.random.default_rng([self._play.world.seed, crc32(self.spec.code.encode()), _STREAMS[name]])


def _vehicle(spec: UnitSpec) -> VehicleSpec:
    home = (spec.home_lat, spec.home_lon)
    return VehicleSpec(
        energy=spec.energy,
        body=spec.body,
        division=spec.division,
        tank_l=spec.tank_l,
        battery_kwh=spec.battery_kwh,
        home=(home[0], home[1]) if home[0] is not None and home[1] is not None else None,
        key=spec.code if spec.vehicle_id is None else f"v{spec.vehicle_id}",
        use=spec.use,
        status=spec.status,
        organ=spec.organ,
        organ_kind=spec.organ_kind,
    )
