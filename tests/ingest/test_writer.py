"""The writer outlives every way in which a session ends, and writes its batch once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from fleet.model.batch import BatchWrite
from fleet.model.trips import PositionReading
from fleet.settings import assume_role
from fleet.store import ingest
from ingest import writer
from tests.fleet.monitor.stage import batch_of, staged

pytestmark = pytest.mark.store

_OBSERVED_AT_US = 1_790_000_000_000_000
READING = PositionReading(
    _OBSERVED_AT_US, 1, 1, 1, 255_000_000, 1_038_000_000, 530302, None, 300, 0, None, None, None, 0, True
)


class Interrupted(ingest.BatchStore):
    """Its session ends as often as `ends` says, each time at that place: after COMMIT, or before what is asked."""

    ends: Iterator[str]
    owner: asyncpg.Connection

    async def write(self, batch: BatchWrite) -> ingest.Written:
        written = await super().write(batch)
        await self._end("after commit")
        return written

    async def written(self, n: int) -> ingest.Written:
        await self._end("before asking")
        return await super().written(n)

    async def _end(self, place: str) -> None:
        if next(self.ends, "") == place:
            await self.owner.execute("select pg_terminate_backend($1)", self._connection.get_server_pid())
            await self._connection.execute("select 1")


@pytest.mark.parametrize("again", [0, 1, 3])
async def test_a_session_that_ends_while_the_outcome_is_asked_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch, again: int
) -> None:
    Interrupted.ends = iter(["after commit", *["before asking"] * again])
    monkeypatch.setattr(writer, "BatchStore", Interrupted)
    async with staged(database_url) as city:
        Interrupted.owner = city.connection
        written = await _commit(database_url)
        assert (written.received, written.stored, written.duplicate) == (1, 1, 0)
        assert len(await city.rows("batch")) == 1
    assert next(Interrupted.ends, None) is None


async def test_a_session_that_ended_before_the_driver_noticed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's last word has come, the end of the connection has not: the driver calls a statement an internal
    fault then, and does not say that the connection is closed."""
    refusals = iter([asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress")])

    class Unnoticed(ingest.BatchStore):
        async def write(self, batch: BatchWrite) -> ingest.Written:
            for error in refusals:
                raise error
            return await super().write(batch)

    monkeypatch.setattr(writer, "BatchStore", Unnoticed)
    async with staged(database_url):
        assert (await _commit(database_url)).stored == 1


async def _commit(database_url: str) -> ingest.Written:
    one = writer.Writer(assume_role(database_url, "fleet_ingest"), 1)
    try:
        return await one.commit(batch_of([READING]))
    finally:
        await one.close()
        await asyncio.sleep(0)  # the transport closes with the loop's next turn
