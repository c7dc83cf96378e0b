"""The judge may ask the monitor to show each reading of a running trip at once.

Revision: 0019, after 0020
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0020"
branch_labels = None
depends_on = None

UP = (
    "alter table recompute drop constraint recompute_known_stage_check",
    "alter table recompute add constraint recompute_known_stage_check check (stage in ('readings', 'trips', 'watch'))",
)

DOWN = (
    "delete from recompute where stage = 'watch'",
    "alter table recompute drop constraint recompute_known_stage_check",
    "alter table recompute add constraint recompute_known_stage_check check (stage in ('readings', 'trips'))",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
