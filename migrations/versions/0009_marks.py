"""Marks of the judge fall due: for the clock and for what late readings change they take the place of judged_vehicle.

Revision: 0009, after 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP = (
    "alter table recompute add column due timestamptz",
    "create index recompute_due_idx on recompute (stage, due)",
    # All that waited for the clock is judged once more, and leaves the marks of what is due.
    "insert into recompute (vehicle_id, period, reason, stage)"
    " select vehicle_id, tstzrange(judged_at - interval '31 days', judged_at, '[]'), 'clock', 'trips'"
    " from judged_vehicle where review_at is not null",
    "drop table judged_vehicle",
)

DOWN = (
    "create table judged_vehicle (vehicle_id integer not null constraint judged_vehicle_pkey primary key,"
    " judged_at timestamptz not null, review_at timestamptz)",
    "create index judged_vehicle_review_idx on judged_vehicle (review_at) where review_at is not null",
    "grant select on judged_vehicle to fleet_monitor, fleet_api",
    "grant insert, update on judged_vehicle to fleet_monitor",
    "insert into judged_vehicle (vehicle_id, judged_at, review_at)"
    " select vehicle_id, max(at), min(coalesce(due, at)) from recompute where stage = 'trips' group by vehicle_id",
    "delete from recompute where due > clock_timestamp()",
    "drop index recompute_due_idx",
    "alter table recompute drop column due",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
