"""The whole demonstration city in one call."""

from __future__ import annotations

from fleet.demonstration.organs import build_organs
from fleet.demonstration.rulings import build_areas, build_drivers, build_exemptions, build_fuel_cards, build_policies
from fleet.demonstration.units import build_bindings, build_units
from fleet.demonstration.vehicles import build_vehicles
from fleet.model.city import City

SEED = 530_300
"""The seed of the city that `make run` shows; other seeds give other cities of the same proportions."""


def build_city(seed: int = SEED) -> City:
    """About 520 organs and 6,000 vehicles, with all that belongs to them; equal seeds give equal cities."""
    tree = build_organs(seed)
    vehicles = build_vehicles(seed, tree.organs)
    units = build_units(vehicles)
    return City(
        organs=tree.all(),
        vehicles=vehicles,
        units=units,
        bindings=build_bindings(vehicles, units),
        drivers=build_drivers(seed, tree.organs, vehicles),
        areas=build_areas(seed, tree.organs),
        fuel_cards=build_fuel_cards(vehicles),
        policies=build_policies(tree.organs),
        exemptions=build_exemptions(vehicles),
    )
