"""The outbox: commands for the units of vehicles, and what was answered."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from fleet.store.tables.base import INSTANT, metadata

unit_command = Table(
    "unit_command",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), nullable=False, index=True),
    Column("order_id", Integer, ForeignKey("dispatch_order.id")),
    Column("task_id", Integer, ForeignKey("task.id")),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'queued'")),
    Column("unit_id", Integer),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("tried_at", INSTANT),
    Column("next_at", INSTANT, nullable=False),
    Column("sent_at", INSTANT),
    Column("answered_at", INSTANT),
    Column("answer", Text),
    Column("reason", Text),
    Column("observed_at", INSTANT),
    Column("expired_at", INSTANT),
    Column("withdrawn_at", INSTANT),
    CheckConstraint(
        "state in ('queued', 'sent', 'acknowledged', 'refused', 'expired', 'withdrawn')",
        name="state",
    ),
    CheckConstraint("answer in ('acknowledged', 'refused')", name="answer"),
    CheckConstraint("num_nulls(answer, answered_at, observed_at) in (0, 3)", name="answered"),
    CheckConstraint("state not in ('acknowledged', 'refused') or state = answer", name="state_as_answered"),
    CheckConstraint("state not in ('queued', 'sent', 'expired') or answer is null", name="unanswered"),
    CheckConstraint("state <> 'sent' or sent_at is not null", name="sent"),
    CheckConstraint("state <> 'expired' or expired_at is not null", name="expired"),
    CheckConstraint("(state = 'withdrawn') = (withdrawn_at is not null)", name="withdrawn"),
    CheckConstraint("expires_at > created_at", name="expires_after_it_was_made"),
    CheckConstraint("num_nonnulls(order_id, task_id) <= 1", name="about"),
    Index("unit_command_open_idx", "expires_at", "next_at", postgresql_where=text("state in ('queued', 'sent')")),
    Index("unit_command_order_id_idx", "order_id", postgresql_where=text("order_id is not null")),
    Index("unit_command_task_id_idx", "task_id", postgresql_where=text("task_id is not null")),
)
"""One row for each vehicle and command. `unit_id`: the unit that it was last sent to; only that one may answer."""
