"""Keeps the tallies of the statistics, beside the judge: what it does late is only read more slowly.

It never takes more than a part of a core for long: while the past of a whole fleet comes in, every month of every organ
is due again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fleet.store import tally_keeping
from fleet.store.alone import in_rounds
from fleet.store.sources import TALLIES

LOCK = 0x74616C6C  # "tall"
_REST = 4
"""Rests so many times as long as a round took."""

_LONGEST_REST_S = 60.0


class Keeper:
    """`run()` until `stop()`. Only one works at a time; a second waits for the lock."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Waits for a store that is away; anything else that fails ends the process."""
        await in_rounds(self._engine, LOCK, self._work, self._stopping)

    async def _work(self, connection: AsyncConnection) -> int:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        made = await self.round(connection)
        if made:
            rest_s = min(_LONGEST_REST_S, _REST * (loop.time() - began_s))
            try:
                async with asyncio.timeout(rest_s):
                    await self._stopping.wait()
            except TimeoutError:
                pass
        return made

    async def round(self, connection: AsyncConnection) -> int:
        """Moves the horizon on where a day is over, and makes one month of each source again; gives how much there was.

        Each in a transaction of its own.
        """
        async with connection.begin():
            made = int(await tally_keeping.move_horizon(connection, self._clock()))
        for source in TALLIES:
            async with connection.begin():
                made += await tally_keeping.make_again(connection, source)
        return made
