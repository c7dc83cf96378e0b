"""What is told of cases and findings, in one order; and who is told by webhook."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from fleet.store.tables.base import INSTANT, metadata

notice_revision = Table(
    "notice_revision",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""One row, raised under its row lock by whoever tells something: notices become visible in their order."""

notice = Table(
    "notice",
    metadata,
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid(as_uuid=False), nullable=False, server_default=text("gen_random_uuid()")),
    Column("at", INSTANT, nullable=False),
    Column("kind", Text, nullable=False),
    Column("case_id", BigInteger, nullable=False),
    Column("finding_id", BigInteger),
    Column("vehicle_id", Integer, nullable=False),
    Column("organ_id", Integer, nullable=False),
    Column("division", Integer, nullable=False),
    Column("begin_at", INSTANT, nullable=False),
    Column("data", JSONB, nullable=False),
    Index("notice_at_idx", "at"),
)
"""What happened to a case or a finding, as it was then; written in the transaction in which it happened.

`id` stays the same however often it is told. `organ_id`, `division`, `begin_at`: whose and when, for scopes.
"""

webhook = Table(
    "webhook",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("organ_id", Integer, ForeignKey("organ.id")),
    Column("active", Boolean, nullable=False),
    Column("secret", Text, nullable=False),
    Column("older_secret", Text),
    Column("older_until", INSTANT),
    Column("after_revision", BigInteger, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("stopped_why", Text),
    Index("webhook_account_idx", "account_id"),
)
"""Who wants to be told what, where. `kinds` empty = all; `organ_id`: of it and all below; null = all the account sees.

`secret` and `older_secret` (valid until `older_until`) are encrypted. `after_revision`: only later notices count.
"""

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("webhook_id", Integer, ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
    Column("revision", BigInteger, ForeignKey("notice.revision", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", INSTANT, nullable=False),
    Column("since", INSTANT, nullable=False),
    Column("next_at", INSTANT),
    Column("settled_at", INSTANT),
    Column("status", SmallInteger),
    Column("error", Text),
    UniqueConstraint("webhook_id", "revision", name="webhook_delivery_webhook_revision_key"),
    CheckConstraint("state in ('waiting', 'delivered', 'dead', 'withheld')", name="state"),
    CheckConstraint("(state = 'waiting') = (next_at is not null)", name="waits_for_a_moment"),
    Index("webhook_delivery_next_idx", "next_at", postgresql_where=text("next_at is not null")),
    Index("webhook_delivery_revision_idx", "revision"),
)
"""One notice for one webhook. `since`: from when its patience counts; `withheld`: its owner may not see it."""

webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    Column("delivery_id", BigInteger, ForeignKey("webhook_delivery.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("status", SmallInteger),
    Column("error", Text),
)
"""Every attempt: what the receiver answered, or why none came."""

webhook_cursor = Table(
    "webhook_cursor",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""Up to which notice deliveries were made out."""
