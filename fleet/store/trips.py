"""Writes trips, stops and gaps: what is new, what became different, and what is none any more.

Rows are plain mappings, column name to JSON value; `fleet.monitor.rows` makes them. Writing the same rows twice changes
nothing: after a crash the monitor makes some of them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec
from sqlalchemy import Table

from fleet.store.tables import gap, stop, trip
from fleet.store.visits import IndexedTrip, forget_trips, index_trip

SegmentRow = dict[str, Any]
TABLES: dict[str, Table] = {"trip": trip, "stop": stop, "gap": gap}
_NO_CONTENT = ("id", "version", "written_at")
"""A row that differs in these alone says nothing new."""


class Track(NamedTuple):
    """A packed track, ready for `trip_track`, and where it is found; 1e-7 degrees."""

    trip_id: int
    points: int
    min_lat_e7: int
    min_lon_e7: int
    max_lat_e7: int
    max_lon_e7: int
    packed: bytes
    indexed: IndexedTrip


class Span(NamedTuple):
    """Of the vehicle's segments that start in [from_at, to_at) only those given stand; None = without end."""

    vehicle_id: int
    from_at: datetime
    to_at: datetime | None


class Changes(msgspec.Struct):
    """What one transaction writes, by id.

    `dropped`: ids of running rows that are none any more; `standing`: of rows within the spans that stand as they are.
    """

    rows: dict[str, dict[int, SegmentRow]] = msgspec.field(default_factory=lambda: {name: {} for name in TABLES})
    tracks: dict[int, Track] = msgspec.field(default_factory=dict)
    spans: list[Span] = msgspec.field(default_factory=list)
    dropped: dict[str, list[int]] = msgspec.field(default_factory=lambda: {name: [] for name in TABLES})
    standing: dict[str, list[int]] = msgspec.field(default_factory=lambda: {name: [] for name in TABLES})

    def put(self, name: str, row: SegmentRow) -> None:
        """Takes the row in; of one segment the last word counts."""
        self.rows[name][row["id"]] = row

    def drop(self, name: str, identifier: int) -> None:
        """A running row that is none any more."""
        self.rows[name].pop(identifier, None)
        self.dropped[name].append(identifier)

    def __bool__(self) -> bool:
        return bool(self.spans or any(self.rows.values()) or any(self.dropped.values()))


class Touched(NamedTuple):
    """A segment that was written, superseded or dropped: its days have to be summed up again.

    `known_before`: how far it was known, where it stands and only that may have become more or less.
    """

    kind: str
    vehicle_id: int
    started_at: datetime
    known_to: datetime
    known_before: datetime | None = None
    running: bool = False

    @property
    def news(self) -> bool:
        """Whether more than the clock has gone on: a stop or gap that merely lasts says nothing new."""
        return self.kind == "trip" or not self.running or self.known_before is None


async def write_segments(
    connection: asyncpg.Connection, changes: Changes, *, now: datetime, reason: str
) -> list[Touched]:
    """Writes `changes` within the caller's transaction; what they supersede is kept with `reason`.

    Answers what really changed. Running rows come and go without a version of theirs being kept.
    """
    touched: list[Touched] = []
    for name in TABLES:
        touched += await _supersede(connection, name, changes, now, reason)
    for name in TABLES:
        if changes.rows[name]:
            touched += await _upsert(connection, name, list(changes.rows[name].values()), now, reason)
    await _write_tracks(connection, list(changes.tracks.values()))
    return touched


async def _supersede(
    connection: asyncpg.Connection, name: str, changes: Changes, now: datetime, reason: str
) -> list[Touched]:
    touched: list[Touched] = []
    gone: list[int] = []
    if changes.dropped[name]:
        rows = await connection.fetch(
            f"delete from {name} where id = any($1::bigint[]) and running"
            " returning id, vehicle_id, started_at, known_to",
            changes.dropped[name],
        )
        touched += [Touched(name, *row[1:]) for row in rows]
    if changes.spans:
        rows = await connection.fetch(
            SUPERSEDE.format(name, ", ".join(column.name for column in TABLES[name].columns)),
            *_columns(changes.spans),
            [*changes.rows[name], *changes.standing[name]],
            *(now, reason),
        )
        gone = [row["id"] for row in rows]
        touched += [Touched(name, *row[1:]) for row in rows]
    if name == "trip" and gone:
        await connection.execute("delete from trip_track where trip_id = any($1::bigint[])", gone)
        await forget_trips(connection, gone)
    return touched


