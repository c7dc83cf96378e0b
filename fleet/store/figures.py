"""Figures of the statistics, summed by what was asked for and weighed into parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import day_begins_us, from_us
from fleet.model.registry import Energy
from fleet.model.scope import Scope
from fleet.statistics.base import DIMENSIONS, Dimension, Parts, Source
from fleet.statistics.runs import month_after, runs
from fleet.statistics.weights import Weights
from fleet.store.registry import subtree
from fleet.store.scoped import one_of
from fleet.store.sources import FIGURES, Relation, live
from fleet.store.tables import organ, vehicle

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is counted: days `first` to `last`, both included, grouped by `by`, of the vehicles that all filters hold.

    `organs`: ids, of a subtree for example; None = no filter. `borders`: days on which a policy becomes another one.
    """

    first: date
    last: date
    by: tuple[Dimension, ...] = ()
    organs: frozenset[int] | None = None
    division: int | None = None
    use: str | None = None
    management: str | None = None
    energy: str | None = None
    borders: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighted:
    """What the figures of a source weigh in the parts. `profiles`: of each organ the number of its policies, where they
    differ; the sets of factors in `weights` are in the order of profiles, within each in that of the stretches between
    the borders."""

    weights: Weights
    profiles: Mapping[int, int]
    stretches: int = 1

    @property
    def dimensions(self) -> set[Dimension]:
        """Those that weights depend on."""
        if self.weights.constant:
            return set()
        by_use = {Dimension.USE} if self.weights.kinds[0][1] is not None else set()
        return {Dimension.ENERGY, *by_use, *({Dimension.ORGAN} if self.profiles else ())}


class Group(NamedTuple):
    """The figures of vehicles of one energy kind (None where the source knows none) in one group."""

    key: Key
    energy: Energy | None
    figures: Mapping[str, int]


async def read_live(
    connection: AsyncConnection,
    source: Source,
    question: Question,
    weighted: Weighted,
    *,
    scope: Scope,
    vehicles: Collection[int] | None = None,
) -> list[tuple[Key, Parts]]:
    """The parts of each group as the rows themselves say now, of what the caller may see; groups without any row are
    not there. `vehicles`: those that can be among the organs asked for, where they are few."""
    first, last = days_within(question, scope)
    if first > last:
        return []
    conditions: list[str] = []
    values = _asked(first, last, question)
    if vehicles is not None:
        conditions.append("x.vehicle_id = any(cast(:vehicles as int4[]))")
        values["vehicles"] = sorted(vehicles)
    relation = live(source, _dimensions(question, scope) | weighted.dimensions)
    return await read_parts(connection, source, relation, question, weighted, conditions, values, scope=scope)


async def read_groups(connection: AsyncConnection, source: Source, question: Question, *, scope: Scope) -> list[Group]:
    """All figures of a source, of what the caller may see, by energy kind too; groups without any row are not there."""
    relation = live(source, _dimensions(question, scope) | {Dimension.ENERGY})
    first, last = days_within(question, scope)
    if first > last:
        return []
    conditions: list[str] = []
    values = _asked(first, last, question)
    _require(source, relation, question, scope, conditions, values)
    keys = [relation.attributes[dimension] for dimension in question.by]
    energy = relation.attributes.get(Dimension.ENERGY)
    sums = [f"coalesce(sum(x.{name}), 0)::int8" for name in FIGURES[source]]
    grouped = [*keys, *([] if energy is None else [energy])]
    width = len(keys)
    return [
        Group(
            row[:width],
            None if energy is None else Energy(row[width]),
            dict(zip(FIGURES[source], row[len(grouped) :], strict=True)),
        )
        for row in await _rows(connection, relation, grouped, sums, "", conditions, values)
    ]


async def _rows(
    connection: AsyncConnection,
    relation: Relation,
    keys: Sequence[str],
    sums: Sequence[str],
    joins: str,
    conditions: Sequence[str],
    values: Mapping[str, Any],
) -> list[tuple[Any, ...]]:
    statement = f"select {', '.join([*keys, *sums])} from {relation.source}{joins}"
    if conditions:
        statement += f" where {' and '.join(conditions)}"
    if keys:
        statement += f" group by {', '.join(str(n + 1) for n in range(len(keys)))}"
    wanted = {name: value for name, value in values.items() if f":{name}" in statement}
    return [tuple(row) for row in await connection.execute(text(statement), wanted)]


