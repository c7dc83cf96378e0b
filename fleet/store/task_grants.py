"""What task forces allowed vehicles, for judging their trips: within no scope."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.dispatch.task_life import grant_of
from fleet.model.orders import PermittedArea
from fleet.model.tasks import Answer, Call, Task
from fleet.model.verdicts import Grant
from fleet.store.scoped import one_of
from fleet.store.tables import task, task_call, unit_command
from fleet.store.tasks import task_of

Divisions = Callable[[PermittedArea, int | None], frozenset[int] | None]


async def task_grants(
    connection: AsyncConnection,
    vehicle_ids: Collection[int],
    begin: datetime,
    end: datetime,
    *,
    divisions: Divisions,
    return_within_s: Callable[[Task], int],
) -> list[tuple[int, Grant]]:
    """Vehicle and grant of every call of these vehicles by a task whose time touches [begin, end), in their order."""
    columns = ("id", "need", "vehicle_id", "called_at", "answer_by", "answer", "answered_at", "released_at")
    statement = (
        select(
            task,
            *(task_call.c[name].label(f"call_{name}") for name in columns),
            unit_command.c.answer.label("unit_answer"),
            unit_command.c.answered_at.label("unit_answered_at"),
        )
        .select_from(
            task_call.join(task, task.c.id == task_call.c.task_id).outerjoin(
                unit_command, unit_command.c.id == task_call.c.command_id
            )
        )
        .where(one_of(task_call.c.vehicle_id, vehicle_ids), task.c.period.overlaps(Range(begin, end, bounds="[)")))
        .order_by(task_call.c.id)
    )
    found: list[tuple[int, Grant]] = []
    for row in (await connection.execute(statement)).mappings():
        of = task_of(row)
        call = Call(
            **{name: row[f"call_{name}"] for name in columns if name not in ("id", "answer")},
            answer=None if row["call_answer"] is None else Answer(row["call_answer"]),
            unit_answer=None if row["unit_answer"] is None else Answer(row["unit_answer"]),
            unit_answered_at=row["unit_answered_at"],
        )
        grant = grant_of(of, call, divisions=divisions(of.area, of.division), return_within_s=return_within_s(of))
        if grant is not None:
            found.append((call.vehicle_id, grant))
    return found
