"""What was bought: records of fuel cards and of charging, as imported sheets tell them. Only ever added to."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from fleet.store.tables.base import INSTANT, metadata

energy_import = Table(
    "energy_import",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("who", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("records", Integer, nullable=False),
    CheckConstraint("kind in ('fuel', 'charging')", name="known_kind"),
)
"""One sheet that stored something: by whom, and the sum of the file."""

fuel_record = Table(
    "fuel_record",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("import_id", BigInteger, ForeignKey("energy_import.id"), nullable=False),
    Column("card", Text, nullable=False),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("fuel", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("ml", Integer, nullable=False),
    Column("cost_fen", BigInteger, nullable=False),
    Column("station", Text),
    Column("odometer_m", Integer),
    Column("number", Text, unique=True),
    UniqueConstraint("card", "at", "fuel"),
    CheckConstraint("fuel in ('petrol', 'diesel', 'gas')", name="known_fuel"),
    CheckConstraint("ml <> 0 and (cost_fen = 0 or (ml > 0) = (cost_fen > 0))", name="one_direction"),
    Index("fuel_record_at_idx", "at"),
    Index("fuel_record_vehicle_idx", "vehicle_id", "at"),
)
"""Below zero: a reversal. `vehicle_id` held the card when the record was imported; a binding of the card that is
entered later is followed where records are read."""

charging_record = Table(
    "charging_record",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("import_id", BigInteger, ForeignKey("energy_import.id"), nullable=False),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), nullable=False),
    Column("begin_at", INSTANT, nullable=False),
    Column("end_at", INSTANT, nullable=False),
    Column("wh", Integer, nullable=False),
    Column("cost_fen", BigInteger),
    Column("station", Text),
    Column("number", Text, unique=True),
    UniqueConstraint("vehicle_id", "begin_at"),
    CheckConstraint("begin_at < end_at", name="in_order"),
    CheckConstraint("wh <> 0 and (coalesce(cost_fen, 0) = 0 or (wh > 0) = (cost_fen > 0))", name="one_direction"),
    Index("charging_record_begin_at_idx", "begin_at"),
)
"""`cost_fen` null: not known, as at a pile of one's own."""
