"""What becomes of readings: trips, stops and gaps with their versions, tracks, roll-ups, and how far the fold has come.

None of these tables has a foreign key to `vehicle`: it would make the monitor wait for whoever holds a vehicle's row,
an import of the whole registry for instance.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE

from fleet.store.tables.base import INSTANT, metadata


def _head(*, versioned: bool) -> list[Column[Any]]:
    """What trips, stops and gaps have in common; a superseded row has its version in its key."""
    return [
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        Column("version", Integer, primary_key=versioned, nullable=False),
        Column("vehicle_id", Integer, nullable=False),
        Column("organ_id", Integer),
        Column("division", Integer),
        Column("day", Date, nullable=False),
        Column("started_at", INSTANT, nullable=False),
        Column("ended_at", INSTANT),
        Column("known_to", INSTANT, nullable=False),
        Column("written_at", INSTANT, nullable=False),
        Column("running", Boolean, nullable=False),
    ]


def _trip_columns(*, versioned: bool = False) -> list[Column[Any]]:
    return [
        *_head(versioned=versioned),
        Column("begin_cut", JSONB, nullable=False),
        Column("end_cut", JSONB),
        Column("origin_lat_e7", Integer, nullable=False),
        Column("origin_lon_e7", Integer, nullable=False),
        Column("origin_division", Integer, nullable=False),
        Column("origin_area_id", Integer),
        Column("origin_name", Text),
        Column("destination_lat_e7", Integer),
        Column("destination_lon_e7", Integer),
        Column("destination_division", Integer),
        Column("destination_area_id", Integer),
        Column("destination_name", Text),
        Column("distance_m", Integer, nullable=False),
        Column("odometer_distance_m", Integer),
        Column("driving_s", Integer, nullable=False),
        Column("idle_s", Integer, nullable=False),
        Column("standing_s", Integer, nullable=False),
        Column("silent_s", Integer, nullable=False),
        Column("max_speed_dkmh", Integer),
        Column("fuel_ml", Integer),
        Column("fuel_method", Text),
        Column("energy_wh", Integer),
        Column("energy_method", Text),
        Column("divisions", JSONB, nullable=False),
        Column("bridged", JSONB, nullable=False),
        Column("set_aside", JSONB, nullable=False),
        Column("set_aside_count", Integer, nullable=False),
        Column("unit_ids", ARRAY(Integer), nullable=False),
        Column("positions", Integer, nullable=False),
        Column("doubts", Integer, nullable=False),
    ]


def _stop_columns(*, versioned: bool = False) -> list[Column[Any]]:
    return [
        *_head(versioned=versioned),
        Column("begin_cut", JSONB, nullable=False),
        Column("end_cut", JSONB),
        Column("lat_e7", Integer, nullable=False),
        Column("lon_e7", Integer, nullable=False),
        Column("place_division", Integer, nullable=False),
        Column("area_id", Integer),
        Column("name", Text),
        Column("radius_m", Integer, nullable=False),
        Column("ignition_on_s", Integer, nullable=False),
        Column("fuel_change_ml", Integer),
        Column("charged_wh", Integer),
        Column("unit_ids", ARRAY(Integer), nullable=False),
        Column("positions", Integer, nullable=False),
        Column("doubts", Integer, nullable=False),
    ]


def _gap_columns(*, versioned: bool = False) -> list[Column[Any]]:
    return [
        *_head(versioned=versioned),
        Column("before_lat_e7", Integer),
        Column("before_lon_e7", Integer),
        Column("before_division", Integer),
        Column("after_lat_e7", Integer),
        Column("after_lon_e7", Integer),
        Column("after_division", Integer),
        Column("metres_apart", Integer),
        Column("odometer_m", Integer),
        Column("was_moving", Boolean, nullable=False),
        Column("heard", Boolean, nullable=False, server_default=text("false")),
    ]


def _superseded() -> list[Column[Any]]:
    return [Column("superseded_at", INSTANT, nullable=False), Column("reason", Text, nullable=False)]


trip = Table("trip", metadata, *_trip_columns())
"""One journey. `id` = vehicle_id * 2^32 + whole seconds from 2015-01-01 UTC to its start: made again, it is the same.

