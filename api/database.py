"""Transactions for requests: bounded in time, so that a database that hangs costs seconds and not the service.

What a transaction recorded for the audit log is chained before its request goes on, and so before it is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from types import MappingProxyType

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fleet.errors import StoreUnavailable
from fleet.store.audit import RECORDED
from fleet.store.pool import store_errors

SERVER_SETTINGS = MappingProxyType(
    {"statement_timeout": "30s", "idle_in_transaction_session_timeout": "60s", "lock_timeout": "10s"}
)
"""The database ends by itself what a request has given up: longer than any patience of ours."""


class Database:
    """The engine with a limit on waiting. `settled` is told which audit entries were committed, and waits for them."""

    patience_s = 5.0
    """For a transaction that names no other."""

    def __init__(self, engine: AsyncEngine, settled: Callable[[Collection[int]], Awaitable[object]]) -> None:
        self._engine = engine
        self._settled = settled

    @asynccontextmanager
    async def begin(self, *, within_s: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end.

        Raises StoreUnavailable when it does not finish `within_s` seconds, by default `patience_s`.
        """
        recorded: list[int] = []
        try:
            async with store_errors(), asyncio.timeout(within_s or self.patience_s), self._engine.begin() as connection:
                connection.info[RECORDED] = recorded  # a new list: the connection is used again and again
                yield connection
        except PoolTimeout as error:
            raise StoreUnavailable("every connection to the database is busy") from error
        except (asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError) as error:
            raise StoreUnavailable(f"the database refuses us: {error}") from error
        if recorded:
            await self._settled(recorded)

    async def close(self) -> None:
        await self._engine.dispose()
