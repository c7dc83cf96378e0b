"""Answers a statistic's question: reads its sources' rows, gives each the factors that held for it, and adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import day_begins_us, day_of, from_us, to_us
from fleet.model.policies import POLICIES, PolicyVersion, resolve
from fleet.model.scope import Scope
from fleet.statistics.base import Dimension, Parts, Row, Source, Statistic
from fleet.store.figures import Question, read_groups
from fleet.store.policies import versions
from fleet.store.tables import organ

Key = tuple[Any, ...]


async def count(
    connection: AsyncConnection, statistic: Statistic, question: Question, *, scope: Scope
) -> dict[Key, Parts]:
    """The parts of every group, in the order of the groups; with no group asked for, the whole under `()`.

    Groups add up to the whole, but for shares of the stock by month: each month has its own end.
    """
    factors = await _Factors.read(connection, statistic.factors, question)
    question = replace(question, factors=bool(statistic.factors), borders=factors.borders)
    found: dict[Key, list[tuple[Source, Row]]] = {} if question.by else {(): []}
    for source in statistic.counts:
        for group in await read_groups(connection, source, question, scope=scope):
            row = group.row(factors.at(group.organ_id, group.bucket))
            found.setdefault(group.key, []).append((source, row))
    return {key: statistic.sum(found[key]) for key in sorted(found, key=_in_order)}


async def count_with_total(
    connection: AsyncConnection, statistic: Statistic, question: Question, *, scope: Scope
) -> tuple[dict[Key, Parts], Parts]:
    """The groups, and what they are parts of: their sum, but for a stock by month, of which the last one is told."""
    groups = await count(connection, statistic, question, scope=scope)
    if not question.by:
        return {}, groups[()]
    if Source.STOCK in statistic.counts and Dimension.MONTH in question.by:
        return groups, (await count(connection, statistic, replace(question, by=()), scope=scope))[()]
    return groups, statistic.add(groups.values())


def _in_order(key: Key) -> tuple[tuple[bool, Any], ...]:
    return tuple((one is None, "" if one is None else one) for one in key)


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
        self._known: dict[tuple[int | None, int], dict[str, int]] = {}

    @classmethod
    async def read(cls, connection: AsyncConnection, slugs: Sequence[str], question: Question) -> _Factors:
        if not slugs:
            return cls((), (), {}, question.first, question.last)
        stored = await versions(connection, slugs, until=from_us(day_begins_us(question.last)))
        rows = await connection.execute(select(organ.c.id, organ.c.parent_id))
        parents = {row.id: row.parent_id for row in rows}
        return cls(slugs, stored, parents, question.first, question.last)

    def at(self, organ_id: int | None, bucket: int) -> Mapping[str, int]:
        known = self._known.get((organ_id, bucket))
        if known is None:
            moment = from_us(day_begins_us(self._days[bucket]))
            above = self._lineage(organ_id)
            known = {slug: int(resolve(POLICIES[slug], self._stored, above, moment).value) for slug in self._slugs}
            self._known[organ_id, bucket] = known
        return known

    def _lineage(self, organ_id: int | None) -> list[int]:
        found: list[int] = []
        while organ_id is not None and organ_id not in found:
            found.append(organ_id)
            organ_id = self._parents.get(organ_id)
        return found


def _first_day(version: PolicyVersion) -> date:
    """The first day that begins with the version in force."""
    day = day_of(to_us(version.effective_from))
    return day if from_us(day_begins_us(day)) >= version.effective_from else day + timedelta(days=1)
