"""`/tasks`: task forces begun, called, answered, approved, released, closed; their live roster and coverage."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.datum import Datum, DatumQuery
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.orders.forms import county, places
from api.registry.paging import Cursor, OrganQuery
from api.tasks import desk
from api.tasks.desk import Where
from api.tasks.schemas import Called, CallForm, Roster, TaskForm, TaskPage, TaskShown
from api.tasks.shown import head_shown, roster_shown, selection_shown
from fleet.dispatch.roster import missing, state_of
from fleet.dispatch.task_life import calling_refusals, opening_refusals
from fleet.identity.permissions import Permission
from fleet.model.orders import Decision
from fleet.model.tasks import RosterState, Task
from fleet.store import task_changes, task_roster, tasks
from fleet.store.policies import values_at
from fleet.store.tasks import StoredTask, TaskFilter

router = APIRouter(tags=["tasks"])

Reader = Annotated[Caller, requires(Permission.READ_ORDERS)]
Dispatcher = Annotated[Caller, requires(Permission.ASSIGN_VEHICLES)]
TaskId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/tasks", summary="Task forces", response_model=TaskPage, responses=problems(400, 401, 403, 422))
async def list_tasks(
    services: Shared,
    caller: Reader,
    organ: OrganQuery = None,
    open_: Annotated[bool | None, Query(alias="open", description="Not closed yet")] = None,
    undecided: bool | None = None,
    begin: Annotated[AwareDatetime | None, Query(alias="from", description="Whose time reaches beyond this")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Whose time begins before this")] = None,
    datum: DatumQuery = Datum.WGS84,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    cursor: Cursor = None,
) -> Response:
    """The newest first: those of one's organs, and those that called one of its vehicles."""
    wanted = TaskFilter(organ=organ, open=open_, undecided=undecided, begin=begin, end=end)
    before = None if cursor is None else decode_cursor(cursor, int)
    now = services.now()
    async with services.database.begin() as connection:
        found = await tasks.list_tasks(connection, wanted, scope=caller.scope, before=before, limit=limit + 1)
    items = [head_shown(one, now, datum) for one in found[:limit]]
    return json_answer({"items": items, "next_cursor": encode_cursor(items[-1]["id"]) if len(found) > limit else None})


@router.post(
    "/tasks",
    summary="Begin a task force: choose and call its vehicles",
    status_code=201,
    response_model=Called,
    responses=problems(401, 403, 409, 413, 422),
)
async def begin_task(services: Shared, caller: Dispatcher, form: TaskForm) -> Response:
    """Vehicles are chosen by need among all that the caller may see, like for an emergency order: near first. Each is
    booked and called at once; it drives first, and somebody else approves within `emergency.approve_within_s`.

    Needs that are not met in full are said in `selection`, with the reasons; what there is goes all the same.
    """

    async def work(connection: AsyncConnection) -> dict[str, Any]:
        now = services.now()
        organ = await desk.organ_of(connection, caller, form.organ_id)
        (place,) = await places(connection, [form.place], ["place"], scope=caller.scope)
        policies = await values_at(connection, now, organ["id"], ["emergency.approve_within_s", "orders.longest_s"])
        needs = desk.numbered(form.needs)
        begins_at = now if form.planned_from is None else form.planned_from.astimezone(UTC)
        ends_at = form.planned_to.astimezone(UTC)
        longest_s = int(policies["orders.longest_s"].value)
        desk.check(opening_refusals(needs, begins_at, ends_at, now=now, longest_s=longest_s))
        await task_changes.wait_for_turn(connection)
        where = Where(organ["id"], organ["division"], place, begins_at, ends_at)
        found = await desk.choose(connection, caller, where, needs, now=now)
        if not found.picked:
            raise desk.nobody_there(needs, found)
        within_s = int(policies["emergency.approve_within_s"].value)
        made = await task_changes.create_task(
            connection,
            Task(
                id=0,
                version=1,
                organ_id=organ["id"],
                number="",
                commander_id=caller.session.account_id,
                created_at=now,
                title=form.title,
                why=form.why,
                place=place,
                radius_m=form.radius_m,
                begins_at=begins_at,
                ends_at=ends_at,
                area=form.area,
                division=county(form.area, form.division, organ["division"], place),
                approve_by=max(now, begins_at) + timedelta(seconds=within_s),
                decision=Decision.PENDING,
                decided_at=None,
                decider_id=None,
                decision_why=None,
                closed_at=None,
                needs=needs,
            ),
        )
        stored = StoredTask(made, True, organ["name"], caller.username, None, 0)
        await desk.call_chosen(connection, caller, stored, found, now=now)
        told = {"called": len(found.picked), "short": sum(found.short(needs).values())}
        await desk.noted(connection, caller, stored, "begin", now=now, why=form.why, detail=told)
        selection = selection_shown(needs, found)
        return await desk.answer(connection, caller, made.id, now=now, roster=True, selection=selection)

    body = await desk.with_turns(lambda: desk.transacted(services, work))
    response = json_answer(body, 201)
    response.headers["Location"] = f"/api/v1/tasks/{body['id']}"
    return response


