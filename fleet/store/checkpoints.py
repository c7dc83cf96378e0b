"""What the fold remembers, kept: cursor, snapshots, checkpoints, and what came late and is not folded yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg

from fleet.model.moments import from_us, to_us
from fleet.model.trips import ReadingKey
from fleet.store.follow import WORKERS, Followed

MONITOR_LOCK = 5303300


class Cursor(NamedTuple):
    """By worker: up to which batch results are written, and up to which snapshots hold; 0 = nothing yet."""

    results: Followed
    snapshots: Followed


class Snapshot(NamedTuple):
    """`followed`: by worker, the last batch this state has seen."""

    vehicle_id: int
    followed: Followed
    state: bytes


class Checkpoint(NamedTuple):
    vehicle_id: int
    key: ReadingKey
    state: bytes


class LateSpan(NamedTuple):
    """Readings of a vehicle that the cursor has passed and the fold has not seen; both ends included."""

    vehicle_id: int
    from_us: int
    to_us: int
    readings: int
    since_us: int


async def lock_monitor(connection: asyncpg.Connection) -> bool:
    """Whether this connection is now the one monitor's; it is as long as the connection lives."""
    locked: bool = await connection.fetchval("select pg_try_advisory_lock($1)", MONITOR_LOCK)
    return locked


async def load_cursor(connection: asyncpg.Connection) -> Cursor:
    results, snapshots = [0] * WORKERS, [0] * WORKERS
    for worker, n, snapshot_n in await connection.fetch("select worker, n, snapshot_n from follow_cursor"):
        results[worker], snapshots[worker] = n, snapshot_n
    return Cursor(results, snapshots)


async def save_cursor(connection: asyncpg.Connection, followed: Followed, *, snapshots: bool) -> None:
    """Never takes the cursor back: after a crash the batches since the snapshots are folded once more."""
    workers = [worker for worker, n in enumerate(followed) if n]
    await connection.execute(
        "insert into follow_cursor as c (worker, n, snapshot_n)"
        " select w, n, case when $3 then n else 0 end from unnest($1::int2[], $2::int8[]) as f (w, n)"
        " on conflict (worker) do update set n = greatest(c.n, excluded.n),"
        " snapshot_n = greatest(c.snapshot_n, excluded.snapshot_n)",
        *(workers, [followed[worker] for worker in workers], snapshots),
    )


async def load_snapshots(connection: asyncpg.Connection) -> list[Snapshot]:
    rows = await connection.fetch("select vehicle_id, followed, state from fold_snapshot")
    return [Snapshot(row[0], list(row[1]), row[2]) for row in rows]


async def save_snapshots(
    connection: asyncpg.Connection, states: Sequence[tuple[int, bytes]], followed: Followed
) -> None:
    """All of these states have seen the batches up to `followed`."""
    if not states:
        return
    await connection.execute(
        "insert into fold_snapshot (vehicle_id, followed, state)"
        " select v, $3, s from unnest($1::int4[], $2::bytea[]) as n (v, s)"
        " on conflict (vehicle_id) do update set followed = excluded.followed, state = excluded.state",
        *([vehicle_id for vehicle_id, _ in states], [state for _, state in states], followed),
    )


# ---------------------------------------------------------------- checkpoints

_KEY = "observed_at, kind, unit_id, run, seq, event"
_ORDER = f"order by {_KEY}"
_NEWEST_FIRST = "order by " + ", ".join(f"{name} desc" for name in _KEY.split(", "))


async def add_checkpoints(connection: asyncpg.Connection, checkpoints: Sequence[Checkpoint]) -> None:
    if not checkpoints:
        return
    keys = [checkpoint.key for checkpoint in checkpoints]
    await connection.execute(
        f"insert into fold_checkpoint (vehicle_id, {_KEY}, state)"
        " select * from unnest($1::int4[], $2::timestamptz[], $3::int2[], $4::int4[], $5::int4[], $6::int8[],"
        " $7::text[], $8::bytea[])"
        f" on conflict (vehicle_id, {_KEY}) do update set state = excluded.state",
        [checkpoint.vehicle_id for checkpoint in checkpoints],
        [from_us(key[0]) for key in keys],
        *([key[part] for key in keys] for part in range(1, 6)),
        [checkpoint.state for checkpoint in checkpoints],
    )


