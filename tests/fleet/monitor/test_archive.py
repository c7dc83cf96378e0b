"""What a second fold reads: everything in its order, and not much more than it needs."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec
import pytest

from fleet.model.moments import from_us
from fleet.model.trips import StoredReading
from fleet.monitor.registry import load_registry
from fleet.monitor.second import Connections, Job, fold_again
from fleet.store.follow import archive, last_followed, reader
from fleet.trips.fold import begin
from tests.fleet.monitor.stage import City, Clock, running
from tests.fleet.trips.journeys import Truth, Unit

pytestmark = pytest.mark.store


def commuting(times: int) -> list[StoredReading]:
    """Ten minutes of driving and ten of standing, again and again, one fix every ten seconds."""
    truth = Truth().stand(600)
    for _ in range(times):
        truth = truth.drive(6_000).stand(600)
    return Unit(unit_id=1, every_s=10).report(truth)


class Counting:
    """A connection that counts the rows it gives."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection, self.rows = connection, 0

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        found: list[asyncpg.Record] = await self.connection.fetch(query, *arguments)
        self.rows += len(found)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


async def test_pages_grow_and_leave_nothing_out(city: City) -> None:
    readings = commuting(1)
    first = readings[3]
    # One moment has more readings than a page: a clock that stood still.
    readings += [msgspec.structs.replace(first, run=run) for run in range(11, 16)]
    await city.write(readings)
    archived = await reader(city.url)
    try:
        pages = [page async for page in archive(archived, 1, 0, 2**52, await last_followed(city.connection), 2) if page]
    finally:
        await archived.close()
    assert [one for page in pages for one in page] == sorted(readings, key=lambda one: one.key)
    assert len(pages[0]) < 10 < len(pages[-2])


async def test_days_are_not_read_for_an_hour(city: City) -> None:
    readings = sorted(commuting(40), key=lambda one: one.key)
    async with running(city.url, Clock(from_us(readings[-1].observed_at_us))):
        await city.write(readings)
        await city.settled()
    archived = await reader(city.url)
    try:
        counting: Any = Counting(archived)
        from_us_, to_us = readings[200].observed_at_us, readings[560].observed_at_us
        job = Job(1, from_us_, to_us, await last_followed(city.connection), begin(1))
        registry = await load_registry(city.connection)

        async def at_once() -> None:
            return

        result = await fold_again(Connections(counting, city.connection), registry, job, at_once)
    finally:
        await archived.close()
    assert result.joined is not None
    assert 360 <= result.readings <= counting.rows < 1_000
