"""Every table, as SQLAlchemy Core. The migrations create them; a test compares the two.

Three families: the registry (who owns what), the readings (hypertables, one row a sample, daily chunks), and the
books (batches, ledger, quarantine, receipts) that prove what became of every message.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSON, JSONB, TSTZRANGE, ExcludeConstraint

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)

INSTANT = DateTime(timezone=True)

# ------------------------------------------------------------------------------------------------ registry

organ = Table(
    "organ",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("division", Integer, nullable=False),
    Column("parent_id", Integer, ForeignKey("organ.id"), index=True),
    Column("energy_saving", Boolean, nullable=False, server_default=text("false")),
    Column("vehicle_quota", Integer),
)

vehicle = Table(
    "vehicle",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("plate", Text, nullable=False, unique=True),
    Column("vin", Text, unique=True),
    Column("organ_id", Integer, ForeignKey("organ.id"), nullable=False, index=True),
    Column("division", Integer, nullable=False),
    Column("use", Text, nullable=False),
    Column("management", Text, nullable=False),
    Column("energy", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("seats", SmallInteger, nullable=False),
    Column("displacement_ml", Integer),
    Column("price_fen", BigInteger),
    Column("tank_ml", Integer),
    Column("battery_wh", Integer),
    Column("rated_range_km", Integer),
    Column("purchased_on", Date),
    Column("registered_on", Date),
    Column("retired_on", Date),
    Column("marked", Boolean, nullable=False, server_default=text("true")),
    Column("confidential", Boolean, nullable=False, server_default=text("false")),
    Column("parking_lat_e7", Integer),
    Column("parking_lon_e7", Integer),
)

unit = Table(
    "unit",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("division", Integer, nullable=False),
    Column("created_at", INSTANT, nullable=False, server_default=func.now()),
    Column("retired_at", INSTANT),
    CheckConstraint("code ~ '^[A-Za-z0-9_-]{1,32}$'", name="code_grammar"),
)

binding = Table(
    "binding",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("unit_id", Integer, ForeignKey("unit.id"), nullable=False),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), nullable=False),
    Column("period", TSTZRANGE(), nullable=False),
    ExcludeConstraint(("unit_id", "="), ("period", "&&"), name="binding_unit_period_excl"),
    ExcludeConstraint(("vehicle_id", "="), ("period", "&&"), name="binding_vehicle_period_excl"),
    CheckConstraint("not isempty(period)", name="period_not_empty"),
)

registry_revision = Table(
    "registry_revision",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
"""One row; a trigger on `unit` raises it, so that ingest reloads its copy of the registry only when it changed."""

# ------------------------------------------------------------------------------------------------ readings
# Columns run from wide to narrow, so that no byte is lost to alignment. `batch` = n * 16 + worker of `batch`.

position_reading = Table(
    "position_reading",
    metadata,
    Column("observed_at", INSTANT, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("seq", BigInteger),
    Column("unit_id", Integer, nullable=False),
    Column("run", Integer, nullable=False),
    Column("lat_e7", Integer, nullable=False),
    Column("lon_e7", Integer, nullable=False),
    Column("division", Integer),
    Column("odometer_m", Integer),
    Column("speed_dkmh", SmallInteger),
    Column("heading_deg", SmallInteger),
    Column("altitude_m", SmallInteger),
    Column("hdop_tenths", SmallInteger),
    Column("satellites", SmallInteger),
    Column("flags", SmallInteger, nullable=False),
    Column("ignition", Boolean),
)

usage_reading = Table(
    "usage_reading",
    metadata,
    Column("observed_at", INSTANT, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("seq", BigInteger),
    Column("unit_id", Integer, nullable=False),
    Column("run", Integer, nullable=False),
    Column("odometer_m", Integer),
    Column("fuel_level_ml", Integer),
    Column("fuel_used_ml", Integer),
    Column("energy_used_wh", Integer),
    Column("energy_charged_wh", Integer),
    Column("engine_s", Integer),
    Column("fuel_level_permille", SmallInteger),
    Column("soc_permille", SmallInteger),
    Column("charging", Boolean),
    Column("ignition", Boolean),
)

event_reading = Table(
    "event_reading",
    metadata,
    Column("observed_at", INSTANT, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("seq", BigInteger),
    Column("unit_id", Integer, nullable=False),
    Column("run", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("detail", JSON),  # not JSONB, which refuses \\u0000: the unit's own words are kept as sent
)

READING_TABLES = (position_reading, usage_reading, event_reading)

# The identity of a sample. NULLS NOT DISTINCT: absent sequence numbers are equal (architecture, trap 8).
for reading, extra in ((position_reading, ()), (usage_reading, ()), (event_reading, ("event",))):
    Index(
        f"{reading.name}_identity",
        *(reading.c[name] for name in ("unit_id", "observed_at", "run", "seq", *extra)),
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    # Rows of one batch lie together, so a few kilobytes of BRIN find them: the follower's only access path.
    Index(
        f"{reading.name}_batch",
        reading.c.batch,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 16},
    )

latest_state = Table(
    "latest_state",
    metadata,
    Column("unit_id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("position_at", INSTANT),
    Column("position_received_at", INSTANT),
    Column("lat_e7", Integer),
    Column("lon_e7", Integer),
    Column("division", Integer),
    Column("speed_dkmh", SmallInteger),
    Column("heading_deg", SmallInteger),
    Column("altitude_m", SmallInteger),
    Column("flags", SmallInteger),
    Column("ignition", Boolean),
    Column("odometer_m", Integer),
    Column("usage_at", INSTANT),
    Column("fuel_level_permille", SmallInteger),
    Column("fuel_level_ml", Integer),
    Column("soc_permille", SmallInteger),
    Column("charging", Boolean),
    Column("online", Boolean),
    Column("online_at", INSTANT),
    postgresql_with={"fillfactor": "50"},  # room for in-page updates: the row is rewritten with every message
)

live_revision = Table(
    "live_revision",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
"""One row, raised by each batch under its row lock: revisions become visible in their order, none is ever skipped."""

# ------------------------------------------------------------------------------------------------ books

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

# ------------------------------------------------------------------------------------------------ access

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
)

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
)

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
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", INSTANT, nullable=False, server_default=func.clock_timestamp()),
    Column("account", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("purpose", Text),
    Column("detail", JSONB),
    Index("audit_log_at_idx", "at"),
)
