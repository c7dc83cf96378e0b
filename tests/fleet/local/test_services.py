"""The servers that tests get really are what they claim."""

from __future__ import annotations

import asyncpg
import pytest

from fleet.local.mosquitto import Mosquitto

pytestmark = pytest.mark.store


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        await connection.execute("create table left_behind ()")
        return {row["tablename"] for row in rows}
    finally:
        await connection.close()


@pytest.mark.parametrize("attempt", [1, 2])
async def test_every_test_gets_a_migrated_database_without_traces_of_another(database_url: str, attempt: int) -> None:
    tables = await _tables(database_url)
    assert "alembic_version" in tables
    assert "left_behind" not in tables


@pytest.mark.seam
def test_a_broker_runs_on_its_own_port(broker: Mosquitto) -> None:
    assert broker.running
    assert "running" in broker.log.read_text()
