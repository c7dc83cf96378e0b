"""What one vehicle used and bought in a month, and by which method its figure per 100 km is best told.

Methods, the best first: the unit's counter; counter and level together; what was bought by the whole distance. One is
taken where it covers at least 80 % of the distance. Failing all, what was measured is told for what it is: a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from fleet.model.fuels import Fuel, fuel_kind
from fleet.model.registry import Energy
from fleet.statistics.base import per

ENOUGH_PCT = 80
LEAST_PURCHASES = 2
"""One filling says nothing: it may serve the month before, or the one after."""


class Medium(StrEnum):
    """What is counted, each for itself: litres of different kinds are never added."""

    PETROL = "petrol"
    DIESEL = "diesel"
    GAS = "gas"
    ELECTRICITY = "electricity"


class Method(StrEnum):
    COUNTER = "counter"
    LEVEL = "level"
    RECORDS = "records"
    PARTIAL = "partial"


QUANTITY = {medium: "wh" if medium is Medium.ELECTRICITY else "ml" for medium in Medium}
"""The unit of each medium's whole numbers."""

SHOWN_UNIT = {medium: "kWh" if medium is Medium.ELECTRICITY else "L" for medium in Medium}
"""A thousand of them."""


class Bought(NamedTuple):
    """Of one medium: millilitres or watt-hours, fen, and how many purchases; `unpriced` of them without an amount."""

    quantity: int = 0
    fen: int = 0
    purchases: int = 0
    unpriced: int = 0


NOTHING = Bought()


class Measured(NamedTuple):
    """Of one medium: what was used on trips that tell it, and the distance of those; the counters' share apart."""

    used: int
    distance_m: int
    counter_used: int
    counter_m: int


@dataclass(frozen=True, slots=True)
class VehicleMonth:
    """A vehicle in one month, as far as it belonged to the organ and burnt what it burnt."""

    vehicle_id: int
    organ_id: int
    month: date
    energy: Energy
    distance_m: int
    fuel: Measured
    electricity: Measured
    bought: Mapping[Medium, Bought]

    def media(self) -> tuple[Medium, ...]:
        """What the vehicle runs on; a plug-in hybrid on two."""
        fuel = fuel_kind(self.energy)
        electric = self.energy.new_energy
        return (*([] if fuel is None else [_MEDIUM[fuel]]), *([Medium.ELECTRICITY] if electric else []))

    def measured(self, medium: Medium) -> Measured:
        return self.electricity if medium is Medium.ELECTRICITY else self.fuel


_MEDIUM = {Fuel.PETROL: Medium.PETROL, Fuel.DIESEL: Medium.DIESEL, Fuel.GAS: Medium.GAS}


class Best(NamedTuple):
    """The quantity and the distance that a figure per 100 km is worked out of."""

    method: Method
    quantity: int
    distance_m: int


def best(use: VehicleMonth, medium: Medium) -> Best | None:
    """None where nothing is known, or nothing was driven."""
    measured, bought = use.measured(medium), use.bought.get(medium, NOTHING)
    if _enough(measured.counter_m, use.distance_m):
        return Best(Method.COUNTER, measured.counter_used, measured.counter_m)
    if _enough(measured.distance_m, use.distance_m):
        return Best(Method.LEVEL, measured.used, measured.distance_m)
    if bought.purchases >= LEAST_PURCHASES and bought.quantity > 0 and use.distance_m > 0:
        return Best(Method.RECORDS, bought.quantity, use.distance_m)
    if measured.distance_m > 0:
        return Best(Method.PARTIAL, measured.used, measured.distance_m)
    return None


def comparable(use: VehicleMonth, medium: Medium) -> bool:
    """Whether bought may be held against used: something was bought, and enough of the distance was measured."""
    bought = use.bought.get(medium, NOTHING)
    return bought.purchases > 0 and _enough(use.measured(medium).distance_m, use.distance_m)


def _enough(part_m: int, whole_m: int) -> bool:
    return whole_m > 0 and part_m * 100 >= whole_m * ENOUGH_PCT


Parts = dict[str, int]
"""Whole numbers that add up over vehicles, organs and months. For each medium: `used` (measured), `bought`, `paid_fen`,
`purchases`, `unpriced`, `driven_m` (by what runs on it), `best` over `best_m`, and that distance by method."""

_COUNTED = (
    *("paid_fen", "purchases", "unpriced", "driven_m", "best_m"),
    *(f"{method.value}_m" for method in Method),
    "compared_vehicle_months",
)
_QUANTITIES = ("used", "bought", "best", "compared_bought", "compared_used")
PARTS: tuple[str, ...] = (
    *("distance_m", "calculated_mfen"),
    *(
        f"{medium.value}_{name}"
        for medium in Medium
        for name in (*(f"{one}_{QUANTITY[medium]}" for one in _QUANTITIES), *_COUNTED)
    ),
)
"""`calculated_mfen`: measured use at the policies' prices, in 1/1000 fen."""

MEDIUM_OF: Mapping[str, Medium] = {
    name: medium for name in PARTS for medium in Medium if name.startswith(f"{medium.value}_")
}
"""Parts of one medium; those that are missing here are of the vehicle."""


def parts_of(use: VehicleMonth) -> Parts:
    """Only those that are not zero."""
    parts: Parts = {"distance_m": use.distance_m}
    own = use.media()
    for medium in Medium:
        bought = use.bought.get(medium, NOTHING)
        name, unit = medium.value, QUANTITY[medium]
        if bought.purchases:
            parts[f"{name}_bought_{unit}"] = bought.quantity
            parts[f"{name}_paid_fen"] = bought.fen
            parts[f"{name}_purchases"] = bought.purchases
            parts[f"{name}_unpriced"] = bought.unpriced
        if medium not in own:
            continue
        measured = use.measured(medium)
        parts[f"{name}_driven_m"] = use.distance_m
        parts[f"{name}_used_{unit}"] = measured.used
        found = best(use, medium)
        if found is not None:
            parts[f"{name}_best_{unit}"] = found.quantity
            parts[f"{name}_best_m"] = found.distance_m
            parts[f"{name}_{found.method.value}_m"] = found.distance_m
        if comparable(use, medium):
            parts[f"{name}_compared_bought_{unit}"] = bought.quantity
            parts[f"{name}_compared_used_{unit}"] = measured.used
            parts[f"{name}_compared_vehicle_months"] = 1
    return parts


def summed(some: Iterable[Mapping[str, int]]) -> Parts:
    total = dict.fromkeys(PARTS, 0)
    for parts in some:
        for name, value in parts.items():
            total[name] += value
    return total


def known(medium: Medium, parts: Mapping[str, int]) -> bool:
    """Whether anything of it was used, bought, or driven on."""
    return any(value for name, value in parts.items() if MEDIUM_OF.get(name) is medium)


def per_100km(medium: Medium, parts: Mapping[str, int]) -> Fraction | None:
    """Litres or kilowatt-hours, of the parts' best quantity over its distance."""
    return per(parts[f"{medium.value}_best_{QUANTITY[medium]}"], parts[f"{medium.value}_best_m"], 100)


def main_method(medium: Medium, parts: Mapping[str, int]) -> Method | None:
    """That by which most of the distance is told; of equals the better one."""
    if not parts[f"{medium.value}_best_m"]:
        return None
    return max(Method, key=lambda one: parts[f"{medium.value}_{one.value}_m"])


def milli_per_100km(quantity: int, distance_m: int) -> int | None:
    """Millilitres or watt-hours for 100 km, rounded down: exact enough to sort and to compare by."""
    return None if distance_m <= 0 else quantity * 100_000 // distance_m
