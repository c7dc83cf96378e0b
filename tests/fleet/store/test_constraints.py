"""What the database refuses even from its owner: books that do not add up, a unit in two vehicles at once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

pytestmark = pytest.mark.store

COUNTS = "received, stored, duplicate, quarantined"


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url, server_settings={"role": "fleet_owner"})
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    "insert",
    [
        f"insert into batch (worker, n, received_at, revision, messages, {COUNTS}) values (1, 1, now(), 1, 9,",
        f"insert into ledger (hour, unit_id, kind, {COUNTS}) values (date_trunc('hour', now()), 1, 1,",
        f"insert into ledger_hour (hour, kind, {COUNTS}) values (date_trunc('hour', now()), 1,",
    ],
)
async def test_books_that_do_not_add_up(owner: asyncpg.Connection, insert: str) -> None:
    for wrong in ("10, 9, 0, 0)", "10, 10, 1, 0)", "9, 10, 0, 0)"):
        with pytest.raises(asyncpg.CheckViolationError, match="adds_up"):
            await owner.execute(f"{insert} {wrong}")
    await owner.execute(f"{insert} 10, 7, 2, 1)")
    table = insert.split()[2]
    for wrong in ("stored = stored + 1", "received = 0", "quarantined = null"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner.execute(f"update {table} set {wrong}")


async def test_the_same_batch_twice(owner: asyncpg.Connection) -> None:
    statement = (
        f"insert into batch (worker, n, received_at, revision, messages, {COUNTS})"
        " values (1, 1, now(), 1, 1, 1, 1, 0, 0)"
    )
    await owner.execute(statement)
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute(statement)


@pytest.mark.parametrize("number", ["null", "7"])
async def test_a_sample_is_stored_once_with_or_without_a_number(owner: asyncpg.Connection, number: str) -> None:
    statement = (
        "insert into position_reading (observed_at, batch, seq, unit_id, run, lat_e7, lon_e7, flags)"
        f" values ('2026-05-20T08:00Z', 17, {number}, 1, 0, 0, 0, 0)"
    )
    await owner.execute(statement)
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute(statement)


@pytest.fixture
async def fitted(owner: asyncpg.Connection) -> asyncpg.Connection:
    """Units 1 and 2, vehicles 1 and 2; unit 1 sits in vehicle 1 from January to June."""
    await owner.execute("insert into organ (id, code, name, kind, division) values (1, 'O', 'o', 'party', 530300)")
    await owner.execute(
        "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
        " select n, 'P' || n, 1, 530300, 'other', 'retained', 'petrol', 'in_service', 'saloon', 5"
        " from generate_series(1, 2) n"
    )
    await owner.execute("insert into unit (id, code, division) values (1, 'U1', 530300), (2, 'U2', 530300)")
    await owner.execute("insert into binding (unit_id, vehicle_id, period) values (1, 1, '[2026-01-01, 2026-06-01)')")
    return owner


async def bind(owner: asyncpg.Connection, unit: int, vehicle: int, period: str) -> None:
    await owner.execute(
        "insert into binding (unit_id, vehicle_id, period) values ($1, $2, $3::text::tstzrange)", unit, vehicle, period
    )


async def test_a_unit_in_two_vehicles(fitted: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.ExclusionViolationError, match="binding_unit_period_excl"):
        await bind(fitted, 1, 2, "[2026-05-31, 2026-07-01)")


async def test_two_units_in_a_vehicle(fitted: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.ExclusionViolationError, match="binding_vehicle_period_excl"):
        await bind(fitted, 2, 1, "[2026-01-15, 2026-01-16)")


async def test_a_binding_without_end_leaves_no_room_after_it(fitted: asyncpg.Connection) -> None:
    await bind(fitted, 1, 2, "[2026-06-01,)")
    with pytest.raises(asyncpg.ExclusionViolationError):
        await bind(fitted, 1, 1, "[2030-01-01, 2030-01-02)")


async def test_an_empty_period(fitted: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="period_not_empty"):
        await bind(fitted, 2, 2, "empty")


async def test_a_refit_at_the_same_moment(fitted: asyncpg.Connection) -> None:
    await bind(fitted, 1, 2, "[2026-06-01, 2026-07-01)")
    await bind(fitted, 2, 1, "[2026-06-01,)")


@pytest.mark.parametrize("code", ["", "a b", "ü", "x" * 33, "a/b", "+", "#"])
async def test_a_unit_whose_code_no_topic_can_hold(owner: asyncpg.Connection, code: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="code_grammar"):
        await owner.execute("insert into unit (code, division) values ($1, 530300)", code)


async def test_every_change_of_a_unit_raises_the_registry_revision(owner: asyncpg.Connection) -> None:
    async def revision() -> int:
        number: int = await owner.fetchval("select revision from registry_revision")
        return number

    before = await revision()
    for count, statement in enumerate(
        (
            "insert into unit (code, division) values ('U1', 530300)",
            "update unit set division = 530302",
            "delete from unit",
        ),
        start=1,
    ):
        await owner.execute(statement)
        assert await revision() == before + count
