"""Transactions for requests: bounded in time, so that a database that hangs costs seconds and not the service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fleet.errors import StoreUnavailable
from fleet.store.pool import store_errors

PATIENCE_S = 5.0


class Database:
    """The engine with a limit on waiting."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def begin(self, *, within_s: float = PATIENCE_S) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end. Raises StoreUnavailable when it does not finish `within_s` seconds."""
        try:
            async with store_errors(), asyncio.timeout(within_s), self._engine.begin() as connection:
                yield connection
        except PoolTimeout as error:
            raise StoreUnavailable("every connection to the database is busy") from error
        except (asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError) as error:
            raise StoreUnavailable(f"the database refuses us: {error}") from error

    async def close(self) -> None:
        await self._engine.dispose()
