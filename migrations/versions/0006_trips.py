"""Trips: trips, stops and gaps with their versions and tracks, roll-ups, and the state of the fold that makes them.

Revision: 0006, after 0005
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# No foreign key to vehicle in any of them: the monitor must not wait for whoever holds a vehicle's row.
SEGMENTS = """
create table trip (
    id bigint constraint trip_pkey primary key,
    version integer not null,
    vehicle_id integer not null,
    organ_id integer,
    division integer,
    day date not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    known_to timestamptz not null,
    written_at timestamptz not null,
    running boolean not null,
    begin_cut jsonb not null,
    end_cut jsonb,
    origin_lat_e7 integer not null,
    origin_lon_e7 integer not null,
    origin_division integer not null,
    origin_area_id integer,
    origin_name text,
    destination_lat_e7 integer,
    destination_lon_e7 integer,
    destination_division integer,
    destination_area_id integer,
    destination_name text,
    distance_m integer not null,
    odometer_distance_m integer,
    driving_s integer not null,
    idle_s integer not null,
    standing_s integer not null,
    silent_s integer not null,
    max_speed_dkmh integer,
    fuel_ml integer,
    fuel_method text,
    energy_wh integer,
    energy_method text,
    divisions jsonb not null,
    bridged jsonb not null,
    set_aside jsonb not null,
    set_aside_count integer not null,
    unit_ids integer[] not null,
    positions integer not null,
    doubts integer not null
);
create index trip_organ_idx on trip (organ_id, started_at);
create index trip_running_idx on trip (vehicle_id) where running;
create index trip_started_idx on trip (started_at, id);
create index trip_vehicle_idx on trip (vehicle_id, started_at);

create table stop (
    id bigint constraint stop_pkey primary key,
    version integer not null,
    vehicle_id integer not null,
    organ_id integer,
    division integer,
    day date not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    known_to timestamptz not null,
    written_at timestamptz not null,
    running boolean not null,
    begin_cut jsonb not null,
    end_cut jsonb,
    lat_e7 integer not null,
    lon_e7 integer not null,
    place_division integer not null,
    area_id integer,
    name text,
    radius_m integer not null,
    ignition_on_s integer not null,
    fuel_change_ml integer,
    charged_wh integer,
    unit_ids integer[] not null,
    positions integer not null,
    doubts integer not null
);
create index stop_running_idx on stop (vehicle_id) where running;
create index stop_started_idx on stop (started_at, id);
create index stop_vehicle_idx on stop (vehicle_id, started_at);

create table gap (
    id bigint constraint gap_pkey primary key,
    version integer not null,
    vehicle_id integer not null,
    organ_id integer,
    division integer,
    day date not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    known_to timestamptz not null,
    written_at timestamptz not null,
    running boolean not null,
    before_lat_e7 integer,
    before_lon_e7 integer,
    before_division integer,
    after_lat_e7 integer,
    after_lon_e7 integer,
    after_division integer,
    metres_apart integer,
    odometer_m integer,
    was_moving boolean not null
);
create index gap_running_idx on gap (vehicle_id) where running;
create index gap_started_idx on gap (started_at, id);
create index gap_vehicle_idx on gap (vehicle_id, started_at);

create table trip_version (
    like trip,
    superseded_at timestamptz not null,
    reason text not null,
    constraint trip_version_pkey primary key (id, version)
);
create index trip_version_vehicle_idx on trip_version (vehicle_id, started_at);

create table stop_version (
    like stop,
    superseded_at timestamptz not null,
    reason text not null,
    constraint stop_version_pkey primary key (id, version)
);
create index stop_version_vehicle_idx on stop_version (vehicle_id, started_at);

create table gap_version (
    like gap,
    superseded_at timestamptz not null,
    reason text not null,
    constraint gap_version_pkey primary key (id, version)
);
create index gap_version_vehicle_idx on gap_version (vehicle_id, started_at);

create table trip_track (
    trip_id bigint constraint trip_track_pkey primary key,
    points integer not null,
    min_lat_e7 integer not null,
    min_lon_e7 integer not null,
    max_lat_e7 integer not null,
    max_lon_e7 integer not null,
    packed bytea not null
);
-- packed already: a second attempt would only cost time
alter table trip_track alter packed set storage external;
"""

ROLL_UPS = """
create table vehicle_day (
    vehicle_id integer not null,
    day date not null,
    organ_id integer,
    division integer,
    trips integer not null,
    distance_m integer not null,
    odometer_m integer not null,
    driving_s integer not null,
    idle_s integer not null,
    standing_s integer not null,
    stopped_s integer not null,
    silent_s integer not null,
    gap_s integer not null,
    gap_odometer_m integer not null,
    fuel_ml integer not null,
    energy_wh integer not null,
    max_speed_dkmh integer,
    first_start_at timestamptz,
    last_end_at timestamptz,
    constraint vehicle_day_pkey primary key (vehicle_id, day)
);
create index vehicle_day_day_idx on vehicle_day (day, organ_id);

create table vehicle_day_division (
    vehicle_id integer not null,
    day date not null,
    division integer not null,
    distance_m integer not null,
    seconds integer not null,
    constraint vehicle_day_division_pkey primary key (vehicle_id, day, division)
);
create index vehicle_day_division_day_idx on vehicle_day_division (day, division);

