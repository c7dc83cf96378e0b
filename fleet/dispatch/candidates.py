"""Which vehicle should go: those that may, ranked, each with its reasons; and why the others may not.

The order of ranking, each only among those equal in all before it:

1. whose it is: the organ's own, the platform's in the same division, the platform's elsewhere, another organ's (which
   only an emergency may take)
2. whether it alone has seats enough
3. how many doubts there are: fuel or charge low or unknown, position unknown or old, still out for another order, no
   driver free whose licence covers it
4. how far it is from the origin, in bands (5, 20, 50 km)
5. new energy first
6. how many seats would stay empty, by fours
7. how often it was given to orders lately, the least first
8. the distance itself
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
import numpy as np

from fleet.dispatch.fitness import (
    Need,
    VehicleFacts,
    licences_known_to_fit,
    tier,
    vehicle_doubt_codes,
    vehicle_doubts,
    vehicle_refusals,
)
from fleet.dispatch.ranges import CHARGE_ONLY, fuel_in_tank_ml, range_m
from fleet.dispatch.reasons import Reason, Value, codes, data
from fleet.geography.distance import haversine_m, haversine_many_m
from fleet.model.moments import from_us, to_us
from fleet.model.orders import Plan
from fleet.model.registry import NEW_ENERGY

BANDS_M = (5_000, 20_000, 50_000)
FITS_IN_ONE = 8
"""Up to so many passengers go in one vehicle; more may share several."""

_TIERS = (
    ("own_organ", "本单位车辆", "The organ's own"),
    ("platform_here", "同区平台车辆", "The platform's, of the same division"),
    ("platform_elsewhere", "平台车辆", "The platform's, of another division"),
    ("another_organ", "其他单位车辆（应急调用）", "Another organ's: an emergency takes it"),
)


class Taken(msgspec.Struct, frozen=True, gc=False):
    """A booking in the way, of an order or a task; who holds it is None where the reader may not see that."""

    order_id: int | None
    number: str | None
    until: datetime | None
    task_id: int | None = None


class Candidate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A vehicle as it is now. Places in 1e-7 degrees; `position_at_s`: seconds since 1970 UTC; `uses`: orders it was
    given to lately."""

    facts: VehicleFacts
    tank_ml: int | None = None
    rated_range_km: int | None = None
    parking_lat_e7: int | None = None
    parking_lon_e7: int | None = None
    lat_e7: int | None = None
    lon_e7: int | None = None
    position_at_s: int | None = None
    fuel_level_ml: int | None = None
    fuel_level_permille: int | None = None
    soc_permille: int | None = None
    taken: Taken | None = None
    still_out: bool = False
    uses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """The policy values of the ranking."""

    road_pct: int = 140
    reserve_pct: int = 20
    rated_range_pct: int = 75
    refill_s: int = 7_200
    stale_s: int = 1_800
    fair_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of every vehicle. `drivers`: how many are free by organ and licence class."""

    need: Need
    plan: Plan
    now: datetime
    assumptions: Assumptions
    drivers: Mapping[int, Mapping[str, int]]
    _free: dict[tuple[int, frozenset[str]], int] = field(default_factory=dict, repr=False, compare=False)
    _able: dict[tuple[int, str, int, str], int] = field(default_factory=dict, repr=False, compare=False)
    stale_before_s: int = field(init=False, repr=False, compare=False)
    no_time_to_refill: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for every vehicle: worked out once.
        stale = to_us(self.now) // 1_000_000 - self.assumptions.stale_s
        object.__setattr__(self, "stale_before_s", stale)
        left = self.need.begins_at - self.now
        object.__setattr__(self, "no_time_to_refill", left < timedelta(seconds=self.assumptions.refill_s))

    def able_drivers(self, vehicle: VehicleFacts) -> int:
        """How many drivers of the order's organ or the vehicle's are free and certainly may drive it."""
        key = (vehicle.organ_id, vehicle.body, vehicle.seats, vehicle.energy)
        known = self._able.get(key)
        if known is None:
            licences = licences_known_to_fit(vehicle)
            known = self.free_drivers(self.need.organ_id, licences)
            if vehicle.organ_id != self.need.organ_id:
                known += self.free_drivers(vehicle.organ_id, licences)
            self._able[key] = known
        return known

    def free_drivers(self, organ_id: int, licences: frozenset[str]) -> int:
        """Of one organ; remembered, for many vehicles ask the same."""
        key = (organ_id, licences)
        known = self._free.get(key)
        if known is None:
            of_organ = self.drivers.get(organ_id, {})
            known = self._free[key] = sum(of_organ.get(one, 0) for one in licences)
        return known

    @property
    def tour_m(self) -> int:
        """From the origin over all destinations and back, by road."""
        places = [self.plan.origin, *self.plan.destinations, self.plan.origin]
        straight = sum(
            haversine_m(one.lat_e7 / 1e7, one.lon_e7 / 1e7, other.lat_e7 / 1e7, other.lon_e7 / 1e7)
            for one, other in pairwise(places)
        )
        return round(straight * self.assumptions.road_pct / 100)


class Judged(msgspec.Struct, frozen=True, gc=False):
    """One vehicle, judged. It is offered when there are no `refusals`; `key` sorts the offered ones.

    `doubts` are codes: their words, and the reasons of an offered one, are made for the few that are shown.
    `distance_m` by road to the origin; `needed_m` there, the tour and back, with reserve; `range_m` with what it has.
    """

    vehicle: Candidate
    refusals: tuple[Reason, ...]
    doubts: tuple[str, ...]
    distance_m: int | None
    needed_m: int | None
    range_m: int | None
    key: tuple[int, ...]

    @property
    def offered(self) -> bool:
        return not self.refusals


@dataclass(frozen=True, slots=True)
class Ranking:
    """The offered vehicles, best first, and how many are not offered for which reason (one may have several)."""

    offered: tuple[Judged, ...]
    not_offered: Mapping[str, int]
    considered: int


def rank(vehicles: Sequence[Candidate], ask: Ask) -> Ranking:
    distances = _distances(vehicles, ask)
    tour_m = ask.tour_m
    judged = [_judge(one, ask, distance, tour_m) for one, distance in zip(vehicles, distances, strict=True)]
    refused = Counter(code for one in judged if one.refusals for code in codes(one.refusals))
    offered = sorted((one for one in judged if not one.refusals), key=lambda one: one.key)
    return Ranking(tuple(offered), dict(sorted(refused.items())), len(judged))


def judge(vehicle: Candidate, ask: Ask) -> Judged:
    """The same for one vehicle."""
    return _judge(vehicle, ask, _distances([vehicle], ask)[0], ask.tour_m)


def reasons_for(judged: Judged, ask: Ask) -> list[Reason]:
    """Why an offered vehicle stands where it stands, in the order of the ranking."""
    one, facts = judged.vehicle, judged.vehicle.facts
    code, zh, en = _TIERS[tier(facts, ask.need)]
    found = [data(None, "free", "时段空闲", "Free in the whole time"), data(None, code, zh, en, facts.organ_id)]
    seats = facts.seats - 1
    if seats >= ask.need.passengers:
        found.append(data(None, "seats_enough", f"可乘 {seats} 人", f"Takes {seats} passengers", seats))
    else:
        zh, en = f"仅可乘 {seats} 人，需多车", f"Takes {seats} of them: several vehicles are needed"
        found.append(data(None, "seats_partial", zh, en, seats))
    if judged.distance_m is not None:
        km = round(judged.distance_m / 1000, 1)
        place_zh, place_en = ("", "") if one.lat_e7 is not None else ("（按停放点）", " (from its parking place)")
        zh, en = f"距出发地约 {km:g} 公里{place_zh}", f"About {km:g} km from the origin{place_en}"
        found.append(data(None, "distance_km", zh, en, km))
    if judged.range_m is not None and judged.needed_m is not None and judged.range_m >= judged.needed_m:
        has, needs = judged.range_m // 1000, -(-judged.needed_m // 1000)
        zh, en = f"可行驶约 {has} 公里，需 {needs} 公里", f"Gets about {has} km, needs {needs} with reserve"
        found.append(data(None, "energy_sufficient", zh, en, has))
    if facts.energy in NEW_ENERGY:
        found.append(data(None, "new_energy", "新能源车优先", "New energy first", facts.energy))
    if ask.need.bodies:
        found.append(data(None, "body_fits", "车型符合", "The body that is asked for", facts.body))
    if ask.need.equipment:
        found.append(data(None, "equipment_fits", "设备齐全", "Has the equipment", ", ".join(ask.need.equipment)))
    days = ask.assumptions.fair_days
    zh, en = f"近 {days} 天派车 {one.uses} 次", f"Given to {one.uses} orders in {days} days"
    found.append(data(None, "uses", zh, en, one.uses))
    drivers = ask.able_drivers(facts)
    if drivers:
        zh, en = f"有 {drivers} 名驾驶员可驾", f"{drivers} drivers are free whose licence covers it"
        found.append(data(None, "drivers_free", zh, en, drivers))
    return found


# ---------------------------------------------------------------- one vehicle


def _judge(one: Candidate, ask: Ask, distance_m: int | None, tour_m: int) -> Judged:
    facts, need, rules = one.facts, ask.need, ask.assumptions
    refusals = vehicle_refusals(facts, need)
    if one.taken is not None:
        refusals.append(_taken(one))
    seats = facts.seats - 1
    if seats < need.passengers <= FITS_IN_ONE:
        zh, en = f"{facts.plate} 仅可乘 {seats} 人", f"{facts.plate} takes {seats} of {need.passengers} passengers"
        refusals.append(data(None, "seats_short", zh, en, seats))
    needed_m = (2 * (distance_m or 0) + tour_m) * (100 + rules.reserve_pct) // 100
    has_m = _range(one, rules)
    if facts.energy in CHARGE_ONLY:
        refusals += _too_far(one, ask, needed_m, has_m)
    if refusals:
        return Judged(one, tuple(refusals), (), distance_m, needed_m, has_m, ())
    doubts = _doubts(one, ask, has_m, needed_m)
    key = (
        tier(facts, need),
        0 if seats >= need.passengers else 1,
        len(doubts),
        len(BANDS_M) if distance_m is None else bisect_left(BANDS_M, distance_m),
        0 if facts.energy in NEW_ENERGY else 1,
        max(0, seats - need.passengers) // 4,
        one.uses,
        2**31 if distance_m is None else distance_m,
        facts.id,
    )
    return Judged(one, (), doubts, distance_m, needed_m, has_m, key)


def _taken(one: Candidate) -> Reason:
    taken, plate = one.taken, one.facts.plate
    if taken is None or taken.number is None or taken.until is None:
        return data(None, "taken", f"{plate} 该时段不空闲", f"{plate} is not free in that time")
    until = taken.until.isoformat()
    zh, en = f"{plate} 已派给订单 {taken.number}", f"{plate} is taken by order {taken.number} until {until}"
    if taken.task_id is not None:
        zh, en = f"{plate} 已编入任务 {taken.number}", f"{plate} serves in task {taken.number} until {until}"
    return data(None, "taken", zh, en, taken.number)


def _range(one: Candidate, rules: Assumptions) -> int | None:
    fuel_ml = fuel_in_tank_ml(one.tank_ml, one.fuel_level_ml, one.fuel_level_permille)
    return range_m(
        one.facts.body, one.facts.energy, fuel_ml, one.rated_range_km, one.soc_permille, rules.rated_range_pct
    )


def _full_range(one: Candidate, rules: Assumptions) -> int | None:
    return range_m(one.facts.body, one.facts.energy, one.tank_ml, one.rated_range_km, 1000, rules.rated_range_pct)


def _too_far(one: Candidate, ask: Ask, needed_m: int, has_m: int | None) -> Iterable[Reason]:
    """What drives on its charge alone cannot go when full is not enough, or when there is no time to charge."""
    plate, needs = one.facts.plate, -(-needed_m // 1000)
    full_m = _full_range(one, ask.assumptions)
    if full_m is not None and full_m < needed_m:
        zh = f"{plate} 满电约 {full_m // 1000} 公里，需 {needs} 公里"
        en = f"{plate} gets about {full_m // 1000} km when full, {needs} are needed"
        yield data(None, "range_short", zh, en, full_m // 1000)
    elif has_m is not None and has_m < needed_m and ask.no_time_to_refill:
        has = has_m // 1000
        zh = f"{plate} 现可行驶约 {has} 公里，需 {needs} 公里，来不及充电"
        en = f"{plate} gets about {has} km, {needs} are needed, and there is no time to charge"
        yield data(None, "charge_short", zh, en, has)


def _doubts(one: Candidate, ask: Ask, has_m: int | None, needed_m: int) -> tuple[str, ...]:
    found = list(vehicle_doubt_codes(one.facts, ask.need))
    if has_m is None:
        found.append("energy_unknown")
    elif has_m < needed_m:
        found.append("energy_low")
    if one.lat_e7 is None:
        found.append("position_unknown")
    elif one.position_at_s is None or one.position_at_s < ask.stale_before_s:
        found.append("position_old")
    if one.still_out:
        found.append("still_out")
    if not ask.able_drivers(one.facts):
        found.append("no_driver")
    return tuple(found)


def doubts_for(judged: Judged, ask: Ask) -> list[Reason]:
    """The doubts about an offered vehicle in words."""
    one = judged.vehicle
    km = None if judged.range_m is None else judged.range_m // 1000
    at = None if one.position_at_s is None else from_us(one.position_at_s * 1_000_000).isoformat()
    words: dict[str, tuple[str, str, Value]] = {
        "energy_unknown": ("油量（电量）未知", "How much fuel or charge it has is not known", None),
        "energy_low": (f"须先补能（现约 {km} 公里）", f"Needs fuel or charge first: about {km} km", km),
        "position_unknown": ("当前位置未知", "Where it is now is not known", None),
        "position_old": ("位置已过时", "Its last position is old", at),
        "still_out": ("在另一订单中尚未回车", "Still out for another order", None),
        "no_driver": ("没有空闲且准驾相符的驾驶员", "No driver is free whose licence covers it", None),
    }
    found = vehicle_doubts(one.facts, ask.need)
    return found + [
        data(None, code, zh, en, value) for code in judged.doubts if code in words for zh, en, value in [words[code]]
    ]


def _distances(vehicles: Sequence[Candidate], ask: Ask) -> list[int | None]:
    """Metres by road from where each is, or is parked, to the origin; None where neither is known."""
    places = [
        (one.lat_e7, one.lon_e7) if one.lat_e7 is not None else (one.parking_lat_e7, one.parking_lon_e7)
        for one in vehicles
    ]
    known = [number for number, (lat, _) in enumerate(places) if lat is not None]
    result: list[int | None] = [None] * len(vehicles)
    if not known:
        return result
    points = np.array([places[number] for number in known], dtype=np.float64) / 1e7
    origin = ask.plan.origin
    straight = haversine_many_m(points[:, 0], points[:, 1], origin.lat_e7 / 1e7, origin.lon_e7 / 1e7)
    by_road = np.rint(straight * ask.assumptions.road_pct / 100).astype(np.int64)
    for number, metres in zip(known, by_road.tolist(), strict=True):
        result[number] = metres
    return result
