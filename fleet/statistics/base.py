"""What every statistic is: counters (parts) of rows from a few sources, and the figure that its parts give.

Parts are whole numbers and add up over vehicles, organs and time; the figure is worked out of the sums, last. So a
share of the city is never an average of shares, and the same question gives the same digit whoever asks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from fleet.model.registry import Energy, VehicleUse


class Dimension(StrEnum):
    """What figures are grouped by. `VEHICLE` is for the way down from a figure to what is behind it."""

    ORGAN = "organ"
    DIVISION = "division"
    USE = "use"
    MANAGEMENT = "management"
    ENERGY = "energy"
    MONTH = "month"
    VEHICLE = "vehicle"


class Source(StrEnum):
    """Where rows come from; what each holds is said at its query in the store."""

    DAYS = "days"  # what vehicles did
    FLEET = "fleet"  # how many days vehicles were there to be used
    STOCK = "stock"  # vehicles at the end of the period
    PURCHASES = "purchases"  # vehicles first registered in the period
    VERDICTS = "verdicts"  # trips held against orders
    CASES = "cases"
    REFUELS = "refuels"  # fuel-card records
    CHARGES = "charges"  # charging records
    ORDERS = "orders"
    MESSAGES = "messages"


_OF_VEHICLES = frozenset(Dimension)
DIMENSIONS: Mapping[Source, frozenset[Dimension]] = {
    Source.DAYS: _OF_VEHICLES,
    Source.FLEET: _OF_VEHICLES,
    Source.STOCK: _OF_VEHICLES,
    Source.PURCHASES: _OF_VEHICLES,
    Source.VERDICTS: _OF_VEHICLES,
    Source.CASES: _OF_VEHICLES,
    Source.REFUELS: _OF_VEHICLES,
    Source.CHARGES: _OF_VEHICLES,
    Source.ORDERS: frozenset({Dimension.ORGAN, Dimension.DIVISION, Dimension.MONTH}),
    Source.MESSAGES: frozenset({Dimension.MONTH}),
}


class Row(NamedTuple):
    """Figures of vehicles that share an energy kind and a use (None where the source knows neither)."""

    energy: Energy | None
    use: VehicleUse | None
    figures: Mapping[str, int]
    factors: Mapping[str, int]  # policy values that held for the organ at the time

    @property
    def new_energy(self) -> bool:
        return self.energy is not None and self.energy.new_energy


Parts = dict[str, int]
Count = Callable[[Row], Parts]


class Unit(StrEnum):
    """What the figure is measured in."""

    PERCENT = "%"
    KM = "km"
    TRIPS = "trips"
    L_PER_100KM = "L/100 km"
    KWH_PER_100KM = "kWh/100 km"
    YUAN = "CNY"
    TONNES = "t CO2"
    PER_1000KM = "per 1,000 km"


@dataclass(frozen=True, slots=True)
class Part:
    """A counter. `unit`: of the whole number, for example `m` or `vehicles`."""

    name: str
    unit: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """One statistic. `counts`: for each source it reads, the parts of one row. `quotient`: numerator and denominator of
    the figure, out of the summed parts; a denominator of 0 says that there is no figure. `target`: the policy that says
    what the figure should reach.

    `version` rises whenever the same rows may give another figure.
    """

    slug: str
    version: int = 1
    title_zh: str
    title_en: str
    definition_zh: str
    definition_en: str
    unit: Unit
    decimals: int
    parts: tuple[Part, ...]
    counts: Mapping[Source, Count]
    quotient: Callable[[Mapping[str, int]], tuple[int, int]]
    factors: tuple[str, ...] = ()
    target: str | None = None
    dimensions: frozenset[Dimension] = field(init=False)

    def __post_init__(self) -> None:
        shared = frozenset.intersection(*(DIMENSIONS[source] for source in self.counts))
        object.__setattr__(self, "dimensions", shared)

    def sum(self, rows: Sequence[tuple[Source, Row]]) -> Parts:
        """The parts of rows, added up."""
        return self.add([self.counts[source](row) for source, row in rows])

    def add(self, some: Iterable[Mapping[str, int]]) -> Parts:
        """Parts, added up."""
        total = dict.fromkeys((part.name for part in self.parts), 0)
        for parts in some:
            for name, value in parts.items():
                total[name] += value
        return total

    def figure(self, parts: Mapping[str, int]) -> Fraction | None:
        """Exact; None where there is nothing to divide by."""
        return per(*self.quotient(parts))

    def value(self, parts: Mapping[str, int]) -> float | None:
        """The figure, rounded half to even at its decimals: the only place where it stops being exact."""
        numerator, denominator = self.quotient(parts)
        return rounded(numerator, denominator, self.decimals) if denominator else None


def rounded(numerator: int, denominator: int, decimals: int) -> float:
    """Half to even, as `round` does, but without fractions in between: answers hold thousands of figures.

    `denominator` is above 0.
    """
    scale: int = 10**decimals
    whole, rest = divmod(numerator * scale, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and whole % 2):
        whole += 1
    return whole / scale


def per(numerator: int, denominator: int, scale: int = 1) -> Fraction | None:
    """`scale` times the quotient; None where there is nothing to divide by."""
    return None if denominator == 0 else Fraction(scale * numerator, denominator)
