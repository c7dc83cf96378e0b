"""The 6,000 vehicles: what each organ needs, bought over fifteen years, within the price rules of their class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from fleet.demonstration.bodies import CARS, FACTS, BodyFacts
from fleet.demonstration.draws import Mix, between, stream
from fleet.demonstration.duties import MANAGEMENT, USES, bodies
from fleet.demonstration.functions import Profile
from fleet.demonstration.organs import StaffedOrgan, moved
from fleet.demonstration.plates import PlateDrawer, vin
from fleet.model.city import Organ, Vehicle
from fleet.model.registry import Body, Energy, VehicleStatus, VehicleUse

LAST_REGISTRATION = date(2026, 6, 30)

_BOUGHT: dict[int, tuple[float, float]] = {
    2012: (2.5, 0.0),
    2013: (3.5, 0.0),
    2014: (4.5, 0.01),
    2015: (6.0, 0.02),
    2016: (8.0, 0.04),
    2017: (9.0, 0.07),
    2018: (9.5, 0.10),
    2019: (9.5, 0.15),
    2020: (9.0, 0.21),
    2021: (9.0, 0.28),
    2022: (8.5, 0.36),
    2023: (8.0, 0.44),
    2024: (7.5, 0.53),
    2025: (6.5, 0.62),
    2026: (3.0, 0.70),
}
"""Year: how many of today's vehicles were bought then (relative), and the share of new energy among saloons and the
like of that year (scaled by the body's own)."""

_FIRST_SOLD = {Energy.EREV: 2019, Energy.FCEV: 2019}

_YEARS = Mix({year: weight for year, (weight, _) in _BOUGHT.items()})
_STATUS = Mix({VehicleStatus.IN_SERVICE: 974, VehicleStatus.REPAIR: 15, VehicleStatus.SEALED: 11})
_COMMUNICATIONS_PRICE_YUAN = (78_000, 120_000)
_COMMUNICATIONS_DISPLACEMENT_ML = 1600
_NEW_ENERGY_PRICE_YUAN = (108_000, 180_000)
_CONFIDENTIAL_PROFILES = (Profile.POLICE, Profile.OFFICE, Profile.ENFORCEMENT)


@dataclass(frozen=True, slots=True)
class Drive:
    """What moves the vehicle; None for what it has not."""

    displacement_ml: int | None
    tank_ml: int | None
    battery_wh: int | None
    rated_range_km: int | None


def build_vehicles(seed: int, organs: tuple[StaffedOrgan, ...]) -> tuple[Vehicle, ...]:
    """All vehicles, organ by organ; ids count from 1."""
    rng = stream(seed, "vehicles")
    plates = PlateDrawer(stream(seed, "plates"))
    vehicles: list[Vehicle] = []
    for staffed in organs:
        for _ in range(staffed.vehicles):
            vehicles.append(_vehicle(rng, plates, len(vehicles) + 1, staffed))
    return tuple(vehicles)


def _vehicle(rng: np.random.Generator, plates: PlateDrawer, number: int, staffed: StaffedOrgan) -> Vehicle:
    organ, profile = staffed.organ, staffed.function.profile
    use = USES[profile].pick(rng)
    body = bodies(profile, use).pick(rng)
    facts = FACTS[body]
    registered_on = _registered_on(rng)
    energy = _energy(rng, registered_on.year, body)
    drive = _drive(rng, facts, energy, use)
    confidential = profile in _CONFIDENTIAL_PROFILES and body in CARS and rng.random() < 0.01
    parking_lat_e7, parking_lon_e7 = _parking(rng, organ)
    return Vehicle(
        id=number,
        plate=plates.draw(energy, heavy=facts.heavy),
        vin=vin(rng, year=registered_on.year, serial=number),
        organ_id=organ.id,
        division=organ.division,
        use=use,
        management=MANAGEMENT[use].pick(rng),
        energy=energy,
        status=_STATUS.pick(rng),
        body=body,
        seats=facts.seats.pick(rng),
        displacement_ml=drive.displacement_ml,
        price_fen=_price_fen(rng, body, energy, use),
        tank_ml=drive.tank_ml,
        battery_wh=drive.battery_wh,
        rated_range_km=drive.rated_range_km,
        purchased_on=registered_on - timedelta(days=int(between(rng, 4, 45))),
        registered_on=registered_on,
        retired_on=None,
        marked=not confidential and rng.random() < 0.97,
        confidential=confidential,
        parking_lat_e7=parking_lat_e7,
        parking_lon_e7=parking_lon_e7,
    )


def _registered_on(rng: np.random.Generator) -> date:
    first = date(_YEARS.pick(rng), 1, 1)
    last = min(date(first.year, 12, 31), LAST_REGISTRATION)
    return first + timedelta(days=int(rng.random() * ((last - first).days + 1)))


def _energy(rng: np.random.Generator, year: int, body: Body) -> Energy:
    facts = FACTS[body]
    if rng.random() < min(0.97, _BOUGHT[year][1] * facts.electric_share):
        energy = facts.new_energy.pick(rng)
        return energy if year >= _FIRST_SOLD.get(energy, 0) else Energy.BEV
    if rng.random() < facts.diesel_share:
        return Energy.DIESEL
    if body is Body.BUS and rng.random() < 0.5:
        return Energy.GAS
    if body in CARS and year >= 2017 and rng.random() < 0.06:
        return Energy.HEV
    return Energy.PETROL


def _drive(rng: np.random.Generator, facts: BodyFacts, energy: Energy, use: VehicleUse) -> Drive:
    # A plug-in hybrid has a small battery, one with a range extender a middling one.
    part = {Energy.BEV: 1.0, Energy.EREV: 0.55, Energy.PHEV: 0.26, Energy.FCEV: 0.4, Energy.HEV: 0.022}.get(energy, 0)
    battery_kwh = part * between(rng, *facts.battery_kwh)
    range_km = battery_kwh / facts.use_kwh_per_100km * 100 * between(rng, 0.95, 1.05)
    burns = energy not in (Energy.BEV, Energy.FCEV)
    displacements = facts.displacements_ml
    if use is VehicleUse.COMMUNICATIONS:
        displacements = tuple(size for size in displacements if size <= _COMMUNICATIONS_DISPLACEMENT_ML)
    elif energy.new_energy:
        displacements = displacements[:2]
    return Drive(
        displacement_ml=displacements[int(rng.random() * len(displacements))] if burns else None,
        tank_ml=round(between(rng, *facts.tank_l)) * 1000 if burns else None,
        battery_wh=round(battery_kwh * 10) * 100 if part else None,
        rated_range_km=5 * round(range_km / 5) if energy.new_energy else None,
    )


def _price_fen(rng: np.random.Generator, body: Body, energy: Energy, use: VehicleUse) -> int:
    """Within the limits for official cars: communications 120,000 yuan; new energy 180,000 yuan."""
    low, high = FACTS[body].price_yuan
    if body in CARS and energy.new_energy:
        low, high = _NEW_ENERGY_PRICE_YUAN
    elif use is VehicleUse.COMMUNICATIONS:
        low, high = _COMMUNICATIONS_PRICE_YUAN
    elif energy.new_energy:
        low, high = low * 1.25, high * 1.3
    return round(between(rng, low, high) / 100) * 10_000


def _parking(rng: np.random.Generator, organ: Organ) -> tuple[int, int]:
    """A place in the organ's yard: within 35 m of its middle."""
    away_m, bearing = 35 * rng.random() ** 0.5, 2 * np.pi * rng.random()
    lat, lon = moved(
        organ.lat_e7 / 1e7, organ.lon_e7 / 1e7, float(away_m * np.cos(bearing)), float(away_m * np.sin(bearing))
    )
    return round(lat * 1e7), round(lon * 1e7)
