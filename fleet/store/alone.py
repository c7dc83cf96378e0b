"""Work of which there is one process at a time: rounds under a lock that lasts as long as its connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fleet.errors import StoreUnavailable
from fleet.store.pool import store_errors

log = logging.getLogger(__name__)

PAUSE_S = 1.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.5, 8.0

Round = Callable[[AsyncConnection], Awaitable[int]]


async def in_rounds(engine: AsyncEngine, lock: int, work: Round, stopping: asyncio.Event) -> None:
    """Calls `work` until `stopping`: again at once while it gives that there was something, else after a pause.

    A second process waits for the lock. A store that is away is waited for; anything else that fails is raised.
    """
    back_off_s = FIRST_BACK_OFF_S
    while not stopping.is_set():
        try:
            async with store_errors(), engine.connect() as connection:
                await _hold(connection, lock, stopping)
                back_off_s = FIRST_BACK_OFF_S
                while not stopping.is_set():
                    if await work(connection) == 0:
                        await _pause(stopping, PAUSE_S)
        except StoreUnavailable as error:
            log.warning("%s; again in %g s", error, back_off_s)
            await _pause(stopping, back_off_s)
            back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)


async def _hold(connection: AsyncConnection, lock: int, stopping: asyncio.Event) -> None:
    """Returns with the lock, or without it when `stopping`."""
    while not stopping.is_set():
        held = (await connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": lock})).scalar_one()
        await connection.commit()
        if held:
            return
        await _pause(stopping, PAUSE_S)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
