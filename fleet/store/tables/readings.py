"""What units reported, one row a sample, and the last state of each."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from fleet.store.tables.base import INSTANT, metadata

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
    # The follower's only access path. Not BRIN: what no vacuum has summarised yet it reads whole, again at every look.
    Index(f"{reading.name}_batch", reading.c.batch)

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
