"""Orders for vehicles, what was decided on them and when, their history, and the bookings of vehicles and drivers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint

from fleet.store.tables.base import INSTANT, metadata

dispatch_order = Table(
    "dispatch_order",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("organ_id", Integer, ForeignKey("organ.id"), nullable=False),
    Column("number", Text, index=True),
    Column("number_year", SmallInteger),
    Column("number_n", Integer),
    Column("applicant_id", Integer, ForeignKey("account.id"), nullable=False, index=True),
    Column("submitter_id", Integer, ForeignKey("account.id")),
    Column("created_at", INSTANT, nullable=False),
    Column("state", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("emergency", Boolean, nullable=False),
    Column("bodies", ARRAY(Text), nullable=False),
    Column("equipment", ARRAY(Text), nullable=False),
    Column("contact_name", Text),
    Column("contact_phone", Text),
    Column("remarks", Text),
    Column("period", TSTZRANGE(), nullable=False),
    Column("area", Text, nullable=False),
    Column("division", Integer),
    Column("origin", JSONB, nullable=False),
    Column("destinations", JSONB, nullable=False),
    Column("passengers", SmallInteger, nullable=False),
    Column("round", SmallInteger, nullable=False),
    Column("levels", SmallInteger, nullable=False),
    Column("submitted_at", INSTANT),
    Column("decision", Text, nullable=False),
    Column("decided_at", INSTANT),
    Column("approve_by", INSTANT),
    Column("cancelled_at", INSTANT),
    Column("settled_at", INSTANT),
    Column("effective_period", TSTZRANGE(), nullable=False),
    UniqueConstraint("organ_id", "number_year", "number_n", name="dispatch_order_number_key"),
    UniqueConstraint("id", "applicant_id", name="dispatch_order_applicant_key"),
    CheckConstraint(
        "state in ('draft', 'submitted', 'approved', 'rejected', 'assigned', 'departed', 'returned', 'settled',"
        " 'cancelled')",
        name="state",
    ),
    CheckConstraint("num_nulls(number, number_year, number_n, submitted_at, submitter_id) in (0, 5)", name="submitted"),
    CheckConstraint("number is not null or state in ('draft', 'cancelled')", name="numbered"),
    CheckConstraint("(decision = 'pending') = (decided_at is null)", name="decided"),
    CheckConstraint(
        "state in ('draft', 'submitted', 'cancelled') or decision <> 'pending' or emergency", name="approved"
    ),
    CheckConstraint("not isempty(effective_period)", name="effective_period_not_empty"),
    Index("dispatch_order_effective_period_idx", "effective_period", postgresql_using="gist"),
    Index("dispatch_order_organ_id_idx", "organ_id", "id"),
    Index("dispatch_order_state_idx", "state", "id"),
)
"""`period` to `passengers` are the plan as submitted; `effective_period` is that of the last approved amendment."""

order_number = Table(
    "order_number",
    metadata,
    Column("organ_id", Integer, ForeignKey("organ.id"), primary_key=True, autoincrement=False),
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
"""The last number given out by an organ in a year of Asia/Shanghai; raised in the transaction of the submission."""

order_amendment = Table(
    "order_amendment",
    metadata,
    Column("order_id", Integer, ForeignKey("dispatch_order.id"), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("period", TSTZRANGE(), nullable=False),
    Column("area", Text, nullable=False),
    Column("division", Integer),
    Column("origin", JSONB, nullable=False),
    Column("destinations", JSONB, nullable=False),
    Column("passengers", SmallInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("requester_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("requested_at", INSTANT, nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_at", INSTANT),
    UniqueConstraint("order_id", "number", "requester_id", name="order_amendment_requester_key"),
    CheckConstraint("number > 0", name="number"),
    CheckConstraint("(decision = 'pending') = (decided_at is null)", name="decided"),
    Index("order_amendment_pending_key", "order_id", unique=True, postgresql_where=text("decision = 'pending'")),
)
"""At most one of an order waits for its decision."""

order_approval = Table(
    "order_approval",
    metadata,
    Column("order_id", Integer, ForeignKey("dispatch_order.id"), primary_key=True),
    Column("amendment", SmallInteger, primary_key=True, autoincrement=False),
    Column("round", SmallInteger, primary_key=True, autoincrement=False),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("applicant_id", Integer, nullable=False),
    Column("submitter_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("amendment_number", SmallInteger),
    Column("requester_id", Integer),
    Column("approver_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("decided_at", INSTANT, nullable=False),
    Column("why", Text),
    ForeignKeyConstraint(
        ["order_id", "applicant_id"],
        ["dispatch_order.id", "dispatch_order.applicant_id"],
        name="order_approval_applicant_fkey",
    ),
    ForeignKeyConstraint(
        ["order_id", "amendment_number", "requester_id"],
        ["order_amendment.order_id", "order_amendment.number", "order_amendment.requester_id"],
        name="order_approval_requester_fkey",
    ),
    UniqueConstraint("order_id", "amendment", "round", "approver_id", name="order_approval_approver_key"),
    CheckConstraint("approver_id <> applicant_id and approver_id <> submitter_id", name="not_ones_own"),
    CheckConstraint("approver_id <> requester_id", name="not_ones_own_amendment"),
    CheckConstraint(
        "(amendment = 0 and num_nulls(amendment_number, requester_id) = 2)"
        " or (amendment = amendment_number and requester_id is not null)",
        name="amendment",
    ),
    CheckConstraint("level in (1, 2)", name="level"),
)
"""Only ever added to. It names whom it may not be of, tied to the order by foreign keys, so that the CHECKs hold."""

order_assignment = Table(
    "order_assignment",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("order_id", Integer, ForeignKey("dispatch_order.id"), nullable=False, index=True),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), nullable=False, index=True),
    Column("driver_id", Integer, ForeignKey("driver.id"), index=True),
    Column("at", INSTANT, nullable=False),
    Column("by_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("ended_at", INSTANT),
    CheckConstraint("ended_at >= at", name="ends_after_it_began"),
    Index(
        "order_assignment_present_key",
        *("order_id", "vehicle_id"),
        unique=True,
        postgresql_where=text("ended_at is null"),
    ),
)
"""A change of vehicle or driver ends one row and adds another: what was assigned at any time can be told."""

order_outing = Table(
    "order_outing",
    metadata,
    Column("order_id", Integer, ForeignKey("dispatch_order.id"), primary_key=True),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), primary_key=True, autoincrement=False, index=True),
    Column("departed_at", INSTANT, nullable=False),
    Column("departure_recorded_at", INSTANT, nullable=False),
    Column("departure_source", Text, nullable=False),
    Column("odometer_out_m", Integer),
    Column("returned_at", INSTANT),
    Column("return_recorded_at", INSTANT),
    Column("return_source", Text),
    Column("odometer_in_m", Integer),
    Column("fuel_ml", Integer),
    Column("energy_wh", Integer),
    Column("fuel_fen", Integer),
    Column("energy_fen", Integer),
    Column("tolls_fen", Integer),
    Column("parking_fen", Integer),
    Column("other_fen", Integer),
    Column("remarks", Text),
    CheckConstraint("returned_at >= departed_at", name="returns_after_it_departed"),
    CheckConstraint("num_nulls(returned_at, return_recorded_at, return_source) in (0, 3)", name="returned"),
    CheckConstraint("odometer_in_m >= odometer_out_m", name="odometer_forwards"),
)

order_event = Table(
    "order_event",
    metadata,
    Column("order_id", Integer, ForeignKey("dispatch_order.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("account_id", Integer, ForeignKey("account.id")),
    Column("role", Text),
    Column("command", Text, nullable=False),
    Column("state_before", Text),
    Column("state_after", Text, nullable=False),
    Column("why", Text),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("doubts", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    CheckConstraint("(command = 'road') = (account_id is null)", name="somebodys"),
    CheckConstraint("(account_id is null) = (role is null)", name="role"),
)
"""The history, only ever added to: what differs before and after each step, personal data veiled. What the road shows
is nobody's step."""

