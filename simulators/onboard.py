"""A unit in its vehicle: what it measures and when. Pure: the same seed and times give the same bytes.

Positions every `interval_s` with the ignition on, every ten minutes without; usage every minute and every ten
minutes; both, and an event, whenever something changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians
from zlib import crc32

import numpy as np

from fleet.geography.datum import wgs84_to_gcj02
from fleet.model.readings import Kind
from simulators.faults import FaultRates, FaultyWire
from simulators.habits import Map
from simulators.roads import DEGREE_M
from simulators.roster import UnitSpec
from simulators.unit import OnboardUnit
from simulators.vehicle import Vehicle, VehicleSpec

PARKED_EVERY_S = 600.0
USAGE_EVERY_S = 60.0
_GCJ02_SHARE = 0.02  # units of makers whose receivers report the Chinese datum
_NOISE_M = 3.0
_NOISE_MEMORY = 0.9  # errors of a receiver drift, they do not jump
_STREAMS = {"vehicle": 1, "sensors": 2, "wire": 3}


@dataclass(frozen=True, slots=True)
class Play:
    """What all units of one run of the simulator share."""

    city: Map
    seed: int
    interval_s: float
    faults: FaultRates
    first_run: int
    resend_after_s: float = 60.0
    keep_truth: bool = False


class MeasuringUnit:
    """One unit. `wakes_at` is when `measure` wants to be called next (Unix seconds)."""

    __slots__ = (
        "_noise_m",
        "_play",
        "_position_at",
        "_rng",
        "_usage_at",
        "_vehicle",
        "gcj02",
        "spec",
        "unit",
        "wakes_at",
        "wire",
    )

    def __init__(self, spec: UnitSpec, play: Play, starts_at: float) -> None:
        self.spec, self._play = spec, play
        self._rng = self._stream("sensors")
        self.gcj02 = bool(self._rng.random() < _GCJ02_SHARE)
        self.unit = OnboardUnit(
            first_run=play.first_run,
            resend_after_s=play.resend_after_s,
            integer_times=bool(self._rng.random() < 0.5),
            keep_truth=play.keep_truth,
        )
        self.wire = FaultyWire(play.faults, self._stream("wire")) if play.faults.any else None
        self._vehicle: Vehicle | None = None
        self._noise_m = (0.0, 0.0)
        self.wakes_at = self._position_at = self._usage_at = starts_at

    @property
    def driving(self) -> bool:
        return self._vehicle is not None and self._vehicle.driving

    def measure(self, now: float) -> None:
        """Live up to `now` and record what is due."""
        vehicle = self._vehicle
        first = vehicle is None
        if vehicle is None:
            # At its first call, so that six thousand vehicles do not plan their first drive in the same second.
            vehicle = self._vehicle = self._build_vehicle(now)
        for happening in vehicle.advance(now):
            fields: dict[str, object] = {"event": happening.name}
            if happening.detail is not None:
                fields["detail"] = happening.detail
            self._record(Kind.EVENT, fields, happening.at)
            self._position_at = self._usage_at = now
        if now >= self._position_at:
            self._record(Kind.POSITION, self._position(vehicle), now)
            every_s = self._play.interval_s if vehicle.ignition else PARKED_EVERY_S
            self._position_at = self._next(self._position_at, now, every_s, first)
        if now >= self._usage_at:
            self._record(Kind.USAGE, self._usage(vehicle), now)
            every_s = USAGE_EVERY_S if vehicle.ignition else PARKED_EVERY_S
            self._usage_at = self._next(self._usage_at, now, every_s, first)
        self.wakes_at = min(self._position_at, self._usage_at, vehicle.next_change_at)

    def _build_vehicle(self, now: float) -> Vehicle:
        rng, spec = self._stream("vehicle"), self.spec
        home = (spec.home_lat, spec.home_lon)
        known = (home[0], home[1]) if home[0] is not None and home[1] is not None else None
        return Vehicle(
            VehicleSpec(
                energy=spec.energy,
                body=spec.body,
                division=spec.division,
                tank_l=spec.tank_l,
                battery_kwh=spec.battery_kwh,
                home=known or self._play.city.parking(spec.division, rng),
            ),
            self._play.city,
            rng,
            now,
        )

    def _record(self, kind: Kind, fields: dict[str, object], at: float) -> None:
        offset_s = self.wire.clock_offset_s if self.wire is not None else 0.0
        self.unit.record(kind, fields, at, at + offset_s)

    def _position(self, vehicle: Vehicle) -> dict[str, object]:
        state = vehicle.state()
        east, north, up, quality = self._rng.standard_normal(4).tolist()
        fresh = _NOISE_M * (1 - _NOISE_MEMORY**2) ** 0.5
        east_m = _NOISE_MEMORY * self._noise_m[0] + fresh * east
        north_m = _NOISE_MEMORY * self._noise_m[1] + fresh * north
        self._noise_m = (east_m, north_m)
        lat = state.lat + north_m / DEGREE_M
        lon = state.lon + east_m / (DEGREE_M * cos(radians(state.lat)))
        if self.gcj02:
            shifted = wgs84_to_gcj02(np.array(lat), np.array(lon))
            lat, lon = float(shifted[0]), float(shifted[1])
        fields: dict[str, object] = {
            "lat": round(lat, 7),
            "lon": round(lon, 7),
            "speed_kmh": round(state.speed_kmh, 1),
            "heading_deg": int(state.heading_deg) % 360,
            "altitude_m": round(state.altitude_m + 4 * up),
            "hdop": round(0.7 + 0.2 * abs(quality), 1),
            "satellites": max(6, round(14 - 2 * abs(quality))),
            "ignition": state.ignition,
            "odometer_km": round(state.odometer_m / 1_000, 3),
        }
        if self.gcj02:
            fields["datum"] = "gcj02"
        return fields

    def _usage(self, vehicle: Vehicle) -> dict[str, object]:
        state = vehicle.state()
        fields = {
            "odometer_km": round(state.odometer_m / 1_000, 3),
            **vehicle.power.usage(),
            "ignition": state.ignition,
        }
        if vehicle.power.plugs_in:
            fields["charging"] = state.charging
        return fields

    def _next(self, planned: float, now: float, every_s: float, first: bool) -> float:
        """The next moment on the same beat; after a pause the beat starts anew."""
        if first:
            # All units begin within seconds; without another phase for each, all would report together ever after.
            return now + every_s * float(self._rng.uniform(0.1, 1.0))
        return planned + every_s if planned + every_s > now else now + every_s

    def _stream(self, name: str) -> np.random.Generator:
        """A generator of this unit's own: what one unit does never depends on the others."""
        return np.random.default_rng([self._play.seed, crc32(self.spec.code.encode()), _STREAMS[name]])
