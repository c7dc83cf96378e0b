"""Days and months know the distance of the trips that tell what they used.

Revision: 0014, after 0012
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

UP = (
    "alter table vehicle_day add fuel_distance_m integer not null default 0,"
    " add energy_distance_m integer not null default 0",
    "alter table vehicle_month add fuel_distance_m bigint not null default 0,"
    " add energy_distance_m bigint not null default 0",
    "update vehicle_day d set fuel_distance_m = t.fuel_m, energy_distance_m = t.energy_m from ("
    " select vehicle_id, ((started_at at time zone 'UTC') + interval '4 hours')::date as day,"
    " coalesce(sum(distance_m) filter (where fuel_ml is not null), 0) as fuel_m,"
    " coalesce(sum(distance_m) filter (where energy_wh is not null), 0) as energy_m from trip group by 1, 2"
    ") as t where t.vehicle_id = d.vehicle_id and t.day = d.day",
    "update vehicle_month m set fuel_distance_m = d.fuel_m, energy_distance_m = d.energy_m from ("
    " select vehicle_id, date_trunc('month', day::timestamp)::date as month, sum(fuel_distance_m) as fuel_m,"
    " sum(energy_distance_m) as energy_m from vehicle_day group by 1, 2"
    ") as d where d.vehicle_id = m.vehicle_id and d.month = m.month",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for table in ("vehicle_month", "vehicle_day"):
        op.execute(f"alter table {table} drop fuel_distance_m, drop energy_distance_m")
