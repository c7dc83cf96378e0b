"""What the registry's migration does to data that is there, and what nobody may take back."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from tests.fleet.store.test_migrations import alembic

pytestmark = pytest.mark.store


async def test_the_registry_goes_down_and_up_again_and_keeps_the_vehicles(database_url: str) -> None:
    assert (await asyncio.to_thread(alembic, database_url, "downgrade", "0001")).returncode == 0
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("set role fleet_owner")
        await connection.execute(
            "insert into organ (id, code, name, kind, division) values (1, 'x', 'x', 'party', 530300);"
            "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats,"
            " registered_on) values (1, '云D12345', 1, 530300, 'other', 'retained', 'petrol', 'in_service', 'suv', 5,"
            " '2020-01-02')"
        )
        assert (await asyncio.to_thread(alembic, database_url, "upgrade", "head")).returncode == 0
        row = await connection.fetchrow("select vehicle_id, lower(period)::text began, energy from vehicle_history")
        assert row is not None
        assert tuple(row) == (1, "2020-01-02", "petrol")
        await connection.execute("update vehicle set seats = 7 where id = 1")
        assert await connection.fetchval("select version from vehicle where id = 1") == 2
    finally:
        await connection.close()


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
