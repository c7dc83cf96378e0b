"""A mark for each month of tallies: whoever keeps a copy of the month can tell that it still holds.

Revision: 0022, after 0021
"""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TALLIES = (("days", "tally_day"), ("verdicts", "tally_verdict"), ("cases", "tally_case"), ("orders", "tally_order"))


def upgrade() -> None:
    op.execute(
        "create table tally_month ("
        " source text not null constraint tally_month_source_check"
        " check (source in ('days', 'verdicts', 'cases', 'orders')),"
        " month date not null,"
        " made uuid not null default gen_random_uuid(),"
        " constraint tally_month_pkey primary key (source, month))"
    )
    for source, table in TALLIES:
        op.execute(
            "insert into tally_month (source, month)"
            f" select distinct '{source}', date_trunc('month', day::timestamp)::date from {table}"
        )
    op.execute("grant select on tally_month to fleet_api")
    op.execute("grant select, insert, update on tally_month to fleet_monitor")


def downgrade() -> None:
    op.execute("drop table tally_month")