async def _upsert(
    connection: asyncpg.Connection, name: str, rows: Sequence[SegmentRow], now: datetime, reason: str
) -> list[Touched]:
    changed = await connection.fetch(UPSERT[name], msgspec.json.encode(rows).decode(), now, reason)
    return [Touched(name, *row[1:]) for row in changed]


async def _write_tracks(connection: asyncpg.Connection, tracks: Sequence[Track]) -> None:
    if not tracks:
        return
    await connection.execute(TRACKS, *_columns([track[:7] for track in tracks]))
    await index_trip(connection, [track.indexed for track in tracks])


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


SUPERSEDE = """
with span as (select * from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) as s (vehicle_id, from_at, to_at)),
gone as (
    delete from {0} t using span s
    where t.vehicle_id = s.vehicle_id and t.started_at >= s.from_at and (s.to_at is null or t.started_at < s.to_at)
        and t.id <> all ($4::bigint[])
    returning t.*
),
kept as (insert into {0}_version ({1}, superseded_at, reason) select {1}, $5, $6 from gone where not running)
select id, vehicle_id, started_at, known_to from gone
"""

TRACKS = """
insert into trip_track as t (trip_id, points, min_lat_e7, min_lon_e7, max_lat_e7, max_lon_e7, packed)
select * from unnest($1::int8[], $2::int4[], $3::int4[], $4::int4[], $5::int4[], $6::int4[], $7::bytea[])
on conflict (trip_id) do update set
    points = excluded.points, min_lat_e7 = excluded.min_lat_e7, min_lon_e7 = excluded.min_lon_e7,
    max_lat_e7 = excluded.max_lat_e7, max_lon_e7 = excluded.max_lon_e7, packed = excluded.packed
where t.packed <> excluded.packed
"""


CONTENT = {
    name: tuple(column.name for column in table.columns if column.name not in _NO_CONTENT)
    for name, table in TABLES.items()
}
"""The columns of each table that say something."""


def _upsert_of(table: Table) -> str:
    """Inserts rows from JSON; what is there already and says something else is kept as a version, then replaced.

    Organ and division are the vehicle's of that day; before its history began, the vehicle's own.
    """
    name = table.name
    columns = [column.name for column in table.columns]
    content = CONTENT[name]
    given = {
        "organ_id": "coalesce(h.organ_id, v.organ_id)",
        "division": "coalesce(h.division, v.division)",
        # One that was none for a while counts on from the versions that are kept of it.
        "version": f"1 + coalesce((select max(k.version) from {name}_version k where k.id = j.id), 0)",
    }
    selected = ", ".join(f"{given[column]} as {column}" if column in given else f"j.{column}" for column in columns)
    listed = ", ".join(columns)
    differs = "({}) is distinct from ({})".format(
        ", ".join(f"t.{column}" for column in content), ", ".join(f"{{0}}.{column}" for column in content)
    )
    assigned = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in ("id", "version"))
    return f"""
with s as materialized (
    select {selected} from json_populate_recordset(null::{name}, $1::json) j
    left join vehicle v on v.id = j.vehicle_id
    left join vehicle_history h on h.vehicle_id = j.vehicle_id and h.period @> j.day
),
old as materialized (
    select t.* from {name} t join s on s.id = t.id where {differs.format("s")}
),
kept as (
    insert into {name}_version ({listed}, superseded_at, reason)
    select {", ".join(f"o.{column}" for column in columns)}, $2, $3 from old o where not o.running
),
new as (
    insert into {name} as t ({listed}) select {listed} from s
    on conflict (id) do update set {assigned}, version = t.version + case when t.running then 0 else 1 end
    where {differs.format("excluded")}
    returning id, vehicle_id, started_at, known_to, running
)
select new.id, new.vehicle_id, new.started_at, new.known_to, old.known_to, new.running
from new left join old on old.id = new.id
"""


UPSERT = {name: _upsert_of(table) for name, table in TABLES.items()}
