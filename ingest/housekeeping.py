"""What a worker does beside the stream: says that it lives, keeps the registry fresh, takes up requested retries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

import asyncpg

from fleet.errors import StoreUnavailable
from fleet.store.pool import UNAVAILABLE, connect
from fleet.store.units import report_worker, requested_retries, retry_failed, still_quarantined
from ingest.arrivals import Incoming
from ingest.pipeline import Pipeline
from ingest.registry import RegistryCopy
from ingest.uplink import Uplink

log = logging.getLogger(__name__)

EVERY_S = 1.0
MOST_RETRIES = 1_000  # at once; the rest follows a second later
BACK_OFF_S = 2.0


class Housekeeping:
    """Runs until cancelled. One worker takes up retries: the one whose number is 1."""

    def __init__(
        self,
        pipeline: Pipeline,
        registry: RegistryCopy,
        uplink: Uplink,
        database_url: str,
        worker: int,
        now: Callable[[], datetime],
    ) -> None:
        self._pipeline, self._registry, self._uplink = pipeline, registry, uplink
        self._url, self._worker, self._now = database_url, worker, now
        self._started_at = now()

    async def run(self) -> None:
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await connect(self._url, application_name="one-network ingest housekeeping")
                while True:
                    await self._turn(connection)
                    await asyncio.sleep(EVERY_S)
            except (StoreUnavailable, *UNAVAILABLE) as error:
                log.warning("housekeeping waits for the database (%s)", error)
                await asyncio.sleep(BACK_OFF_S)
            finally:
                if connection is not None:
                    connection.terminate()

    async def _turn(self, connection: asyncpg.Connection) -> None:
        await self._registry.refresh()
        await report_worker(
            connection,
            self._worker,
            started_at=self._started_at,
            seen_at=self._now(),
            connected=self._uplink.connected,
            waiting_messages=self._uplink.waiting(),
            broker_dropped=self._uplink.broker_dropped,
        )
        if self._worker != 1:
            return
        asked = await requested_retries(connection, MOST_RETRIES)
        if asked:
            await self._pipeline.retry(
                [Incoming(m.topic, m.payload, m.received_at, quarantine_id=m.id, quarantine_key=m.key) for m in asked]
            )
            refused_again = await still_quarantined(connection, [message.id for message in asked])
            await retry_failed(connection, refused_again)
            log.info("retried %d quarantined messages, %d are still refused", len(asked), len(refused_again))