async def read_parts(
    connection: AsyncConnection,
    source: Source,
    relation: Relation,
    question: Question,
    weighted: Weighted,
    conditions: Sequence[str],
    values: Mapping[str, Any],
    *,
    scope: Scope,
) -> list[tuple[Key, Parts]]:
    """Sums of the figures of `relation`, weighed into parts by the database."""
    terms = weighted.weights.terms
    if not terms:
        return []
    conditions, values = list(conditions), dict(values)
    _require(source, relation, question, scope, conditions, values)
    joins = _weighed(relation, weighted, values)
    parts: dict[str, list[str]] = {}
    for number, term in enumerate(terms):
        figure = relation.figure.format(term.figure)
        weight = "" if term.weights == (1,) else f" * {term.weights[0] if term.constant else f'w.w{number}'}"
        parts.setdefault(term.part, []).append(f"{figure}{weight}")
    sums = [f"coalesce(sum({relation.sign}({' + '.join(some)})), 0)::int8" for some in parts.values()]
    keys = [relation.attributes[dimension] for dimension in question.by]
    width, names = len(keys), tuple(parts)
    return [
        (row[:width], dict(zip(names, row[width:], strict=True)))
        for row in await _rows(connection, relation, keys, sums, joins, conditions, values)
    ]


def _weighed(relation: Relation, weighted: Weighted, values: dict[str, Any]) -> str:
    """Joins to the weights, where they are not the same for all."""
    weights, stretches = weighted.weights, weighted.stretches
    if weights.constant:
        return ""
    profiles = max(weighted.profiles.values(), default=0) + 1
    sets = [(profile, bucket) for profile in range(profiles) for bucket in range(stretches)]
    rows = [(energy and energy.value, use and use.value, *one) for energy, use in weights.kinds for one in sets]
    energies, uses, of_profile, of_bucket = (list(column) for column in zip(*rows, strict=True))
    varying = [(number, term) for number, term in enumerate(weights.terms) if not term.constant]
    values |= {"w_energy": energies, "w_use": uses, "w_profile": of_profile, "w_bucket": of_bucket}
    values |= {f"weights{number}_": list(term.weights) for number, term in varying}
    given = "".join(f", cast(:weights{number}_ as int8[])" for number, _ in varying)
    columns = "".join(f", w{number}" for number, _ in varying)
    on = f"w.energy = {relation.attributes[Dimension.ENERGY]}"
    if weights.kinds[0][1] is not None:
        on += f" and w.use = {relation.attributes[Dimension.USE]}"
    joins = ""
    if profiles > 1:
        values |= {"p_organ": list(weighted.profiles), "p_profile": list(weighted.profiles.values())}
        joins += (
            " join unnest(cast(:p_organ as int4[]), cast(:p_profile as int4[])) as p (organ_id, profile)"
            f" on p.organ_id = {relation.attributes[Dimension.ORGAN]}"
        )
        on += " and w.profile = p.profile"
    if stretches > 1:
        on += f" and w.bucket = {relation.bucket}"
    return (
        f"{joins} join unnest(cast(:w_energy as text[]), cast(:w_use as text[]), cast(:w_profile as int4[]),"
        f" cast(:w_bucket as int4[]){given}) as w (energy, use, profile, bucket{columns}) on {on}"
    )


async def subtree_of(connection: AsyncConnection, organ_id: int) -> frozenset[int]:
    """The organ and all below it."""
    return frozenset((await connection.execute(subtree(organ_id))).scalars())


async def names_of(
    connection: AsyncConnection, by: Sequence[Dimension], keys: Iterable[tuple[Any, ...]]
) -> dict[Dimension, dict[int, str]]:
    """Names of the organs and plates of the vehicles in these groups."""
    keys = list(keys)
    names: dict[Dimension, dict[int, str]] = {}
    for dimension, table, name in ((Dimension.ORGAN, organ, "name"), (Dimension.VEHICLE, vehicle, "plate")):
        if dimension in by:
            ids = {key[by.index(dimension)] for key in keys}
            statement = select(table.c.id, table.c[name]).where(one_of(table.c.id, ids))
            names[dimension] = {row[0]: row[1] for row in await connection.execute(statement)}
    return names


