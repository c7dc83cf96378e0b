"""Months in memory are what is stored: read once, and again when they were made again."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from sqlalchemy import text

from fleet.model.scope import CITY
from fleet.statistics.base import Dimension
from fleet.statistics.registry import BY_SLUG
from fleet.statistics.runs import Run
from fleet.statistics.weights import Term, Weights
from fleet.store.counting import count
from fleet.store.figures import Question, Weighted
from fleet.store.tally_memory import TallyMemory
from fleet.store.tally_sums import Attributes, Month, summed
from tests.fleet.statistics.reference import reference
from tests.fleet.statistics.stage import Stage, assert_answer, late_trip_of

pytestmark = pytest.mark.store


async def test_months_in_memory_are_read_once_and_again_when_they_were_made_again(stage: Stage) -> None:
    await stage.keep()
    stage.memory = TallyMemory()
    asked = Question(first=date(2026, 2, 1), last=date(2026, 3, 31), by=(Dimension.ORGAN, Dimension.MONTH))
    await _ask(stage, asked)
    assert len(stage.memory) == 2
    async with stage.owner.begin() as connection:  # by hand: no note, no mark
        await connection.execute(text("update tally_day set distance_m = 1"))
    await _ask(stage, asked)
    one = next(row for row in stage.city.trips if row["day"].month == 3)
    await late_trip_of(stage, one)
    await _ask(stage, asked)  # that organ's month from its rows
    await stage.keep()
    async with stage.api.begin() as connection:
        found = await count(connection, BY_SLUG["distance"], asked, scope=CITY, memory=stage.memory)
    wanted = reference(stage.city, "distance", asked)
    march = {key for key in wanted if key[1] == date(2026, 3, 1)}
    assert {key: found[key]["distance_m"] for key in wanted if key not in march} == {
        key: parts["distance_m"] for key, parts in wanted.items() if key not in march
    }
    assert any(found[key]["distance_m"] == 1 for key in march)


async def _ask(stage: Stage, asked: Question) -> None:
    async with stage.api.begin() as connection:
        await assert_answer(connection, stage.city, "distance", asked, CITY, stage.memory)


async def test_only_so_many_months_stay_in_memory(stage: Stage) -> None:
    await stage.keep()
    stage.memory = TallyMemory(most_months=1)
    for _ in range(2):
        await _ask(stage, Question(first=date(2026, 2, 1), last=date(2026, 3, 31)))
        assert len(stage.memory) == 1


def test_what_does_not_fit_into_64_bits_is_refused_and_not_wrapped() -> None:
    attributes = Attributes()
    place = attributes.place((1, 530302, "other", "retained", "petrol", False))
    month = Month(np.array([place, place]), np.array([[2**61], [2**61]]).reshape(1, 2))
    run = Run(date(2026, 1, 31), 1, date(2026, 1, 1), 0)
    question = Question(first=date(2026, 1, 1), last=run.day)
    weighted = Weighted(Weights(((None, None),), (Term("distance_m", "distance_m", (1,)),)), {})
    with pytest.raises(OverflowError, match="64 bits"):
        summed(attributes, ["distance_m"], {run: month}, question, weighted, CITY, {})


async def test_months_in_which_nobody_drove_are_nothing(stage: Stage) -> None:
    """As in a city that begins: months are made, and empty."""
    await stage.keep()
    async with stage.owner.begin() as connection:
        for table in ("tally_day", "tally_verdict", "tally_case"):
            await connection.execute(text(f"delete from {table}"))
    asked = Question(first=date(2026, 2, 1), last=date(2026, 3, 31), by=(Dimension.ORGAN,))
    async with stage.api.begin() as connection:
        for slug in ("distance", "nev_share_energy", "energy_cost", "co2", "verdicts", "misuse_rate"):
            assert await count(connection, BY_SLUG[slug], asked, scope=CITY, memory=TallyMemory()) == {}
