"""How visits are found: which cells a trip runs through, and where stops are."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, func
from sqlalchemy.dialects.postgresql import ARRAY

from fleet.store.tables.base import INSTANT, metadata
from fleet.store.tables.trips import stop

trip_cells = Table(
    "trip_cells",
    metadata,
    Column("trip_id", BigInteger, primary_key=True, autoincrement=False),
    Column("started_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT, nullable=False),
    Column("cells", ARRAY(Integer), nullable=False),
    Index("trip_cells_cells_idx", "cells", postgresql_using="gin"),
)
"""One row for each row of `trip_track`; `cells` are the keys of `fleet.tracks.cells`: a cell within a week."""

Index(
    "stop_place_idx",
    func.point(stop.c.lon_e7, stop.c.lat_e7),
    func.tstzrange(stop.c.started_at, stop.c.ended_at),
    postgresql_using="gist",
)
