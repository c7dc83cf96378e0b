"""One vehicle with its unit, from any moment on: what it measures, live or over a past span. Pure.

What happens on a date follows from the seed, the vehicle and the date, whoever asks and however often. Two ways of
playing give the same readings: `take` for a live unit, `readings` for a span of time as columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians
from zlib import crc32

import numpy as np

from fleet.geography.datum import wgs84_to_gcj02
from fleet.model.readings import Kind
from simulators.habits import Map
from simulators.readings import Events, Moments, Positions, Reading, Readings, Usages
from simulators.roads import DEGREE_M
from simulators.vehicle import Vehicle, VehicleSpec

PARKED_EVERY_S = 600.0
USAGE_EVERY_S = 60.0
_GCJ02_SHARE = 0.02  # units of makers whose receivers report the Chinese datum
_NOISE_M = 3.0
_NOISE_MEMORY = 0.9  # errors of a receiver drift, they do not jump


@dataclass(frozen=True, slots=True)
class World:
    """What all vehicles of one run share."""

    city: Map
    seed: int


class Life:
    """One vehicle and the unit in it. Call `begin` once, then `take` whenever `wakes_at` has come; or, instead of both,
    `readings` for any span."""

    def __init__(self, spec: VehicleSpec, unit: str, world: World, interval_s: float) -> None:
        """`unit`: the unit's code; `interval_s`: seconds between positions with the ignition on."""
        self.spec, self.unit, self.interval_s = spec, unit, interval_s
        self._world = world
        self._vehicle: Vehicle | None = None
        self._rng = np.random.default_rng(0)
        self.gcj02 = bool(self._stream(4).random() < _GCJ02_SHARE)
        self.wakes_at = 0.0

    @property
    def driving(self) -> bool:
        return self._vehicle is not None and self._vehicle.driving

    def begin(self, now: float) -> None:
        """Be in the midst of life at `now` (Unix seconds, past or present); the first reading comes after it."""
        spec, rng = self.spec, self._stream(1)
        if spec.home is None:
            spec = replace(spec, home=self._world.city.parking(spec.division, rng))
        self._rng = self._stream(2)
        self._vehicle = Vehicle(spec, self._world.city, rng, now)
        self._noise_m = (0.0, 0.0)
        self._position_at = self._usage_at = now
        self.wakes_at = now

    def take(self, now: float) -> list[Reading]:
        """All readings due since the last call, up to and including `now`; sets `wakes_at`."""
        assert self._vehicle is not None, "begin() comes first"
        found: list[Reading] = []
        while self.wakes_at <= now:
            at = self.wakes_at
            for happening in self._vehicle.advance(at):
                fields: dict[str, object] = {"event": happening.name}
                if happening.detail is not None:
                    fields["detail"] = happening.detail
                found.append(_reading(Kind.EVENT, happening.at, fields))
                self._position_at = self._usage_at = at
            every_s = self.interval_s if self._vehicle.ignition else PARKED_EVERY_S
            if at >= self._position_at:
                found.append(_reading(Kind.POSITION, at, self._position(self._vehicle)))
                self._position_at = at + every_s
            if at >= self._usage_at:
                found.append(_reading(Kind.USAGE, at, self._usage(self._vehicle)))
                self._usage_at = at + (USAGE_EVERY_S if self._vehicle.ignition else PARKED_EVERY_S)
            self.wakes_at = min(self._position_at, self._usage_at, self._vehicle.next_change_at)
        return found

    def readings(self, begin: float, end: float) -> Readings:
        """All readings from `begin` up to, not including, `end` (Unix seconds)."""
        twin = Life(self.spec, self.unit, self._world, self.interval_s)
        twin.begin(begin)
        found = [one for one in twin.take(end) if one.taken_at < end]
        return Readings(
            _positions([one for one in found if one.kind is Kind.POSITION], self.gcj02),
            _usages([one for one in found if one.kind is Kind.USAGE]),
            _events([one for one in found if one.kind is Kind.EVENT]),
        )

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
        return {
            "lat": round(lat, 7),
            "lon": round(lon, 7),
            "speed_kmh": round(state.speed_kmh, 1),
            "heading_deg": int(state.heading_deg) % 360,
            "altitude_m": round(state.altitude_m + 4 * up),
            "hdop": round(0.7 + 0.2 * abs(quality), 1),
            "satellites": max(6, round(14 - 2 * abs(quality))),
            "ignition": state.ignition,
            "odometer_km": round(state.odometer_m / 1_000, 3),
        } | ({"datum": "gcj02"} if self.gcj02 else {})

    def _usage(self, vehicle: Vehicle) -> dict[str, object]:
        state = vehicle.state()
        fields = {"odometer_km": round(state.odometer_m / 1_000, 3), **vehicle.power.usage()}
        return fields | {"ignition": state.ignition, "charging": state.charging}

    def _stream(self, number: int) -> np.random.Generator:
        return np.random.default_rng([self._world.seed, crc32(self.unit.encode()), number])


def _reading(kind: Kind, at: float, fields: dict[str, object]) -> Reading:
    return Reading(kind, at, at, at, fields)


def _moments(found: list[Reading]) -> Moments:
    taken_ms = np.array([round(one.taken_at * 1_000) for one in found], dtype=np.int64)
    return Moments(taken_ms, taken_ms, taken_ms)


def _positions(found: list[Reading], gcj02: bool) -> Positions:
    def column(name: str, scale: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([round(float(str(one.fields[name])) * scale) for one in found], dtype=np.int64)

    return Positions(
        _moments(found),
        *(column("lat", 1e7), column("lon", 1e7), column("speed_kmh", 10), column("heading_deg", 1)),
        *(column("altitude_m", 1), column("hdop", 10), column("satellites", 1)),
        np.array([bool(one.fields["ignition"]) for one in found]),
        column("odometer_km", 1_000),
        gcj02,
    )


def _usages(found: list[Reading]) -> Usages:
    def column(name: str, scale: float) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
        if not found or name not in found[0].fields:
            return None
        return np.array([round(float(str(one.fields[name])) * scale) for one in found], dtype=np.int64)

    odometer_m = column("odometer_km", 1_000)
    return Usages(
        _moments(found),
        np.zeros(0, dtype=np.int64) if odometer_m is None else odometer_m,
        np.array([bool(one.fields["ignition"]) for one in found]),
        *(column("fuel_level_pct", 10), column("fuel_level_l", 1_000), column("fuel_used_l", 1_000)),
        *(column("engine_hours_h", 3_600), column("soc_pct", 10)),
        *(column("energy_used_kwh", 1_000), column("energy_charged_kwh", 1_000)),
        np.array([bool(one.fields["charging"]) for one in found]),
    )


def _events(found: list[Reading]) -> Events:
    details = [one.fields.get("detail") for one in found]
    return Events(
        _moments(found),
        tuple(str(one.fields["event"]) for one in found),
        tuple(one if isinstance(one, dict) else None for one in details),
    )
