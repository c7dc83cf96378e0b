"""The demonstration city in a real database."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC

import asyncpg
import pytest

from fleet.demonstration.city import build_city
from fleet.model.records import HISTORY_FIELDS
from fleet.store.city import load_city, registry_is_empty

pytestmark = pytest.mark.store


async def test_a_city_is_loaded_once_and_completely(database_url: str) -> None:
    city = build_city()
    connection = await asyncpg.connect(database_url)
    try:
        assert await registry_is_empty(connection)
        before = time.perf_counter()
        assert await load_city(connection, city)
        took_s = time.perf_counter() - before
        assert not await load_city(connection, build_city(7))
        assert took_s < 10

        counts = await connection.fetchrow(
            "select (select count(*) from organ) organs, (select count(*) from organ where energy_saving) certified,"
            " (select count(*) from vehicle) vehicles, (select count(*) from unit) units,"
            " (select count(*) from binding) bindings, (select revision from registry_revision) revision"
        )
        assert counts is not None
        assert tuple(counts.values())[:5] == (520, 347, 6_000, 6_000, 6_000)
        assert counts["revision"] > 1  # ingest notices the new units
        expected = city.vehicles[1234]
        stored = await connection.fetchrow("select * from vehicle where id = $1", expected.id)
        assert stored is not None
        assert {name: stored[name] for name in asdict(expected)} == asdict(expected)
        assert stored["version"] == 1
        history = await connection.fetchrow("select * from vehicle_history where vehicle_id = $1", expected.id)
        assert history is not None
        assert history["period"].lower == expected.registered_on
        assert {name: history[name] for name in HISTORY_FIELDS} == {
            name: getattr(expected, name) for name in HISTORY_FIELDS
        }
        for table, many in (
            ("vehicle_history", 6_000),
            ("driver", len(city.drivers)),
            ("area", len(city.areas)),
            ("fuel_card", len(city.fuel_cards)),
            ("policy_value", len(city.policies)),
            ("exemption", len(city.exemptions)),
        ):
            assert await connection.fetchval(f"select count(*) from {table}") == many
        period = await connection.fetchval("select period from binding where unit_id = $1", expected.id)
        assert period.lower == city.bindings[1234].bound_from.astimezone(UTC)
        assert period.upper is None
        assert not period.isempty
    finally:
        await connection.close()


async def test_new_rows_get_ids_behind_the_loaded_ones(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await load_city(connection, build_city())
        await connection.execute("set role fleet_owner")
        assert (
            await connection.fetchval("insert into unit (code, division) values ('X1', 530300) returning id") == 6_001
        )
        organ = "insert into organ (code, name, kind, division) values ('x', 'x', 'party', 530300) returning id"
        assert await connection.fetchval(organ) == 521
    finally:
        await connection.close()


async def test_nothing_is_loaded_beside_what_is_registered(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("set role fleet_owner")
        await connection.execute("insert into unit (code, division) values ('X1', 530300)")
        await connection.execute("reset role")
        assert not await load_city(connection, build_city())
        assert await connection.fetchval("select count(*) from vehicle") == 0
        assert await connection.fetchval("select current_user") == "fleet"
    finally:
        await connection.close()
