"""What the statistics read: figures of settled days, added up by what vehicles were and running from month to month.

Triggers note in `tally_due` whatever changes in days before `tally_horizon`; the keeper makes those months of those
organs again. What is noted, and what lies behind the horizon, is read from the rows themselves.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from fleet.store.tables.base import metadata

tally_horizon = Table(
    "tally_horizon",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("sealed_to", Date, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""One row: of all days before `sealed_to` the tallies tell, but for what is in `tally_due`. It only moves on."""

tally_due = Table(
    "tally_due",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column("organ_id", Integer),
    Column("first_month", Date, nullable=False),
    Column("last_month", Date, nullable=False),
    CheckConstraint("source in ('days', 'verdicts', 'cases', 'orders')", name="source"),
    CheckConstraint("first_month <= last_month", name="in_order"),
)
"""Months of an organ (null: of all) whose tallies do not hold any more. Only added to, but by the keeper."""

tally_month = Table(
    "tally_month",
    metadata,
    Column("source", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("made", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    CheckConstraint("source in ('days', 'verdicts', 'cases', 'orders')", name="source"),
)
"""Another `made` whenever the keeper made the month again: who holds a copy under it holds what is stored."""

tally_group = Table(
    "tally_group",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("organ_id", Integer, nullable=False),
    Column("division", Integer, nullable=False),
    Column("use", Text, nullable=False),
    Column("management", Text, nullable=False),
    Column("energy", Text, nullable=False),
    Column("confidential", Boolean, nullable=False),
    UniqueConstraint(
        *("organ_id", "division", "use", "management", "energy", "confidential"), name="tally_group_attributes_key"
    ),
)
"""What vehicles that are counted together have in common; rows are never changed."""


def _tally(name: str, group: str, *figures: str) -> Table:
    return Table(
        name,
        metadata,
        Column("day", Date, primary_key=True),
        Column(group, Integer, primary_key=True, autoincrement=False),
        *(Column(figure, BigInteger, nullable=False) for figure in figures),
    )


tally_day = _tally(
    "tally_day",
    "group_id",
    *("days_used", "trips", "distance_m", "odometer_m", "driving_s", "idle_s", "standing_s", "silent_s", "stopped_s"),
    *("gap_s", "gap_odometer_m", "fuel_ml", "energy_wh", "fuel_distance_m", "energy_distance_m"),
    *("fuel_counter_ml", "fuel_counter_m", "energy_counter_wh", "energy_counter_m"),
)
"""The sums of `vehicle_day` from the first of the month up to and with `day`. A group has no row before its first."""

tally_verdict = _tally(
    "tally_verdict",
    "group_id",
    *("approved", "approved_with_deviation", "emergency_pending", "exempt", "undetermined", "unapproved"),
)
tally_case = _tally("tally_case", "group_id", "confirmed", "dismissed", "undecided")
tally_order = _tally(
    "tally_order",
    "organ_id",
    *("submitted", "approved", "refused", "cancelled", "undecided", "approved_late", "assigned", "assign_s"),
)
