"""Who drives which vehicle: one driver of the organ for each, as far as licences go. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from fleet.model.registry import Body, Energy

_CARS = frozenset({"A1", "A2", "A3", "B1", "B2", "C1"})
_AUTOMATIC = frozenset({"C2"})
_BUSES = {20: frozenset({"A1"}), 10: frozenset({"A1", "A2", "B1"})}
_TRUCKS = frozenset({"A1", "A2", "B2"})


@dataclass(frozen=True, slots=True)
class Driver:
    id: int
    organ_id: int
    licence_class: str
    licence_expires_on: date
    retired_on: date | None = None


@dataclass(frozen=True, slots=True)
class Wheel:
    """A vehicle as its driver sees it."""

    vehicle_id: int
    body: Body
    seats: int
    energy: Energy


def pairs(wheels: Iterable[Wheel], drivers: Iterable[Driver], day: date) -> Mapping[int, int]:
    """Drivers by vehicle, of one organ; a vehicle nobody is left for has none. The hardest to drive come first.

    Nobody is named for two vehicles, so nobody can be booked twice.
    """
    free = sorted((one for one in drivers if _may_drive(one, day)), key=lambda one: one.id)
    found: dict[int, int] = {}
    for wheel in sorted(wheels, key=lambda one: (len(licences(one)), one.vehicle_id)):
        fitting = [one for one in free if one.licence_class in licences(wheel)]
        if fitting:
            # Whoever may drive least goes first: a bus driver is spared for the bus.
            chosen = min(fitting, key=lambda one: (_rank(one), one.id))
            free.remove(chosen)
            found[wheel.vehicle_id] = chosen.id
    return found


def licences(wheel: Wheel) -> frozenset[str]:
    """The classes that certainly cover the vehicle."""
    if wheel.body is Body.TRUCK:
        return _TRUCKS
    for seats, classes in _BUSES.items():
        if wheel.seats >= seats:
            return classes
    return _CARS | _AUTOMATIC if wheel.energy in (Energy.BEV, Energy.FCEV) else _CARS


def _may_drive(driver: Driver, day: date) -> bool:
    """Missions last two days; a licence that ends in them would be refused."""
    until = day.toordinal() + 2
    left = driver.retired_on is not None and driver.retired_on.toordinal() <= until
    return not left and driver.licence_expires_on.toordinal() >= until


def _rank(driver: Driver) -> int:
    return ("C2", "C1", "B1", "B2", "A3", "A2", "A1").index(driver.licence_class)
