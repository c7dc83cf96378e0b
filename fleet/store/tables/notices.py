"""What is told of cases and findings, in one order."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

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
