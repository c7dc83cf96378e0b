"""Every statistic equals its slow reference over raw trips, whatever is asked, and again after late data."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import day_begins_us, from_us
from fleet.model.scope import CITY
from fleet.statistics.base import Dimension
from fleet.statistics.registry import BY_SLUG, STATISTICS
from fleet.store.counting import count, count_with_total
from fleet.store.figures import Question
from fleet.store.tally_memory import TallyMemory
from tests.fleet.statistics.city import DAYS, FIRST, Random, before_and_after_late_data
from tests.fleet.statistics.reference import COUNTED, reference

pytestmark = pytest.mark.store
QUESTIONS = 6


def test_every_statistic_has_a_reference() -> None:
    assert set(COUNTED) == {one.slug for one in STATISTICS}


@pytest.mark.parametrize("seed", range(3))
async def test_it_equals_its_reference(database_url: str, seed: int) -> None:
    await before_and_after_late_data(database_url, seed, assert_equal)


async def assert_equal(connection: AsyncConnection, city: Random) -> None:
    for statistic in STATISTICS:
        for _ in range(QUESTIONS):
            asked = question(city.draw, statistic.dimensions)
            found = await count(connection, statistic, asked, scope=CITY, memory=TallyMemory())
            wanted = reference(city, statistic.slug, asked)
            zeros = statistic.sum(())
            assert {key: parts for key, parts in found.items() if parts != zeros} == {
                key: zeros | parts for key, parts in wanted.items() if any(parts.values())
            }, (statistic.slug, asked)


async def test_the_stock_by_months_is_told_as_of_the_last_one(database_url: str) -> None:
    await before_and_after_late_data(database_url, 3, _assert_stock)


async def _assert_stock(connection: AsyncConnection, city: Random) -> None:
    stock, memory = BY_SLUG["nev_share_stock"], TallyMemory()
    limited = replace(CITY, end=from_us(day_begins_us(FIRST + timedelta(days=DAYS // 2))))
    for scope in (CITY, limited):
        for _ in range(10):
            asked = replace(question(city.draw, stock.dimensions - {Dimension.VEHICLE}), by=())
            whole = await count(connection, stock, asked, scope=scope, memory=memory)
            by_month = replace(asked, by=(Dimension.USE, Dimension.MONTH))
            assert (await count_with_total(connection, stock, by_month, scope=scope, memory=memory))[1] == whole[()]


def question(draw: random.Random, dimensions: frozenset[Dimension]) -> Question:
    some = sorted(dimensions)
    first = FIRST + timedelta(days=draw.randrange(-5, DAYS))
    values: dict[str, Any] = {"first": first, "last": first + timedelta(days=draw.randrange(0, 70))}
    values["by"] = tuple(draw.sample(some, k=draw.randrange(0, min(3, len(some)) + 1)))
    if Dimension.ORGAN in dimensions:
        values["organs"] = draw.choice((None, None, frozenset({2, 3}), frozenset({4})))
        values["division"] = draw.choice((None, None, 530302))
    if Dimension.USE in dimensions:
        values["use"] = draw.choice((None, None, "other"))
        values["management"] = draw.choice((None, None, "retained"))
        values["energy"] = draw.choice((None, None, "bev", "petrol"))
    return Question(**values)