async def checkpoint_before(connection: asyncpg.Connection, vehicle_id: int, before_us: int) -> Checkpoint | None:
    """The newest whose last reading was observed before `before_us`."""
    row = await connection.fetchrow(
        f"select {_KEY}, state from fold_checkpoint where vehicle_id = $1 and observed_at < $2 {_NEWEST_FIRST} limit 1",
        *(vehicle_id, from_us(before_us)),
    )
    return None if row is None else Checkpoint(vehicle_id, _key_of(row), row["state"])


async def checkpoint_from(connection: asyncpg.Connection, vehicle_id: int, from_moment_us: int) -> Checkpoint | None:
    """The oldest whose last reading was observed at `from_moment_us` or later."""
    row = await connection.fetchrow(
        f"select {_KEY}, state from fold_checkpoint where vehicle_id = $1 and observed_at >= $2 {_ORDER} limit 1",
        *(vehicle_id, from_us(from_moment_us)),
    )
    return None if row is None else Checkpoint(vehicle_id, _key_of(row), row["state"])


async def checkpoints_between(
    connection: asyncpg.Connection, vehicle_id: int, from_moment_us: int, before_us: int
) -> dict[ReadingKey, bytes]:
    rows = await connection.fetch(
        f"select {_KEY}, state from fold_checkpoint where vehicle_id = $1 and observed_at >= $2 and observed_at < $3",
        *(vehicle_id, from_us(from_moment_us), from_us(before_us)),
    )
    return {_key_of(row): row["state"] for row in rows}


async def drop_checkpoints(
    connection: asyncpg.Connection, vehicle_id: int, after: ReadingKey | None, before: ReadingKey | None
) -> None:
    """Those with a key after the first and before the second; None = from the beginning, to the end."""
    await connection.execute(
        "delete from fold_checkpoint where vehicle_id = $1"
        f" and ($2::timestamptz is null or ({_KEY}) > ($2, $3, $4, $5, $6, $7))"
        f" and ($8::timestamptz is null or ({_KEY}) < ($8, $9, $10, $11, $12, $13))",
        *(vehicle_id, *_arguments(after), *_arguments(before)),
    )


async def drop_checkpoints_after(
    connection: asyncpg.Connection, snapshots: Sequence[tuple[int, ReadingKey | None]]
) -> None:
    """Everything later than the snapshots of these vehicles, and everything of other vehicles."""
    await connection.execute(
        "delete from fold_checkpoint where vehicle_id <> all($1::int4[])", [v for v, _ in snapshots]
    )
    rows = [(vehicle_id, *_arguments(key)) for vehicle_id, key in snapshots]
    if rows:
        await connection.execute(
            "delete from fold_checkpoint c using unnest($1::int4[], $2::timestamptz[], $3::int2[], $4::int4[],"
            " $5::int4[], $6::int8[], $7::text[]) as s (vehicle_id, observed_at, kind, unit_id, run, seq, event)"
            " where c.vehicle_id = s.vehicle_id and (s.observed_at is null or"
            " (c.observed_at, c.kind, c.unit_id, c.run, c.seq, c.event)"
            ' > (s.observed_at, s.kind, s.unit_id, s.run, s.seq, s.event collate "C"))',
            *([row[part] for row in rows] for part in range(7)),
        )


def _arguments(key: ReadingKey | None) -> tuple[object, ...]:
    return (None, 0, 0, 0, 0, "") if key is None else (from_us(key[0]), *key[1:])


def _key_of(row: asyncpg.Record) -> ReadingKey:
    return (to_us(row["observed_at"]), row["kind"], row["unit_id"], row["run"], row["seq"], row["event"])


# ---------------------------------------------------------------- what came late


async def load_late_spans(connection: asyncpg.Connection) -> list[LateSpan]:
    rows = await connection.fetch("select vehicle_id, from_at, to_at, readings, since from late_span")
    return [LateSpan(row[0], to_us(row[1]), to_us(row[2]), row[3], to_us(row[4])) for row in rows]


async def add_late_spans(connection: asyncpg.Connection, spans: Sequence[LateSpan]) -> None:
    """Widens what is there; one row a vehicle, however much comes."""
    if not spans:
        return
    await connection.execute(
        "insert into late_span as l (vehicle_id, from_at, to_at, readings, since)"
        " select * from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::int4[], $5::timestamptz[])"
        " on conflict (vehicle_id) do update set from_at = least(l.from_at, excluded.from_at),"
        " to_at = greatest(l.to_at, excluded.to_at), readings = l.readings + excluded.readings",
        [span.vehicle_id for span in spans],
        [from_us(span.from_us) for span in spans],
        [from_us(span.to_us) for span in spans],
        [span.readings for span in spans],
        [from_us(span.since_us) for span in spans],
    )


