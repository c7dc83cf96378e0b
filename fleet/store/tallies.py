"""Reads tallies: sums of settled days that run from month to month, and the rows themselves for what is not settled.

What a tally says is what the rows said when it was made. What changed since is noted in `tally_due` by the transaction
that changed it, and read from the rows until the tally is made again: so an answer is never old.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.statistics.base import Dimension, Parts, Source
from fleet.statistics.runs import Run, last_of_month, month_after, runs
from fleet.store.figures import Key, Question, Weighted, both, days_within, read_live, read_parts
from fleet.store.sources import COLUMNS, FIGURES, TALLIES, Relation
from fleet.store.tally_memory import TallyMemory
from fleet.store.tally_sums import summed

_FEW_VEHICLES = 1_000
_EVERY_ORGAN = None
Organs = frozenset[int] | None
"""Some organs, or all of them (None)."""


class Held(NamedTuple):
    """Which tallies hold: of the days before `sealed_to`, but for the months of organs in `due`.

    `marks` are the notes it was read from, `made` the marks of the months: who finds the same ones after reading has
    read one state of things.
    """

    sealed_to: date
    due: Mapping[Source, Mapping[date, Organs]]
    marks: frozenset[int]
    made: Mapping[Source, Mapping[date, UUID]]


NOTHING = Held(date.min, {}, frozenset(), {})
"""As if there were no tallies: everything is read from the rows."""


async def read_held(
    connection: AsyncConnection, first: date, last: date, sources: Iterable[Source] = tuple(TALLIES)
) -> Held:
    """Which tallies of these sources hold of the months from that of `first` to that of `last`."""
    found = (
        await connection.execute(
            text(
                "select z.sealed_to, d.id, d.source, d.organ_id, d.first_month, d.last_month,"
                " cast(null as uuid) as made from tally_horizon z"
                " left join tally_due d on d.last_month >= :first and d.first_month <= :last"
                " and d.source = any(cast(:sources as text[]))"
                " union all select z.sealed_to, null, m.source, null, m.month, m.month, m.made"
                " from tally_horizon z join tally_month m on m.month between :first and :last"
                " and m.source = any(cast(:sources as text[]))"
            ),
            {"first": first.replace(day=1), "last": last, "sources": [one.value for one in sources]},
        )
    ).all()
    due: dict[Source, dict[date, Organs]] = {source: {} for source in TALLIES}
    made: dict[Source, dict[date, UUID]] = {source: {} for source in TALLIES}
    for row in found:
        if row.made is not None:
            made[Source(row.source)][row.first_month] = row.made
        if row.id is None:
            continue
        months = due[Source(row.source)]
        month = max(row.first_month, first.replace(day=1))
        while month <= min(row.last_month, last):
            known = months.get(month, frozenset())
            whole = row.organ_id is None or known is _EVERY_ORGAN
            months[month] = _EVERY_ORGAN if whole or known is None else known | {row.organ_id}
            month = month_after(month)
    return Held(found[0].sealed_to, due, frozenset(row.id for row in found if row.id is not None), made)


async def read_source(
    connection: AsyncConnection,
    source: Source,
    question: Question,
    weighted: Weighted,
    held: Held,
    *,
    scope: Scope,
    memory: TallyMemory,
) -> list[tuple[Key, Parts]]:
    """The parts of each group; one group may be there more than once."""
    if source not in TALLIES or Dimension.VEHICLE in question.by:
        return await read_live(connection, source, question, weighted, scope=scope)
    first, last = days_within(question, scope)
    settled = min(last, held.sealed_to - timedelta(days=1)) if held.sealed_to > first else None
    if settled is None:
        return await read_live(connection, source, question, weighted, scope=scope)
    due = held.due.get(source, {})
    tallied = replace(question, first=first, last=settled)
    some = [one for one in runs(first, settled, question.borders) if due.get(one.month, ()) is not _EVERY_ORGAN]
    months = await memory.months(connection, source, some, held.made.get(source, {}))
    found = summed(memory.attributes, FIGURES[source], months, tallied, weighted, scope, due)
    if rest := [one for one in some if one not in months]:
        found += await _read_runs(connection, source, tallied, weighted, due, rest, scope)
    for begin, end, organs in _spans(due, first, settled):
        asked = replace(question, first=begin, last=end)
        vehicles = None
        if organs is not _EVERY_ORGAN:
            asked = replace(asked, organs=both(organs, question.organs))
            vehicles = await _vehicles_of(connection, source, asked.organs)
        if asked.organs is None or asked.organs:
            found += await read_live(connection, source, asked, weighted, scope=scope, vehicles=vehicles)
    if settled < last:
        unsettled = replace(question, first=settled + timedelta(days=1), last=last)
        found += await read_live(connection, source, unsettled, weighted, scope=scope)
    return found


async def _read_runs(
    connection: AsyncConnection,
    source: Source,
    question: Question,
    weighted: Weighted,
    due: Mapping[date, Organs],
    some: Sequence[Run],
    scope: Scope,
) -> list[tuple[Key, Parts]]:
    values = {
        "run_days": [one.day for one in some],
        "run_signs": [one.sign for one in some],
        "run_months": [one.month for one in some],
        "run_buckets": [one.bucket for one in some],
    }
    conditions: list[str] = []
    pairs = sorted((organ_id, month) for month, organs in due.items() for organ_id in organs or ())
    if pairs:
        values |= {"due_organs": [one for one, _ in pairs], "due_months": [month for _, month in pairs]}
        conditions.append(
            f"({_ORGAN_OF[source]}, q.month) not in"
            " (select * from unnest(cast(:due_organs as int4[]), cast(:due_months as date[])))"
        )
    return await read_parts(connection, source, _RELATIONS[source], question, weighted, conditions, values, scope=scope)


_RUNS = (
    "unnest(cast(:run_days as date[]), cast(:run_signs as int4[]), cast(:run_months as date[]),"
    " cast(:run_buckets as int4[])) as q (day, sign, month, bucket)"
)


def _relation(source: Source) -> Relation:
    table = TALLIES[source]
    group, attributes = (
        ("join organ g on g.id = t.organ_id", {Dimension.ORGAN: "t.organ_id", Dimension.DIVISION: "g.division"})
        if source is Source.ORDERS
        else (
            "join tally_group g on g.id = t.group_id",
            {dimension: f"g.{column}" for dimension, column in COLUMNS.items()},
        )
    )
    return Relation(
        source=f"{_RUNS} join {table} t on t.day = q.day {group}",
        attributes={**attributes, Dimension.MONTH: "q.month"},
        bucket="q.bucket",
        figure="t.{}",
        sign="q.sign * ",
        confidential="g.confidential",
    )


_RELATIONS = {source: _relation(source) for source in TALLIES}
_ORGAN_OF = {source: _RELATIONS[source].attributes[Dimension.ORGAN] for source in TALLIES}


def _spans(due: Mapping[date, Organs], first: date, last: date) -> Iterable[tuple[date, date, Organs]]:
    """Stretches of months in a row with the same organs, cut to `first` and `last`."""
    months = sorted((month, organs) for month, organs in due.items() if first.replace(day=1) <= month <= last)
    numbered = [(month.year * 12 + month.month - n, organs, month) for n, (month, organs) in enumerate(months)]
    for (_, organs), some in groupby(numbered, key=lambda one: (one[0], one[1])):
        stretch = [month for *_, month in some]
        yield max(first, stretch[0]), min(last, last_of_month(stretch[-1])), organs


async def _vehicles_of(connection: AsyncConnection, source: Source, organs: Organs) -> list[int] | None:
    """The vehicles that these organs have or had, if they are few; None also where there are none to ask for."""
    if source is Source.ORDERS or organs is None:
        return None
    statement = text(
        "select vehicle_id from vehicle_history where organ_id = any(cast(:organs as int4[]))"
        " union select id from vehicle where organ_id = any(cast(:organs as int4[]))"
    )
    found = list((await connection.execute(statement, {"organs": sorted(organs)})).scalars())
    return found if len(found) <= _FEW_VEHICLES else None
