"""Who owns what: organs, vehicles, drivers, units and their bindings."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, TSTZRANGE, ExcludeConstraint

from fleet.store.tables.base import INSTANT, metadata

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
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("retired_on", Date),
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
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("model", Text),
    Column("equipment", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("lender_organ_id", Integer, ForeignKey("organ.id")),
    Column("parking_area_id", Integer, ForeignKey("area.id")),
    Column("remarks", Text),
)
"""`organ_id` has the use of it; `lender_organ_id` names the organ it is borrowed from (借用), if it is."""

unit = Table(
    "unit",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("division", Integer, nullable=False),
    Column("created_at", INSTANT, nullable=False, server_default=func.now()),
    Column("retired_at", INSTANT),
    Column("version", Integer, nullable=False, server_default=text("1")),
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
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("note", Text),
)

driver = Table(
    "driver",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("label", Text, nullable=False, unique=True),
    Column("organ_id", Integer, ForeignKey("organ.id"), nullable=False, index=True),
    Column("licence_class", Text, nullable=False),
    Column("licence_expires_on", Date, nullable=False),
    Column("phone", Text),
    Column("retired_on", Date),
)

vehicle_history = Table(
    "vehicle_history",
    metadata,
    Column("vehicle_id", Integer, ForeignKey("vehicle.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("period", DATERANGE(), primary_key=True),
    Column("organ_id", Integer, ForeignKey("organ.id"), nullable=False, index=True),
    Column("division", Integer, nullable=False),
    Column("use", Text, nullable=False),
    Column("management", Text, nullable=False),
    Column("energy", Text, nullable=False),
    Column("status", Text, nullable=False),
    ExcludeConstraint(("vehicle_id", "="), ("period", "&&"), name="vehicle_history_period_excl"),
    CheckConstraint("not isempty(period)", name="period_not_empty"),
)
"""What statistics by day ask: one row from a day on, until a later one says otherwise. Days are Asia/Shanghai's."""

registry_revision = Table(
    "registry_revision",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
"""One row; a trigger on `unit` raises it, so that ingest reloads its copy of the registry only when it changed."""
