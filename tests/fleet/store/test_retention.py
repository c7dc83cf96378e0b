"""Old readings go by the chunk, on a real TimescaleDB of the Apache edition."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.errors import StoreUnavailable
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


async def fill(connection: AsyncConnection, *, folded_to: int = 100) -> None:
    """One reading of each table, one batch, one open and one resolved message, on each of the last ten days.

    The batch of today is 100, that of the day before 99; the monitor has folded those up to `folded_to`.
    """
    await connection.execute(text("set local role fleet_owner"))
    await connection.execute(
        text("insert into follow_cursor (worker, n, snapshot_n) values (0, 100, :n)"), {"n": folded_to}
    )
    for days in range(10):
        at = {"at": NOW - timedelta(days=days), "n": 100 - days}
        for statement in (
            "insert into position_reading (observed_at, batch, unit_id, run, lat_e7, lon_e7, flags)"
            " values (:at, :n, 1, 0, 0, 0, 0)",
            "insert into usage_reading (observed_at, batch, unit_id, run) values (:at, :n, 1, 0)",
            "insert into event_reading (observed_at, batch, unit_id, run, event) values (:at, :n, 1, 0, 'sos')",
            "insert into batch (worker, n, received_at, revision, messages, received, stored, duplicate, quarantined,"
            " observed_from, observed_to) values (0, :n, :at, 1, 1, 1, 1, 0, 0, :at, :at)",
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


async def test_what_the_monitor_has_not_folded_stays(connection: AsyncConnection) -> None:
    await fill(connection, folded_to=94)  # what was read on the days 0 to 5 ago is still to come
    dropped = await drop_old_readings(connection, 2, NOW)
    await connection.commit()
    for table in ("position_reading", "usage_reading", "event_reading"):
        assert await days_left(connection, table) == [0, 1, 2, 3, 4, 5]
    assert await days_left(connection, "batch", "received_at") == [0, 1, 2, 3, 4, 5]
    assert dropped.held_from == NOW - timedelta(days=5)
    await connection.execute(text("update follow_cursor set snapshot_n = 100"))
    assert (await drop_old_readings(connection, 2, NOW)).held_from is None
    assert await days_left(connection, "position_reading") == [0, 1, 2]


@pytest.mark.parametrize(
    "needed",
    [
        "insert into late_span (vehicle_id, from_at, to_at, readings, since) values (1, :at, :at, 1, :at)",
        "insert into recompute (vehicle_id, period, reason, at) values (1, tstzrange(:at, null), 'binding', :at)",
    ],
)
async def test_what_has_to_be_folded_again_stays(connection: AsyncConnection, needed: str) -> None:
    await fill(connection)
    await connection.execute(text("set local role fleet_owner"))
    await connection.execute(
        text(
            "insert into organ (id, code, name, kind, division) values (1, 'O', 'o', 'court', 530302)",
        )
    )
    await connection.execute(
        text(
            "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
            " values (1, 'P', 1, 530302, 'other', 'retained', 'petrol', 'in_service', 'saloon', 5)"
        )
    )
    await connection.execute(text(needed), {"at": NOW - timedelta(days=4)})
    dropped = await drop_old_readings(connection, 2, NOW)
    assert dropped.held_from == NOW - timedelta(days=4)
    assert await days_left(connection, "position_reading") == [0, 1, 2, 3, 4]


async def test_without_a_monitor_nothing_goes(connection: AsyncConnection) -> None:
    await fill(connection)
    await connection.execute(text("set local role fleet_owner"))
    await connection.execute(text("delete from follow_cursor"))
    dropped = await drop_old_readings(connection, 2, NOW)
    assert (dropped.chunks, dropped.batches) == (0, 0)
    assert dropped.held_from == NOW - timedelta(days=9)


async def test_whoever_holds_the_tables_is_not_waited_for(connection: AsyncConnection, database_url: str) -> None:
    await fill(connection)
    other = await asyncpg.connect(database_url)
    held = other.transaction()
    await held.start()
    await other.execute(
        "insert into event_reading (observed_at, batch, unit_id, run, event) values ($1, 1, 2, 0, 'sos')", NOW
    )
    try:
        with pytest.raises(StoreUnavailable, match="open for long"):
            await drop_old_readings(connection, 2, NOW)
    finally:
        await held.rollback()
        await other.close()


async def test_the_role_is_given_back(connection: AsyncConnection) -> None:
    await drop_old_readings(connection, 2, NOW)
    await connection.commit()
    assert (await connection.execute(text("select current_user"))).scalar_one() == "fleet"


async def test_keeping_nothing_is_refused(connection: AsyncConnection) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        await drop_old_readings(connection, 0, NOW)
