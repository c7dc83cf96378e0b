"""One onboard unit in each vehicle, from a fixed day on; units are numbered in the order of the vehicles."""

from __future__ import annotations

from datetime import date, datetime, time

from fleet.model.city import Binding, Unit, Vehicle
from fleet.model.moments import LOCAL

FITTED_ON = date(2025, 1, 1)
"""The day the network began; later vehicles got their unit on the day they were registered."""


def unit_code(number: int) -> str:
    return f"QJ{number:06d}"


def build_units(vehicles: tuple[Vehicle, ...]) -> tuple[Unit, ...]:
    return tuple(
        Unit(id=vehicle.id, code=unit_code(vehicle.id), division=vehicle.division)  # home of unit = home of vehicle
        for vehicle in vehicles
    )


def build_bindings(vehicles: tuple[Vehicle, ...], units: tuple[Unit, ...]) -> tuple[Binding, ...]:
    return tuple(
        Binding(
            id=unit.id,
            unit_id=unit.id,
            vehicle_id=vehicle.id,
            bound_from=datetime.combine(max(FITTED_ON, vehicle.registered_on), time(), tzinfo=LOCAL),
        )
        for vehicle, unit in zip(vehicles, units, strict=True)
    )
