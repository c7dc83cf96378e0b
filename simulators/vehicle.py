"""The life of one vehicle: parked, driving, idling, refuelling, charging. Pure: time and randomness are passed in.

`advance(now)` lives up to `now` and answers what happened on the way; `state(now)` is what its sensors would say.
Changes happen at their exact moments, whatever the steps: the odometer after one hour is the same in steps of 1 s
and of 10 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import sin

import numpy as np

from fleet.model.registry import Body, Energy, OrganKind, VehicleStatus, VehicleUse
from simulators.habits import Map, Place, moving_share, stay_s
from simulators.powertrain import Powertrain
from simulators.trip import Motion, Trip

_HOME_CHARGER_KW = 11.0
_STREET_CHARGER_KW = 60.0
_REFUELLING_S = 240.0
_LOW = 0.2


class Activity(Enum):
    PARKED = 1
    DRIVING = 2
    IDLING = 3  # arrived, ignition still on
    REFUELLING = 4


@dataclass(frozen=True, slots=True)
class VehicleSpec:
    """What the registry knows of a vehicle; litres and kWh are None where it has no tank or battery.

    `key` names the vehicle's random streams ("" = the unit's code does). `home` is the parking place in degrees, None
    where it is not known. Vehicles of one `organ` (its number in the registry) share a rhythm.
    """

    energy: Energy
    body: Body
    division: int
    tank_l: float | None
    battery_kwh: float | None
    home: Place | None
    key: str = ""
    use: VehicleUse = VehicleUse.OTHER
    status: VehicleStatus = VehicleStatus.IN_SERVICE
    organ: int | None = None
    organ_kind: OrganKind = OrganKind.GOVERNMENT


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the wire's vocabulary at its moment (Unix seconds)."""

    at: float
    name: str
    detail: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class VehicleState:
    """The truth at one moment, without the receiver's noise."""

    lat: float
    lon: float
    altitude_m: float
    speed_kmh: float
    heading_deg: float
    ignition: bool
    charging: bool
    odometer_m: float


