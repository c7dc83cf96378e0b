"""What the monitor reads: committed batches after a cursor, their readings, and a vehicle's readings of any time.

Moments are whole microseconds since 1970 UTC, as the fold has them. Functions want a connection of `reader` unless
they say otherwise.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from fleet.model.trips import EventReading, PositionReading, StoredReading, UsageReading
from fleet.store.ingest import WORKER_BITS
from fleet.store.pool import connect

WORKERS = 1 << WORKER_BITS
_WORKER = WORKERS - 1
_EPOCH_2000_US = 946_684_800_000_000

POSITION = (
    "observed_at, unit_id, run, seq, lat_e7, lon_e7, division, odometer_m, speed_dkmh, heading_deg, altitude_m,"
    " hdop_tenths, satellites, flags, ignition"
)
USAGE = (
    "observed_at, unit_id, run, seq, odometer_m, fuel_level_ml, fuel_used_ml, energy_used_wh, energy_charged_wh,"
    " engine_s, fuel_level_permille, soc_permille, charging, ignition"
)
EVENT = "observed_at, unit_id, run, seq, event, detail::text"

_KINDS: tuple[tuple[str, str, type[StoredReading]], ...] = (
    ("position_reading", POSITION, PositionReading),
    ("usage_reading", USAGE, UsageReading),
    ("event_reading", EVENT, EventReading),
)

Followed = list[int]
"""By worker number: the last batch n of that worker that counts; 0 = none."""


class FollowedBatch(NamedTuple):
    """A batch's row; observed_* are None for a batch without readings."""

    worker: int
    n: int
    received_us: int
    committed_us: int
    observed_from_us: int | None
    observed_to_us: int | None
    stored: int

    @property
    def number(self) -> int:
        """As the readings carry it."""
        return (self.n << WORKER_BITS) | self.worker


class OldSpan(NamedTuple):
    """Readings of a unit in a batch that were old when they came."""

    unit_id: int
    from_us: int
    to_us: int
    readings: int


async def reader(url: str) -> asyncpg.Connection:
    """A connection that gives moments as whole microseconds. Raises StoreUnavailable."""
    connection = await connect(url, application_name="one-network monitor reader", statement_timeout_s=120)
    await connection.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        format="tuple",
        encoder=lambda moment_us: (moment_us - _EPOCH_2000_US,),
        decoder=lambda fields: fields[0] + _EPOCH_2000_US,
    )
    return connection


async def batches_after(connection: asyncpg.Connection, cursor: Followed, most: int) -> list[FollowedBatch]:
    """Up to `most` next batches of each worker, in the order of their commits; every worker's without a hole.

    A worker numbers its batches in the order of its commits, one transaction at a time: who sees n sees all below it.
    """
    rows = await connection.fetch(BATCHES, list(range(WORKERS)), cursor, most)
    return [FollowedBatch(*row) for row in rows]


async def last_followed(connection: asyncpg.Connection) -> Followed:
    """The last committed batch of each worker: everything there is."""
    last = [0] * WORKERS
    for worker, n in await connection.fetch("select worker, max(n) from batch group by worker"):
        last[worker] = n
    return last


class Behind(NamedTuple):
    """Committed batches that are not followed yet: how many, how long ago the first of them was committed, and when the
    first was received (None where there are none)."""

    batches: int
    ms: int
    received_at: datetime | None


async def behind(connection: asyncpg.Connection, followed: Followed, now: datetime) -> Behind:
    """Wants a plain connection, which gives moments as datetimes."""
    row = await connection.fetchrow(BEHIND, list(range(WORKERS)), followed)
    assert row is not None
    if row["first_at"] is None:
        return Behind(0, 0, None)
    ms = max(0, round((now - row["first_at"]).total_seconds() * 1_000))
    return Behind(row["batches"], ms, row["received_at"])


async def readings_of(
    connection: asyncpg.Connection, batches: Sequence[FollowedBatch], since_us: int
) -> list[tuple[int, StoredReading]]:
    """(batch number, reading) of everything in these batches that was observed at or after `since_us`."""
    found: list[tuple[int, StoredReading]] = []
    wanted = [one for one in batches if one.observed_to_us is not None and one.observed_to_us >= since_us]
    for run in _runs(wanted):
        numbers, to_us = [one.number for one in run], max(one.observed_to_us or 0 for one in run)
        from_us = max(since_us, min(one.observed_from_us or 0 for one in run))
        for table, columns, shape in _KINDS:
            rows = await connection.fetch(
                f"select batch, {columns} from {table} where batch between $1 and $2 and batch & $3 = $4"
                " and observed_at between $5 and $6",
                *(numbers[0], numbers[-1], _WORKER, run[0].worker, from_us, to_us),
            )
            found += [(row[0], shape(*row[1:])) for row in rows]
    return found


