"""The city, some vehicles in it, and their world: built once for all tests of the simulator."""

from __future__ import annotations

from datetime import date
from functools import cache

from fleet.geography.divisions import DIVISIONS
from fleet.model.registry import Body, Energy, OrganKind, VehicleStatus, VehicleUse
from simulators.city import City
from simulators.days.model import VehicleSpec
from simulators.draws import Draws
from simulators.roads import draw_roads
from simulators.vehicle import Vehicle, World

WORKING_DAY = date(2026, 11, 24)

_SPECIAL = (Body.AMBULANCE, Body.TRUCK, Body.LABORATORY, Body.PICKUP, Body.COLD_CHAIN, Body.DISINFECTION)
_CARS = (Body.SALOON, Body.SUV, Body.MPV)


@cache
def city() -> City:
    return City.of(draw_roads())


def world(*, seed: int = 1, epoch: date = WORKING_DAY, habits: float = 1.0, always: str | None = None) -> World:
    return World(city(), seed, epoch=epoch, habits=habits, always=always)


def spec(number: int, energy: Energy | None = None, status: VehicleStatus = VehicleStatus.IN_SERVICE) -> VehicleSpec:
    """A vehicle as the city has them: uses, bodies and engines in about its proportions."""
    draws = Draws("fleet of the tests", number)
    use = draws.weighted(
        [
            (35, VehicleUse.COMMUNICATIONS),
            (17, VehicleUse.EMERGENCY),
            (25, VehicleUse.LAW_ENFORCEMENT),
            (13, VehicleUse.SPECIAL_PURPOSE),
            (10, VehicleUse.OTHER),
        ]
    )
    body = draws.one_of(_SPECIAL if use is VehicleUse.SPECIAL_PURPOSE else _CARS)
    division = draws.one_of(DIVISIONS).code
    shares = [(62, Energy.PETROL), (10, Energy.DIESEL), (2, Energy.HEV), (3, Energy.GAS), (14, Energy.BEV)]
    engine = energy or draws.weighted([*shares, (6, Energy.PHEV), (2, Energy.EREV), (1, Energy.FCEV)])
    burns = engine not in (Energy.BEV, Energy.FCEV)
    stores = engine in (Energy.BEV, Energy.PHEV, Energy.EREV)
    return VehicleSpec(
        energy=engine,
        body=body,
        division=division,
        tank_l=90.0 if burns and body in _SPECIAL else 55.0 if burns else None,
        battery_kwh=(18.0 if burns else 66.0) if stores else None,
        home=None,
        key=f"test {number}",
        use=use,
        status=status,
        organ=number // 8,
        organ_kind=draws.one_of((OrganKind.GOVERNMENT, OrganKind.PARTY, OrganKind.COURT, OrganKind.INSTITUTION)),
    )


@cache
def vehicles(count: int = 300, seed: int = 1) -> tuple[Vehicle, ...]:
    return tuple(Vehicle(spec(number), world(seed=seed)) for number in range(count))
