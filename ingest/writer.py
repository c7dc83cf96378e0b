"""Keeps a batch until it is committed: reconnects, backs off, and finds out what a broken COMMIT left open."""

from __future__ import annotations

import asyncio
import logging

import asyncpg

from fleet.errors import StoreUnavailable
from fleet.model.batch import BatchWrite
from fleet.store.ingest import BatchStore, Written
from fleet.store.pool import UNAVAILABLE, connect

log = logging.getLogger(__name__)

FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.25, 4.0
STATEMENT_TIMEOUT_S = 150.0  # longer than the stall that is promised to be survived without a word
WORKER_LOCK = 5303100  # + worker


class Writer:
    """The one connection that writes, under a lock that makes the worker's number its own."""

    def __init__(self, database_url: str, worker: int) -> None:
        self._url = database_url
        self._worker = worker
        self._connection: asyncpg.Connection | None = None
        self._store: BatchStore | None = None
        self._previous_backend: int | None = None

    async def open(self) -> None:
        """Returns once connected. Waits while another process holds this worker's number."""
        back_off_s = FIRST_BACK_OFF_S
        while self._store is None:
            try:
                await self._connect()
            except (StoreUnavailable, *UNAVAILABLE) as error:
                log.warning("%s; trying again in %.2f s", error, back_off_s)
                await self._drop()
                await asyncio.sleep(back_off_s)
                back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)

    async def close(self) -> None:
        await self._drop()

    async def commit(self, batch: BatchWrite) -> Written:
        """Returns when `batch` is committed, however long the store is away. Raises what is not the store's absence."""
        attempted: int | None = None
        while True:
            await self.open()
            store, connection = self._store, self._connection
            assert store is not None
            assert connection is not None
            try:
                if attempted is not None and store.next_number > attempted:
                    log.info("batch %d was committed before the connection broke", attempted)
                    return await store.written(attempted)
                attempted = store.next_number
                return await store.write(batch)
            except UNAVAILABLE as error:
                if isinstance(error, asyncpg.InterfaceError) and not connection.is_closed():
                    raise  # misuse of the driver or a value it cannot encode: a bug, not an absence
                log.warning(
                    "the database did not take batch %d (%s: %s); it is kept", attempted, type(error).__name__, error
                )
                await self._drop()

    async def _connect(self) -> None:
        name = f"one-network ingest {self._worker}"
        connection = await connect(self._url, application_name=name, statement_timeout_s=STATEMENT_TIMEOUT_S)
        self._connection = connection
        if not await connection.fetchval("select pg_try_advisory_lock($1)", WORKER_LOCK + self._worker):
            if self._previous_backend is not None:
                # Our own earlier session, still at work behind a connection that broke.
                await connection.fetchval("select pg_terminate_backend($1)", self._previous_backend)
            raise StoreUnavailable(f"ingest worker {self._worker} is already running elsewhere on this database")
        store = BatchStore(connection, self._worker)
        await store.prepare()
        self._previous_backend = connection.get_server_pid()
        self._store = store

    async def _drop(self) -> None:
        connection, self._connection, self._store = self._connection, None, None
        if connection is not None:
            connection.terminate()
