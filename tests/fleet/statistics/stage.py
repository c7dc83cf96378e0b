"""A random city in a database with tallies: who writes there, who keeps, who asks, and what the reference says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fleet.judge.keeper import Keeper
from fleet.model.scope import CITY
from fleet.settings import assume_role
from fleet.statistics.base import Dimension
from fleet.statistics.registry import BY_SLUG
from fleet.store.counting import count
from fleet.store.figures import Question
from fleet.store.pool import create_engine
from fleet.store.rollups import refresh_days
from fleet.store.tallies import read_held
from fleet.store.tally_memory import TallyMemory
from tests.fleet.statistics import city as random_city
from tests.fleet.statistics.city import DAYS, FIRST, Random
from tests.fleet.statistics.reference import reference
from tests.fleet.statistics.test_against_raw import question

SOME = ("distance", "energy_cost", "utilisation", "verdicts", "misuse_rate", "orders_served")
LAST = FIRST + timedelta(days=DAYS)
WITHOUT_SECRETS = replace(CITY, see_confidential=False)


@dataclass(slots=True)
class Stage:
    """A random city in a database; who writes there, who keeps, who asks."""

    city: Random
    owner: AsyncEngine
    monitor: AsyncEngine
    api: AsyncEngine
    now: datetime
    memory: TallyMemory  # through all that happens, as in a process that runs for weeks

    async def keep(self, rounds: int = 100) -> int:
        """Gives how many rounds there was something to do."""
        keeper = Keeper(self.monitor, lambda: self.now)
        for n in range(rounds):
            async with self.monitor.connect() as connection:
                if await keeper.round(connection) == 0:
                    return n
        return rounds

    async def due(self) -> int:
        async with self.api.begin() as connection:
            return len((await read_held(connection, date(2000, 1, 1), LAST)).marks)

    async def assert_equal(self, slugs: tuple[str, ...] = SOME, questions: int = 2) -> None:
        hidden = {one for one, row in self.city.vehicles.items() if row.get("confidential")}
        async with self.api.begin() as connection:
            for slug in slugs:
                for _ in range(questions):
                    asked = question(self.city.draw, BY_SLUG[slug].dimensions - {Dimension.VEHICLE})
                    scope = self.city.draw.choice((CITY, CITY, WITHOUT_SECRETS))
                    seen = self.city if scope is CITY else _without(self.city, hidden)
                    await assert_answer(connection, seen, slug, asked, scope, self.memory)

    async def read_registry(self) -> None:
        """What the registry says now is what the reference goes by."""
        async with self.owner.begin() as connection:
            rows = (await connection.execute(text("select * from vehicle_history"))).mappings().all()
            self.city.history[:] = [dict(row) for row in rows]
            for row in (await connection.execute(text("select * from vehicle"))).mappings():
                self.city.vehicles[row["id"]] = dict(row)


async def assert_answer(
    connection: AsyncConnection, city: Random, slug: str, asked: Question, scope: Any, memory: TallyMemory
) -> None:
    statistic = BY_SLUG[slug]
    found = await count(connection, statistic, asked, scope=scope, memory=memory)
    zeros = statistic.sum(())
    wanted = reference(city, slug, asked)
    assert {key: parts for key, parts in found.items() if parts != zeros} == {
        key: zeros | parts for key, parts in wanted.items() if any(parts.values())
    }, (slug, asked)


def _without(city: Random, hidden: set[int]) -> Random:
    def left(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if row["vehicle_id"] not in hidden]

    return replace(
        city,
        history=left(city.history),
        trips=left(city.trips),
        stops=left(city.stops),
        gaps=left(city.gaps),
        verdicts=left(city.verdicts),
        cases=left(city.cases),
    )


@asynccontextmanager
async def staged(database_url: str) -> AsyncIterator[Stage]:
    async def of(seed: int) -> Stage:
        made.city = random_city.made(seed)
        await random_city.write(made.city, made.owner)
        return made

    made = Stage(
        random_city.made(0),
        create_engine(database_url, size=2),
        create_engine(assume_role(database_url, "fleet_monitor"), size=2),
        create_engine(assume_role(database_url, "fleet_api"), size=2),
        datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC),
        TallyMemory(most_months=8),
    )
    await of(0)
    yield made
    for engine in (made.owner, made.monitor, made.api):
        await engine.dispose()


async def late_trip_of(stage: Stage, one: dict[str, Any]) -> None:
    one["distance_m"] += 5
    async with stage.owner.begin() as connection:
        await connection.execute(
            text("update trip set distance_m = :distance_m where id = :id"),
            {"distance_m": one["distance_m"], "id": one["id"]},
        )
        await refresh_days(await driver(connection), {(one["vehicle_id"], one["day"])})


async def driver(connection: AsyncConnection) -> asyncpg.Connection:
    return (await connection.get_raw_connection()).driver_connection  # type: ignore[return-value]
