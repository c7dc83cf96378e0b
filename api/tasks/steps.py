"""`/tasks/{id}/answer` and on: what people do to a task that is called."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.orders.desk import actor_of, tried_again
from api.state import Services
from api.tasks import desk
from api.tasks.routes import Dispatcher, TaskId
from api.tasks.schemas import AnswerForm, DecideForm, ReleaseForm, TaskShown
from fleet.dispatch import fitness
from fleet.dispatch.reasons import Reason, data
from fleet.dispatch.task_life import closed_refusals, deciding_doubts, deciding_refusals
from fleet.identity.permissions import Permission
from fleet.model.moments import LOCAL
from fleet.model.orders import Decision
from fleet.model.tasks import Answer, Task
from fleet.store import task_changes, task_roster
from fleet.store.orders_facts import visible_driver

router = APIRouter(tags=["tasks"])

Approver = Annotated[Caller, requires(Permission.APPROVE_ORDERS)]
Recorder = Annotated[Caller, requires(Permission.RECORD_OUTINGS)]

STEP: dict[str, Any] = {"response_model": TaskShown, "responses": problems(401, 403, 404, 409, 413, 422)}


@router.post("/tasks/{task_id}/answer", summary="Answer a call for a vehicle", **STEP)
async def answer_call(services: Shared, caller: Recorder, task_id: TaskId, form: AnswerForm) -> Response:
    """By a person of the task or of the vehicle's organ: by telephone, say, or where no unit answers. It stands above
    what the unit says. Whoever refuses is free for others at once."""

    async def work(connection: AsyncConnection) -> dict[str, Any]:
        now = services.now()
        stored = await desk.found_task(connection, caller, task_id, lock=True)
        desk.check(closed_refusals(stored.task))
        members = await task_roster.roster(connection, stored, scope=caller.scope, now=now)
        here = (one for one in members if one.call.vehicle_id == form.vehicle_id and one.call.released_at is None)
        member = next(here, None)
        if member is None:
            desk.check([_not_called(form.vehicle_id)])
            raise AssertionError
        driver_id = form.driver_id if form.answer is Answer.ACKNOWLEDGED else None
        if driver_id is not None:
            await _check_driver(connection, caller, stored.task, member.row, driver_id)
        await task_changes.answer(
            *(connection, stored.task, form.vehicle_id, form.answer),
            actor=actor_of(caller),
            now=now,
            why=form.why,
            driver_id=driver_id,
        )
        told, logged = {"answer": form.answer.value}, {"vehicle_id": form.vehicle_id, "plate": member.row["plate"]}
        await desk.noted(connection, caller, stored, "answer", now=now, why=form.why, detail=told, logged=logged)
        return await desk.answer(connection, caller, task_id, now=now)

    return await _stepped(services, work)


@router.post("/tasks/{task_id}/approve", summary="Approve a task force", **STEP)
async def approve_task(services: Shared, caller: Approver, task_id: TaskId, form: DecideForm | None = None) -> Response:
    """Within its time it counts as if it had been there before the departure; later it stays visible as late. Nobody
    approves his own task."""
    return await _decided(services, caller, task_id, Decision.APPROVED, form)


@router.post("/tasks/{task_id}/reject", summary="Reject a task force", **STEP)
async def reject_task(services: Shared, caller: Approver, task_id: TaskId, form: DecideForm | None = None) -> Response:
    """No further vehicle is called; what is on the road comes home, and its driving stays unapproved."""
    return await _decided(services, caller, task_id, Decision.REJECTED, form)


@router.post("/tasks/{task_id}/release", summary="Release vehicles", **STEP)
async def release_vehicles(services: Shared, caller: Dispatcher, task_id: TaskId, form: ReleaseForm) -> Response:
    """They are free for others at once, told so, and have `tasks.return_within_s` to drive home."""

    async def work(connection: AsyncConnection) -> dict[str, Any]:
        now = services.now()
        stored = await desk.own_task(connection, caller, task_id)
        desk.check(closed_refusals(stored.task))
        there = set(await task_changes.called_now(connection, stored.task, lock=True))
        desk.check([_not_called(one) for one in dict.fromkeys(form.vehicle_ids) if one not in there])
        await task_changes.release(connection, stored.task, form.vehicle_ids, now=now)
        ids = sorted(set(form.vehicle_ids))
        told, logged = {"released": len(ids)}, {"vehicle_ids": ids}
        await desk.noted(connection, caller, stored, "release", now=now, why=form.why, detail=told, logged=logged)
        return await desk.answer(connection, caller, task_id, now=now)

    return await _stepped(services, work)


@router.post("/tasks/{task_id}/close", summary="Close a task force", **STEP)
async def close_task(services: Shared, caller: Dispatcher, task_id: TaskId, form: DecideForm | None = None) -> Response:
    """All its vehicles are released. A decision that is still missing may come afterwards."""

    async def work(connection: AsyncConnection) -> dict[str, Any]:
        now = services.now()
        stored = await desk.own_task(connection, caller, task_id)
        desk.check(closed_refusals(stored.task))
        await task_changes.close(connection, stored.task, now=now)
        await desk.noted(connection, caller, stored, "close", now=now, why=None if form is None else form.why)
        return await desk.answer(connection, caller, task_id, now=now)

    return await _stepped(services, work)


async def _decided(
    services: Services, caller: Caller, task_id: int, decision: Decision, form: DecideForm | None
) -> Response:
    why = None if form is None else form.why

    async def work(connection: AsyncConnection) -> dict[str, Any]:
        now = services.now()
        stored = await desk.own_task(connection, caller, task_id)
        actor = actor_of(caller)
        desk.check(deciding_refusals(stored.task, actor))
        doubts = tuple(deciding_doubts(stored.task, now)) if decision is Decision.APPROVED else ()
        await task_changes.decide(connection, stored.task, decision, actor=actor, now=now, why=why)
        told = {"doubts": [one.code for one in doubts]}
        command = "approve" if decision is Decision.APPROVED else "reject"
        await desk.noted(connection, caller, stored, command, now=now, why=why, detail=told)
        return await desk.answer(connection, caller, task_id, now=now, warnings=doubts)

    return await _stepped(services, work)


async def _stepped(services: Services, work: Any) -> Response:
    return json_answer(await tried_again(lambda: desk.transacted(services, work)))


async def _check_driver(connection: AsyncConnection, caller: Caller, task: Task, row: Any, driver_id: int) -> None:
    """Raises ApiProblem where the driver does not exist, may not be seen, or may not drive the vehicle."""
    driver = await visible_driver(connection, driver_id, scope=caller.scope)
    if driver is None:
        zh, en = f"编号 {driver_id} 不存在", f"There is nothing with the number {driver_id}"
        desk.check([data("driver_id", "unknown_reference", zh, en, driver_id)])
        return
    need = fitness.Need(
        organ_id=task.organ_id,
        division=0,
        emergency=True,
        bodies=(),
        equipment=(),
        passengers=0,
        begins_at=task.begins_at,
        last_day=task.ends_at.astimezone(LOCAL).date(),
    )
    vehicle = fitness.VehicleFacts(
        id=row["vehicle_id"],
        **{name: row[name] for name in ("plate", "organ_id", "division", "energy", "body", "seats")},
        management="",
        status="",
    )
    desk.check(fitness.driver_refusals(driver, need, vehicle))


def _not_called(vehicle_id: int) -> Reason:
    zh, en = f"车辆 {vehicle_id} 不在名册中", f"The vehicle {vehicle_id} is not called at present"
    return data("vehicle_id", "not_called", zh, en, vehicle_id)
