"""Sends commands to the units, from committed rows only, again and again until one is answered, withdrawn or over.

One publisher among all workers. What is under way is nowhere but in the table: a try is noted before it is published,
so a publisher that dies, or a broker that forgets, costs a pause, and the unit knows by the number what it has had.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg
from paho.mqtt.reasoncodes import ReasonCode

from fleet.errors import StoreUnavailable
from fleet.identity.tls import SYSTEM_TLS, ClientTls
from fleet.store.outbox import claim, expire, note_sent
from fleet.store.pool import UNAVAILABLE, connect
from ingest.commands import pause_s, payload, remaining_s
from ingest.connection import BrokerAddress, Connection
from ingest.topics import COMMAND, build

log = logging.getLogger(__name__)

EVERY_S = 0.5
BACK_OFF_S = 2.0
PUBLISHER_LOCK = 5303201
MOST_UNDERWAY = 1_000  # published and not acknowledged by the broker; the rest stays in the table meanwhile
NO_SUBSCRIBER = 0x10  # the broker took it, and nobody is there to be given it


class Outbox:
    """Runs until cancelled; publishes only while it holds the publisher's lock."""

    def __init__(
        self,
        mqtt_url: str,
        database_url: str,
        worker: int,
        now: Callable[[], datetime],
        tls: ClientTls = SYSTEM_TLS,
    ) -> None:
        self._url, self._now = database_url, now
        self._connection = Connection(
            BrokerAddress.parse(mqtt_url),
            f"outbox-{worker}",
            receive_maximum=100,
            clean_start=True,
            tls=tls,
            on_ready=self._connected_again,
        )
        self._connection.client.on_publish = self._published
        self._underway: dict[int, int] = {}  # packet number -> command
        self._sent: list[int] = []  # bounded by _underway: emptied before more is claimed

    async def run(self) -> None:
        while True:
            database: asyncpg.Connection | None = None
            try:
                database = await connect(self._url, application_name="one-network outbox")
                # Waits here while another worker publishes, and takes over when it is gone.
                await database.execute("select pg_advisory_lock($1)", PUBLISHER_LOCK)
                self._connection.start()
                while True:
                    await self._turn(database)
                    await asyncio.sleep(EVERY_S)
            except (StoreUnavailable, *UNAVAILABLE) as error:
                log.warning("commands wait for the database (%s)", error)
                await asyncio.sleep(BACK_OFF_S)
            finally:
                await self._connection.stop()
                if database is not None:
                    database.terminate()

    async def _turn(self, database: asyncpg.Connection) -> None:
        now = self._now()
        if over := await expire(database, now):
            log.info("%d commands were not answered in time", over)
        sent, self._sent = self._sent, []
        if sent:
            await note_sent(database, sent, now)
        room = MOST_UNDERWAY - len(self._underway)
        if not self._connection.connected or room <= 0:
            return
        for command in await claim(database, now, room, pause_s):
            topic = build(command.division, command.unit, COMMAND)
            number = self._connection.publish(topic, payload(command), expires_after_s=remaining_s(command, now))
            self._underway[number] = command.id

    def _connected_again(self, _session_present: bool) -> None:
        self._underway.clear()  # what the broker never acknowledged is due again after its pause

    def _published(self, _client: Any, _data: Any, number: int, code: ReasonCode, _properties: Any) -> None:
        command = self._underway.pop(number, None)
        if command is None:
            return
        if code.is_failure:
            log.warning("the broker refuses command %d: %s", command, code)
        elif code.value != NO_SUBSCRIBER:
            self._sent.append(command)