async def drop_late_spans(connection: asyncpg.Connection, vehicle_ids: Sequence[int]) -> None:
    """The spans of these vehicles are folded."""
    await connection.execute("delete from late_span where vehicle_id = any($1::int4[])", list(vehicle_ids))


# ---------------------------------------------------------------- spans to be made again


class Recompute(NamedTuple):
    """One row of `recompute`; None = without end. `to_now`: the span reached up to the moment it was written."""

    id: int
    vehicle_id: int
    from_us: int | None
    to_us: int | None
    reason: str


async def waiting_recomputes(connection: asyncpg.Connection, most: int) -> list[Recompute]:
    """The oldest rows of the stage 'readings', without taking them."""
    rows = await connection.fetch(
        "select id, vehicle_id, lower(period) as begins, upper(period) as ends, at, reason from recompute"
        " where stage = 'readings' order by id limit $1",
        most,
    )
    return [
        Recompute(
            row["id"],
            row["vehicle_id"],
            None if row["begins"] is None else to_us(row["begins"]),
            # Up to the moment of the change means: all that was folded by then, whatever a unit's clock said.
            None if row["ends"] is None or row["ends"] >= row["at"] else to_us(row["ends"]),
            row["reason"],
        )
        for row in rows
    ]


async def standing_recomputes(connection: asyncpg.Connection, ids: Sequence[int]) -> set[int]:
    """Those of the rows that nobody has taken yet."""
    return {
        row["id"] for row in await connection.fetch("select id from recompute where id = any($1::int8[])", list(ids))
    }


async def take_recomputes(connection: asyncpg.Connection, ids: Sequence[int]) -> set[int]:
    """Takes rows within the transaction that writes what was made of them; those that somebody else has are left."""
    rows = await connection.fetch(
        "delete from recompute where id in (select id from recompute where id = any($1::int8[])"
        " order by id for update skip locked) returning id",
        list(ids),
    )
    return {row["id"] for row in rows}


READINGS = "readings"
"""The reason of what new readings changed."""

LATE = "late"
"""The reason of what late readings changed."""

LATE_SETTLES = timedelta(minutes=5)
"""Late readings seldom come alone: this long after the first, what they changed is told."""

_TELL = """
with spans as (
    select v as vehicle_id, range_merge(range_agg(tstzrange(b, e, '[]'))) as period
    from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) as s (v, b, e) group by v
), earlier as (
    select id, vehicle_id from recompute where vehicle_id = any($1) and stage = $4 and reason = $5
    for update skip locked
), widened as (
    update recompute r
    set period = range_merge(r.period, s.period), at = case when $7::timestamptz is null then r.at else $6 end
    from spans s
    where r.vehicle_id = s.vehicle_id and r.id in (select min(id) from earlier group by vehicle_id)
    returning r.vehicle_id
)
insert into recompute (vehicle_id, period, reason, at, stage, due)
select vehicle_id, period, $5, $6, $4, $7 from spans
where vehicle_id not in (select vehicle_id from widened)
"""


async def tell_dependants(
    connection: asyncpg.Connection,
    stages: Sequence[str],
    spans: Sequence[tuple[int, datetime, datetime | None]],
    reason: str,
    now: datetime,
) -> None:
    """What is said of the trips there has to be made again: one row for each stage and vehicle.

    A row of the same reason that nobody has taken yet is widened, and keeps its place among those that wait: however
    long nobody takes them, they do not pile up, and who is told of most often does not wait longest.
    """
    if not spans:
        return
    due = now + LATE_SETTLES if reason == LATE else None
    for stage in stages:
        await connection.execute(_TELL, *(list(column) for column in zip(*spans, strict=True)), stage, reason, now, due)


async def refuse(
    connection: asyncpg.Connection, vehicle_id: int, span: tuple[int, int | None], reason: str, kept: int, now: datetime
) -> None:
    """Writes down that what lies before `kept` (microseconds) of the span stays as it was."""
    await connection.execute(
        "insert into recompute_refused (vehicle_id, period, reason, kept_to, at)"
        " values ($1, tstzrange($2, $3, '[)'), $4, $5, $6)",
        *(vehicle_id, from_us(span[0]), None if span[1] is None else from_us(span[1]), reason, from_us(kept), now),
    )
