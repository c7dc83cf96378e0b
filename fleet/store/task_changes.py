"""Writes of task forces: a task with its needs, calls with their bookings and commands, answers, releases, history.

Tasks are called one after the other (an advisory lock that ends with the transaction): two that look for vehicles at
the same moment would choose the same ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.dispatch.commands import Actor
from fleet.errors import Conflict
from fleet.model.orders import Decision
from fleet.model.tasks import Answer, Task, TaskNeed
from fleet.store.numbering import next_of_year
from fleet.store.recompute import mark_vehicles
from fleet.store.records import is_overlap
from fleet.store.scoped import one_of
from fleet.store.tables import booking, task, task_call, task_event, task_need, task_number
from fleet.store.unit_commands import enqueue, withdraw

CALLING = 0x7461736B  # "task"
CALL, RELEASE = "task_call", "task_release"
"""Kinds of commands."""

_SET_OUT = timedelta(hours=1)
"""A vehicle that is on the road when it is called may have set out for it before: so far back it is judged again."""


class TakenMeanwhile(Conflict):
    """A chosen vehicle was taken by an order at this moment: choose again."""


class Chosen(NamedTuple):
    vehicle_id: int
    need: int


class Step(NamedTuple):
    """Who did what to a task, when and why."""

    command: str
    actor: Actor
    at: datetime
    why: str | None = None
    detail: Mapping[str, Any] = MappingProxyType({})


async def wait_for_turn(connection: AsyncConnection) -> None:
    """Until nobody else calls vehicles; held to the end of the transaction."""
    await connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": CALLING})


async def create_task(connection: AsyncConnection, new: Task) -> Task:
    """Stores a task with its needs, whatever its id and number say, and answers it with those it got."""
    code, year, n = await next_of_year(connection, task_number, new.organ_id, new.created_at)
    number = f"{code}-{year}-T{n:03d}"
    same = ("organ_id", "commander_id", "created_at", "title", "why", "radius_m", "division", "approve_by")
    values = {
        **{name: getattr(new, name) for name in same},
        "number": number,
        "number_year": year,
        "number_n": n,
        "place": asdict(new.place),
        "period": Range(new.begins_at, new.ends_at, bounds="[)"),
        "area": new.area.value,
        "decision": new.decision.value,
    }
    task_id: int = (await connection.execute(insert(task).values(**values).returning(task.c.id))).scalar_one()
    await _add_needs(connection, task_id, new.needs)
    values = {name: getattr(new, name) for name in Task.__dataclass_fields__}
    return Task(**{**values, "id": task_id, "version": 1, "number": number})


async def add_needs(connection: AsyncConnection, before: Task, new: Sequence[TaskNeed]) -> None:
    """Their numbers continue those that are there."""
    await _add_needs(connection, before.id, new)


async def _add_needs(connection: AsyncConnection, task_id: int, needs: Sequence[TaskNeed]) -> None:
    rows = [
        {**asdict(one), "task_id": task_id, "bodies": list(one.bodies), "equipment": list(one.equipment)}
        for one in needs
    ]
    if rows:
        await connection.execute(insert(task_need), rows)


async def call(
    connection: AsyncConnection, of: Task, chosen: Sequence[Chosen], *, now: datetime, answer_within_s: int
) -> None:
    """Calls these vehicles: each gets its booking, its place in the roster and its command. Raises TakenMeanwhile."""
    if not chosen:
        return
    ids = [one.vehicle_id for one in chosen]
    period = Range(max(now, of.begins_at), of.ends_at, bounds="[)")
    bookings = [
        {"task_id": of.id, "vehicle_id": one.vehicle_id, "period": period}
        for one in sorted(chosen, key=lambda one: one.vehicle_id)
    ]
    try:
        async with connection.begin_nested():
            await connection.execute(insert(booking), bookings)
    except IntegrityError as refusal:
        if not is_overlap(refusal):
            raise
        raise TakenMeanwhile("Somebody took one of the vehicles at this moment: try again.") from None
    answer_by = now + timedelta(seconds=answer_within_s)
    commands = await enqueue(
        connection,
        kind=CALL,
        content={
            "number": of.number,
            "title": of.title,
            "place": {"name": of.place.name, "lat": of.place.lat_e7 / 1e7, "lon": of.place.lon_e7 / 1e7},
            "from": of.begins_at.isoformat(),
            "to": of.ends_at.isoformat(),
        },
        vehicle_ids=ids,
        expires_at=answer_by,
        now=now,
        task_id=of.id,
    )
    calls = [
        {
            "task_id": of.id,
            "need": one.need,
            "vehicle_id": one.vehicle_id,
            "called_at": now,
            "answer_by": answer_by,
            "command_id": commands[one.vehicle_id],
        }
        for one in chosen
    ]
    await connection.execute(insert(task_call), calls)
    on_the_road = Range(now - _SET_OUT, now, bounds="[)")
    await mark_vehicles(connection, ids, [on_the_road], reason="task.call", now=now)


async def answer(
    connection: AsyncConnection,
    of: Task,
    vehicle_id: int,
    said: Answer,
    *,
    actor: Actor,
    now: datetime,
    why: str | None,
    driver_id: int | None,
) -> None:
    """A person's word for a vehicle that is called at present; whoever refuses is no longer booked. Raises Conflict
    where the driver, or a vehicle that had refused, is taken by now."""
    present = _present(of, [vehicle_id])
    values = {
        "answer": said.value,
        "answered_at": now,
        "answered_by": actor.account_id,
        "answer_why": why,
        "driver_id": driver_id,
    }
    await connection.execute(update(task_call).where(present).values(values))
    if said is Answer.REFUSED:
        await _free(connection, of, [vehicle_id], now)
        return
    begins_at = max(now, of.begins_at)
    if begins_at >= of.ends_at:
        return  # nothing is left of its time that could be booked
    period = Range(begins_at, of.ends_at, bounds="[)")
    row = {"task_id": of.id, "vehicle_id": vehicle_id, "driver_id": driver_id, "period": period}
    statement = upsert(booking).values(row)
    statement = statement.on_conflict_do_update(
        constraint="booking_task_vehicle_key", set_={"driver_id": statement.excluded.driver_id}
    )
    try:
        async with connection.begin_nested():
            await connection.execute(statement)
    except IntegrityError as refusal:
        if not is_overlap(refusal):
            raise
        raise Conflict("The vehicle or the driver is taken by an order or another task in that time.") from None


async def called_now(connection: AsyncConnection, of: Task, *, lock: bool = False) -> list[int]:
    """The vehicles on the roster that are not released, by id."""
    statement = select(task_call.c.vehicle_id).where(task_call.c.task_id == of.id, task_call.c.released_at.is_(None))
    if lock:
        statement = statement.with_for_update()
    return sorted((await connection.execute(statement)).scalars())


async def ever_called(connection: AsyncConnection, of: Task) -> list[int]:
    """Every vehicle that was on the roster, by id."""
    statement = select(task_call.c.vehicle_id).where(task_call.c.task_id == of.id).distinct()
    return sorted((await connection.execute(statement)).scalars())


async def release(connection: AsyncConnection, of: Task, vehicle_ids: Collection[int], *, now: datetime) -> None:
    """Ends the service of vehicles that are called at present: they are free at once, and told so where they may have
    heard of their call."""
    ids = sorted(set(vehicle_ids))
    if not ids:
        return
    await connection.execute(update(task_call).where(_present(of, ids)).values(released_at=now))
    await _free(connection, of, ids, now)
    heard = await withdraw(connection, now=now, vehicle_ids=ids, task_id=of.id, kind=CALL)
    await enqueue(
        connection,
        kind=RELEASE,
        content={"number": of.number, "title": of.title},
        vehicle_ids=heard,
        expires_at=now + timedelta(days=1),
        now=now,
        task_id=of.id,
    )
    await judge_again(connection, of, ids, reason="task.release", now=now)


async def decide(
    connection: AsyncConnection, of: Task, decision: Decision, *, actor: Actor, now: datetime, why: str | None
) -> None:
    """Approved or rejected; every vehicle that was ever called is judged again."""
    values = {"decision": decision.value, "decided_at": now, "decider_id": actor.account_id, "decision_why": why}
    await connection.execute(update(task).where(task.c.id == of.id).values(values))
    await judge_again(connection, of, await ever_called(connection, of), reason=f"task.{decision.value}", now=now)


async def close(connection: AsyncConnection, of: Task, *, now: datetime) -> None:
    """Ends the task and the service of all its vehicles."""
    await release(connection, of, await called_now(connection, of, lock=True), now=now)
    await connection.execute(update(task).where(task.c.id == of.id).values(closed_at=now))


async def judge_again(
    connection: AsyncConnection, of: Task, vehicle_ids: Collection[int], *, reason: str, now: datetime
) -> None:
    """Marks the vehicles from an hour before the task began."""
    span = Range(min(of.created_at, of.begins_at) - _SET_OUT, max(now, of.ends_at), bounds="[)")
    await mark_vehicles(connection, vehicle_ids, [span], reason=reason, now=now)


async def add_event(connection: AsyncConnection, of: Task, step: Step) -> None:
    last = select(func.coalesce(func.max(task_event.c.n), 0)).where(task_event.c.task_id == of.id)
    statement = insert(task_event).values(
        task_id=of.id,
        n=last.scalar_subquery() + 1,
        at=step.at,
        account_id=step.actor.account_id,
        role=step.actor.role.value,
        command=step.command,
        why=step.why,
        detail=dict(step.detail),
    )
    await connection.execute(statement)


def _present(of: Task, vehicle_ids: Collection[int]) -> Any:
    return (
        (task_call.c.task_id == of.id) & task_call.c.released_at.is_(None) & one_of(task_call.c.vehicle_id, vehicle_ids)
    )


async def _free(connection: AsyncConnection, of: Task, vehicle_ids: Collection[int], now: datetime) -> None:
    here = (booking.c.task_id == of.id) & one_of(booking.c.vehicle_id, vehicle_ids)
    # What was taken up to now is told by the calls.
    await connection.execute(delete(booking).where(here))
