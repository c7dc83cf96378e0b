"""Sends to the units, from committed rows only: receipts (and later commands). One publisher among all workers.

A receipt is a retained message, so a unit that was away finds it on reconnecting. Receipts can be said twice without
harm; after a start everything touched of late is said again, so nothing has to be remembered on disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
import msgspec

from fleet.errors import StoreUnavailable
from fleet.model.readings import KIND_NUMBERS
from fleet.store.pool import UNAVAILABLE, connect
from fleet.store.units import ReceiptRow, receipts_after
from ingest.connection import BrokerAddress, Connection
from ingest.receipts import covered_through, holes
from ingest.topics import RECEIPT, build

log = logging.getLogger(__name__)

EVERY_S = 1.0
LEAST_PAUSE_S = 10.0  # between two receipts of one unit
LOOK_BACK = timedelta(hours=1)  # what is said again after a start
MOST_EARLIER_RUNS = 4
PUBLISHER_LOCK = 5303200
BACK_OFF_S = 2.0
MOST_A_TURN = 5_000  # receipts handed to the broker connection at once; the rest waits a second

KIND_NAMES = {number: kind.value for kind, number in KIND_NUMBERS.items()}


class UnitAddress(NamedTuple):
    division: int
    unit: str


class Downlink:
    """Runs until cancelled; publishes only while it holds the publisher's lock."""

    def __init__(self, mqtt_url: str, database_url: str, worker: int, now: Callable[[], datetime]) -> None:
        self._url, self._now = database_url, now
        self._connection = Connection(
            BrokerAddress.parse(mqtt_url), f"downlink-{worker}", receive_maximum=100, clean_start=True
        )
        self._revision = 0
        # Newest rows of each address by kind and run; bounded by what receipts_after returns (units that published).
        self._rows: dict[UnitAddress, dict[int, dict[int, ReceiptRow]]] = {}
        self._pending: OrderedDict[UnitAddress, None] = OrderedDict()
        self._sent_at: dict[UnitAddress, float] = {}

    async def run(self) -> None:
        while True:
            database: asyncpg.Connection | None = None
            try:
                database = await connect(self._url, application_name="one-network downlink")
                # Waits here while another worker publishes, and takes over when it is gone.
                await database.execute("select pg_advisory_lock($1)", PUBLISHER_LOCK)
                self._connection.start()
                await self._publish_from(database)
            except (StoreUnavailable, *UNAVAILABLE) as error:
                log.warning("receipts wait for the database (%s)", error)
                await asyncio.sleep(BACK_OFF_S)
            finally:
                await self._connection.stop()
                if database is not None:
                    database.terminate()

    async def _publish_from(self, database: asyncpg.Connection) -> None:
        self._revision = 0
        since = self._now() - LOOK_BACK
        loop = asyncio.get_running_loop()
        while True:
            for row in await receipts_after(database, self._revision, since):
                self._remember(row)
            since = datetime.min.replace(tzinfo=since.tzinfo)
            if self._connection.connected:
                self._send(loop.time())
            await asyncio.sleep(EVERY_S)

    def _remember(self, row: ReceiptRow) -> None:
        self._revision = max(self._revision, row.revision)
        address = UnitAddress(row.key.division, row.key.unit)
        runs = self._rows.setdefault(address, {}).setdefault(row.key.kind, {})
        runs[row.key.run] = row
        while len(runs) > 1 + MOST_EARLIER_RUNS:
            del runs[min(runs)]
        self._pending[address] = None

    def _send(self, at_s: float) -> None:
        sent = 0
        for address in list(self._pending):
            if at_s - self._sent_at.get(address, -LEAST_PAUSE_S) < LEAST_PAUSE_S:
                continue
            payload = msgspec.json.encode(receipt(self._rows[address], self._now()))
            topic = build(address.division, address.unit, RECEIPT)
            if self._connection.client.publish(topic, payload, qos=1, retain=True).rc != 0:
                return  # disconnected or full: it stays pending
            del self._pending[address]
            self._sent_at[address] = at_s
            sent += 1
            if sent >= MOST_A_TURN:
                return


def receipt(kinds: dict[int, dict[int, ReceiptRow]], now: datetime) -> dict[str, Any]:
    """The payload for one unit: for each kind the receipt of its newest run, earlier runs of late under `earlier`."""
    payload: dict[str, Any] = {}
    for kind, runs in sorted(kinds.items()):
        newest, *earlier = sorted(runs, reverse=True)
        payload[KIND_NAMES[kind]] = _one(runs[newest], now)
        if earlier:
            payload[KIND_NAMES[kind]]["earlier"] = [_one(runs[run], now) for run in earlier]
    return payload


def _one(row: ReceiptRow, now: datetime) -> dict[str, Any]:
    return {
        "run": row.key.run,
        "seq": covered_through(row.committed, row.oldest_seq),
        "time": now,
        "again": holes(row.committed, row.oldest_seq),
    }
