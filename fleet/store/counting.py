"""Answers a statistic's question: weighs its sources' figures by the factors that held for each, and adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import day_begins_us, day_of, from_us, to_us
from fleet.model.policies import POLICIES, PolicyVersion, lineage, resolve
from fleet.model.scope import Scope
from fleet.statistics.base import Dimension, Parts, Source, Statistic
from fleet.statistics.weights import weights
from fleet.store.figures import Key, Question, Weighted, days_within
from fleet.store.policies import versions
from fleet.store.sources import FIGURES, TALLIES
from fleet.store.tables import organ
from fleet.store.tallies import NOTHING, Held, read_held, read_source
from fleet.store.tally_memory import TallyMemory

__all__ = ["Key", "count", "count_with_total"]

_ATTEMPTS = 5


async def count(
    connection: AsyncConnection, statistic: Statistic, question: Question, *, scope: Scope, memory: TallyMemory
) -> dict[Key, Parts]:
    """The parts of every group, in the order of the groups; with no group asked for, the whole under `()`.

    Groups add up to the whole, but for shares of the stock by month: each month has its own end.
    """
    factors = await _Factors.read(connection, statistic.factors, question)
    question = replace(question, borders=factors.borders)
    weighted = {source: factors.weighted(statistic, source) for source in statistic.counts}
    if TALLIES.keys().isdisjoint(statistic.counts) or Dimension.VEHICLE in question.by:
        found = await _read(connection, weighted, question, NOTHING, scope, memory)
    else:
        for _ in range(_ATTEMPTS):
            held = await read_held(connection, question.first, question.last, weighted)
            found = await _read(connection, weighted, question, held, scope, memory)
            # A tally that was made again between two statements would be counted twice, or not at all.
            if await read_held(connection, question.first, question.last, weighted) == held:
                break
        else:
            found = await _read(connection, weighted, question, NOTHING, scope, memory)
    zeros = statistic.sum(())
    counted: dict[Key, Parts] = {} if question.by else {(): zeros}
    for key, parts in found:
        total = counted.get(key)
        if total is None:
            counted[key] = zeros | parts
        else:
            for name, value in parts.items():
                total[name] += value
    return {key: counted[key] for key in _in_order(counted)}


async def _read(
    connection: AsyncConnection,
    weighted: Mapping[Source, Weighted],
    question: Question,
    held: Held,
    scope: Scope,
    memory: TallyMemory,
) -> list[tuple[Key, Parts]]:
    found: list[tuple[Key, Parts]] = []
    for source, some in weighted.items():
        found += await read_source(connection, source, question, some, held, scope=scope, memory=memory)
    return found


async def count_with_total(
    connection: AsyncConnection, statistic: Statistic, question: Question, *, scope: Scope, memory: TallyMemory
) -> tuple[dict[Key, Parts], Parts]:
    """The groups, and what they are parts of: their sum, but for a stock by month, of which the last one is told."""
    groups = await count(connection, statistic, question, scope=scope, memory=memory)
    if not question.by:
        return {}, groups[()]
    if Source.STOCK in statistic.counts and Dimension.MONTH in question.by:
        place, last = question.by.index(Dimension.MONTH), days_within(question, scope)[1].replace(day=1)
        return groups, statistic.add(parts for key, parts in groups.items() if key[place] == last)
    return groups, statistic.add(groups.values())


def _in_order(keys: Iterable[Key]) -> list[Key]:
    """What is unknown comes last."""
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=lambda key: tuple((one is None, "" if one is None else one) for one in key))


class _Factors:
    """Policy values by organ and time; a day has those that held when it began."""

    def __init__(
        self,
        slugs: Sequence[str],
        stored: Sequence[PolicyVersion],
        parents: Mapping[int, int | None],
        first: date,
        last: date,
    ) -> None:
        self._slugs = slugs
        self._stored = stored
        self._parents = parents
        self.borders = tuple(sorted({day for day in (_first_day(one) for one in stored) if first < day <= last}))
        self._days = (first, *self.borders)

    @classmethod
    async def read(cls, connection: AsyncConnection, slugs: Sequence[str], question: Question) -> _Factors:
        if not slugs:
            return cls((), (), {}, question.first, question.last)
        stored = await versions(connection, slugs, until=from_us(day_begins_us(question.last)))
        rows = await connection.execute(select(organ.c.id, organ.c.parent_id))
        parents = {row.id: row.parent_id for row in rows}
        return cls(slugs, stored, parents, question.first, question.last)

    def weighted(self, statistic: Statistic, source: Source) -> Weighted:
        """What figures weigh under the policies of every organ, before and after each border."""
        figures = FIGURES[source]
        if not self._slugs:
            return Weighted(weights(statistic, source, figures, [{}]), {})
        told = {one.organ_id for one in self._stored}
        numbers: dict[tuple[int, ...], int] = {}
        profiles: dict[int, int] = {}
        for organ_id in self._parents:
            above = tuple(one for one in lineage(organ_id, self._parents) if one in told)
            profiles[organ_id] = numbers.setdefault(above, len(numbers))
        sets = [self._at(above, bucket) for above in numbers or {(): 0} for bucket in range(len(self._days))]
        some = weights(statistic, source, figures, sets)
        return Weighted(some, profiles if len(numbers) > 1 else {}, len(self._days))

    def _at(self, above: Sequence[int], bucket: int) -> Mapping[str, int]:
        moment = from_us(day_begins_us(self._days[bucket]))
        return {slug: int(resolve(POLICIES[slug], self._stored, above, moment).value) for slug in self._slugs}


def _first_day(version: PolicyVersion) -> date:
    """The first day that begins with the version in force."""
    day = day_of(to_us(version.effective_from))
    return day if from_us(day_begins_us(day)) >= version.effective_from else day + timedelta(days=1)
