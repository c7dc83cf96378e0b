"""Task forces: one task takes many vehicles at once, by need."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE

from fleet.store.tables.base import INSTANT, metadata

task = Table(
    "task",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("organ_id", Integer, ForeignKey("organ.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("number_year", SmallInteger, nullable=False),
    Column("number_n", Integer, nullable=False),
    Column("commander_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("title", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("place", JSONB, nullable=False),
    Column("radius_m", Integer, nullable=False),
    Column("period", TSTZRANGE(), nullable=False),
    Column("area", Text, nullable=False),
    Column("division", Integer),
    Column("approve_by", INSTANT, nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_at", INSTANT),
    Column("decider_id", Integer, ForeignKey("account.id")),
    Column("decision_why", Text),
    Column("closed_at", INSTANT),
    UniqueConstraint("organ_id", "number_year", "number_n", name="task_number_key"),
    CheckConstraint("decision in ('pending', 'approved', 'rejected')", name="decision"),
    CheckConstraint(
        "num_nulls(decided_at, decider_id) = case decision when 'pending' then 2 else 0 end", name="decided"
    ),
    CheckConstraint("decider_id <> commander_id", name="not_ones_own"),
    CheckConstraint("not isempty(period)", name="period_not_empty"),
    Index("task_period_idx", "period", postgresql_using="gist"),
)
"""`place`: where its vehicles are wanted, within `radius_m`. `approve_by`: it drives first, and is
approved afterwards."""

task_number = Table(
    "task_number",
    metadata,
    Column("organ_id", Integer, ForeignKey("organ.id"), primary_key=True, autoincrement=False),
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
"""The last number given to a task of an organ in a year of Asia/Shanghai."""

task_need = Table(
    "task_need",
    metadata,
    Column("task_id", Integer, ForeignKey("task.id"), primary_key=True),
    Column("n", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text),
    Column("bodies", ARRAY(Text), nullable=False),
    Column("equipment", ARRAY(Text), nullable=False),
    Column("seats", SmallInteger, nullable=False),
    Column("count", SmallInteger, nullable=False),
    CheckConstraint("count > 0", name="count"),
)
"""So many vehicles of any of these bodies, with all of this equipment, each for so many passengers."""

task_call = Table(
    "task_call",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("task_id", Integer, nullable=False),
    Column("need", SmallInteger, nullable=False),
    Column("vehicle_id", Integer, ForeignKey("vehicle.id"), nullable=False),
    Column("called_at", INSTANT, nullable=False),
    Column("answer_by", INSTANT, nullable=False),
    Column("command_id", BigInteger, ForeignKey("unit_command.id")),
    Column("answer", Text),
    Column("answered_at", INSTANT),
    Column("answered_by", Integer, ForeignKey("account.id")),
    Column("answer_why", Text),
    Column("driver_id", Integer, ForeignKey("driver.id")),
    Column("released_at", INSTANT),
    ForeignKeyConstraint(["task_id", "need"], ["task_need.task_id", "task_need.n"], name="task_call_need_fkey"),
    CheckConstraint("answer in ('acknowledged', 'refused')", name="answer"),
    CheckConstraint("num_nulls(answer, answered_at, answered_by) in (0, 3)", name="answered"),
    CheckConstraint("released_at >= called_at", name="released"),
    Index("task_call_present_key", "task_id", "vehicle_id", unique=True, postgresql_where=text("released_at is null")),
    Index("task_call_vehicle_id_idx", "vehicle_id", "called_at"),
)
"""The roster: a vehicle that was called. `answer` is what a person said for it; what its unit said stands with the
command. Where it is on its way is read off its trips and stops."""

task_event = Table(
    "task_event",
    metadata,
    Column("task_id", Integer, ForeignKey("task.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("why", Text),
    Column("detail", JSONB, nullable=False),
)
"""The history, only ever added to."""