`organ_id` and `division` are the vehicle's on that day; `day` turns at 04:00 Asia/Shanghai; `known_to` is how far the
figures go (the end, or the last reading while it runs); places are named after the area they lie in, then.
"""

stop = Table("stop", metadata, *_stop_columns())
gap = Table("gap", metadata, *_gap_columns())

trip_version = Table("trip_version", metadata, *_trip_columns(versioned=True), *_superseded())
"""Rows that a later reading or a correction superseded, also those of trips that are none any more."""

stop_version = Table("stop_version", metadata, *_stop_columns(versioned=True), *_superseded())
gap_version = Table("gap_version", metadata, *_gap_columns(versioned=True), *_superseded())

for segment in (trip, stop, gap):
    Index(f"{segment.name}_vehicle_idx", segment.c.vehicle_id, segment.c.started_at)
    Index(f"{segment.name}_started_idx", segment.c.started_at, segment.c.id)
Index("trip_organ_idx", trip.c.organ_id, trip.c.started_at)
# What runs is found without a look at what has ended.
for segment in (trip, stop, gap):
    Index(f"{segment.name}_running_idx", segment.c.vehicle_id, postgresql_where=text("running"))
for superseded in (trip_version, stop_version, gap_version):
    Index(f"{superseded.name}_vehicle_idx", superseded.c.vehicle_id, superseded.c.started_at)

trip_track = Table(
    "trip_track",
    metadata,
    Column("trip_id", BigInteger, primary_key=True, autoincrement=False),
    Column("points", Integer, nullable=False),
    Column("min_lat_e7", Integer, nullable=False),
    Column("min_lon_e7", Integer, nullable=False),
    Column("max_lat_e7", Integer, nullable=False),
    Column("max_lon_e7", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
)
"""The good fixes of a trip that has ended, packed; they outlive the raw readings."""

vehicle_day = Table(
    "vehicle_day",
    metadata,
    Column("vehicle_id", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("organ_id", Integer),
    Column("division", Integer),
    Column("trips", Integer, nullable=False),
    Column("distance_m", Integer, nullable=False),
    Column("odometer_m", Integer, nullable=False),
    Column("driving_s", Integer, nullable=False),
    Column("idle_s", Integer, nullable=False),
    Column("standing_s", Integer, nullable=False),
    Column("stopped_s", Integer, nullable=False),
    Column("silent_s", Integer, nullable=False),
    Column("gap_s", Integer, nullable=False),
    Column("gap_odometer_m", Integer, nullable=False),
    Column("fuel_ml", Integer, nullable=False),
    Column("energy_wh", Integer, nullable=False),
    Column("max_speed_dkmh", Integer),
    Column("first_start_at", INSTANT),
    Column("last_end_at", INSTANT),
    Column("fuel_distance_m", Integer, nullable=False, server_default=text("0")),
    Column("energy_distance_m", Integer, nullable=False, server_default=text("0")),
    Column("fuel_counter_ml", Integer, nullable=False, server_default=text("0")),
    Column("fuel_counter_m", Integer, nullable=False, server_default=text("0")),
    Column("energy_counter_wh", Integer, nullable=False, server_default=text("0")),
    Column("energy_counter_m", Integer, nullable=False, server_default=text("0")),
    Index("vehicle_day_day_idx", "day", "organ_id"),
)
"""A vehicle's day (from 04:00), always made again from its trips, stops and gaps, never added to.

Trips count whole on the day they begin; stops and gaps are split at 04:00. `standing_s` and `silent_s` lie inside
trips, `stopped_s` and `gap_s` between them. `fuel_distance_m` and `energy_distance_m`: of the trips that tell what
they used; of those, `…_counter_…` are the ones whose counter told it.
"""

vehicle_day_division = Table(
    "vehicle_day_division",
    metadata,
    Column("vehicle_id", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("division", Integer, primary_key=True, autoincrement=False),
    Column("distance_m", Integer, nullable=False),
    Column("seconds", Integer, nullable=False),
    Index("vehicle_day_division_day_idx", "day", "division"),
)
"""Where the vehicle's trips of a day went, by county (0 = outside all)."""

