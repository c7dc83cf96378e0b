"""Old readings go by the chunk, on a real TimescaleDB of the Apache edition."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.store.pool import create_engine
from fleet.store.retention import Dropped, drop_old_readings

pytestmark = pytest.mark.store

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_engine(database_url, size=1)
    async with engine.connect() as opened:
        yield opened
    await engine.dispose()


async def fill(connection: AsyncConnection) -> None:
    """One reading of each table, one batch, one open and one resolved message, on each of the last ten days."""
    await connection.execute(text("set local role fleet_owner"))
    for days in range(10):
        at = {"at": NOW - timedelta(days=days), "n": 100 - days}
        for statement in (
            "insert into position_reading (observed_at, batch, unit_id, run, lat_e7, lon_e7, flags)"
            " values (:at, :n, 1, 0, 0, 0, 0)",
            "insert into usage_reading (observed_at, batch, unit_id, run) values (:at, :n, 1, 0)",
            "insert into event_reading (observed_at, batch, unit_id, run, event) values (:at, :n, 1, 0, 'sos')",
            "insert into batch (worker, n, received_at, revision, messages, received, stored, duplicate, quarantined)"
            " values (0, :n, :at, 1, 1, 1, 1, 0, 0)",
            "insert into ledger (hour, unit_id, kind, received, stored, duplicate, quarantined)"
            " values (date_trunc('hour', cast(:at as timestamptz)), 1, 1, 1, 1, 0, 0)",
        ):
            await connection.execute(text(statement), {key: at[key] for key in at if f":{key}" in statement})
        for resolved in (None, at["at"]):
            await connection.execute(
                text(
                    "insert into quarantine (received_at, batch, topic, payload, reason, reasons, unit_id, kind, hour,"
                    " resolved_at) values (:at, :n, 't', '', 'bad_topic', '[]', 0, 0, :at, :resolved)"
                ),
                {**at, "resolved": resolved},
            )
    await connection.commit()


async def days_left(connection: AsyncConnection, table: str, column: str = "observed_at") -> list[int]:
    rows = await connection.execute(text(f"select {column} from {table} order by 1 desc"))
    return [(NOW - row[0]).days for row in rows]


async def test_two_days_are_kept_and_what_is_unresolved(connection: AsyncConnection) -> None:
    await fill(connection)
    dropped = await drop_old_readings(connection, 2, NOW)
    await connection.commit()
    # A chunk is a day from midnight to midnight: the day that noon two days ago lies in goes only when it is all old.
    for table in ("position_reading", "usage_reading", "event_reading"):
        assert await days_left(connection, table) == [0, 1, 2]
    assert await days_left(connection, "batch", "received_at") == [0, 1, 2]
    assert len(await days_left(connection, "quarantine", "received_at")) == 10 + 3
    assert len(await days_left(connection, "ledger", "hour")) == 10
    assert dropped == Dropped(chunks=21, batches=7, quarantined=7)
    assert await drop_old_readings(connection, 2, NOW) == Dropped(chunks=0, batches=0, quarantined=0)


async def test_the_last_batch_of_a_worker_stays_however_old(connection: AsyncConnection) -> None:
    await fill(connection)
    await drop_old_readings(connection, 2, NOW + timedelta(days=30))
    assert (await connection.execute(text("select n from batch"))).scalars().all() == [100]


async def test_the_role_is_given_back(connection: AsyncConnection) -> None:
    await drop_old_readings(connection, 2, NOW)
    await connection.commit()
    assert (await connection.execute(text("select current_user"))).scalar_one() == "fleet"


async def test_keeping_nothing_is_refused(connection: AsyncConnection) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        await drop_old_readings(connection, 0, NOW)
