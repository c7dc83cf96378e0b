"""Accounts, tokens, and the log of who did what."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from fleet.store.tables.base import INSTANT, metadata

account = Table(
    "account",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("username", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("organ_id", Integer, ForeignKey("organ.id")),
    Column("created_at", INSTANT, nullable=False, server_default=func.now()),
    Column("disabled_at", INSTANT),
    Column("version", Integer, nullable=False, server_default=text("1")),
)
"""`version` is raised by the database at every change: the ETag of an account."""

login_session = Table(
    "login_session",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False, index=True),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
)
"""From one log-in to its log-out: the family of all access and refresh tokens that descend from it."""

refresh_token = Table(
    "refresh_token",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("session_id", BigInteger, ForeignKey("login_session.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", INSTANT, nullable=False),
    Column("used_at", INSTANT),
)
"""Used once. A used one is kept until its session goes: who shows it again has stolen it, or was stolen from."""

token = Table(
    "token",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False, index=True),
    Column("label", Text),
    Column("created_at", INSTANT, nullable=False, server_default=func.now()),
    Column("expires_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
    Column("session_id", BigInteger, ForeignKey("login_session.id", ondelete="CASCADE"), index=True),
    Column("personal", Boolean, nullable=False, server_default=text("false")),
    Column("organ_id", Integer, ForeignKey("organ.id")),
    Column("division", Integer),
    Column("begin_at", INSTANT),
    Column("end_at", INSTANT),
    Column("read_only", Boolean, nullable=False, server_default=text("false")),
    Column("last_used_at", INSTANT),
)
"""Access tokens of sessions, and personal ones with the limits their owner gave them (null = none).

`last_used_at` is kept for personal ones, to the minute.
"""

login_failure = Table(
    "login_failure",
    metadata,
    Column("username", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", INSTANT, nullable=False, index=True),
    Column("locked_until", INSTANT),
)
"""Failed log-ins by name (of an account or not) and address; a restart forgives nothing."""

second_factor = Table(
    "second_factor",
    metadata,
    Column("account_id", Integer, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("secret", Text, nullable=False),
    Column("confirmed_at", INSTANT),
    Column("last_step", BigInteger, nullable=False, server_default=text("0")),
    Column("recovery", ARRAY(LargeBinary), nullable=False, server_default=text("'{}'")),
)
"""TOTP: asked for once `confirmed_at` is set. `last_step` is the last time step whose code was taken: none works twice.

`recovery` holds the SHA-256 of the recovery codes that are left.
"""

broker_account = Table(
    "broker_account",
    metadata,
    Column("username", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("division", Integer),
    Column("unit_id", Integer, ForeignKey("unit.id"), unique=True),
    Column("password_hash", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False, server_default=func.now()),
    Column("revoked_at", INSTANT),
    CheckConstraint("kind in ('unit', 'gateway', 'service')", name="kind"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("chain", Integer, primary_key=True, autoincrement=False),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("account", Text, nullable=False),
    Column("role", Text),
    Column("address", Text),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("organ_ids", ARRAY(Integer), nullable=False),
    Column("purpose", Text),
    Column("detail", JSON),
    Column("key_id", Text, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Index("audit_log_at_idx", "at", "chain", "n"),
    Index("audit_log_account_idx", "account", "at"),
    Index("audit_log_subject_idx", "subject", "at"),
    Index("audit_log_organ_ids_idx", "organ_ids", postgresql_using="gin"),
)
"""Chains of entries, numbered without gaps, each with its code (see `fleet.audit`); a trigger refuses every change.

Chain 0 holds what was recorded before there were chains. `detail` is json and not jsonb: the code covers its text,
which must stay as it was written.
"""

audit_pending = Table(
    "audit_pending",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", INSTANT, nullable=False, server_default=func.clock_timestamp()),
    Column("account", Text, nullable=False),
    Column("role", Text),
    Column("address", Text),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("organ_ids", ARRAY(Integer), nullable=False, server_default=text("'{}'")),
    Column("purpose", Text),
    Column("detail", JSON),
    Column("before_chain", Boolean, nullable=False, server_default=text("false")),
)
"""Entries committed with the change they tell of; the API's journal moves them into a chain within moments."""
