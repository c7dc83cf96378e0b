"""Opens connections: one SQLAlchemy engine a process, asyncpg underneath.

`?role=fleet_api` in a URL makes every connection assume that role before its first statement.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine  # noqa: TID251 the one place

from fleet.errors import StoreUnavailable

START_WITHIN_S = 8.0
"""How long a starting service tries to reach its database for the first time."""

UNAVAILABLE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement that begins just as the server ends the session
    asyncpg.exceptions.OperatorInterventionError,  # shut down, crash of another backend, starting up
    asyncpg.exceptions.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.exceptions.TransactionRollbackError,  # deadlock, serialisation: the same work may be tried again
)
"""What asyncpg raises when the database, not our statement, is at fault."""

REFUSED = (asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError)
"""No such database or user, or a wrong password: mended outside, like an absence, so whoever waits goes on waiting."""


def split_url(url: str) -> tuple[str, dict[str, str]]:
    """`url` for asyncpg without our own query parameters, and the server settings they stand for."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    role = query.pop("role", None)
    settings = {"application_name": query.pop("application_name", "one-network"), "timezone": "UTC"}
    if role is not None:
        settings["role"] = role
    return urlunsplit(parts._replace(scheme="postgresql", query=urlencode(query))), settings


def create_engine(
    url: str,
    *,
    size: int = 5,
    application_name: str = "one-network",
    server_settings: Mapping[str, str] = MappingProxyType({}),
) -> AsyncEngine:
    """An engine for `url` (`postgresql://user:password@host:port/database[?role=name]`); opens nothing yet.

    `server_settings` hold for each connection, such as `statement_timeout`.
    """

    async def opened() -> asyncpg.Connection:
        return await connect(url, application_name=application_name, server_settings=server_settings)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=opened,
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=False,
        pool_timeout=10,
    )


async def connect(
    url: str,
    *,
    application_name: str = "one-network",
    timeout_s: float = 10,
    statement_timeout_s: float | None = None,
    server_settings: Mapping[str, str] = MappingProxyType({}),
) -> asyncpg.Connection:
    """One bare asyncpg connection, for COPY and for work that holds a lock. Raises StoreUnavailable."""
    dsn, settings = split_url(url)
    settings |= {**server_settings, "application_name": application_name}
    try:
        return await asyncpg.connect(  # noqa: TID251 the one place
            dsn, server_settings=settings, timeout=timeout_s, command_timeout=statement_timeout_s
        )
    except (*UNAVAILABLE, *REFUSED) as error:
        raise StoreUnavailable(describe(dsn, error)) from error


async def await_database(url: str, *, within_s: float = START_WITHIN_S) -> None:
    """Returns once a connection succeeds. Raises StoreUnavailable when none did in time: a service that has never
    reached its database ends with that one line; one that has, waits."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        try:
            connection = await connect(url, timeout_s=within_s)
        except StoreUnavailable:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(0.5)
        else:
            await connection.close()
            return


@asynccontextmanager
async def store_errors() -> AsyncIterator[None]:
    """Turns the driver's connection errors into StoreUnavailable; leaves every other error alone."""
    try:
        yield
    except UNAVAILABLE as error:
        raise StoreUnavailable(f"the database does not answer: {error}") from error
    except (OperationalError, DBAPIError) as error:
        if error.connection_invalidated or isinstance(getattr(error.orig, "__cause__", None), UNAVAILABLE):
            raise StoreUnavailable(f"the database does not answer: {error.orig}") from error
        raise


def describe(url: str, error: BaseException) -> str:
    parts = urlsplit(url)
    return (
        f"cannot connect to the database {parts.path.lstrip('/')!r} at {parts.hostname}:{parts.port or 5432}"
        f" ({type(error).__name__}: {error}); is it running, and is FLEET_DATABASE_URL right?"
    )