order_sighting = Table(
    "order_sighting",
    metadata,
    Column("order_id", Integer, primary_key=True, autoincrement=False),
    Column("vehicle_id", Integer, primary_key=True, autoincrement=False),
    Column("departed_at", INSTANT),
    Column("returned_at", INSTANT),
    Column("why", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
)
"""What the road shows of an order and it does not say yet; gone when it is written into the order. Without foreign
keys: their check would have the judge wait for whoever holds an order."""

booking = Table(
    "booking",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("order_id", Integer, ForeignKey("dispatch_order.id")),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), nullable=False),
    Column("driver_id", Integer, ForeignKey("driver.id")),
    Column("period", TSTZRANGE(), nullable=False),
    Column("task_id", Integer, ForeignKey("task.id")),
    UniqueConstraint("order_id", "vehicle_id", name="booking_order_vehicle_key"),
    UniqueConstraint("task_id", "vehicle_id", name="booking_task_vehicle_key"),
    ExcludeConstraint(("vehicle_id", "="), ("period", "&&"), name="booking_vehicle_period_excl"),
    ExcludeConstraint(("driver_id", "="), ("period", "&&"), name="booking_driver_period_excl"),
    CheckConstraint("not isempty(period)", name="period_not_empty"),
    CheckConstraint("num_nulls(order_id, task_id) = 1", name="of_one"),
)
"""What an order or a task has taken, now and ahead: nobody and nothing twice at a time. What was, is in the assignments
and calls."""
