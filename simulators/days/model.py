"""A vehicle's day as data: first what is intended (Draft), then what happens (DayPlan). Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from fleet.model.registry import Body, Energy, OrganKind, VehicleStatus, VehicleUse
from simulators.city import City, Site
from simulators.days.calendar import DayKind, Season
from simulators.draws import Draws
from simulators.routing import Anchor, Place, Way


class Purpose(StrEnum):
    ERRAND = "errand"
    MAIL = "mail"  # the fixed rounds of confidential mail
    MEETING = "meeting"
    INSPECTION = "inspection"
    PATROL = "patrol"
    FIELD_VISIT = "field_visit"
    MARKET = "market"
    WORKS = "works"
    RESCUE = "rescue"
    DELIVERY = "delivery"
    SHUTTLE = "shuttle"
    LONG_TRIP = "long_trip"
    EXAM = "exam"
    FLOOD = "flood"
    FIRE_WATCH = "fire_watch"
    NIGHT_DUTY = "night_duty"
    ON_CALL = "on_call"
    TASK_FORCE = "task_force"
    COMMUTE = "commute"
    PRIVATE = "private"


class Filing(StrEnum):
    """How the order of an outing comes about."""

    IN_TIME = "in_time"
    NONE = "none"
    LATE = "late"  # approved after departure, no emergency
    EMERGENCY = "emergency"  # departs first, approved within the time the rules give
    WRONG_VEHICLE = "wrong_vehicle"  # approved for another vehicle of the organ
    UNDER_WAY = "under_way"  # the order of an earlier day still holds
    EXEMPT = "exempt"  # needs none


class Area(StrEnum):
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"


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


@dataclass(slots=True)
class Stop:
    """Somewhere to go and how long to stay."""

    where: Anchor
    stay_s: float
    name: str
    division: int
    idles: bool = False  # the engine runs all the while
    ordered: bool = True  # the order names it


@dataclass(slots=True)
class Outing:
    """From the yard to some places and back: what one order covers. To be back by `back_by`, stops are left out."""

    purpose: Purpose
    departs_at: float
    stops: list[Stop]
    filing: Filing = Filing.IN_TIME
    back_by: float | None = None
    returns: Anchor | None = None  # where it ends; None = the yard
    one_way: bool = False  # ends at the last stop: the next outing begins there
    pace: float = 1.0  # of the speeds
    speeding: float = 0.0  # km/h above the limits that matter on open roads
    window_s: float | None = None  # the order's window ends so long after departure, whatever happens
    area: Area | None = None  # what the order permits; None = what the stops need
    days: int = 1  # that the order holds
    named: tuple[tuple[str, Place], ...] | None = None  # the order's destinations; None = the stops it should name
    tags: tuple[str, ...] = ()  # names of habits that shaped it


class Disturbance(StrEnum):
    """What stands between the vehicle and its readings."""

    NO_FIX = "no_fix"  # no positions
    OUT_OF_REACH = "out_of_reach"  # samples leave later
    SILENT = "silent"  # nothing is measured
    DRIFT = "drift"  # fixes wander; `size` in metres
    SPIKE = "spike"  # one wrong speed; `size` in km/h on top
    GAUGE_STUCK = "gauge_stuck"
    GAUGE_TILTED = "gauge_tilted"  # `size` permille too much or too little


@dataclass(frozen=True, slots=True)
class Effect:
    """A disturbance of the measurement from `begins_at` up to `ends_at`."""

    what: Disturbance
    begins_at: float
    ends_at: float
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Notice:
    """An event that the unit reports for a reason of its own."""

    at: float
    name: str
    detail: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """The truth about one habit or look-alike: what a rule should (or should not) find, from when to when."""

    rule: str
    name: str
    innocent: bool
    begins_at: float
    ends_at: float
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """A day as intended; habits change it before it is planned."""

    outings: list[Outing] = field(default_factory=list)
    night: Site | None = None  # where the vehicle stands at the day's end; None = in its yard
    habits: list[str] = field(default_factory=list)  # names of those that changed the day
    lost_ml: int = 0  # taken out of the tank
    lost_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a drive or an idling takes, in whole small units."""

    fuel_ml: int
    energy_wh: int
    engine_s: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.fuel_ml + other.fuel_ml, self.energy_wh + other.energy_wh, self.engine_s + other.engine_s)


NOTHING = Cost(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Leg:
    """One drive. The engine starts `warm_s` before it departs and runs on `idle_s` after it arrives."""

    start: Anchor
    end: Anchor
    departs_at: float
    arrives_at: float
    way: Way
    distance_m: int
    cost: Cost
    warm_s: float
    warm_cost: Cost
    idle_s: float
    idle_cost: Cost
    pace: float
    speeding: float
    outing: int  # its number within the day
    name: str  # of the destination
    key: int  # of its chance


@dataclass(frozen=True, slots=True)
class CardRecord:
    """What the fuel card says."""

    at: float
    volume_ml: int
    amount_fen: int
    station: str
    place: Place


@dataclass(frozen=True, slots=True)
class OrderWanted:
    """What an applicant needs to know to file the order of an outing, and how it is to come about."""

    outing: int
    purpose: Purpose
    filing: Filing
    origin: Place
    destinations: tuple[tuple[str, Place], ...]
    window_from: float
    window_to: float
    area: Area
    passengers: int
    filed_at: float
    approved_at: float | None


@dataclass(frozen=True, slots=True)
class Counters:
    """All that only ever grows: metres, millilitres, watt-hours, seconds. `lost_ml` left the tank unburnt."""

    odometer_m: int
    fuel_used_ml: int
    lost_ml: int
    energy_used_wh: int
    engine_s: int

    def __add__(self, other: Counters) -> Counters:
        return Counters(
            self.odometer_m + other.odometer_m,
            self.fuel_used_ml + other.fuel_used_ml,
            self.lost_ml + other.lost_ml,
            self.energy_used_wh + other.energy_used_wh,
            self.engine_s + other.engine_s,
        )

    def __sub__(self, other: Counters) -> Counters:
        return Counters(
            self.odometer_m - other.odometer_m,
            self.fuel_used_ml - other.fuel_used_ml,
            self.lost_ml - other.lost_ml,
            self.energy_used_wh - other.energy_used_wh,
            self.engine_s - other.engine_s,
        )


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What a vehicle does from 04:00 of `day` to 04:00 of the next, filling and charging aside.

    `spent` is what it adds to the counters. `cards`: records of a fuel card that no filling stands behind.
    """

    day: date
    kind: DayKind
    stands_at: Anchor
    legs: tuple[Leg, ...]
    outings: tuple[Outing, ...]
    orders: tuple[OrderWanted, ...]
    effects: tuple[Effect, ...]
    notices: tuple[Notice, ...]
    cards: tuple[CardRecord, ...]
    labels: tuple[Label, ...]
    lost_ml: int
    lost_at: float
    spent: Counters


@dataclass(frozen=True, slots=True)
class Subject:
    """One vehicle in its city, with what never changes: `home` in the road network, its key, its county."""

    spec: VehicleSpec
    city: City
    seed: int
    key: int
    home: Anchor
    county: int
    on_the_whole_city: bool  # belongs to the city, not to a county

    def draws(self, *names: int | str) -> Draws:
        """A stream of this vehicle's own."""
        return Draws(self.key, *names)


@dataclass(frozen=True, slots=True)
class Today:
    """A date as a plan sees it."""

    day: date
    kind: DayKind
    season: Season
