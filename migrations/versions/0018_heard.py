"""A gap says whether the unit was heard in it, and only told no place.

Revision: 0018, after 0017
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UP = (
    "alter table gap add column heard boolean not null default false",
    "alter table gap_version add column heard boolean not null default false",
)

DOWN = (
    "alter table gap_version drop column heard",
    "alter table gap drop column heard",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
