"""What the rules go by: areas, policy values, fuel cards, sealing lists, exemptions, and spans to recompute."""

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
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB, TSTZRANGE, ExcludeConstraint

from fleet.store.tables.base import INSTANT, metadata

area = Table(
    "area",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("name", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("category", Text),
    Column("organ_id", Integer, ForeignKey("organ.id"), index=True),
    Column("ring_lat_e7", ARRAY(Integer)),
    Column("ring_lon_e7", ARRAY(Integer)),
    Column("centre_lat_e7", Integer),
    Column("centre_lon_e7", Integer),
    Column("radius_m", Integer),
    Column("period", TSTZRANGE(), nullable=False),
    CheckConstraint("not isempty(period)", name="period_not_empty"),
    CheckConstraint(
        "(ring_lat_e7 is not null and cardinality(ring_lat_e7) >= 3"
        " and cardinality(ring_lat_e7) = cardinality(ring_lon_e7)"
        " and num_nulls(centre_lat_e7, centre_lon_e7, radius_m) = 3)"
        " or (num_nulls(ring_lat_e7, ring_lon_e7) = 2"
        " and num_nulls(centre_lat_e7, centre_lon_e7, radius_m) = 0 and radius_m > 0)",
        name="one_shape",
    ),
)
"""A polygon (an open ring: the last point joins the first) or a circle; `organ_id` null = the city's."""

policy_value = Table(
    "policy_value",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("slug", Text, nullable=False),
    Column("organ_id", Integer, ForeignKey("organ.id")),
    Column("value", JSONB, nullable=False),
    Column("effective_from", INSTANT, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", INSTANT, nullable=False, server_default=func.clock_timestamp()),
    Index("policy_value_slug_idx", "slug", "effective_from"),
)
"""Only ever added to: an alert names the version (`id`) it was judged by. `organ_id` null = the whole city."""

fuel_card = Table(
    "fuel_card",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("card", Text, nullable=False),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), nullable=False),
    Column("period", DATERANGE(), nullable=False),
    ExcludeConstraint(("card", "="), ("period", "&&"), name="fuel_card_card_period_excl"),
    ExcludeConstraint(("vehicle_id", "="), ("period", "&&"), name="fuel_card_vehicle_period_excl"),
    CheckConstraint("not isempty(period)", name="period_not_empty"),
)
"""One card, one vehicle: on no day two cards for one vehicle, or two vehicles for one card."""

sealing_list = Table(
    "sealing_list",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("organ_id", Integer, ForeignKey("organ.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("period", TSTZRANGE(), nullable=False),
    Column("why", Text, nullable=False),
    CheckConstraint("not isempty(period)", name="period_not_empty"),
)

sealing_list_vehicle = Table(
    "sealing_list_vehicle",
    metadata,
    Column("list_id", Integer, ForeignKey("sealing_list.id", ondelete="CASCADE"), primary_key=True),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), primary_key=True, index=True),
)

exemption = Table(
    "exemption",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id")),
    Column("organ_id", Integer, ForeignKey("organ.id")),
    Column("kind", Text, nullable=False),
    Column("period", TSTZRANGE(), nullable=False),
    Column("why", Text, nullable=False),
    Column("entered_at", INSTANT, nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("not isempty(period)", name="period_not_empty"),
    CheckConstraint("num_nonnulls(vehicle_id, organ_id) = 1", name="one_subject"),
)

recompute = Table(
    "recompute",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("vehicle_id", Integer, nullable=False, index=True),
    Column("period", TSTZRANGE(), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", INSTANT, nullable=False, server_default=func.clock_timestamp()),
    Column("stage", Text, nullable=False, server_default=text("'readings'")),
    Column("due", INSTANT),
    CheckConstraint("not isempty(period)", name="period_not_empty"),
    CheckConstraint("stage in ('readings', 'trips', 'watch')", name="known_stage"),
    Index("recompute_stage_idx", "stage", "id"),
    Index("recompute_due_idx", "stage", "due"),
)
"""Spans whose trips, verdicts and findings have to be made again, taken by DELETE … SKIP LOCKED.

No foreign key to `vehicle`: its check would have the monitor wait for whoever holds a vehicle's row.
`stage` names what changed: 'readings' have to be folded again, of 'trips' only what is said of them is made again,
from the moment `due` on (null: at once). A 'watch' is no work: from `due` on the monitor shows the judge each reading
of that vehicle at once.
"""
