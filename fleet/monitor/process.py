"""The monitor: two lanes over one memory, one connection that writes.

The live lane follows the cursor and must never wait; the second lane folds again what came late or was corrected.
Between two rounds memory and database say the same: that is when the second lane swaps its results in. Whatever goes
wrong with the database ends the session; the next one begins from the snapshots, as after a kill.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

import asyncpg

from fleet.errors import StoreUnavailable
from fleet.monitor.correcting import SecondLane
from fleet.monitor.following import LiveLane
from fleet.monitor.housekeeping import Housekeeping
from fleet.monitor.loading import load
from fleet.monitor.second import Connections
from fleet.monitor.work import DEPENDANTS, Pace, Work
from fleet.store import checkpoints as kept
from fleet.store import follow
from fleet.store.pool import UNAVAILABLE, connect

__all__ = ["Monitor", "Pace"]

log = logging.getLogger(__name__)

TRY_LOCK_EVERY_S = 1.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.25, 4.0


class Monitor:
    """`run()` until `stop()`; `url`: the monitor's own login."""

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime],
        pace: Pace | None = None,
        dependants: tuple[str, ...] = DEPENDANTS,
    ) -> None:
        self._pace, self._dependants = pace or Pace(), dependants
        self._url = url
        self._now = now
        self._stopping = asyncio.Event()
        self._started_at = now()

    def stop(self) -> None:
        """Finish the round, keep the state, go."""
        self._stopping.set()

    async def run(self) -> None:
        """Works, or waits for the database or for another monitor, until `stop`."""
        back_off_s = FIRST_BACK_OFF_S
        while not self._stopping.is_set():
            session = Session(self._url, self._now, self._pace, self._stopping, self._started_at, self._dependants)
            try:
                await session.run()
                back_off_s = FIRST_BACK_OFF_S
            except (StoreUnavailable, *UNAVAILABLE) as error:
                if session.worked:
                    back_off_s = FIRST_BACK_OFF_S
                log.warning("the database does not answer (%s); again in %.2f s", error, back_off_s)
                await self._rest(back_off_s)
                back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)
            finally:
                await session.close()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


class Session:
    """From one loading of the state to the loss of the database, or to the end."""

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime],
        pace: Pace,
        stopping: asyncio.Event,
        started_at: datetime,
        dependants: tuple[str, ...],
    ) -> None:
        self._url, self._now, self._pace, self._stopping, self._started_at = url, now, pace, stopping, started_at
        self._dependants = dependants
        self.worked = False
        self._opened: list[asyncpg.Connection] = []

    async def run(self) -> None:
        """Raises what the database raises."""
        writer = await self._open(connect(self._url, application_name="one-network monitor"))
        await writer.execute("set synchronous_commit = off")  # all of it can be made again
        if not await self._locked(writer):
            return
        live = await self._open(follow.reader(self._url))
        house = await self._open(connect(self._url, application_name="one-network monitor housekeeping"))
        connections = Connections(
            archive=await self._open(follow.reader(self._url)),
            plain=await self._open(connect(self._url, application_name="one-network monitor second lane")),
        )
        work = await load(writer, self._now, self._pace, self._stopping)
        work.dependants = self._dependants
        self.worked = True
        second = SecondLane(work, connections)
        tasks = [
            asyncio.create_task(LiveLane(work, live).run(), name="live"),
            asyncio.create_task(Housekeeping(work, second, house, self._started_at).run(), name="house"),
            asyncio.create_task(second.run(), name="second"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            await work.writing.acquire()  # nobody is in the middle of writing when the others are cancelled
            work.writing.release()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await _keep_all(work)

    async def close(self) -> None:
        for connection in self._opened:
            connection.terminate()
        self._opened.clear()

    async def _open(self, opening: Awaitable[asyncpg.Connection]) -> asyncpg.Connection:
        connection = await opening
        self._opened.append(connection)
        return connection

    async def _locked(self, writer: asyncpg.Connection) -> bool:
        """Waits until no other monitor works on this database; False when asked to stop meanwhile."""
        said = False
        while not self._stopping.is_set():
            if await kept.lock_monitor(writer):
                return True
            if not said:
                log.info("another monitor works on this database; waiting for its end")
                said = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), TRY_LOCK_EVERY_S)
        return False


async def _keep_all(work: Work) -> None:
    """Everything as it is now, so that the next start has nothing to fold again."""
    if work.replay_to is None:
        await work.write_running(list(work.memory.vehicles), work.now_us)
        await work.snapshot()
    log.info("stopped")
