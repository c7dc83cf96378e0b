"""Ingest's copy of the registry: unit code -> id and division, read again when the registry's revision rises."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import asyncpg

from fleet.errors import StoreUnavailable
from fleet.store.pool import UNAVAILABLE, connect
from fleet.store.units import registered_units, registry_revision
from ingest.validate import KnownUnit

log = logging.getLogger(__name__)

BACK_OFF_S = 1.0


class RegistryCopy:
    """`units` is replaced as a whole, so whoever holds it sees one consistent registry."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: asyncpg.Connection | None = None
        self._revision: int | None = None
        self._lock = asyncio.Lock()
        self.units: Mapping[str, KnownUnit] = {}

    async def refresh(self) -> None:
        """Returns when the copy is as new as the database was at the call; waits while the database is away."""
        while True:
            try:
                async with self._lock:
                    await self._read()
            except (StoreUnavailable, *UNAVAILABLE) as error:
                log.warning("cannot read the registry (%s); trying again", error)
                await self.close()
                await asyncio.sleep(BACK_OFF_S)
            else:
                return

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _read(self) -> None:
        if self._connection is None:
            self._connection = await connect(self._url, application_name="one-network ingest registry")
        revision = await registry_revision(self._connection)
        if revision == self._revision:
            return
        # The revision first: a change between the two reads is read again next time, never missed.
        units = await registered_units(self._connection)
        self.units = {code: KnownUnit(unit_id, division) for code, unit_id, division in units}
        self._revision = revision
        log.info("registry read: %d units at revision %d", len(units), revision)
