"""What is said of trips, stops, gaps and events: verdicts, findings, doubts, with every earlier version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from fleet.store.tables.base import INSTANT, metadata


def _verdict_columns(*, versioned: bool = False) -> list[Column[Any]]:
    return [
        Column("trip_id", BigInteger, primary_key=True, autoincrement=False),
        Column("version", Integer, primary_key=versioned, nullable=False),
        Column("vehicle_id", Integer, nullable=False),
        Column("organ_id", Integer, nullable=False),
        Column("started_at", INSTANT, nullable=False),
        Column("kind", Text, nullable=False),
        Column("deviations", ARRAY(Text), nullable=False),
        Column("reasons", JSONB, nullable=False),
        Column("grants", JSONB, nullable=False),
        Column("uncovered", JSONB, nullable=False),
        Column("covered_late", JSONB, nullable=False),
        Column("provisional", Boolean, nullable=False),
        Column("judged_at", INSTANT, nullable=False),
    ]


def _finding_columns(*, versioned: bool = False) -> list[Column[Any]]:
    return [
        Column("id", BigInteger, *(() if versioned else (Identity(),)), primary_key=True, autoincrement=not versioned),
        Column("version", Integer, primary_key=versioned, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("rule", Text, nullable=False),
        Column("rule_version", SmallInteger, nullable=False),
        Column("vehicle_id", Integer, nullable=False),
        Column("organ_id", Integer, nullable=False),
        Column("subject_kind", Text, nullable=False),
        Column("subject_id", BigInteger, nullable=False),
        Column("item_at", INSTANT, nullable=False),
        Column("severity", Text),
        Column("begin_at", INSTANT, nullable=False),
        Column("end_at", INSTANT),
        Column("proven_at", INSTANT),
        Column("count", Integer, nullable=False),
        Column("grounds", JSONB, nullable=False),
        Column("readings", JSONB, nullable=False),
        Column("parameters", JSONB, nullable=False),
        Column("order_ids", ARRAY(Integer), nullable=False),
        Column("area_ids", ARRAY(Integer), nullable=False),
        Column("calendar", Text),
        Column("found_at", INSTANT, nullable=False),
        Column("written_at", INSTANT, nullable=False),
        Column("withdrawn_at", INSTANT),
        Column("why", Text, nullable=False),
    ]


verdict = Table(
    "verdict",
    metadata,
    *_verdict_columns(),
    Column("why", Text, nullable=False),
    Index("verdict_started_idx", "started_at", "trip_id"),
    Index("verdict_organ_idx", "organ_id", "started_at"),
    Index("verdict_vehicle_idx", "vehicle_id", "started_at"),
)
"""Exactly one a trip. `why`: what it was judged (again) for; `organ_id`: the vehicle's organ then."""

verdict_version = Table(
    "verdict_version",
    metadata,
    *_verdict_columns(versioned=True),
    Column("why", Text, nullable=False),
    Column("superseded_at", INSTANT, nullable=False),
    Column("superseded_why", Text, nullable=False),
)
"""Verdicts that another one replaced, and why; also those of trips that are none any more."""

finding = Table(
    "finding",
    metadata,
    *_finding_columns(),
    Column("case_id", BigInteger, ForeignKey("misuse_case.id", name="finding_case_id_fkey")),
    UniqueConstraint("vehicle_id", "rule", "subject_kind", "subject_id", name="finding_subject_key"),
    CheckConstraint("outcome in ('finding', 'doubt')", name="outcome"),
    CheckConstraint("(outcome = 'finding') = (severity is not null)", name="findings_have_a_colour"),
    Index("finding_item_idx", "vehicle_id", "item_at"),
    Index("finding_found_idx", "found_at", "id"),
    Index("finding_organ_idx", "organ_id", "begin_at"),
    Index("finding_case_idx", "case_id", postgresql_where=text("case_id is not null")),
)
"""One row a rule, vehicle and subject, for ever: corrected, withdrawn and found again under the same id.

`outcome` 'doubt' accuses nobody. `item_at`: the beginning of the segment or the moment of the event it was found in.
`withdrawn_at`: late data, a late approval or a correction took it back; `why` says what for.
"""

finding_version = Table(
    "finding_version",
    metadata,
    *_finding_columns(versioned=True),
    Column("superseded_at", INSTANT, nullable=False),
)
"""What a finding said before."""

judge_status = Table(
    "judge_status",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("started_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("round_at", INSTANT),
    Column("round_ms", Integer, nullable=False),
    Column("vehicles", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""What the judge says of itself: its last round that had something to do, and how many vehicles since its start."""

calendar_entry = Table(
    "calendar_entry",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("organ_id", Integer, ForeignKey("organ.id")),
    Column("day", Date, nullable=False),
    Column("worked", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("organ_id", "day", name="calendar_entry_organ_day_key", postgresql_nulls_not_distinct=True),
)
"""A day that an organ and those below it work or have off against the statutory calendar; null = the whole city."""

misuse_case = Table(
    "misuse_case",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("number", Text, nullable=False, unique=True),
    Column("vehicle_id", Integer, nullable=False),
    Column("organ_id", Integer, ForeignKey("organ.id"), nullable=False),
    Column("division", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("begin_at", INSTANT, nullable=False),
    Column("end_at", INSTANT),
    Column("opened_at", INSTANT, nullable=False),
    Column("rules", ARRAY(Text), nullable=False),
    Column("findings", Integer, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    Column("assignee_id", Integer, ForeignKey("account.id")),
    Column("explain_by", INSTANT),
    Column("decided_at", INSTANT),
    Column("closed_at", INSTANT),
    Column("due_at", INSTANT),
    Column("escalated_at", INSTANT),
    CheckConstraint(
        "state in ('open', 'assigned', 'explained', 'confirmed', 'dismissed', 'closed', 'withdrawn')", name="state"
    ),
    Index("misuse_case_vehicle_idx", "vehicle_id", "begin_at"),
    Index("misuse_case_organ_idx", "organ_id", "id"),
    Index("misuse_case_state_idx", "state", "id"),
    Index("misuse_case_due_idx", "due_at", postgresql_where=text("due_at is not null and escalated_at is null")),
)
"""A case (线索): all findings of one outing or incident. `withdrawn` of its `findings` were taken back.

`due_at`: when its present state has lasted long enough; `escalated_at`: that this was said to those above.
"""

case_number = Table(
    "case_number",
    metadata,
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

case_step = Table(
    "case_step",
    metadata,
    Column("case_id", BigInteger, ForeignKey("misuse_case.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("account_id", Integer, ForeignKey("account.id")),
    Column("role", Text),
    Column("command", Text, nullable=False),
    Column("state_before", Text),
    Column("state_after", Text, nullable=False),
    Column("why", Text),
    Column("data", JSONB, nullable=False),
)
"""Who did what to a case, when and why; only ever added to. `account_id` null: the service itself."""
