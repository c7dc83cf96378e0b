"""Checks of the whole log, one at a time for all who ask: a walk over years must neither be repeated nor pile up."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fleet.store.audit_check import Report, check
from fleet.store.audit_journal import Journal
from fleet.store.pool import store_errors

PATIENCE_S = 20.0
"""How long a request waits for the walk at most; after that it is told how far it is and asks again."""


class Checks:
    """Starts a walk when somebody asks and none goes on; others who ask meanwhile get the same one."""

    def __init__(self, journal: Journal) -> None:
        self.checked = 0
        self.expected: int | None = None
        self._journal = journal
        self._task: asyncio.Task[Report] | None = None
        self._promised = False  # somebody was told to come back for it

    async def report(self, patience_s: float) -> Report | None:
        """What the walk found; None when it still goes on after `patience_s`. Raises StoreUnavailable."""
        if self._task is None or (self._task.done() and not self._promised):
            self.checked, self.expected = 0, None
            self._task = asyncio.create_task(self._walk(), name="audit-check")
        task = self._task
        await asyncio.wait([task], timeout=patience_s)
        self._promised = not task.done()
        return task.result() if task.done() else None

    async def stop(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _walk(self) -> Report:
        def progress(checked: int, expected: int) -> None:
            self.checked, self.expected = checked, expected

        async with store_errors():
            connection = await self._journal.connect()
            try:
                return await check(connection, self._journal.keys, self._journal.files, progress=progress)
            finally:
                connection.terminate()