@router.get(
    "/tasks/{task_id}", summary="One task force", response_model=TaskShown, responses=problems(401, 403, 404, 422)
)
async def read_task(services: Shared, caller: Reader, task_id: TaskId) -> Response:
    """With what each need lacks, where its vehicles are by county, and its history."""
    async with services.database.begin() as connection:
        return json_answer(await desk.answer(connection, caller, task_id, now=services.now()))


@router.get(
    "/tasks/{task_id}/roster",
    summary="The roster of a task force, live",
    response_model=Roster,
    responses=problems(401, 403, 404, 422),
)
async def read_roster(
    services: Shared,
    caller: Reader,
    task_id: TaskId,
    state: Annotated[list[RosterState] | None, Query(description="May be given more than once")] = None,
    datum: DatumQuery = Datum.WGS84,
) -> Response:
    """Every vehicle that was called: what was answered, whether it has left and arrived, where it is now."""
    now = services.now()
    async with services.database.begin() as connection:
        stored = await desk.found_task(connection, caller, task_id)
        members = await task_roster.roster(connection, stored, scope=caller.scope, now=now)
    body = roster_shown(stored, members, now, datum)
    if state:
        body["items"] = [one for one in body["items"] if one["state"] in state]
    return json_answer(body)


@router.post(
    "/tasks/{task_id}/call",
    summary="Call further vehicles",
    response_model=Called,
    responses=problems(401, 403, 404, 409, 413, 422),
)
async def call_more(services: Shared, caller: Dispatcher, task_id: TaskId, form: CallForm | None = None) -> Response:
    """For further needs; without any, vehicles that refused or did not answer are released, and others are called in
    place of all that is missing. Nobody is called twice by one task."""
    form = form or CallForm()

    async def work(connection: AsyncConnection) -> dict[str, Any]:
        now = services.now()
        await task_changes.wait_for_turn(connection)
        stored = await desk.own_task(connection, caller, task_id)
        desk.check(calling_refusals(stored.task, now))
        members = await task_roster.roster(connection, stored, scope=caller.scope, now=now)
        released: list[int] = []
        if form.needs:
            needs = desk.numbered(form.needs, after=max(need.n for need in stored.task.needs))
            await task_changes.add_needs(connection, stored.task, needs)
        else:
            gone = (RosterState.REFUSED, RosterState.TIMED_OUT)
            released = [one.call.vehicle_id for one in members if state_of(one.call, now) in gone]
            await task_changes.release(connection, stored.task, released, now=now)
            lacking = missing(stored.task.needs, [one.call for one in members], now)
            needs = desk.asked_for(stored.task.needs, lacking)
        task = stored.task
        stored_organ = await desk.organ_of(connection, caller, task.organ_id)
        where = Where(task.organ_id, stored_organ["division"], task.place, task.begins_at, task.ends_at)
        before = frozenset(await task_changes.ever_called(connection, task))
        found = await desk.choose(connection, caller, where, needs, now=now, but=before)
        await desk.call_chosen(connection, caller, stored, found, now=now)
        told = {"called": len(found.picked), "short": sum(found.short(needs).values()), "released": len(released)}
        await desk.noted(connection, caller, stored, "call", now=now, why=form.why, detail=told)
        selection = selection_shown(needs, found)
        return await desk.answer(connection, caller, task_id, now=now, roster=True, selection=selection)

    return json_answer(await desk.with_turns(lambda: desk.transacted(services, work)))
