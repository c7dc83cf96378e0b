"""Writes batches through ingest's own store, as a process of its own: `python -m benchmarks.monitor_load URL WORKER …`.

`live RATE SECONDS`: every vehicle drives and stands in turns; each fifth of a second a batch, received as observed.
`history DAYS_AGO SECONDS`: full batches of a past day, vehicle by vehicle, as fast as they are taken.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg

from fleet.model.batch import BatchWrite, Count, LedgerKey, QuarantineRow, Row, Staged, hour_of
from fleet.model.readings import Kind, Reason
from fleet.store.ingest import BatchStore

VEHICLES = 6_000
EVERY_S = 0.2
FULL = 8_000
_LAT, _LON = 254_983_000, 1_038_027_000


def position_row(unit: int, at: datetime, second: int, run: int) -> Row:
    """The unit's position at a second of its day: it drives for 20 minutes of every 40, north and south in turns.
    Every fifth drives too fast for a minute of every four that it drives.
    """
    phase = (second + unit * 37) % 2_400
    driven = min(phase, 1_200)
    odd = ((second + unit * 37) // 2_400) % 2
    north = driven if not odd else 1_200 - driven
    moving = phase < 1_200
    speed_dkmh = (1_400 if unit % 5 == 0 and phase % 240 < 60 else 500) if moving else 0
    lat = _LAT + unit % 100 * 50_000 + north * 1_250 + (second * 7_919 % 200)
    total_m = ((second + unit * 37) // 2_400 * 1_200 + driven) * 14
    return (
        *(at, second, unit, run, lat, _LON + unit // 100 * 50_000, 530302, 1_000_000 + total_m),
        *(speed_dkmh, 0 if not odd else 180, 1_850, 8, 14, 0, moving),
    )


def batch_of(rows: Sequence[Row], received_at: datetime) -> BatchWrite:
    """The rows as one batch of ingest; one ledger row for all, so that its books are not what is measured."""
    key = LedgerKey(hour_of(received_at), 1, 1)
    staged = Staged(list(rows), [key] * len(rows), [None] * len(rows))
    times = [row[0] for row in rows]
    return BatchWrite(
        received_at=received_at,
        messages=len(rows),
        unknown_fields=0,
        staged={Kind.POSITION: staged},
        counts={key: Count(received=len(rows))},
        quarantine=[],
        receipts={},
        statuses=[],
        quarantine_of=_refuse,
        observed_from=min(times),
        observed_to=max(times),
    )


def _refuse(origin: object, reason: Reason) -> QuarantineRow:
    raise AssertionError(f"the load has two readings of one identity: {reason}")


async def live(store: BatchStore, rate: int, seconds: float) -> int:
    """`rate` readings a second, spread evenly over the vehicles. Answers how many."""
    size = round(rate * EVERY_S)
    began, sent, unit = time.monotonic(), 0, 0
    while time.monotonic() - began < seconds:
        now = datetime.now(UTC)
        rows = []
        for _ in range(size):
            unit = unit % VEHICLES + 1
            rows.append(position_row(unit, now + timedelta(microseconds=unit), sent // VEHICLES, 1))
            sent += 1
        await store.write(batch_of(rows, now))
        await asyncio.sleep(max(0.0, began + sent / rate - time.monotonic()))
    return sent


async def history(store: BatchStore, days_ago: int, seconds: float) -> int:
    """A past day, 10 s apart, all vehicles in turns of an hour each. Answers how many."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)
    began, sent, rows = time.monotonic(), 0, []
    for hour in range(24):
        for unit in range(1, VEHICLES + 1):
            for tenth in range(360):
                second = hour * 3_600 + tenth * 10
                rows.append(position_row(unit, day + timedelta(seconds=second, microseconds=unit), second, 2))
            if len(rows) >= FULL:
                await store.write(batch_of(rows, datetime.now(UTC)))
                sent += len(rows)
                rows = []
                if time.monotonic() - began > seconds:
                    return sent
    return sent


async def main(url: str, worker: str, what: str, amount: str, seconds: str) -> None:
    connection = await asyncpg.connect(url)
    store = BatchStore(connection, int(worker))
    await store.prepare()
    began = time.monotonic()
    work = live if what == "live" else history
    sent = await work(store, int(amount), float(seconds))
    print(sent, time.monotonic() - began, flush=True)
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