vehicle_month = Table(
    "vehicle_month",
    metadata,
    Column("vehicle_id", Integer, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True),
    Column("days_used", Integer, nullable=False),
    Column("trips", Integer, nullable=False),
    Column("distance_m", BigInteger, nullable=False),
    Column("odometer_m", BigInteger, nullable=False),
    Column("driving_s", Integer, nullable=False),
    Column("idle_s", Integer, nullable=False),
    Column("standing_s", Integer, nullable=False),
    Column("stopped_s", Integer, nullable=False),
    Column("silent_s", Integer, nullable=False),
    Column("gap_s", Integer, nullable=False),
    Column("gap_odometer_m", BigInteger, nullable=False),
    Column("fuel_ml", BigInteger, nullable=False),
    Column("energy_wh", BigInteger, nullable=False),
    Column("max_speed_dkmh", Integer),
    Column("fuel_distance_m", BigInteger, nullable=False, server_default=text("0")),
    Column("energy_distance_m", BigInteger, nullable=False, server_default=text("0")),
    Column("fuel_counter_ml", BigInteger, nullable=False, server_default=text("0")),
    Column("fuel_counter_m", BigInteger, nullable=False, server_default=text("0")),
    Column("energy_counter_wh", BigInteger, nullable=False, server_default=text("0")),
    Column("energy_counter_m", BigInteger, nullable=False, server_default=text("0")),
    Index("vehicle_month_month_idx", "month"),
)
"""`month` is its first day; the sums of `vehicle_day`."""

follow_cursor = Table(
    "follow_cursor",
    metadata,
    Column("worker", SmallInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
    Column("snapshot_n", BigInteger, nullable=False),
)
"""One row an ingest worker: the batches up to `n` are in the results, those up to `snapshot_n` in every snapshot."""

fold_snapshot = Table(
    "fold_snapshot",
    metadata,
    Column("vehicle_id", Integer, primary_key=True, autoincrement=False),
    Column("followed", ARRAY(BigInteger), nullable=False),
    Column("state", LargeBinary, nullable=False),
)
"""A vehicle's fold as it was kept last. `followed`: batch numbers (n * 16 + worker), one a worker, that it has seen;
where `follow_cursor.snapshot_n` is further, the vehicle has had nothing in between."""

fold_checkpoint = Table(
    "fold_checkpoint",
    metadata,
    Column("vehicle_id", Integer, primary_key=True, autoincrement=False),
    Column("observed_at", INSTANT, primary_key=True),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("unit_id", Integer, primary_key=True, autoincrement=False),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("event", Text(collation="C"), primary_key=True),
    Column("state", LargeBinary, nullable=False),
)
"""The fold right after a cut, by the key of the last reading it had seen: from here late data are folded again."""

late_span = Table(
    "late_span",
    metadata,
    Column("vehicle_id", Integer, primary_key=True, autoincrement=False),
    Column("from_at", INSTANT, nullable=False),
    Column("to_at", INSTANT, nullable=False),
    Column("readings", Integer, nullable=False),
    Column("since", INSTANT, nullable=False),
)
"""Readings the cursor has passed that are not in the fold yet: they came late. One row a vehicle bounds it."""

recompute_refused = Table(
    "recompute_refused",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("vehicle_id", Integer, nullable=False, index=True),
    Column("period", TSTZRANGE(), nullable=False),
    Column("reason", Text, nullable=False),
    Column("kept_to", INSTANT, nullable=False),
    Column("at", INSTANT, nullable=False),
)
"""What could not be made again, for its raw readings are gone up to `kept_to`: the trips there stay as they were."""

unit_state = Table(
    "unit_state",
    metadata,
    Column("unit_id", Integer, primary_key=True, autoincrement=False),
    Column("vehicle_id", Integer),
    Column("state", Text, nullable=False),
    Column("since", INSTANT, nullable=False),
    Column("moving", Boolean, nullable=False),
    Column("last_observed_at", INSTANT),
    Column("last_received_at", INSTANT),
    Column("clock_offset_ms", Integer),
    Column("clock_samples", Integer, nullable=False),
    Column("written_at", INSTANT, nullable=False),
    CheckConstraint("state in ('online', 'late', 'silent', 'never_seen')", name="known_state"),
    Index("unit_state_state_idx", "state"),
)
"""Units that sit in a vehicle, against the reporting contract; `since` is when the state began.

`clock_offset_ms` = received - observed: the median of what came at once, not of what a unit had stored.
"""

monitor_status = Table(
    "monitor_status",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("started_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("behind_batches", BigInteger, nullable=False),
    Column("behind_ms", BigInteger, nullable=False),
    Column("vehicles", Integer, nullable=False),
    Column("late_spans", Integer, nullable=False),
    Column("recompute_waiting", Integer, nullable=False),
    Column("readings_folded", BigInteger, nullable=False),
    Column("readings_late", BigInteger, nullable=False),
    Column("refolds", BigInteger, nullable=False),
    Column("refolds_refused", BigInteger, nullable=False),
    Column("readings_unbound", BigInteger, nullable=False),
    Column("snapshot_at", INSTANT),
    Column("last_refusal", Text),
)
"""One row, written every second by the one monitor that works. Counters start at zero with it (`started_at`)."""
