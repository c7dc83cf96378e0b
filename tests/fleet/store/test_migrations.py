"""The migrations make what tables.py says, can be undone, and fail in one line where they cannot run."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from fleet.settings import with_credentials
from fleet.store.pool import create_engine
from fleet.store.tables import metadata
from tests import services

pytestmark = pytest.mark.store


@pytest.fixture
def empty_database_url(cluster: services.Cluster) -> Iterator[str]:
    """URL, as the owner, of a database in which nothing was ever made."""
    name = f"empty_{secrets.token_hex(6)}"
    services.execute(cluster.superuser_url, f"create database {name} owner fleet")
    try:
        yield cluster.url(name)
    finally:
        services.execute(cluster.superuser_url, f"drop database if exists {name} with (force)")


def alembic(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=services.ROOT,
        env={**os.environ, "FLEET_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def rows(url: str, query: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def public_things(url: str) -> list[str]:
    """Tables, sequences and functions in `public`, less what belongs to an extension."""
    return await rows(
        url,
        "select relname::text from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'S')"
        " and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')"
        " union all select proname::text from pg_proc p where pronamespace = 'public'::regnamespace"
        " and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1",
    )


async def test_the_migrated_tables_are_those_of_tables_py(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    engine = create_engine(database_url, size=1)
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()


async def test_so_are_the_constraints_that_a_comparison_does_not_see(database_url: str) -> None:
    expected = {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint | ExcludeConstraint)
    }
    found = await rows(
        database_url,
        "select conname::text from pg_constraint where connamespace = 'public'::regnamespace and contype in ('c', 'x')",
    )
    # That a counter has one row is the migration's own affair.
    assert set(found) - {"registry_revision_id_check", "live_revision_id_check"} == expected


async def test_the_identity_holds_absent_numbers_equal(database_url: str) -> None:
    found = await rows(
        database_url,
        "select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid"
        " where i.indnullsnotdistinct and i.indisunique and c.relname like '%reading_identity'"
        " and c.relnamespace = 'public'::regnamespace order by 1",
    )
    assert found == ["event_reading_identity", "position_reading_identity", "usage_reading_identity"]


async def test_down_to_nothing_and_up_again(empty_database_url: str) -> None:
    services.migrate(empty_database_url)
    made = await public_things(empty_database_url)
    assert {"position_reading", "ledger", "audit_log", "raise_registry_revision"} <= set(made)
    down = alembic(empty_database_url, "downgrade", "base")
    assert down.returncode == 0, down.stderr
    assert await public_things(empty_database_url) == ["alembic_version"]
    services.migrate(empty_database_url)
    assert await public_things(empty_database_url) == made
    services.migrate(empty_database_url)  # nothing to do is no error


async def test_two_at_once_wait_for_each_other(empty_database_url: str) -> None:
    both = await asyncio.gather(
        *(asyncio.to_thread(alembic, empty_database_url, "upgrade", "head") for _ in range(2)),
    )
    assert [done.returncode for done in both] == [0, 0], both


def refused(url: str) -> str:
    """The one line that `alembic upgrade head` ends with."""
    done = alembic(url, "upgrade", "head")
    assert done.returncode == 4, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("fleet migrate: ")
    return done.stderr


def test_a_server_that_is_not_there() -> None:
    port = services.free_port()
    assert f"cannot connect to the database 'fleet' at 127.0.0.1:{port}" in refused(
        f"postgresql://fleet:secret@127.0.0.1:{port}/fleet"
    )


def test_a_database_that_is_not_there(cluster: services.Cluster) -> None:
    assert 'database "elsewhere" does not exist' in refused(cluster.url("elsewhere"))


def test_a_wrong_password_is_named_and_not_shown(cluster: services.Cluster) -> None:
    line = refused(with_credentials(cluster.url("postgres"), "fleet", "not-the-secret"))
    assert "password authentication failed" in line
    assert "not-the-secret" not in line


def test_a_user_who_may_not(cluster: services.Cluster, empty_database_url: str) -> None:
    name = f"guest_{secrets.token_hex(6)}"
    services.execute(cluster.superuser_url, f"create role {name} login password 'guest'")
    try:
        line = refused(with_credentials(empty_database_url, name, "guest"))
    finally:
        services.execute(cluster.superuser_url, f"drop role {name}")
    assert "permission denied" in line
    assert "must own the database" in line
