"""Departure and return by the road: what the judge saw, and steps of orders that are nobody's.

Revision: 0016, after 0014
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

SIGHTING = """
create table order_sighting (
    order_id integer not null,
    vehicle_id integer not null,
    departed_at timestamptz,
    returned_at timestamptz,
    why text not null,
    at timestamptz not null,
    constraint order_sighting_pkey primary key (order_id, vehicle_id)
)
"""


def upgrade() -> None:
    op.execute(SIGHTING)
    op.execute("grant select, insert, update on order_sighting to fleet_monitor")
    op.execute("grant select, delete on order_sighting to fleet_api")
    op.execute(
        "alter table order_event alter column account_id drop not null, alter column role drop not null,"
        " add constraint order_event_somebodys_check check ((command = 'road') = (account_id is null)),"
        " add constraint order_event_role_check check ((account_id is null) = (role is null))"
    )


def downgrade() -> None:
    op.execute(
        "alter table order_event drop constraint order_event_role_check, drop constraint order_event_somebodys_check"
    )
    # A step that is nobody's has no place in the older table.
    op.execute("delete from order_event where account_id is null")
    op.execute("alter table order_event alter column account_id set not null, alter column role set not null")
    op.execute("drop table order_sighting")
