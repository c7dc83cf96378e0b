"""Two workers with the same samples: whoever comes second waits, and finds out what became of the first."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import asyncpg
import numpy as np
import pytest
from numpy.typing import NDArray

from fleet.model.batch import BatchWrite
from fleet.store.ingest import BatchStore
from ingest.arrivals import Incoming
from ingest.batch import BatchBuilder
from ingest.codecs import DEFAULT
from ingest.validate import KnownUnit

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def nowhere(lat_e7: NDArray[np.int32], _lon_e7: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.zeros(len(lat_e7), dtype=np.int32)


def batch_of(unit_id: int, numbers: range) -> BatchWrite:
    samples = [{"time": NOW.isoformat(), "seq": number, "lat": 25.4, "lon": 103.8} for number in numbers]
    message = Incoming("fleet/v1/530302/twice/position", json.dumps(samples).encode(), NOW)
    return BatchBuilder(DEFAULT, nowhere).build([message], {"twice": KnownUnit(unit_id, 530302)}, NOW)


@pytest.mark.store
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "gone before its commit"])
async def test_the_second_of_two_workers_finds_what_became_of_the_first(database_url: str, committed: bool) -> None:
    one, two, watcher = [await asyncpg.connect(database_url) for _ in range(3)]
    try:
        unit_id = await watcher.fetchval("insert into unit (code, division) values ('twice', 530302) returning id")
        first, second = BatchStore(one, 1), BatchStore(two, 2)
        await first.prepare()
        await second.prepare()
        outer = one.transaction()
        await outer.start()
        assert (await first.write(batch_of(unit_id, range(10)))).stored == 10
        writing = asyncio.create_task(second.write(batch_of(unit_id, range(5, 15))))
        waits = "select count(*) from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'"
        for _ in range(1_000):
            if await watcher.fetchval(waits, two.get_server_pid()):
                break
            await asyncio.sleep(0.02)
        assert not writing.done()
        if committed:
            await outer.commit()
        else:
            one.terminate()
        written = await writing
        assert (written.stored, written.duplicate) == ((5, 5) if committed else (10, 0))
        rows = await watcher.fetch("select seq, batch & 15 as worker from position_reading order by seq")
        expected = [(number, 1) for number in range(10)] + [(number, 2) for number in range(10, 15)]
        assert [tuple(row) for row in rows] == (expected if committed else [(number, 2) for number in range(5, 15)])
        totals = await watcher.fetch("select received, stored, duplicate, quarantined from ledger")
        assert [tuple(row) for row in totals] == [(20, 15, 5, 0) if committed else (10, 10, 0, 0)]
    finally:
        for connection in (one, two, watcher):
            if not connection.is_closed():
                await connection.close()
