"""One database transaction, or one look, for a command; as the owner of the tables."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.audit.entry import Actor
from fleet.local.discovery import settings_with_private_servers
from fleet.settings import Settings, assume_role, load_settings
from fleet.store.pool import create_engine, store_errors

T = TypeVar("T")

ACTOR = "command line"
"""Who the audit log names for what is done here: whoever can read the owner's credentials."""


def actor() -> Actor:
    """The same, with the user of this machine and the machine in the place of an address."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        user = str(os.getuid())
    return Actor(account=ACTOR, address=f"{user}@{socket.gethostname()}")


def current_settings() -> Settings:
    """The settings, completed by the private servers of a `fleet up` that runs beside us."""
    return settings_with_private_servers(load_settings())


@asynccontextmanager
async def owner_connection(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection as fleet_owner. Raises InvalidSettings, StoreUnavailable."""
    url = assume_role(settings.require_database_url(), "fleet_owner")
    engine = create_engine(url, size=1, application_name="one-network command")
    try:
        async with store_errors(), engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # commands are entry points
