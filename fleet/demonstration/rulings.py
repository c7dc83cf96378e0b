"""Drivers, areas, fuel cards, policies and exemptions of the demonstration city: numbers and invented places only."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta

import numpy as np

from fleet.demonstration.draws import Mix, between, stream
from fleet.demonstration.functions import Profile
from fleet.demonstration.organs import StaffedOrgan, moved
from fleet.demonstration.units import FITTED_ON
from fleet.dispatch.fitness import licences_for
from fleet.geography.divisions import COUNTIES
from fleet.model.city import Area, Driver, Exemption, FuelCard, PolicyGiven, Vehicle
from fleet.model.moments import LOCAL
from fleet.model.registry import Body
from fleet.model.rulings import AreaPurpose, ExemptionKind

BEGINNING = datetime.combine(FITTED_ON, time(), tzinfo=LOCAL)
"""Since when areas and policies hold: the day the network began."""

SPARE_DRIVERS_PER_VEHICLE = 0.1
_LICENCES = Mix({"C1": 62, "C2": 3, "B2": 13, "B1": 10, "A2": 4, "A1": 8})
_FIRST_EXPIRY = date(2026, 7, 1)
_STATIONS_PER_COUNTY = 8
_TWO_LEVELS_IN = 530302
_RESTRICTED = (("示范景区", "scenic", 420), ("示范娱乐城", "entertainment", 70), ("示范私人会所", "private_club", 50))
_YARD_M = 60
_YARD_PROFILES = frozenset({Profile.RESCUE, Profile.WORKS, Profile.POLICE})
"""Organs whose yard is drawn as a polygon and larger than a car park."""


def build_drivers(seed: int, organs: tuple[StaffedOrgan, ...], vehicles: tuple[Vehicle, ...]) -> tuple[Driver, ...]:
    """One for each vehicle, who may drive it, and some to spare; their phones begin with zeros and can be nobody's.

    Licences that have run out are among them, as anywhere.
    """
    rng = stream(seed, "drivers")
    of_organ: dict[int, list[Vehicle]] = defaultdict(list)
    for vehicle in vehicles:
        of_organ[vehicle.organ_id].append(vehicle)
    drivers: list[Driver] = []
    for staffed in organs:
        own = of_organ[staffed.organ.id]
        spare = max(1, round(len(own) * SPARE_DRIVERS_PER_VEHICLE))
        at_the_wheel: list[Vehicle | None] = [*own, *[None] * spare]
        for driven in at_the_wheel:
            number = len(drivers) + 1
            drivers.append(
                Driver(
                    id=number,
                    label=f"驾驶员 {number:04d}",
                    organ_id=staffed.organ.id,
                    licence_class=_licence(rng, driven),
                    licence_expires_on=_FIRST_EXPIRY + timedelta(days=int(rng.random() * 2_100)),
                    phone=f"00000{number:06d}",
                )
            )
    return tuple(drivers)


def _licence(rng: np.random.Generator, vehicle: Vehicle | None) -> str:
    """As drivers have them; for a vehicle one that covers it."""
    while True:
        licence = _LICENCES.pick(rng)
        if vehicle is None or licence in licences_for(vehicle.body, vehicle.seats):
            return licence


def build_areas(seed: int, organs: tuple[StaffedOrgan, ...]) -> tuple[Area, ...]:
    """A yard for each organ; in each county fuel and charging stations and a few places to stay away from."""
    rng = stream(seed, "areas")
    areas: list[Area] = []
    for staffed in organs:
        organ = staffed.organ
        lat, lon = organ.lat_e7 / 1e7, organ.lon_e7 / 1e7
        depot = staffed.function.profile in _YARD_PROFILES
        areas.append(
            Area(
                id=len(areas) + 1,
                name=f"{organ.name}停车场",
                purpose=AreaPurpose.DEPOT if depot else AreaPurpose.PARKING,
                category=None,
                organ_id=organ.id,
                ring=_ring(lat, lon, _YARD_M * 1.5) if depot else None,
                centre=None if depot else (organ.lat_e7, organ.lon_e7),
                radius_m=None if depot else _YARD_M,
                holds_from=BEGINNING,
            )
        )
    for county in COUNTIES:
        for number in range(1, _STATIONS_PER_COUNTY + 1):
            lat, lon = _near(rng, county.seat_lat, county.seat_lon, 900, 7_000)
            electric = number % 2 == 0
            areas.append(
                Area(
                    id=len(areas) + 1,
                    name=f"{county.name}示范{'充电站' if electric else '加油站'} {number}",
                    purpose=AreaPurpose.STATION,
                    category="charging" if electric else "fuel",
                    organ_id=None,
                    centre=(round(lat * 1e7), round(lon * 1e7)),
                    radius_m=80,
                    holds_from=BEGINNING,
                )
            )
        for name, category, size_m in _RESTRICTED:
            lat, lon = _near(rng, county.seat_lat, county.seat_lon, 1_500, 9_000)
            areas.append(
                Area(
                    id=len(areas) + 1,
                    name=county.name + name,
                    purpose=AreaPurpose.RESTRICTED,
                    category=category,
                    organ_id=None,
                    ring=_ring(lat, lon, size_m),
                    holds_from=BEGINNING,
                )
            )
    return tuple(areas)


def build_fuel_cards(vehicles: tuple[Vehicle, ...]) -> tuple[FuelCard, ...]:
    """One for each vehicle with a tank."""
    return tuple(
        FuelCard(id=number, card=f"9900{vehicle.id:08d}", vehicle_id=vehicle.id, held_from=vehicle.registered_on)
        for number, vehicle in enumerate((one for one in vehicles if one.tank_ml is not None), start=1)
    )


def build_policies(organs: tuple[StaffedOrgan, ...]) -> tuple[PolicyGiven, ...]:
    """A few values of their own: larger yards for road works, a longer working day for towns of one county, two levels
    of approval for the leading offices of another.

    The city keeps its orders here only from when its offices file them, which is when it is played: until then a trip
    that nothing explains is undetermined, and accuses nobody.
    """
    works = [one.organ.id for one in organs if one.function.profile is Profile.WORKS]
    towns = [one.organ.id for one in organs if one.function.profile is Profile.TOWN]
    given = [("unapproved_trip.radius_m", organ, 120, "作业场地较大") for organ in works]
    division = Counter(one.organ.division for one in organs if one.organ.id in towns).most_common(1)[0][0]
    county_towns = [one.organ.id for one in organs if one.organ.id in towns and one.organ.division == division]
    late: list[tuple[str, int | None, int | str | bool, str]] = [
        ("after_hours.work_to", organ, "18:30", "乡镇作息时间") for organ in county_towns
    ]
    leading = [one.organ for one in organs if one.function.profile is Profile.OFFICE]
    late += [
        ("orders.approval_levels", organ.id, 2, "领导机关用车两级审批")
        for organ in leading
        if organ.division == _TWO_LEVELS_IN
    ]
    late.append(("reconciliation.orders_kept", None, False, "演示城市启用之前，用车单不在本系统"))
    return tuple(
        PolicyGiven(slug=slug, organ_id=organ, value=value, effective_from=BEGINNING, who="demonstration", why=why)
        for slug, organ, value, why in (*given, *late)
    )


def build_exemptions(vehicles: tuple[Vehicle, ...]) -> tuple[Exemption, ...]:
    """Ambulances leave without an order; so do confidential vehicles, which nobody who orders vehicles may see."""
    return tuple(
        Exemption(
            vehicle_id=vehicle.id,
            kind=ExemptionKind.RESCUE if vehicle.body is Body.AMBULANCE else ExemptionKind.SECURITY,
            holds_from=max(BEGINNING, datetime.combine(vehicle.registered_on, time(), tzinfo=LOCAL)),
            why="院前急救" if vehicle.body is Body.AMBULANCE else "涉密任务用车，另行审批管理",
        )
        for vehicle in vehicles
        if vehicle.body is Body.AMBULANCE or vehicle.confidential
    )


def _near(rng: np.random.Generator, lat: float, lon: float, least_m: float, most_m: float) -> tuple[float, float]:
    away_m, bearing = between(rng, least_m, most_m), 2 * np.pi * rng.random()
    return moved(lat, lon, float(away_m * np.cos(bearing)), float(away_m * np.sin(bearing)))


def _ring(lat: float, lon: float, radius_m: float) -> tuple[tuple[int, int], ...]:
    """A hexagon around the place."""
    corners = [
        moved(lat, lon, float(radius_m * np.cos(angle)), float(radius_m * np.sin(angle)))
        for angle in np.linspace(0, 2 * np.pi, 6, endpoint=False)
    ]
    return tuple((round(corner_lat * 1e7), round(corner_lon * 1e7)) for corner_lat, corner_lon in corners)
