"""What organs and vehicles used and bought by months, read within a scope from the sources of the statistics."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.fuels import Fuel
from fleet.model.registry import Energy
from fleet.model.scope import Scope
from fleet.reports.outliers import Like, Outlier, Peers, Told, outlier, peers_of
from fleet.reports.usage import (
    MEDIUM_OF,
    QUANTITY,
    Bought,
    Measured,
    Medium,
    Parts,
    VehicleMonth,
    main_method,
    milli_per_100km,
    parts_of,
    summed,
)
from fleet.statistics.base import Dimension, Source
from fleet.statistics.base import Parts as Counted
from fleet.statistics.energy_cost import ENERGY_COST
from fleet.statistics.runs import month_after
from fleet.store.counting import Key, count
from fleet.store.figures import Group, Question, read_groups
from fleet.store.registry import subtree
from fleet.store.tables import organ, vehicle
from fleet.store.tally_memory import TallyMemory

_BY = (Dimension.ORGAN, Dimension.MONTH, Dimension.VEHICLE)
_SOURCES = (Source.DAYS, Source.REFUELS, Source.CHARGES)
_Key = tuple[date, int, int, str]


class Registered(NamedTuple):
    """What a vehicle is registered as now."""

    plate: str
    body: str
    tank_ml: int | None


@dataclass(frozen=True, slots=True)
class VehicleFigure:
    """One medium of one vehicle in the whole period; `outlier` by the rule of `fleet.reports.outliers`."""

    vehicle_id: int
    medium: Medium
    distance_m: int  # of the vehicle, whatever it ran on
    parts: Parts  # of this medium alone: rows add up
    told: Told | None
    outlier: Outlier | None


async def certified(connection: AsyncConnection, organ_id: int | None) -> frozenset[int]:
    """The energy-saving organs as they are flagged now, of a subtree or of all."""
    statement = select(organ.c.id).where(organ.c.energy_saving.is_(True))
    if organ_id is not None:
        statement = statement.where(organ.c.id.in_(subtree(organ_id)))
    return frozenset((await connection.execute(statement)).scalars())


async def read_uses(connection: AsyncConnection, question: Question, *, scope: Scope) -> list[VehicleMonth]:
    """Every vehicle in every month, once for each organ and energy kind that it had in it; in the order of months.

    Month by month: a year of the whole city is put together in threads, and others are served meanwhile.
    """
    found: list[VehicleMonth] = []
    for asked in _months(replace(question, by=_BY)):
        groups = {source: await read_groups(connection, source, asked, scope=scope) for source in _SOURCES}
        found += await asyncio.to_thread(_uses, groups)
    return found


def _months(question: Question) -> Iterator[Question]:
    """The same of each month, or part of one."""
    first = question.first
    while first <= question.last:
        after = month_after(first)
        yield replace(question, first=first, last=min(question.last, after - timedelta(days=1)))
        first = after


def _uses(groups: Mapping[Source, Sequence[Group]]) -> list[VehicleMonth]:
    """A vehicle has a group for each use that it had; those of one organ, month and energy kind are put together."""
    driven: dict[_Key, list[Mapping[str, int]]] = defaultdict(list)
    bought: dict[_Key, dict[Medium, Bought]] = defaultdict(dict)
    for group in groups[Source.DAYS]:
        driven[_key(group)].append(group.figures)
    for group in groups[Source.REFUELS]:
        for fuel in Fuel:
            _buy(bought[_key(group)], Medium(fuel.value), group.figures, f"{fuel.value}_", "ml")
    for group in groups[Source.CHARGES]:
        _buy(bought[_key(group)], Medium.ELECTRICITY, group.figures, "", "wh")
    return [_use(key, driven.get(key, ()), bought.get(key, {})) for key in sorted({*driven, *bought})]


def _key(group: Group) -> _Key:
    assert group.energy is not None
    organ_id, month, vehicle_id = group.key
    return month, organ_id, vehicle_id, group.energy.value


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


def _use(key: _Key, driven: Sequence[Mapping[str, int]], bought: Mapping[Medium, Bought]) -> VehicleMonth:
    def of(name: str) -> int:
        return sum(one[name] for one in driven)

    month, organ_id, vehicle_id, energy = key
    return VehicleMonth(
        vehicle_id=vehicle_id,
        organ_id=organ_id,
        month=month,
        energy=Energy(energy),
        distance_m=of("distance_m"),
        fuel=Measured(of("fuel_ml"), of("fuel_distance_m"), of("fuel_counter_ml"), of("fuel_counter_m")),
        electricity=Measured(of("energy_wh"), of("energy_distance_m"), of("energy_counter_wh"), of("energy_counter_m")),
        bought=bought,
    )


Sheet = dict[tuple[int, date], Parts]
"""By organ and month."""


async def read_sheet(
    connection: AsyncConnection,
    question: Question,
    *,
    scope: Scope,
    memory: TallyMemory,
    uses: Sequence[VehicleMonth] | None = None,
) -> Sheet:
    """The parts of every organ and month in which a vehicle of it drove or bought something. `uses`: if read before."""
    uses = await read_uses(connection, question, scope=scope) if uses is None else uses
    costs: dict[Key, Counted] = {}
    for asked in _months(replace(question, by=(Dimension.ORGAN, Dimension.MONTH))):
        costs |= await count(connection, ENERGY_COST, asked, scope=scope, memory=memory)
    return await asyncio.to_thread(_sheet, uses, costs)


def _sheet(uses: Sequence[VehicleMonth], costs: Mapping[Key, Counted]) -> Sheet:
    groups: dict[tuple[int, date], list[Parts]] = defaultdict(list)
    for use in uses:
        groups[use.organ_id, use.month].append(parts_of(use))
    for (organ_id, month), parts in costs.items():
        groups[organ_id, month].append({"calculated_mfen": parts["fuel_mfen"] + parts["electricity_mfen"]})
    return {key: summed(groups[key]) for key in sorted(groups)}


async def registered(connection: AsyncConnection) -> dict[int, Registered]:
    columns = (vehicle.c.id, vehicle.c.plate, vehicle.c.body, vehicle.c.tank_ml)
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
    vehicles = await asyncio.to_thread(_vehicles, uses, cars)
    return peers_of(one.told for one in vehicles if one.told is not None)


def figures_of(
    uses: Sequence[VehicleMonth], cars: Mapping[int, Registered], peers: Mapping[Like, Peers]
) -> list[VehicleFigure]:
    """By vehicle and medium, of the whole period. A second of work for a year of the city: call it from a thread."""
    return [
        VehicleFigure(
            one.vehicle_id,
            one.medium,
            one.distance_m,
            one.parts,
            one.told,
            None if one.told is None else outlier(one.told, peers),
        )
        for one in _vehicles(uses, cars)
    ]


class _Vehicle(NamedTuple):
    vehicle_id: int
    medium: Medium
    distance_m: int
    parts: Parts
    told: Told | None


def _vehicles(uses: Sequence[VehicleMonth], cars: Mapping[int, Registered]) -> list[_Vehicle]:
    """Months of a vehicle added up; its method is that by which most of the distance is told."""
    sums: dict[tuple[int, Medium], Parts] = {}
    distances: dict[int, int] = defaultdict(int)
    energies: dict[int, Energy] = {}
    for use in uses:
        distances[use.vehicle_id] += use.distance_m
        energies[use.vehicle_id] = use.energy
        for name, value in parts_of(use).items():
            if (medium := MEDIUM_OF.get(name)) is not None:
                into = sums.setdefault((use.vehicle_id, medium), {})
                into[name] = into.get(name, 0) + value
    found = []
    for (vehicle_id, medium), some in sorted(sums.items()):
        parts = {name: some.get(name, 0) for name, one in MEDIUM_OF.items() if one is medium}
        quantity, distance_m = parts[f"{medium.value}_best_{QUANTITY[medium]}"], parts[f"{medium.value}_best_m"]
        figure = milli_per_100km(quantity, distance_m)
        method, told = main_method(medium, parts), None
        if figure is not None and method is not None:
            kind = (energies[vehicle_id].value, cars[vehicle_id].body)
            told = Told(vehicle_id, kind, medium, method, figure, distance_m)
        found.append(_Vehicle(vehicle_id, medium, distances[vehicle_id], parts, told))
    return found
