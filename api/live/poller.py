"""Keeps the fleet in memory: one task asks the database once a second what is new, for all readers together.

A request that must be up to date calls `catch_up`; requests that ask at the same moment share one question.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from api.cases.notices import notice_shown
from api.database import Database
from api.live.encode import Events
from api.live.feed import Feed, entry_of
from api.live.fleet import Fleet
from api.live.items import Fitted
from fleet.errors import StoreUnavailable
from fleet.store import latest, notices

logger = logging.getLogger(__name__)

INTERVAL_S = 1.0
LEAST_PAUSE_S = 0.25
"""Between two questions also where one takes longer than the interval: requests need the loop too."""

REGISTRY_INTERVAL_S = 5.0
NOTICES_AT_ONCE = 1_000


class Live:
    """Start with `start`, end with `stop`. `woken` tells the streams once a second that there is something new."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], *, registry_interval_s: float = REGISTRY_INTERVAL_S
    ) -> None:
        self.fleet = Fleet()
        self.events = Events(self.fleet)
        self.feed = Feed()
        self.checked_at: datetime | None = None
        self.failing = False
        self.readers = 0
        self._database = database
        self._now = now
        self._registry_interval_s = registry_interval_s
        self._registry_at = float("-inf")
        self._caught_up_at = float("-inf")
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="live-poller")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def wake(self) -> None:
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()

    async def woken(self, timeout_s: float) -> None:
        """Wait until there is something new, or for `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            return

    async def catch_up(self) -> None:
        """Bring the fleet up to what is committed now. Raises StoreUnavailable."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        async with self._lock:
            if self._caught_up_at >= asked_at:
                return  # somebody who asked later than we did has just been answered
            began_at = loop.time()
            try:
                await self._read()
            except StoreUnavailable:
                self.failing = True
                raise
            self.failing = False
            self.checked_at = self._now()
            self._caught_up_at = began_at

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        registry_age_s = loop.time() - self._registry_at
        async with self._database.begin() as connection:
            revision = await latest.live_revision_now(connection)
            if revision < self.fleet.revision:
                logger.warning("the database went back from revision %d to %d", self.fleet.revision, revision)
                self.fleet.reset()
                registry_age_s = float("inf")
            rows = await latest.states_after(connection, self.fleet.revision)
            strangers = any(not self.fleet.has_met(row.unit_id) for row in rows)
            if registry_age_s >= self._registry_interval_s or (strangers and registry_age_s >= INTERVAL_S):
                now = self._now()
                fitted = [Fitted(*row) for row in await latest.fitted_vehicles(connection, now)]
                self.fleet.apply_registry(fitted, await latest.organ_parents(connection), now)
                self.feed.hide(await notices.confidential_vehicles(connection))
                self._registry_at = loop.time()
            await self._listen(connection)
        self.fleet.apply(rows, revision, self._now())

    async def _listen(self, connection: AsyncConnection) -> None:
        """What was told of cases and findings since."""
        revision = await notices.revision_now(connection)
        if self.feed.revision < 0 or revision < self.feed.revision:
            self.feed.begin(revision)
            return
        while self.feed.revision < revision:
            rows = await notices.after(connection, self.feed.revision, limit=NOTICES_AT_ONCE)
            self.feed.apply(
                (entry_of(row, notice_shown(row)) for row in rows), 0 if len(rows) == NOTICES_AT_ONCE else revision
            )

    def _state(self) -> tuple[int, ...]:
        return self.fleet.epoch, self.fleet.tick, self.feed.epoch, self.feed.revision

    async def _run(self) -> None:
        told = self._state()
        failing = False
        clock = asyncio.get_running_loop()
        while True:
            began_at = clock.time()
            try:
                await self.catch_up()
            except StoreUnavailable as error:
                if not failing:
                    logger.warning("the live fleet stands still: %s", error)
                failing = True
            else:
                if failing:
                    logger.info("the live fleet moves again")
                failing = False
            if told != self._state():
                told = self._state()
                self.wake()
            await asyncio.sleep(pause_s(clock.time() - began_at))


def pause_s(took_s: float) -> float:
    """How long to wait after a question that took so long, for the next one to begin a second after it began."""
    return max(INTERVAL_S - took_s, LEAST_PAUSE_S)
