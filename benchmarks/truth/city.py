"""The labelled city of the measurement: vehicles of whole organs of the demonstration, with dense habits; and their
readings, taken through the wire's own bytes and through ingest's own decoding, as rows of the archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np

from fleet.demonstration.city import build_city
from fleet.demonstration.units import unit_code
from fleet.geography.divisions import division_index
from fleet.model.batch import Row
from fleet.model.city import City as Registry
from fleet.model.city import Organ
from fleet.model.city import Vehicle as Registered
from fleet.model.moments import to_us
from fleet.model.readings import SAMPLE_KINDS, Kind
from fleet.model.registry import VehicleStatus
from fleet.model.rulings import AreaPurpose
from fleet.model.trips import EventReading, PositionReading, StoredReading, UsageReading
from ingest.arrivals import Incoming
from ingest.batch import BatchBuilder
from ingest.codecs import DEFAULT
from ingest.validate import KnownUnit
from simulators.city import City, RegisteredSite, SiteKind
from simulators.days.calendar import begins_at
from simulators.days.model import DayPlan, VehicleSpec
from simulators.days.timeline import Timeline
from simulators.habits import Density
from simulators.history_wire import messages
from simulators.life import Life
from simulators.onboard import writes_integer_times
from simulators.roads import draw_roads
from simulators.vehicle import World

FIRST_DAY = date(2026, 9, 20)
"""A worked Sunday: the thirty days hold the mid-autumn holiday, the week of the National Day and both make-up days."""

SEED = 530_300
INTERVAL_S = 30.0
"""Between positions of a moving vehicle: as sparse as a history is loaded."""
_RUN = 1
_SEALED_EVERY = 10
"""Each so many-th vehicle is sealed for the whole time, so that sealed ones are many enough."""

DENSITY = Density(
    acts={
        "no_order": 6,
        "wrong_vehicle": 0.6,
        "late_approval": 4,
        "emergency": 4,
        "evening_out": 3,
        "approved_overtime": 12,
        "excursion": 0.6,
        "approved_weekend_duty": 5,
        "make_up_working_day": 60,
        "sealed_and_driven": 1,
        "sealed_and_drifting": 1.6,
        "beyond_the_area": 13,
        "other_county_permitted": 30,
        "hours_late": 4,
        "within_the_grace": 18,
        "too_fast": 240,
        "antenna_off": 4,
        "switched_off": 11,
        "power_cut_and_driven": 6,
    },
    disturbances={
        "speed_spike": 0.17,
        "short_gap": 0.22,
        "dead_valley": 0.17,
        "short_power_dip": 0.17,
        "car_park_drift": 0.12,
    },
    private_night=0.02,
    mission=0.45,
)
"""At least 200 planted and 1,000 look-alikes of every rule among 600 vehicles in thirty days."""

_SITE_KINDS = {
    "fuel": SiteKind.STATION,
    "charging": SiteKind.CHARGER,
    "scenic": SiteKind.SCENIC,
    "entertainment": SiteKind.ENTERTAINMENT,
    "private_club": SiteKind.PRIVATE_CLUB,
}


@dataclass(frozen=True, slots=True)
class Days:
    """The span that is folded and judged."""

    first: date
    count: int

    @property
    def all(self) -> list[date]:
        return [self.first + timedelta(days=k) for k in range(self.count)]

    @property
    def begin(self) -> datetime:
        return datetime.fromtimestamp(begins_at(self.first), tz=UTC)

    @property
    def end(self) -> datetime:
        return datetime.fromtimestamp(begins_at(self.first + timedelta(days=self.count)), tz=UTC)


@dataclass(frozen=True, slots=True)
class Lived:
    """One day of one vehicle, as it really was."""

    plan: DayPlan
    timeline: Timeline


class Player:
    """One vehicle of the registry, played: its truth, and what its unit sends."""

    def __init__(self, vehicle: Registered, life: Life, builder: BatchBuilder) -> None:
        self.vehicle, self.life = vehicle, life
        self._builder = builder
        self._topic = f"fleet/v1/{vehicle.division:06d}/{life.unit}/"
        self._units = {life.unit: KnownUnit(vehicle.id, vehicle.division)}
        self._integer_times = writes_integer_times(life.unit)

    def lived(self, days: Days) -> list[Lived]:
        return [Lived(self.life.plan(day), self.life.vehicle.timeline(day)) for day in days.all]

    def readings(self, days: Days) -> Iterator[StoredReading]:
        """In the order of their keys; each once encoded as the unit does, decoded and checked as ingest does."""
        numbers = [1, 1, 1]
        received_at = days.end + timedelta(days=1)
        found: list[StoredReading] = []
        for day in days.all:
            begin = begins_at(day)
            taken = self.life.readings(begin, begin + 86_400)
            incoming = [
                Incoming(self._topic + one.kind.value, one.payload, received_at)
                for one in messages(taken, _RUN, numbers, integer_times=self._integer_times)
            ]
            for place, count in enumerate((len(taken.positions), len(taken.usages), len(taken.events))):
                numbers[place] += count
            batch = self._builder.build(incoming, self._units, received_at)
            assert not batch.quarantine, batch.quarantine[0].reasons
            for kind in SAMPLE_KINDS:
                found += [_stored(kind, row) for row in batch.staged[kind].every_row()]
        # A unit with a slow clock tells of the next day's first minutes among the last of the one before.
        found.sort(key=lambda reading: reading.key)
        yield from found


def _stored(kind: Kind, row: Row) -> StoredReading:
    observed_at, seq, unit_id, run, *rest = row
    at_us = to_us(observed_at)
    match kind:
        case Kind.POSITION:
            return PositionReading(at_us, unit_id, run, seq, *rest)
        case Kind.USAGE:
            return UsageReading(at_us, unit_id, run, seq, *rest)
        case _:
            return EventReading(at_us, unit_id, run, seq, *rest)


@cache
def registry() -> Registry:
    return build_city(SEED)


def chosen(count: int) -> list[tuple[Organ, tuple[Registered, ...]]]:
    """Whole organs, spread evenly over the registry, with `count` vehicles in all."""
    of_organ: dict[int, list[Registered]] = {}
    for vehicle in registry().vehicles:
        if vehicle.status is not VehicleStatus.REPAIR:
            of_organ.setdefault(vehicle.organ_id, []).append(vehicle)
    organs = [organ for organ in registry().organs if organ.id in of_organ]
    stride = max(1, sum(map(len, of_organ.values())) // count)
    found: list[tuple[Organ, tuple[Registered, ...]]] = []
    for organ in (one for first in range(stride) for one in organs[first::stride]):
        vehicles = tuple(map(_sealed, of_organ[organ.id][:count]))
        if vehicles:
            found.append((organ, vehicles))
            count -= len(vehicles)
    return found


def _sealed(vehicle: Registered) -> Registered:
    status = VehicleStatus.SEALED if vehicle.id % _SEALED_EVERY == 0 else VehicleStatus.IN_SERVICE
    return replace(vehicle, status=status)


@cache
def world(first: date) -> World:
    return World(City.of(draw_roads(), _sites(registry())), SEED, epoch=first, density=DENSITY)


@cache
def _builder() -> BatchBuilder:
    return BatchBuilder(DEFAULT, division_index().lookup)


def player(organ: Organ, vehicle: Registered, days: Days, interval_s: float = INTERVAL_S) -> Player:
    """The vehicle with the unit that the demonstration gives it."""
    spec = VehicleSpec(
        energy=vehicle.energy,
        body=vehicle.body,
        division=vehicle.division,
        tank_l=None if vehicle.tank_ml is None else vehicle.tank_ml / 1_000,
        battery_kwh=None if vehicle.battery_wh is None else vehicle.battery_wh / 1_000,
        home=(vehicle.parking_lat_e7 / 1e7, vehicle.parking_lon_e7 / 1e7),
        key=f"v{vehicle.id}",
        use=vehicle.use,
        status=vehicle.status,
        organ=organ.id,
        organ_kind=organ.kind,
    )
    return Player(vehicle, Life(spec, unit_code(vehicle.id), world(days.first), interval_s), _builder())


def _sites(city: Registry) -> list[RegisteredSite]:
    """Stations and restricted places, as the simulator reads them from the API."""
    found = []
    for area in city.areas:
        kind = _SITE_KINDS.get(area.category or "")
        if area.purpose not in (AreaPurpose.STATION, AreaPurpose.RESTRICTED) or kind is None:
            continue
        ring = area.ring or ()
        lat_e7, lon_e7 = area.centre or (
            sum(lat for lat, _ in ring) // len(ring),
            sum(lon for _, lon in ring) // len(ring),
        )
        place = np.array([lat_e7], dtype=np.int32), np.array([lon_e7], dtype=np.int32)
        if division := int(division_index().lookup(*place)[0]):
            found.append(RegisteredSite(kind, area.name, division, lat_e7 / 1e7, lon_e7 / 1e7))
    return found
