"""Who was within a circle, and when: the index over packed tracks, and the candidates it gives.

The index only says where to look (`fleet.tracks.cells`); whether a vehicle was there is decided on its track
(`fleet.tracks.passages`). Stops are found by a GiST index that the database keeps by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
import numpy as np

from fleet.model.trips import TrackPoint
from fleet.tracks.cells import keys_of_way
from fleet.tracks.packed import Way


class IndexedTrip(NamedTuple):
    """A row of `trip_cells`."""

    trip_id: int
    started_at: datetime
    ended_at: datetime
    cells: list[int]


def indexed_trip(
    trip_id: int, started_at: datetime, ended_at: datetime, track: tuple[TrackPoint, ...]
) -> IndexedTrip | None:
    """The row of a trip that has ended; None for a track without a fix. Pure, about 0.2 ms."""
    if not track:
        return None
    rows = np.array([(point.at_us, point.lat_e7, point.lon_e7) for point in track], dtype=np.int64).T
    return IndexedTrip(trip_id, started_at, ended_at, keys_of_way(Way(*rows)).tolist())


async def index_trip(connection: asyncpg.Connection, rows: Sequence[IndexedTrip]) -> None:
    """Write the rows of trips, in place of earlier ones of the same id; in the transaction that writes the trips."""
    await connection.executemany(
        "insert into trip_cells (trip_id, started_at, ended_at, cells) values ($1, $2, $3, $4)"
        " on conflict (trip_id) do update set started_at = excluded.started_at, ended_at = excluded.ended_at,"
        " cells = excluded.cells",
        rows,
    )


async def forget_trips(connection: asyncpg.Connection, trip_ids: Iterable[int]) -> None:
    """Trips that are none any more are not found any more."""
    await connection.execute("delete from trip_cells where trip_id = any($1::bigint[])", list(trip_ids))
