"""Deadlines of cases, and what is told of cases and findings.

Revision: 0012, after 0011
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Cases that are open already get their time from now on: a new rule finds nobody late.
DEADLINES = """
alter table misuse_case add due_at timestamptz, add escalated_at timestamptz;
create index misuse_case_due_idx on misuse_case (due_at) where due_at is not null and escalated_at is null;
update misuse_case set due_at = case state
    when 'open' then now() + interval '3 days'
    when 'assigned' then greatest(explain_by, now() + interval '1 day')
    else now() + interval '10 days' end
where state in ('open', 'assigned', 'explained')
"""

NOTICES = """
create table notice_revision (
    id smallint constraint notice_revision_pkey primary key,
    revision bigint not null,
    constraint notice_revision_one_row_check check (id = 1)
);
insert into notice_revision values (1, 0);

create table notice (
    revision bigint constraint notice_pkey primary key,
    id uuid not null default gen_random_uuid(),
    at timestamptz not null,
    kind text not null,
    case_id bigint not null,
    finding_id bigint,
    vehicle_id integer not null,
    organ_id integer not null,
    division integer not null,
    begin_at timestamptz not null,
    data jsonb not null
);
create index notice_at_idx on notice (at);
"""

# To whom a late case is escalated is a question about accounts, but not about their passwords.
RIGHTS = """
grant select, update on notice_revision to fleet_monitor, fleet_api;
grant insert on notice to fleet_monitor, fleet_api;
grant select, delete on notice to fleet_api;
grant select (id, username, role, organ_id, disabled_at) on account to fleet_monitor
"""

TABLES = ("notice", "notice_revision")


def statements(script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            op.execute(statement)


def upgrade() -> None:
    statements(DEADLINES)
    statements(NOTICES)
    statements(RIGHTS)


def downgrade() -> None:
    op.execute("revoke select (id, username, role, organ_id, disabled_at) on account from fleet_monitor")
    for table in TABLES:
        op.execute(f"drop table {table}")
    op.execute("drop index misuse_case_due_idx")
    op.execute("alter table misuse_case drop due_at, drop escalated_at")
