"""Reads of task forces within a scope: tasks with their needs, and their history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.orders import Decision, PermittedArea, Place
from fleet.model.scope import Scope
from fleet.model.tasks import Task, TaskNeed
from fleet.store.registry import subtree
from fleet.store.scoped import one_of, owned_by, vehicle_visible
from fleet.store.tables import account, organ, task, task_call, task_event, task_need, vehicle


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`organ` means the organ and everything below it; the time of a task overlaps [begin, end)."""

    organ: int | None = None
    open: bool | None = None
    undecided: bool | None = None
    begin: datetime | None = None
    end: datetime | None = None


class StoredTask(NamedTuple):
    """A task with what its record has besides. `own`: its organ is the reader's; else he lends vehicles to it, and
    sees those only."""

    task: Task
    own: bool
    organ_name: str
    commander: str
    decider: str | None
    called: int


def task_visible(scope: Scope) -> ColumnElement[bool]:
    """For rows of `task`: of an organ of the scope, or with a vehicle of it that was called."""
    conditions: list[ColumnElement[bool]] = [_own(scope)]
    if not scope.everywhere:
        lent = (
            select(task_call.c.id)
            .select_from(task_call.join(vehicle))
            .where(task_call.c.task_id == task.c.id, vehicle_visible(scope))
            .exists()
        )
        conditions.append(lent)
    visible = or_(*conditions)
    if scope.begin is not None or scope.end is not None:
        visible = and_(visible, task.c.period.overlaps(Range(scope.begin, scope.end, bounds="[)")))
    return visible


def _own(scope: Scope) -> ColumnElement[bool]:
    return owned_by(scope, task.c.organ_id)


def _tasks(scope: Scope) -> Select[Any]:
    commander, decider = account.alias("commander"), account.alias("decider")
    called = select(func.count()).where(task_call.c.task_id == task.c.id).scalar_subquery()
    return (
        select(
            task,
            organ.c.name.label("organ_name"),
            commander.c.username.label("commander"),
            decider.c.username.label("decider"),
            called.label("called"),
            _own(scope).label("own"),
        )
        .select_from(
            task.join(organ)
            .join(commander, commander.c.id == task.c.commander_id)
            .outerjoin(decider, decider.c.id == task.c.decider_id)
        )
        .where(task_visible(scope))
    )


async def find_task(
    connection: AsyncConnection, task_id: int, *, scope: Scope, lock: bool = False
) -> StoredTask | None:
    """None also for one that may not be seen; with `lock` nobody else changes it before this transaction ends."""
    if lock:
        await connection.execute(select(task.c.id).where(task.c.id == task_id).with_for_update())
    rows = (await connection.execute(_tasks(scope).where(task.c.id == task_id))).mappings().all()
    found = await _whole(connection, rows)
    return found[0] if found else None


async def list_tasks(
    connection: AsyncConnection, wanted: TaskFilter, *, scope: Scope, before: int | None, limit: int
) -> list[StoredTask]:
    """Up to `limit` tasks with an id below `before`, the newest first."""
    statement = _tasks(scope).order_by(task.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(task.c.id < before)
    if wanted.organ is not None:
        statement = statement.where(task.c.organ_id.in_(subtree(wanted.organ)))
    if wanted.open is not None:
        statement = statement.where(task.c.closed_at.is_(None) if wanted.open else task.c.closed_at.is_not(None))
    if wanted.undecided is not None:
        undecided = task.c.decision == Decision.PENDING.value
        statement = statement.where(undecided if wanted.undecided else ~undecided)
    if wanted.begin is not None or wanted.end is not None:
        statement = statement.where(task.c.period.overlaps(Range(wanted.begin, wanted.end, bounds="[)")))
    return await _whole(connection, (await connection.execute(statement)).mappings().all())


async def task_history(connection: AsyncConnection, task_id: int) -> Sequence[RowMapping]:
    """Every step, first to last, with the `username` of who took it."""
    statement = (
        select(task_event, account.c.username)
        .select_from(task_event.join(account))
        .where(task_event.c.task_id == task_id)
        .order_by(task_event.c.n)
    )
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def _whole(connection: AsyncConnection, rows: Sequence[RowMapping]) -> list[StoredTask]:
    if not rows:
        return []
    needs = await needs_of(connection, [row["id"] for row in rows])
    return [
        StoredTask(
            task_of(row, tuple(needs[row["id"]])),
            *(row[name] for name in ("own", "organ_name", "commander", "decider", "called")),
        )
        for row in rows
    ]


async def needs_of(connection: AsyncConnection, task_ids: Sequence[int]) -> dict[int, list[TaskNeed]]:
    """By task, in their order."""
    statement = select(task_need).where(one_of(task_need.c.task_id, task_ids)).order_by(task_need.c.n)
    found: dict[int, list[TaskNeed]] = defaultdict(list)
    for row in (await connection.execute(statement)).mappings():
        need = TaskNeed(
            **{name: row[name] for name in ("n", "name", "seats", "count")},
            bodies=tuple(row["bodies"]),
            equipment=tuple(row["equipment"]),
        )
        found[row["task_id"]].append(need)
    return found


_SAME = (
    *("id", "version", "organ_id", "number", "commander_id", "created_at", "title", "why", "radius_m", "division"),
    *("approve_by", "decided_at", "decider_id", "decision_why", "closed_at"),
)


def task_of(row: RowMapping, needs: tuple[TaskNeed, ...] = ()) -> Task:
    return Task(
        **{name: row[name] for name in _SAME},
        place=Place(**row["place"]),
        begins_at=row["period"].lower,
        ends_at=row["period"].upper,
        area=PermittedArea(row["area"]),
        decision=Decision(row["decision"]),
        needs=needs,
    )
