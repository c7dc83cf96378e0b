"""What became of every message: batches, ledger, quarantine, receipts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSON

from fleet.store.tables.base import INSTANT, metadata

batch = Table(
    "batch",
    metadata,
    Column("worker", SmallInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("received_at", INSTANT, nullable=False),
    Column("committed_at", INSTANT, nullable=False, server_default=func.clock_timestamp()),
    Column("revision", BigInteger, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("duplicate", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("observed_from", INSTANT),
    Column("observed_to", INSTANT),
    Column("unknown_fields", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("received = stored + duplicate + quarantined", name="adds_up"),
    Index("batch_received_at_idx", "received_at", postgresql_using="brin"),
)

ingest_worker = Table(
    "ingest_worker",
    metadata,
    Column("worker", SmallInteger, primary_key=True, autoincrement=False),
    Column("started_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("connected", Boolean, nullable=False),
    Column("waiting_messages", Integer, nullable=False),
    Column("broker_dropped", BigInteger),
)
"""One row a worker, written every few seconds: silence on the wire and a dead worker are told apart by `seen_at`.

`broker_dropped` is the broker's own count of messages it threw away (`$SYS/broker/publish/messages/dropped`).
"""

ledger = Table(
    "ledger",
    metadata,
    Column("hour", INSTANT, nullable=False),
    Column("unit_id", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("received", Integer, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("duplicate", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    CheckConstraint("received = stored + duplicate + quarantined", name="adds_up"),
    Index("ledger_identity", "unit_id", "hour", "kind", unique=True),
)
"""Hypertable on `hour` (of receipt). `unit_id` 0 = not a known unit; `kind` 0 = topic outside the grammar."""

ledger_hour = Table(
    "ledger_hour",
    metadata,
    Column("hour", INSTANT, primary_key=True),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("received", BigInteger, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("duplicate", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    CheckConstraint("received = stored + duplicate + quarantined", name="adds_up"),
)
"""The sums of `ledger` over all units, kept in the same transaction: the totals of a year are 35,000 rows, not 10⁸."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("received_at", INSTANT, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("unit_id", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("hour", INSTANT, nullable=False),
    Column("retry_requested_at", INSTANT),
    Column("retries", SmallInteger, nullable=False, server_default=text("0")),
    Column("resolved_at", INSTANT),
    Column("resolution", Text),
    Index("quarantine_received_at_idx", "received_at", "id"),
    Index("quarantine_retry_idx", "retry_requested_at", postgresql_where=text("retry_requested_at is not null")),
)
"""`unit_id`, `kind` and `hour` name the ledger row that counted the message; a retry that succeeds moves the count."""

receipt = Table(
    "receipt",
    metadata,
    Column("division", Integer, primary_key=True, autoincrement=False),
    Column("unit", Text, primary_key=True),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("touched_at", INSTANT, nullable=False),
    Column("observed_at", INSTANT, nullable=False),
    Column("committed", INT8MULTIRANGE(), nullable=False),
    Column("oldest_seq", BigInteger),
    postgresql_with={"fillfactor": "50"},
)
"""What is committed, per address of a unit: `committed` holds sequence numbers; what lies below `oldest_seq` is gone.

Keyed by the address a sample came from (division and unit of the topic), so that a gateway that claims another
division can never make the true unit believe that its samples are safe.
"""