create table vehicle_month (
    vehicle_id integer not null,
    month date not null,
    days_used integer not null,
    trips integer not null,
    distance_m bigint not null,
    odometer_m bigint not null,
    driving_s integer not null,
    idle_s integer not null,
    standing_s integer not null,
    stopped_s integer not null,
    silent_s integer not null,
    gap_s integer not null,
    gap_odometer_m bigint not null,
    fuel_ml bigint not null,
    energy_wh bigint not null,
    max_speed_dkmh integer,
    constraint vehicle_month_pkey primary key (vehicle_id, month)
);
create index vehicle_month_month_idx on vehicle_month (month);
"""

FOLD = """
create table follow_cursor (
    worker smallint constraint follow_cursor_pkey primary key,
    n bigint not null,
    snapshot_n bigint not null
) with (fillfactor = 50);

create table fold_snapshot (
    vehicle_id integer constraint fold_snapshot_pkey primary key,
    followed bigint[] not null,
    state bytea not null
);

create table fold_checkpoint (
    vehicle_id integer not null,
    observed_at timestamptz not null,
    kind smallint not null,
    unit_id integer not null,
    run integer not null,
    seq bigint not null,
    event text collate "C" not null,
    state bytea not null,
    constraint fold_checkpoint_pkey primary key (vehicle_id, observed_at, kind, unit_id, run, seq, event)
);

create table late_span (
    vehicle_id integer constraint late_span_pkey primary key,
    from_at timestamptz not null,
    to_at timestamptz not null,
    readings integer not null,
    since timestamptz not null
) with (fillfactor = 50);

create table recompute_refused (
    id bigint generated by default as identity constraint recompute_refused_pkey primary key,
    vehicle_id integer not null,
    period tstzrange not null,
    reason text not null,
    kept_to timestamptz not null,
    at timestamptz not null
);
create index recompute_refused_vehicle_id_idx on recompute_refused (vehicle_id);

create table unit_state (
    unit_id integer constraint unit_state_pkey primary key,
    vehicle_id integer,
    state text not null,
    since timestamptz not null,
    moving boolean not null,
    last_observed_at timestamptz,
    last_received_at timestamptz,
    clock_offset_ms integer,
    clock_samples integer not null,
    written_at timestamptz not null,
    constraint unit_state_known_state_check check (state in ('online', 'late', 'silent', 'never_seen'))
) with (fillfactor = 50);
create index unit_state_state_idx on unit_state (state);

create table monitor_status (
    id smallint constraint monitor_status_pkey primary key,
    started_at timestamptz not null,
    seen_at timestamptz not null,
    behind_batches bigint not null,
    behind_ms bigint not null,
    vehicles integer not null,
    late_spans integer not null,
    recompute_waiting integer not null,
    readings_folded bigint not null,
    readings_late bigint not null,
    refolds bigint not null,
    refolds_refused bigint not null,
    readings_unbound bigint not null,
    snapshot_at timestamptz,
    last_refusal text
) with (fillfactor = 50);

alter table recompute add stage text not null default 'readings'
    constraint recompute_known_stage_check check (stage in ('readings', 'trips'));
create index recompute_stage_idx on recompute (stage, id);
alter table recompute drop constraint recompute_vehicle_id_fkey;
"""

VISITS = """
create table trip_cells (
    trip_id bigint constraint trip_cells_pkey primary key,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    cells integer[] not null
);
create index trip_cells_cells_idx on trip_cells using gin (cells);
create index stop_place_idx on stop using gist (point(lon_e7, lat_e7), tstzrange(started_at, ended_at));

grant select, insert, update, delete on trip_cells to fleet_monitor;
grant select on trip_cells to fleet_api;
"""

# What was superseded is only ever added to: it says what the city was told before.
RIGHTS = """
grant select, insert, update, delete on trip, stop, gap, trip_track, vehicle_day, vehicle_day_division, vehicle_month,
    fold_snapshot, fold_checkpoint, late_span, unit_state to fleet_monitor;
grant select, insert, update on follow_cursor, monitor_status to fleet_monitor;
grant select on ingest_worker to fleet_monitor;
grant select, insert on trip_version, stop_version, gap_version, recompute_refused to fleet_monitor;
grant select on trip, stop, gap, trip_version, stop_version, gap_version, trip_track, vehicle_day,
    vehicle_day_division, vehicle_month, late_span, recompute_refused, unit_state, monitor_status to fleet_api;
"""

TABLES = (
    "trip_cells",
    *("monitor_status", "unit_state", "recompute_refused", "late_span", "fold_checkpoint", "fold_snapshot"),
    *("follow_cursor", "vehicle_month", "vehicle_day_division", "vehicle_day", "trip_track"),
    *("gap_version", "stop_version", "trip_version", "gap", "stop", "trip"),
)


def statements(script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            op.execute(statement)


READINGS = ("position_reading", "usage_reading", "event_reading")


def upgrade() -> None:
    for script in (SEGMENTS, ROLL_UPS, FOLD, VISITS, RIGHTS):
        statements(script)
    # The monitor asks for the newest batches a few times a second: pages that no vacuum has summarised yet, which BRIN
    # reads whole each time. A B-tree takes 7 bytes a row more.
    for table in READINGS:
        op.execute(f"drop index {table}_batch")
        op.execute(f"create index {table}_batch on {table} (batch)")


def downgrade() -> None:
    for table in READINGS:
        op.execute(f"drop index {table}_batch")
        op.execute(f"create index {table}_batch on {table} using brin (batch) with (pages_per_range = 16)")
    op.execute("delete from recompute r where not exists (select from vehicle v where v.id = r.vehicle_id)")
    op.execute(
        "alter table recompute add constraint recompute_vehicle_id_fkey"
        " foreign key (vehicle_id) references vehicle (id) on delete cascade"
    )
    op.execute("drop index recompute_stage_idx")
    op.execute("alter table recompute drop stage")
    for table in TABLES:
        op.execute(f"drop table {table}")
