"""Sends to the units, from committed rows only: receipts. One publisher among all workers.

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
from ingest.receipts import covered_through, holes
from ingest.topics import RECEIPT, build
from ingest.uplink import Uplink

log = logging.getLogger(__name__)

EVERY_S = 2.0
LEAST_PAUSE_S = 10.0  # between two receipts of one unit
LOOK_BACK = timedelta(hours=1)  # what is said again after a start
MOST_OTHER_RUNS = 4
PUBLISHER_LOCK = 5303200
BACK_OFF_S = 2.0
ROOM_AFTER_S = 0.02  # how long to wait for the broker's acknowledgements when as many are under way as may be

KIND_NAMES = {number: kind.value for kind, number in KIND_NUMBERS.items()}


class UnitAddress(NamedTuple):
    division: int
    unit: str


class Downlink:
    """Runs until cancelled; publishes only while it holds the publisher's lock."""

    def __init__(
        self,
        uplink: Uplink,
        database_url: str,
        now: Callable[[], datetime],
        least_pause_s: float = LEAST_PAUSE_S,
    ) -> None:
        self._uplink, self._url, self._now, self._least_pause_s = uplink, database_url, now, least_pause_s
        self._revision = 0
        # Newest rows of each address by kind and run; bounded by what receipts_after returns (units that published).
        self._rows: dict[UnitAddress, dict[int, dict[int, ReceiptRow]]] = {}
        # Touched since its last receipt / due now. Each address stands in at most one of them.
        self._touched: OrderedDict[UnitAddress, None] = OrderedDict()
        self._due: OrderedDict[UnitAddress, None] = OrderedDict()
        self._sent_at: dict[UnitAddress, float] = {}

    async def run(self) -> None:
        while True:
            database: asyncpg.Connection | None = None
            try:
                database = await connect(self._url, application_name="one-network downlink")
                # Waits here while another worker publishes, and takes over when it is gone.
                await database.execute("select pg_advisory_lock($1)", PUBLISHER_LOCK)
                await self._publish_from(database)
            except (StoreUnavailable, *UNAVAILABLE) as error:
                log.warning("receipts wait for the database (%s)", error)
                await asyncio.sleep(BACK_OFF_S)
            finally:
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
            await self._offer(loop.time())
            await asyncio.sleep(min(EVERY_S, self._least_pause_s))

    def _remember(self, row: ReceiptRow) -> None:
        self._revision = max(self._revision, row.revision)
        address = UnitAddress(row.key.division, row.key.unit)
        runs = self._rows.setdefault(address, {}).setdefault(row.key.kind, {})
        runs[row.key.run] = row
        while len(runs) > 1 + MOST_OTHER_RUNS:
            del runs[min(runs, key=lambda run: runs[run].revision)]
        if address not in self._due:
            self._touched[address] = None

    async def _offer(self, at_s: float) -> None:
        """Moves what is due from `_touched` to `_due`, the longest waiting first, and sends it while it finds room."""
        for address in [
            a for a in self._touched if at_s - self._sent_at.get(a, -self._least_pause_s) >= self._least_pause_s
        ]:
            del self._touched[address]
            self._due[address] = None
            self._sent_at[address] = at_s
        while self._due and self._uplink.connected:
            for _ in range(min(self._uplink.room(), len(self._due))):
                address, _none = self._due.popitem(last=False)
                payload = msgspec.json.encode(receipt(self._rows[address], self._now()))
                self._uplink.publish(build(address.division, address.unit, RECEIPT), payload)
            await asyncio.sleep(ROOM_AFTER_S)


def receipt(kinds: dict[int, dict[int, ReceiptRow]], now: datetime) -> dict[str, Any]:
    """The payload for one unit: for each kind the receipt of the run it published last, other runs under `others`."""
    payload: dict[str, Any] = {}
    for kind, runs in sorted(kinds.items()):
        last, *others = sorted(runs, key=lambda run: (runs[run].revision, run), reverse=True)
        payload[KIND_NAMES[kind]] = _one(runs[last], now)
        if others:
            payload[KIND_NAMES[kind]]["others"] = [_one(runs[run], now) for run in others]
    return payload


def _one(row: ReceiptRow, now: datetime) -> dict[str, Any]:
    return {
        "run": row.key.run,
        "seq": covered_through(row.committed, row.oldest_seq),
        "time": now,
        "again": holes(row.committed, row.oldest_seq),
    }
