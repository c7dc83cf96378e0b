"""The migrations make what the tables say, and every one of them can be taken back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from fleet.store.pool import create_engine
from fleet.store.tables import metadata
from tests.services import ROOT

pytestmark = pytest.mark.store


def alembic(url: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=ROOT,
        env={**os.environ, "FLEET_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _ours(_: object, name: str | None, kind: str, reflected: bool, __: object) -> bool:
    """Tables of extensions and of Alembic itself are not ours."""
    return not (kind == "table" and reflected and name not in metadata.tables)


async def differences(url: str) -> list[Any]:
    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"include_object": _ours, "compare_type": True})
        return list(compare_metadata(context, metadata))

    engine = create_engine(url, size=1)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()


async def test_the_migrations_make_what_the_tables_say(database_url: str) -> None:
    assert await differences(database_url) == []


async def test_the_registry_goes_down_and_up_again_and_keeps_the_vehicles(database_url: str) -> None:
    await asyncio.to_thread(alembic, database_url, "downgrade", "0001")
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("set role fleet_owner")
        await connection.execute(
            "insert into organ (id, code, name, kind, division) values (1, 'x', 'x', 'party', 530300);"
            "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats,"
            " registered_on) values (1, '云D12345', 1, 530300, 'other', 'retained', 'petrol', 'in_service', 'suv', 5,"
            " '2020-01-02')"
        )
        await asyncio.to_thread(alembic, database_url, "upgrade", "head")
        row = await connection.fetchrow("select vehicle_id, lower(period)::text began, energy from vehicle_history")
        assert row is not None
        assert tuple(row) == (1, "2020-01-02", "petrol")
        await connection.execute("update vehicle set seats = 7 where id = 1")
        assert await connection.fetchval("select version from vehicle where id = 1") == 2
    finally:
        await connection.close()
    assert await differences(database_url) == []


async def test_policy_versions_can_only_be_added_by_the_service(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("set role fleet_api")
        add = "insert into policy_value (slug, value, effective_from, who, why) values ('x', '1', now(), 'a', 'b')"
        await connection.execute(add)
        for forbidden in (
            *("update policy_value set why = 'c'", "delete from policy_value", "delete from vehicle_history"),
            *("update audit_log set account = 'c'", "delete from audit_log", "delete from recompute"),
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()