class Vehicle:
    """One vehicle from `now` on, somewhere in its day. `next_change_at` is when `advance` will next have news."""

    __slots__ = (
        "_activity",
        "_charger_kw",
        "_drive_s",
        "_driver_factor",
        "_heading",
        "_home",
        "_lived_to",
        "_map",
        "_odometer_m",
        "_place",
        "_rng",
        "_spec",
        "_stays_until",
        "_to_station",
        "_trip",
        "_trip_m",
        "next_change_at",
        "power",
    )

    def __init__(self, spec: VehicleSpec, city: Map, rng: np.random.Generator, now: float) -> None:
        self._spec, self._map, self._rng = spec, city, rng
        self._home: Place = spec.home if spec.home is not None else city.parking(spec.division, rng)
        self._driver_factor = float(rng.uniform(0.85, 1.12))
        self._odometer_m = float(rng.uniform(3e6, 180e6))
        self.power = Powertrain.build(
            spec.energy, spec.body, spec.tank_l, spec.battery_kwh, float(rng.uniform(0.35, 1.0))
        )
        self._place = self._home
        self._heading = float(rng.uniform(0, 360))
        self._activity = Activity.PARKED
        self._charger_kw = 0.0
        self._to_station = False
        self._trip: Trip | None = None
        self._trip_m = 0.0
        self._drive_s = 0.0
        self._stays_until = now
        self._lived_to = now
        self._begin(now)

    @property
    def driving(self) -> bool:
        return self._activity is Activity.DRIVING

    @property
    def ignition(self) -> bool:
        return self._activity in (Activity.DRIVING, Activity.IDLING)

    def advance(self, now: float) -> list[Happening]:
        """Live up to `now`; what happened since the last call, in order."""
        happened: list[Happening] = []
        while self.next_change_at <= now:
            moment = self.next_change_at
            self._live(moment)
            self._change(moment, happened)
        self._live(now)
        return happened

    def state(self) -> VehicleState:
        """The state at the moment up to which the vehicle has lived."""
        standing = Motion(*self._place, 0.0, self._heading, 0.0)
        motion = standing if self._trip is None else self._trip.at(self._lived_to)
        return VehicleState(
            lat=motion.lat,
            lon=motion.lon,
            altitude_m=_altitude_m(motion.lat, motion.lon),
            speed_kmh=motion.speed_kmh,
            heading_deg=motion.heading_deg,
            ignition=self.ignition,
            charging=self._charger_kw > 0,
            odometer_m=self._odometer_m,
        )

    def _begin(self, now: float) -> None:
        """Put the vehicle somewhere in its day: on its way with the wished chance, else parked."""
        other = self._map.destination(self._spec.division, self._rng)
        outward = self._rng.random() < 0.5
        start, end = (self._home, other) if outward else (other, self._home)
        trip = self._plan(start, end, now)
        if self._rng.random() < moving_share(now):
            trip.move_start(now - float(self._rng.uniform(0, trip.duration_s)))
            self._trip, self._activity = trip, Activity.DRIVING
            self._trip_m = trip.at(now).driven_m
            self.next_change_at = trip.ends_at
        else:
            if self._rng.random() < 0.3:
                self._place = other
            self._stay(now + stay_s(trip.duration_s, now, self._rng))

    def _live(self, now: float) -> None:
        """Drive, idle or charge up to `now`, within the present activity."""
        seconds = now - self._lived_to
        self._lived_to = now
        if seconds <= 0:
            return
        if self._trip is not None:
            driven_m = self._trip.at(now).driven_m
            self.power.drive(driven_m - self._trip_m, seconds, self._trip.mean_kmh)
            self._odometer_m += driven_m - self._trip_m
            self._trip_m = driven_m
        elif self._activity is Activity.IDLING:
            self.power.idle(seconds)
        elif self._charger_kw:
            self.power.charge(self._charger_kw * seconds / 3_600)

    def _change(self, now: float, happened: list[Happening]) -> None:
        if self._activity is Activity.DRIVING:
            self._arrive(now, happened)
        elif self._activity is Activity.IDLING:
            self._park(now, happened)
        elif self._activity is Activity.REFUELLING:
            filled = self.power.refuel(self.power.tank_l)
            unit = "litres" if self.power.tank_l else "kwh"
            happened.append(Happening(now, "refuelled", {unit: round(filled, 2)}))
            self._activity = Activity.PARKED
            self._stay(now + float(self._rng.uniform(20, 90)))
        elif self._charger_kw and now < self._stays_until:
            self._unplug(now, happened)
            self._stay(self._stays_until)
        else:
            self._depart(now, happened)

    def _depart(self, now: float, happened: list[Happening]) -> None:
        """Set off, unless there is too little charge: then charge first."""
        at_home = self._place == self._home
        self._to_station = self.power.refuels and self.power.level < _LOW
        if self._to_station:
            target = self._map.station(self._place)
        elif not at_home and self._rng.random() < 0.6:
            target = self._home
        else:
            target = self._map.destination(self._spec.division, self._rng)
        trip = self._plan(self._place, target, now)
        if not self._to_station and trip.distance_m / 1_000 > self.power.range_km():
            if not self.power.refuels:
                self._charge_first(now, trip.distance_m / 1_000, happened)
                return
            self._to_station = True
            trip = self._plan(self._place, self._map.station(self._place), now)
        if self._charger_kw:
            self._unplug(now, happened)
        self._trip, self._trip_m, self._activity = trip, 0.0, Activity.DRIVING
        self.next_change_at = trip.ends_at
        happened.append(Happening(now, "ignition_on"))

    def _charge_first(self, now: float, distance_km: float, happened: list[Happening]) -> None:
        if self.power.missing_kwh < 0.01 * self.power.battery_kwh:
            # The battery is full and the way still too far for it: think of another place in a while.
            self._stay(now + float(self._rng.uniform(60, 600)))
            return
        if not self._charger_kw:
            self._plug_in(now, _STREET_CHARGER_KW, happened)
        level = min(1.0, 1.1 * distance_km / max(1.0, self.power.range_km()) * self.power.level + 0.05)
        wanted_kwh = level * self.power.battery_kwh - self.power.charge_kwh
        self._stay(now + max(wanted_kwh, 0.02 * self.power.battery_kwh) / self._charger_kw * 3_600)

    def _arrive(self, now: float, happened: list[Happening]) -> None:
        assert self._trip is not None
        motion = self._trip.at(now)
        self._place, self._heading = (motion.lat, motion.lon), motion.heading_deg
        self._drive_s, self._trip = self._trip.duration_s, None
        if self._rng.random() < 0.25:
            self._activity = Activity.IDLING
            self.next_change_at = now + float(self._rng.uniform(20, 180))
        else:
            self._park(now, happened)

    def _park(self, now: float, happened: list[Happening]) -> None:
        happened.append(Happening(now, "ignition_off"))
        if self._to_station:
            self._to_station = False
            self._activity = Activity.REFUELLING
            self.next_change_at = now + _REFUELLING_S
            return
        self._activity = Activity.PARKED
        at_home = self._place == self._home
        share = self.power.charge_kwh / self.power.battery_kwh if self.power.plugs_in else 1.0
        if share < 0.7 and (at_home or self._rng.random() < 0.3):
            self._plug_in(now, _HOME_CHARGER_KW if at_home else _STREET_CHARGER_KW, happened)
        self._stay(now + stay_s(self._drive_s, now, self._rng))

    def _stay(self, until: float) -> None:
        """Stay parked; a full battery is the one thing that may happen before."""
        self._stays_until = self.next_change_at = until
        if self._charger_kw:
            full_at = self._lived_to + self.power.missing_kwh / self._charger_kw * 3_600
            self.next_change_at = min(until, full_at)

    def _plug_in(self, now: float, charger_kw: float, happened: list[Happening]) -> None:
        self._charger_kw = charger_kw
        happened.append(Happening(now, "charging_started", {"power_kw": charger_kw}))

    def _unplug(self, now: float, happened: list[Happening]) -> None:
        self._charger_kw = 0.0
        happened.append(Happening(now, "charging_ended"))

    def _plan(self, start: Place, end: Place, now: float) -> Trip:
        return Trip(self._map.router.route(start, end), now, self._driver_factor, self._rng)


def _altitude_m(lat: float, lon: float) -> float:
    """Rolling highland around 1,900 m."""
    return 1_900 + 70 * sin(lat * 41) + 50 * sin(lon * 53 + lat * 17)
