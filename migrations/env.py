"""Runs migrations as the owner role `fleet_owner`, over the asyncpg driver the services use too."""

from __future__ import annotations

import asyncio
import os
import sys

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from fleet.errors import FleetError, StoreUnavailable
from fleet.settings import load_settings
from fleet.store.pool import create_engine, store_errors
from fleet.store.tables import metadata

LOCK = 5303001
"""Advisory lock: two migrations of one database wait for each other."""

ROLES = ("fleet_owner", "fleet_ingest", "fleet_monitor", "fleet_api")

CREATE_ROLE = """
do $$ begin
    create role {role} nologin;
exception when duplicate_object or unique_violation then null;
end $$
"""


NEEDED = (
    "the user of FLEET_DATABASE_URL must own the database and be allowed to create roles (CREATEROLE), and the server"
    " needs TimescaleDB, installed and preloaded"
)


def prepare(connection: Connection) -> None:
    """What only the connecting user may do: extensions, roles, and the owner's right to create here.

    Raises StoreUnavailable where that user may not, or the server has no TimescaleDB.
    """
    try:
        connection.execute(text("create extension if not exists timescaledb"))
        connection.execute(text("create extension if not exists btree_gist"))
        for role in ROLES:
            connection.execute(text(CREATE_ROLE.format(role=role)))
            let_assume(connection, role)
        database = connection.scalar(text("select quote_ident(current_database())"))
        connection.execute(text(f"grant create on database {database} to fleet_owner"))
        connection.execute(text("grant create, usage on schema public to fleet_owner"))
    except DBAPIError as error:
        said = str(error.orig).partition("\n")[0].rpartition(">: ")[2]
        raise StoreUnavailable(f"the database cannot be prepared ({said}); {NEEDED}") from error


def let_assume(connection: Connection, role: str) -> None:
    """Let the connecting user `set role`. Since PostgreSQL 16 whoever makes a role may grant it, no more."""
    version = connection.dialect.server_version_info
    assert version is not None
    modern = version >= (16,)
    may = text("select pg_has_role(current_user, :role, :right)")
    if not connection.scalar(may, {"role": role, "right": "set" if modern else "member"}):
        connection.execute(text(f"grant {role} to current_user{' with set true' if modern else ''}"))


def migrate(connection: Connection) -> None:
    connection.execute(text("select pg_advisory_lock(:key)"), {"key": LOCK})
    try:
        prepare(connection)
        connection.commit()
        connection.execute(text("set role fleet_owner"))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("reset role"))
        connection.execute(text("select pg_advisory_unlock(:key)"), {"key": LOCK})
        connection.commit()


async def run(engine: AsyncEngine) -> None:
    try:
        async with store_errors(), engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


def main() -> None:
    """Errors of ours are one line and an exit code; any other is a bug in a migration and keeps its traceback."""
    try:
        if context.is_offline_mode():
            raise StoreUnavailable("migrations need a database: set FLEET_DATABASE_URL and run without --sql")
        url = os.environ.get("FLEET_DATABASE_URL") or load_settings().require_database_url()
        asyncio.run(run(create_engine(url, size=1, application_name="one-network migrate")))
    except FleetError as error:
        sys.stderr.write(f"fleet migrate: {error}\n")
        sys.exit(error.exit_code)


main()
