"""Reads a monthly report: the statistics of the month, its trend and its places, within a scope."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.errors import NotFound
from fleet.geography.divisions import DIVISIONS
from fleet.model.moments import day_begins_us, from_us
from fleet.model.policies import POLICIES
from fleet.model.scope import Scope
from fleet.reports.monthly import Factor, Figure, Month, OddVehicle, PlaceRow, Report, Whose
from fleet.reports.months import month_over, year_before
from fleet.reports.usage import QUANTITY, Parts, VehicleMonth, summed
from fleet.statistics.base import Dimension, Source, Statistic
from fleet.statistics.base import Parts as Counted
from fleet.statistics.co2 import CO2
from fleet.statistics.energy_cost import ENERGY_COST
from fleet.statistics.fuel_per_100km import FUEL_PER_100KM
from fleet.statistics.nev_share_distance import NEV_SHARE_DISTANCE
from fleet.statistics.nev_share_energy import NEV_SHARE_ENERGY
from fleet.statistics.nev_share_stock import NEV_SHARE_STOCK
from fleet.statistics.registry import STATISTICS
from fleet.statistics.runs import month_after
from fleet.statistics.utilisation import UTILISATION
from fleet.statistics.verdicts import VERDICTS
from fleet.store import energy_sheet
from fleet.store.counting import Key, count
from fleet.store.figures import Question, names_of, subtree_of
from fleet.store.policies import values_at
from fleet.store.recompute import today
from fleet.store.scoped import is_visible_organ
from fleet.store.tables import organ, policy_value
from fleet.store.tally_memory import TallyMemory

TREND_MONTHS = 13
MOST_PLACES, MOST_ODD = 30, 8

_APART = {FUEL_PER_100KM.slug}
"""Told by the energy sheet instead, each fuel for itself."""

_TREND: tuple[Statistic, ...] = (NEV_SHARE_DISTANCE, NEV_SHARE_STOCK)
_PLACES: tuple[Statistic, ...] = (NEV_SHARE_STOCK, NEV_SHARE_DISTANCE, UTILISATION, VERDICTS)


async def read_report(
    connection: AsyncConnection,
    month: date,
    organ_id: int | None,
    *,
    scope: Scope,
    now: datetime,
    by: str,
    memory: TallyMemory,
) -> Report:
    """Of the month that begins on `month`; of one that is not over, up to today. Raises NotFound (organ)."""
    whose = await _whose(connection, organ_id, scope)
    after = month_after(month)
    last = min(after - timedelta(days=1), max(today(now), month))
    organs = None if organ_id is None else await subtree_of(connection, organ_id)
    question = Question(first=month, last=last, organs=organs)
    before_first, before_last = year_before(month, last)
    before = replace(question, first=before_first, last=before_last)
    begin, end = from_us(day_begins_us(month)), from_us(day_begins_us(last + timedelta(days=1)))
    uses = await energy_sheet.read_uses(connection, question, scope=scope)
    sheet = await energy_sheet.read_sheet(connection, question, scope=scope, memory=memory, uses=uses)
    sheet_before = await energy_sheet.read_sheet(connection, before, scope=scope, memory=memory)
    odd = await _odd(connection, question, uses, scope)
    by_county = organ_id is None and scope.everywhere
    return Report(
        whose=whose,
        month=month,
        last=last,
        made_at=now,
        made_by=by,
        confidential=scope.see_confidential,
        over=after <= today(now),
        limited=scope.clipped(begin, end) != (begin, end),
        figures=await _figures(connection, question, before, organ_id, scope, memory),
        months=await _trend(connection, question, scope, memory),
        by_county=by_county,
        places=await _places(connection, question, by_county, sheet, sheet_before, scope, memory),
        energy=summed(sheet.values()),
        energy_before=summed(sheet_before.values()),
        odd=odd[:MOST_ODD],
        odd_total=len(odd),
        factors=await _factors(connection, organ_id, last),
    )


async def _whose(connection: AsyncConnection, organ_id: int | None, scope: Scope) -> Whose:
    if organ_id is None:
        return Whose(None, "")
    if not await is_visible_organ(connection, organ_id, scope=scope):
        raise NotFound(f"There is no organ {organ_id}.")
    name: str = (await connection.execute(select(organ.c.name).where(organ.c.id == organ_id))).scalar_one()
    return Whose(organ_id, name)


async def _figures(
    connection: AsyncConnection,
    question: Question,
    before: Question,
    organ_id: int | None,
    scope: Scope,
    memory: TallyMemory,
) -> dict[str, Figure]:
    shown = [
        one
        for one in STATISTICS
        if one.slug not in _APART and (Source.MESSAGES not in one.counts or (organ_id is None and scope.everywhere))
    ]
    now, then = [await _counted(connection, shown, asked, scope, memory) for asked in (question, before)]
    targets = [one.target for one in shown if one.target is not None]
    held = await values_at(connection, from_us(day_begins_us(question.last)), organ_id, targets)
    return {
        one.slug: Figure(
            one,
            now[one.slug].get((), one.add([])),
            then[one.slug].get((), one.add([])),
            None if one.target is None else int(held[one.target].value),
        )
        for one in shown
    }


async def _counted(
    connection: AsyncConnection,
    statistics: Sequence[Statistic],
    question: Question,
    scope: Scope,
    memory: TallyMemory,
) -> dict[str, dict[Key, Counted]]:
    """What `count` says of each, by slug."""
    return {one.slug: await count(connection, one, question, scope=scope, memory=memory) for one in statistics}


async def _trend(connection: AsyncConnection, question: Question, scope: Scope, memory: TallyMemory) -> list[Month]:
    first = question.first
    for _ in range(TREND_MONTHS - 1):
        first = month_over(first)
    asked = replace(question, first=first, by=(Dimension.MONTH,))
    by_month: dict[date, dict[str, Counted]] = defaultdict(dict)
    for slug, groups in (await _counted(connection, _TREND, asked, scope, memory)).items():
        for (month,), parts in groups.items():
            by_month[month][slug] = parts
    months, month = [], first
    while month <= question.last:
        months.append(Month(month, by_month.get(month, {})))
        month = month_after(month)
    return months


async def _places(
    connection: AsyncConnection,
    question: Question,
    by_county: bool,
    sheet: energy_sheet.Sheet,
    sheet_before: energy_sheet.Sheet,
    scope: Scope,
    memory: TallyMemory,
) -> list[PlaceRow]:
    """Counties by code, or organs by the distance they drove, those with the least in one row."""
    dimension = Dimension.DIVISION if by_county else Dimension.ORGAN
    asked = replace(question, by=(dimension,))
    counted: dict[int, dict[str, Counted]] = defaultdict(dict)
    for slug, groups in (await _counted(connection, _PLACES, asked, scope, memory)).items():
        for (key,), parts in groups.items():
            counted[key][slug] = parts
    homes: Mapping[int, int] = {}
    if by_county:
        homes = {row.id: row.division for row in await connection.execute(select(organ.c.id, organ.c.division))}
    energy, energy_before = (_by_place(one, homes) for one in (sheet, sheet_before))
    if by_county:
        names = {one.code: (one.name, one.name_en) for one in DIVISIONS}
        keys = sorted({*counted, *energy})
    else:
        found = (await names_of(connection, (dimension,), [(one,) for one in {*counted, *energy}]))[dimension]
        names = {key: (name, name) for key, name in found.items()}
        keys = sorted({*counted, *energy}, key=lambda one: (-energy.get(one, {}).get("distance_m", 0), one))
    rows = [
        PlaceRow(
            key,
            *names.get(key, (str(key), str(key))),
            _whole(counted.get(key, {})),
            energy.get(key) or summed(()),
            energy_before.get(key) or summed(()),
        )
        for key in keys
    ]
    return rows if len(rows) <= MOST_PLACES else [*rows[: MOST_PLACES - 1], _rest(rows[MOST_PLACES - 1 :])]


def _whole(counted: Mapping[str, Counted]) -> dict[str, Counted]:
    return {one.slug: one.add([counted[one.slug]] if one.slug in counted else []) for one in _PLACES}


def _rest(rows: list[PlaceRow]) -> PlaceRow:
    return PlaceRow(
        0,
        f"其余 {len(rows)} 个单位",
        f"{len(rows)} other organs",
        {one.slug: one.add(row.counted[one.slug] for row in rows) for one in _PLACES},
        summed(row.energy for row in rows),
        summed(row.energy_before for row in rows),
    )


def _by_place(sheet: energy_sheet.Sheet, homes: Mapping[int, int]) -> dict[int, Parts]:
    found: dict[int, list[Parts]] = defaultdict(list)
    for (organ_id, _), parts in sheet.items():
        found[homes.get(organ_id, organ_id)].append(parts)
    return {key: summed(some) for key, some in found.items()}


async def _odd(
    connection: AsyncConnection, question: Question, uses: list[VehicleMonth], scope: Scope
) -> list[OddVehicle]:
    """The most distance first: where looking matters most."""
    cars = await energy_sheet.registered(connection)
    peers = await energy_sheet.read_peers(connection, question, cars, scope=scope, uses=uses)
    figures = await asyncio.to_thread(energy_sheet.figures_of, uses, cars, peers)
    flagged = [one for one in figures if one.outlier is not None]
    organ_of = {use.vehicle_id: use.organ_id for use in uses}
    ids = {(organ_of[one.vehicle_id],) for one in flagged}
    names = (await names_of(connection, (Dimension.ORGAN,), ids))[Dimension.ORGAN]
    found = []
    for one in flagged:
        assert one.told is not None
        assert one.outlier is not None
        quantity = one.parts[f"{one.medium.value}_best_{QUANTITY[one.medium]}"]
        found.append(
            OddVehicle(
                vehicle_id=one.vehicle_id,
                plate=cars[one.vehicle_id].plate,
                organ=names.get(organ_of[one.vehicle_id], ""),
                medium=one.medium,
                method=one.told.method,
                per_100km=Fraction(100 * quantity, one.told.distance_m),
                median=Fraction(one.outlier.peers.median, 1_000),
                peers=one.outlier.peers.vehicles,
                distance_m=one.told.distance_m,
                high=one.outlier.side.value == "high",
            )
        )
    return sorted(found, key=lambda one: (-one.distance_m, one.vehicle_id))


async def _factors(connection: AsyncConnection, organ_id: int | None, last: date) -> list[Factor]:
    """What energy, cost and emissions were calculated with, as it held when the last day began."""
    slugs = [*NEV_SHARE_ENERGY.factors, *ENERGY_COST.factors, *CO2.factors]
    held = await values_at(connection, from_us(day_begins_us(last)), organ_id, slugs)
    table = policy_value.c
    others = (
        select(table.slug, func.count(func.distinct(table.organ_id)))
        .where(table.slug.in_(slugs), table.organ_id.is_not(None))
        .group_by(table.slug)
    )
    organs = {row[0]: row[1] for row in await connection.execute(others)}
    found = []
    for slug in slugs:
        policy, one = POLICIES[slug], held[slug]
        version = None if one.version is None else one.version.id
        found.append(
            Factor(
                slug,
                policy.zh.removeprefix("统计："),
                policy.en,
                policy.unit,
                int(one.value),
                version,
                organs.get(slug, 0),
            )
        )
    return found
