"""How a task is begun, called for and changed: one transaction each, with its history and its audit row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller
from api.errors import ApiProblem
from api.orders.desk import actor_of, problem_of, tried_again
from api.orders.shown import said
from api.registry.checks import organ_reference
from api.state import Services
from api.tasks.schemas import NeedForm
from api.tasks.shown import head_shown, member_shown, selection_shown, step_shown, summary
from fleet.dispatch import fitness
from fleet.dispatch.candidates import Ask
from fleet.dispatch.life import NotPossible
from fleet.dispatch.mobilising import Mobilisation, mobilise
from fleet.dispatch.reasons import Reason
from fleet.errors import NotAllowed, NotFound
from fleet.model.moments import LOCAL
from fleet.model.orders import PermittedArea, Place, Plan
from fleet.model.tasks import TaskNeed
from fleet.registry.problems import Refused, error, warnings_of
from fleet.store import audit, orders_candidates, registry, task_changes, task_roster, tasks
from fleet.store.orders_candidates import Asked
from fleet.store.policies import values_at
from fleet.store.task_changes import Chosen, Step, TakenMeanwhile
from fleet.store.tasks import StoredTask

ATTEMPTS = 3
"""So often vehicles are chosen anew when an order takes one of them at the same moment."""


@dataclass(frozen=True, slots=True)
class Where:
    """Who needs vehicles, where and when. `organ_division`: home of the organ."""

    organ_id: int
    organ_division: int
    place: Place
    begins_at: datetime
    ends_at: datetime


def missing_task(task_id: int) -> NotFound:
    return NotFound(f"There is no task {task_id}.")


def check(reasons: Iterable[Reason]) -> None:
    """Raises ApiProblem with every reason."""
    found = tuple(reasons)
    if found:
        raise problem_of(NotPossible(found), "task")


async def with_turns(work: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Chooses anew where somebody was quicker; raises Conflict when that happens again and again."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await tried_again(work)
        except TakenMeanwhile:
            continue
    return await tried_again(work)


async def organ_of(connection: AsyncConnection, caller: Caller, organ_id: int | None) -> Mapping[str, Any]:
    """The organ a task is to belong to. Raises Refused."""
    number = organ_id or caller.session.organ_id
    if number is None:
        zh, en = "请填写任务单位", "Your account belongs to no organ: name the one whose task it is"
        raise Refused([error("organ_id", "organ_missing", zh, en)])
    warnings_of(await organ_reference(connection, caller, number, "organ_id"))
    found = await registry.find_organ(connection, number, scope=caller.scope)
    assert found is not None
    return dict(found)


def numbered(forms: Sequence[NeedForm], *, after: int = 0) -> tuple[TaskNeed, ...]:
    return tuple(
        TaskNeed(
            n=after + number,
            count=one.count,
            bodies=tuple(dict.fromkeys(body.value for body in one.bodies)),
            equipment=tuple(dict.fromkeys(one.equipment)),
            seats=one.seats,
            name=one.name,
        )
        for number, one in enumerate(forms, start=1)
    )


async def choose(
    connection: AsyncConnection,
    caller: Caller,
    where: Where,
    needs: Sequence[TaskNeed],
    *,
    now: datetime,
    but: frozenset[int] = frozenset(),
) -> Mobilisation:
    """The best for each need of the vehicles that the caller may see; none of `but`."""
    begin = max(now, where.begins_at)
    asked = Asked(where.organ_id, True, Range(begin, where.ends_at, bounds="[)"))
    last_day = where.ends_at.astimezone(LOCAL).date()
    assumptions = await orders_candidates.assumptions_of(connection, where.organ_id, now)
    known = await orders_candidates.situation(
        connection, asked, scope=caller.scope, now=now, fair_days=assumptions.fair_days
    )
    vehicles = await orders_candidates.vehicles_as_they_are(connection, asked, scope=caller.scope, now=now, known=known)
    drivers = await orders_candidates.free_drivers(connection, asked, scope=caller.scope, last_day=last_day)
    ask = Ask(
        need=fitness.Need(
            organ_id=where.organ_id,
            division=where.organ_division,
            emergency=True,
            bodies=(),
            equipment=(),
            passengers=0,
            begins_at=begin,
            last_day=last_day,
        ),
        plan=Plan(
            begins_at=begin,
            ends_at=where.ends_at,
            area=PermittedArea.CITY,
            division=None,
            origin=where.place,
            destinations=(),
            passengers=0,
        ),
        now=now,
        assumptions=assumptions,
        drivers=drivers,
    )
    return mobilise([one for one in vehicles if one.facts.id not in but], needs, ask)


async def call_chosen(
    connection: AsyncConnection, caller: Caller, stored: StoredTask, found: Mobilisation, *, now: datetime
) -> None:
    chosen = [Chosen(one.judged.vehicle.facts.id, one.need) for one in found.picked]
    slug = "tasks.answer_within_s"
    answer_within_s = int((await values_at(connection, now, stored.task.organ_id, [slug]))[slug].value)
    await task_changes.call(connection, stored.task, chosen, now=now, answer_within_s=answer_within_s)


def nobody_there(needs: Sequence[TaskNeed], found: Mobilisation) -> ApiProblem:
    return ApiProblem(
        409,
        "no-vehicle",
        "No vehicle can be called",
        "None of the vehicles that you may call meets any of the needs in that time; `selection` says why.",
        members={"selection": selection_shown(needs, found)},
    )


async def found_task(connection: AsyncConnection, caller: Caller, task_id: int, *, lock: bool = False) -> StoredTask:
    """Raises NotFound."""
    stored = await tasks.find_task(connection, task_id, scope=caller.scope, lock=lock)
    if stored is None:
        raise missing_task(task_id)
    return stored


async def own_task(connection: AsyncConnection, caller: Caller, task_id: int) -> StoredTask:
    """Locked. Raises NotFound; NotAllowed for who only lends vehicles to it."""
    stored = await found_task(connection, caller, task_id, lock=True)
    if not stored.own:
        raise NotAllowed("The task belongs to another organ, which runs it; yours lends vehicles to it.")
    return stored


async def noted(
    connection: AsyncConnection,
    caller: Caller,
    stored: StoredTask,
    command: str,
    *,
    now: datetime,
    why: str | None = None,
    detail: Mapping[str, Any] | None = None,
    logged: Mapping[str, Any] | None = None,
) -> None:
    """Into the task's history and the audit log; `logged` into the log only, for the history names no vehicles: one may
    be confidential by tomorrow."""
    told = dict(detail or {})
    await task_changes.add_event(connection, stored.task, Step(command, actor_of(caller), now, why, told))
    audited = {"number": stored.task.number, **told, **(logged or {}), **({"why": why} if why else {})}
    subject = f"task:{stored.task.id}"
    await audit.record(connection, account=caller.actor, action=f"task.{command}", subject=subject, detail=audited)


async def answer(
    connection: AsyncConnection,
    caller: Caller,
    task_id: int,
    *,
    now: datetime,
    warnings: Iterable[Reason] = (),
    roster: bool = False,
    selection: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The task as it is now, as the caller may see it; with its roster where vehicles were called."""
    stored = await found_task(connection, caller, task_id)
    members = await task_roster.roster(connection, stored, scope=caller.scope, now=now)
    history = await tasks.task_history(connection, task_id) if stored.own else []
    body = {
        **head_shown(stored, now),
        **summary(stored, members, now),
        "history": [step_shown(row) for row in history],
        "warnings": said(warnings),
    }
    if roster:
        body["roster"] = [member_shown(one, now) for one in members if one.call.released_at is None]
    if selection is not None:
        body["selection"] = selection
    return body


async def transacted(
    services: Services, work: Callable[[AsyncConnection], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    async with services.database.begin() as connection:
        return await work(connection)


def asked_for(needs: Sequence[TaskNeed], lacking: Mapping[int, int]) -> tuple[TaskNeed, ...]:
    """The needs that lack something, each for as many as it lacks."""
    return tuple(replace(need, count=lacking[need.n]) for need in needs if need.n in lacking)