async def old_spans_of(
    connection: asyncpg.Connection, batches: Sequence[FollowedBatch], before_us: int
) -> list[OldSpan]:
    """What of these batches was observed before `before_us`: a span a unit, not the readings."""
    found: list[OldSpan] = []
    wanted = [one for one in batches if one.observed_from_us is not None and one.observed_from_us < before_us]
    for run in _runs(wanted):
        rows = await connection.fetch(
            OLD_SPANS,
            *(run[0].number, run[-1].number, _WORKER, run[0].worker),
            *(min(one.observed_from_us or 0 for one in run), before_us),
        )
        found += [OldSpan(*row) for row in rows]
    return found


def _runs(batches: Sequence[FollowedBatch]) -> list[list[FollowedBatch]]:
    """The batches of each worker that follow one another: each run is read by one look at an index."""
    runs: list[list[FollowedBatch]] = []
    for one in sorted(batches):
        if runs and runs[-1][-1].worker == one.worker and runs[-1][-1].n + 1 == one.n:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


PAGE = 2_000


async def archive(
    connection: asyncpg.Connection, unit_id: int, from_us: int, to_us: int, followed: Followed, first: int = PAGE
) -> AsyncIterator[list[StoredReading]]:
    """A unit's readings of [from_us, to_us) in the order of their keys, in pages of some thousands.

    Only what batches up to `followed` brought: what came later is still to be followed. `first`: for who may soon have
    enough, about so many of each kind in the first page, then ever more.
    """
    start_us, most = from_us, first
    while start_us < to_us:
        kinds: list[list[asyncpg.Record]] = []
        end_us = to_us
        for table, columns, _ in _KINDS:
            rows = await connection.fetch(
                f"select batch, {columns} from {table} where unit_id = $1 and observed_at >= $2 and observed_at < $3"
                " order by observed_at limit $4",
                *(unit_id, start_us, to_us, most + 1),
            )
            if len(rows) > most:
                last_us = rows[-1]["observed_at"]
                if last_us == rows[0]["observed_at"]:
                    # A clock that stood still: all of that moment at once, however many they are.
                    rows = await connection.fetch(
                        f"select batch, {columns} from {table} where unit_id = $1 and observed_at = $2",
                        *(unit_id, last_us),
                    )
                    last_us += 1
                end_us = min(end_us, last_us)
            kinds.append(rows)
        page = [
            shape(*row[1:])
            for rows, (_, _, shape) in zip(kinds, _KINDS, strict=True)
            for row in rows
            if row["observed_at"] < end_us and row["batch"] >> WORKER_BITS <= followed[row["batch"] & _WORKER]
        ]
        page.sort(key=_key)
        yield page
        start_us, most = end_us, min(PAGE, 3 * most)


def _key(reading: StoredReading) -> Any:
    return reading.key


async def count_positions(connection: asyncpg.Connection, unit_ids: Sequence[int], from_us: int, to_us: int) -> int:
    """How many positions of these units are still there in [from_us, to_us]."""
    count: int = await connection.fetchval(
        "select count(*) from position_reading where unit_id = any($1::int4[]) and observed_at between $2 and $3",
        *(list(unit_ids), from_us, to_us),
    )
    return count


BATCHES = """
select b.worker, b.n, b.received_at, b.committed_at, b.observed_from, b.observed_to, b.stored
from unnest($1::int2[], $2::int8[]) as c (worker, n)
cross join lateral (select * from batch where worker = c.worker and n > c.n order by n limit $3) as b
order by b.committed_at, b.worker, b.n
"""

BEHIND = """
select coalesce(sum(last.n - greatest(c.n, first.n - 1)), 0)::int8 as batches, min(first.committed_at) as first_at,
    min(first.received_at) as received_at
from unnest($1::int2[], $2::int8[]) as c (worker, n)
cross join lateral (
    select n, committed_at, received_at from batch where worker = c.worker and n > c.n order by n limit 1
) as first
cross join lateral (select n from batch where worker = c.worker order by n desc limit 1) as last
"""

OLD_SPANS = """
select unit_id, min(observed_at), max(observed_at), count(*)::int4
from (
    select unit_id, observed_at from position_reading
    where batch between $1 and $2 and batch & $3 = $4 and observed_at >= $5 and observed_at < $6
    union all
    select unit_id, observed_at from usage_reading
    where batch between $1 and $2 and batch & $3 = $4 and observed_at >= $5 and observed_at < $6
    union all
    select unit_id, observed_at from event_reading
    where batch between $1 and $2 and batch & $3 = $4 and observed_at >= $5 and observed_at < $6
) as r
group by unit_id
"""