def _asked(first: date, last: date, question: Question) -> dict[str, Any]:
    """What the sources take of the period."""
    begin, end = (from_us(day_begins_us(day)) for day in (first, last + timedelta(days=1)))
    return {
        "first": first,
        "last": last,
        "begin": begin,
        "end": end,
        "borders": list(question.borders),
        **_months_and_days(first, last, question.borders),
        **_stretches(first, last, question),
    }


def _require(
    source: Source,
    relation: Relation,
    question: Question,
    scope: Scope,
    conditions: list[str],
    values: dict[str, Any],
) -> None:
    """What the question and the scope leave of the rows."""
    if source is Source.MESSAGES:
        return
    known = DIMENSIONS[source]
    for number, (dimension, some) in enumerate(filters(question, scope)):
        if dimension in known:
            kind = "int4" if dimension in (Dimension.ORGAN, Dimension.DIVISION) else "text"
            conditions.append(f"{relation.attributes[dimension]} = any(cast(:only{number}_ as {kind}[]))")
            values[f"only{number}_"] = sorted(some)
    if Dimension.VEHICLE in known and not scope.see_confidential:
        conditions.append(f"not {relation.confidential}")


def filters(question: Question, scope: Scope) -> list[tuple[Dimension, Collection[Any]]]:
    """What question and scope leave of each dimension; all of them must hold."""
    wanted: list[tuple[Dimension, Collection[Any] | None]] = [
        (Dimension.ORGAN, both(question.organs, scope.organs)),
        (Dimension.DIVISION, _only(question.division)),
        (Dimension.DIVISION, _only(scope.division)),
        (Dimension.USE, _only(question.use)),
        (Dimension.MANAGEMENT, _only(question.management)),
        (Dimension.ENERGY, _only(question.energy)),
    ]
    return [(dimension, some) for dimension, some in wanted if some is not None]


def _only(value: Any) -> tuple[Any] | None:
    return None if value is None else (value,)


def _dimensions(question: Question, scope: Scope) -> set[Dimension]:
    """Those that rows are grouped or filtered by."""
    return {*question.by, *(dimension for dimension, _ in filters(question, scope))}


def _months_and_days(first: date, last: date, borders: Sequence[date]) -> dict[str, list[date]]:
    """The whole months of the period within which no policy changes, and the days of all others."""
    months: list[date] = []
    days: list[date] = []
    month = first.replace(day=1)
    while month <= last:
        after = month_after(month)
        if first <= month and after <= last + timedelta(days=1) and not any(month < one < after for one in borders):
            months.append(month)
        else:
            begin, end = max(first, month), min(last + timedelta(days=1), after)
            days += [begin + timedelta(days=n) for n in range((end - begin).days)]
        month = after
    return {"months": months, "days": days}


def _stretches(first: date, last: date, question: Question) -> dict[str, list[date]]:
    """The months of the period where they are asked for, else the whole; parted also where a policy changes."""
    some = runs(first, last, question.borders)
    ends = [one.day for one in some if one.sign > 0]
    if Dimension.MONTH not in question.by and not question.borders:
        ends = ends[-1:]
    begins = [first, *(end + timedelta(days=1) for end in ends[:-1])] if ends else []
    months_end = [*(end for end in ends[:-1] if (end + timedelta(days=1)).day == 1), *ends[-1:]]
    return {
        "begins": begins,
        "afters": [end + timedelta(days=1) for end in ends],
        "ends": months_end if Dimension.MONTH in question.by else ends[-1:],
    }


def both(one: frozenset[int] | None, other: frozenset[int] | None) -> frozenset[int] | None:
    """What two filters of organs leave."""
    if one is None or other is None:
        return one if other is None else other
    return one & other


def days_within(question: Question, scope: Scope) -> tuple[date, date]:
    """The days that lie whole within the scope's period; `first` after `last` where there is none."""
    first, last = question.first, question.last
    begin, end = scope.clipped(from_us(day_begins_us(first)), from_us(day_begins_us(last + timedelta(days=1))))
    while begin is not None and first <= last and from_us(day_begins_us(first)) < begin:
        first += timedelta(days=1)
    while end is not None and last >= first and from_us(day_begins_us(last + timedelta(days=1))) > end:
        last -= timedelta(days=1)
    return first, last
