"""What organs and vehicles used and bought by months, read within a scope from the sources of the statistics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.fuels import Fuel
from fleet.model.registry import Energy
from fleet.model.scope import Scope
from fleet.reports.outliers import Like, Outlier, Peers, Told, outlier, peers_of
from fleet.reports.usage import (
    Best,
    Bought,
    Measured,
    Medium,
    Method,
    Parts,
    VehicleMonth,
    milli_per_100km,
    parts_of,
    summed,
)
from fleet.statistics.base import Dimension, Source
from fleet.statistics.energy_cost import ENERGY_COST
from fleet.store.counting import count
from fleet.store.figures import Question, read_groups
from fleet.store.registry import subtree
from fleet.store.tables import organ, vehicle

_BY = (Dimension.ORGAN, Dimension.MONTH, Dimension.VEHICLE)


class Registered(NamedTuple):
    """What a vehicle is registered as now."""

    plate: str
    body: str
    tank_ml: int | None
    battery_wh: int | None


@dataclass(frozen=True, slots=True)
class VehicleFigure:
    """One medium of one vehicle in the whole period; `outlier` by the rule of `fleet.reports.outliers`."""

    vehicle_id: int
    medium: Medium
    parts: Parts
    best: Best | None
    outlier: Outlier | None


async def certified(connection: AsyncConnection, organ_id: int | None) -> frozenset[int]:
    """The energy-saving organs as they are flagged now, of a subtree or of all."""
    statement = select(organ.c.id).where(organ.c.energy_saving.is_(True))
    if organ_id is not None:
        statement = statement.where(organ.c.id.in_(subtree(organ_id)))
    return frozenset((await connection.execute(statement)).scalars())


async def read_uses(connection: AsyncConnection, question: Question, *, scope: Scope) -> list[VehicleMonth]:
    """Every vehicle in every month, once for each organ and energy kind that it had in it."""
    asked = replace(question, by=_BY)
    driven: dict[tuple[date, int, int, Energy], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    bought: dict[tuple[date, int, int, Energy], dict[Medium, Bought]] = defaultdict(dict)
    for source in (Source.DAYS, Source.REFUELS, Source.CHARGES):
        for group in await read_groups(connection, source, asked, scope=scope):
            assert group.energy is not None
            organ_id, month, vehicle_id = group.key
            key = (month, organ_id, vehicle_id, group.energy)
            if source is Source.DAYS:
                sums = driven[key]
                for name, value in group.figures.items():
                    sums[name] += value
            elif source is Source.REFUELS:
                for fuel in Fuel:
                    _buy(bought[key], Medium(fuel.value), group.figures, f"{fuel.value}_", "ml")
            else:
                _buy(bought[key], Medium.ELECTRICITY, group.figures, "", "wh")
    keys = sorted({*driven, *bought}, key=lambda one: (*one[:3], one[3].value))
    return [_use(key, driven.get(key, {}), bought.get(key, {})) for key in keys]


def _buy(into: dict[Medium, Bought], medium: Medium, figures: Mapping[str, int], prefix: str, unit: str) -> None:
    if not figures[f"{prefix}purchases"]:
        return
    known = into.get(medium, Bought())
    into[medium] = Bought(
        known.quantity + figures[f"{prefix}{unit}"],
        known.fen + figures[f"{prefix}fen"],
        known.purchases + figures[f"{prefix}purchases"],
        known.unpriced + figures.get("unpriced", 0),
    )


def _use(key: tuple[date, int, int, Energy], sums: Mapping[str, int], bought: Mapping[Medium, Bought]) -> VehicleMonth:
    def of(name: str) -> int:
        return sums.get(name, 0)

    month, organ_id, vehicle_id, energy = key
    return VehicleMonth(
        vehicle_id=vehicle_id,
        organ_id=organ_id,
        month=month,
        energy=energy,
        distance_m=of("distance_m"),
        fuel=Measured(of("fuel_ml"), of("fuel_distance_m"), of("fuel_counter_ml"), of("fuel_counter_m")),
        electricity=Measured(of("energy_wh"), of("energy_distance_m"), of("energy_counter_wh"), of("energy_counter_m")),
        bought=bought,
    )


Sheet = dict[tuple[int, date], Parts]
"""By organ and month."""


async def read_sheet(
    connection: AsyncConnection, question: Question, *, scope: Scope, uses: Sequence[VehicleMonth] | None = None
) -> Sheet:
    """The parts of every organ and month in which a vehicle of it drove or bought something. `uses`: if read before."""
    uses = await read_uses(connection, question, scope=scope) if uses is None else uses
    groups: dict[tuple[int, date], list[Parts]] = defaultdict(list)
    for use in uses:
        groups[use.organ_id, use.month].append(parts_of(use))
    asked = replace(question, by=(Dimension.ORGAN, Dimension.MONTH))
    for (organ_id, month), parts in (await count(connection, ENERGY_COST, asked, scope=scope)).items():
        groups[organ_id, month].append({"calculated_mfen": parts["fuel_mfen"] + parts["electricity_mfen"]})
    return {key: summed(groups[key]) for key in sorted(groups)}


async def registered(connection: AsyncConnection) -> dict[int, Registered]:
    columns = (vehicle.c.id, vehicle.c.plate, vehicle.c.body, vehicle.c.tank_ml, vehicle.c.battery_wh)
    rows = await connection.execute(select(*columns))
    return {row[0]: Registered(*row[1:]) for row in rows}


async def read_peers(
    connection: AsyncConnection,
    question: Question,
    cars: Mapping[int, Registered],
    *,
    scope: Scope,
    uses: Sequence[VehicleMonth] | None = None,
) -> dict[Like, Peers]:
    """What vehicles are held against: all of the city that are not confidential, in the days that may be seen.

    `uses`: those of the question, which need not be read again where they are these very vehicles.
    """
    asked = Question(first=question.first, last=question.last)
    of_all = Scope(organs=None, see_confidential=False, begin=scope.begin, end=scope.end)
    if uses is None or asked != question or not scope.everywhere or scope.see_confidential:
        uses = await read_uses(connection, asked, scope=of_all)
    return peers_of(told for _, told, _ in _vehicles(uses, cars) if told is not None)


def figures_of(
    uses: Iterable[VehicleMonth], cars: Mapping[int, Registered], peers: Mapping[Like, Peers]
) -> list[VehicleFigure]:
    """By vehicle and medium, of the whole period."""
    return [
        VehicleFigure(
            vehicle_id,
            medium,
            parts,
            None if told is None else Best(told.method, parts[f"{medium.value}_best_{_unit(medium)}"], told.distance_m),
            None if told is None else outlier(told, peers),
        )
        for (vehicle_id, medium, parts), told, _ in _vehicles(uses, cars)
    ]


def _unit(medium: Medium) -> str:
    return "wh" if medium is Medium.ELECTRICITY else "ml"


def _vehicles(
    uses: Iterable[VehicleMonth], cars: Mapping[int, Registered]
) -> list[tuple[tuple[int, Medium, Parts], Told | None, Energy]]:
    """Months of a vehicle added up; its method is that by which most of the distance is told."""
    months: dict[tuple[int, Medium], list[VehicleMonth]] = defaultdict(list)
    for use in uses:
        for medium in {*use.media(), *use.bought}:
            months[use.vehicle_id, medium].append(use)
    found = []
    for (vehicle_id, medium), some in sorted(months.items(), key=lambda one: (one[0][0], one[0][1].value)):
        parts = summed(parts_of(one) for one in some)
        energy = some[-1].energy
        told = None
        distance_m = parts[f"{medium.value}_best_m"]
        figure = milli_per_100km(parts[f"{medium.value}_best_{_unit(medium)}"], distance_m)
        if figure is not None:
            method = max(Method, key=lambda one: parts[f"{medium.value}_{one.value}_m"])
            kind = (energy.value, cars[vehicle_id].body)
            told = Told(vehicle_id, kind, medium, method, figure, distance_m)
        found.append(((vehicle_id, medium, parts), told, energy))
    return found
