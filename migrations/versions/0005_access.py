"""Access: when a token was last used; the API no longer reads the broker's accounts, which it never needed.

Revision: 0005, after 0004
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table token add last_used_at timestamptz")
    op.execute("revoke select on broker_account from fleet_api")


def downgrade() -> None:
    op.execute("grant select on broker_account to fleet_api")
    op.execute("alter table token drop last_used_at")
