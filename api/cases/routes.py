"""`/cases` and `/alerts`: listed and read; steps on a case."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.cases import desk
from api.cases.evidence import evidence_file
from api.cases.schemas import (
    AlertPage,
    AssignedMany,
    Assignees,
    AssignForm,
    AssignManyForm,
    CaseCounts,
    CasePage,
    CaseShown,
    CaseWhole,
    Colour,
    State,
    WhyForm,
)
from api.cases.shown import case_shown, finding_shown, step_shown, verdict_shown
from api.cursors import decode_cursor, encode_cursor
from api.datum import Datum, DatumQuery
from api.dependencies import Caller, Purpose, Shared, requires
from api.errors import ApiProblem, bad_cursor, problems
from api.registry.editing import MaybeMatch, tagged
from api.registry.paging import Cursor, DivisionQuery, IdQuery, OrganQuery
from api.state import Services
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.model.cases import CaseCommand
from fleet.store import audit, case_reading
from fleet.store.case_reading import Below, CaseFilter, FindingFilter
from fleet.store.scoped import is_visible_organ

router = APIRouter(tags=["cases"])

Reader = Annotated[Caller, requires(Permission.READ_CASES)]
Decider = Annotated[Caller, requires(Permission.DECIDE_CASES)]
Explainer = Annotated[Caller, requires(Permission.EXPLAIN_CASES)]
Commenter = Annotated[Caller, requires(Permission.COMMENT_CASES)]
CaseId = Annotated[int, Path(ge=1, le=2**53 - 1)]
Limit = Annotated[int, Query(ge=1, le=1_000, description="Items in a page")]
Begin = Annotated[AwareDatetime | None, Query(alias="from", description="What ended before this is left out")]
End = Annotated[AwareDatetime | None, Query(alias="to", description="What begins at or after this is left out")]
RuleQuery = Annotated[str | None, Query(max_length=60, description="Slug of a rule")]
Colours = Annotated[list[Colour] | None, Query(description="May be given more than once")]
STEP: dict[str, Any] = {"response_model": CaseShown, "responses": problems(401, 403, 404, 409, 412, 413, 422)}


def _wanted(
    services: Shared,
    state: Annotated[list[State] | None, Query(description="May be given more than once")] = None,
    severity: Colours = None,
    rule: RuleQuery = None,
    organ: OrganQuery = None,
    division: DivisionQuery = None,
    vehicle: IdQuery = None,
    assignee: Annotated[str | None, Query(max_length=100, description="Name of the account")] = None,
    overdue: Annotated[bool | None, Query(description="Whether its present state lasts longer than it may")] = None,
    begin: Begin = None,
    end: End = None,
) -> CaseFilter:
    return CaseFilter(
        states=tuple(state or ()),
        severities=tuple(severity or ()),
        rule=rule,
        organ=organ,
        division=division,
        vehicle=vehicle,
        assignee=assignee,
        overdue=overdue,
        now=services.now(),
        begin=begin,
        end=end,
    )


Wanted = Annotated[CaseFilter, Depends(_wanted)]


@router.get("/cases", summary="Cases", response_model=CasePage, responses=problems(400, 401, 403, 422))
async def list_cases(
    services: Shared,
    caller: Reader,
    wanted: Wanted,
    sort: Annotated[
        Literal["newest", "worst"], Query(description="`worst`: by severity, and within one the newest first")
    ] = "newest",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """The newest first, or the worst."""
    worst = sort == "worst"
    below = None if cursor is None else decode_cursor(cursor, Below)
    if below is not None and worst is not (below.rank is not None):
        raise bad_cursor()
    async with services.database.begin() as connection:
        rows = await case_reading.list_cases(
            connection, wanted, scope=caller.scope, worst_first=worst, below=below, limit=limit + 1
        )
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = encode_cursor(Below(last["id"], last["rank"] if worst else None))
    now = services.now()
    return json_answer({"items": [case_shown(row, now) for row in rows[:limit]], "next_cursor": following})


@router.get("/cases/counts", summary="How many cases", response_model=CaseCounts, responses=problems(401, 403, 422))
async def count_cases(services: Shared, caller: Reader, wanted: Wanted) -> Response:
    """By state and severity, of those that the same filters list."""
    async with services.database.begin() as connection:
        rows = await case_reading.count_cases(connection, wanted, scope=caller.scope)
    return json_answer({"items": [dict(row) for row in rows]})


@router.get(
    "/cases/assignees",
    summary="Who may be given cases",
    response_model=Assignees,
    responses=problems(401, 403, 404, 422),
)
async def list_assignees(services: Shared, caller: Decider, organ: OrganQuery = None) -> Response:
    """Supervisors by name, 200 at most. With `organ`: those who may be given its cases, which are above it."""
    async with services.database.begin() as connection:
        if organ is not None and not await is_visible_organ(connection, organ, scope=caller.scope):
            raise NotFound(f"There is no organ {organ}.")
        rows = await case_reading.list_supervisors(connection, scope=caller.scope, organ_id=organ, limit=200)
    return json_answer({"items": [{"username": row["username"], "organ": row["organ"]} for row in rows]})


@router.post(
    "/cases/assign",
    summary="Assign many cases",
    response_model=AssignedMany,
    responses=problems(401, 403, 404, 413, 422),
)
async def assign_many(services: Shared, caller: Decider, form: AssignManyForm) -> Response:
    """Each for itself: what cannot be assigned is named with its reason, the rest is assigned."""
    assigned: list[int] = []
    refused: dict[str, str] = {}
    for case_id in dict.fromkeys(form.cases):
        try:
            await _assign(services, caller, case_id, form, None)
        except (ApiProblem, NotFound) as error:
            refused[str(case_id)] = str(error)
        else:
            assigned.append(case_id)
    return json_answer({"assigned": assigned, "refused": refused})


@router.get("/cases/{case_id}", summary="A case", response_model=CaseWhole, responses=problems(401, 403, 404, 422))
async def read_case(services: Shared, caller: Reader, case_id: CaseId, datum: DatumQuery = Datum.WGS84) -> Response:
    """With its findings and their evidence, the verdicts of its trips, and its whole history."""
    async with services.database.begin() as connection:
        row = await case_reading.find_case(connection, case_id, scope=caller.scope)
        if row is None:
            raise desk.missing(case_id)
        body = await _whole(connection, caller, row, datum, services.now())
    return tagged(body)


@router.get(
    "/cases/{case_id}/evidence",
    summary="The evidence file of a case",
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
        **problems(400, 401, 403, 404, 422),
    },
)
async def read_evidence(services: Shared, caller: Reader, purpose: Purpose, case_id: CaseId) -> Response:
    """A ZIP: the case and its findings as JSON, the tracks of its trips as GeoJSON, a page to print, and a list of
    SHA-256 sums over all of them. Who took it and why is written to the audit log before it leaves."""
    now = services.now()
    async with services.database.begin() as connection:
        row = await case_reading.find_case(connection, case_id, scope=caller.scope)
        if row is None:
            raise desk.missing(case_id)
        body = await _whole(connection, caller, row, Datum.WGS84, now)
        packed = await evidence_file(connection, body, now=now, by=caller.username, purpose=purpose)
        await audit.record(
            connection,
            account=caller.actor,
            action="case.evidence",
            subject=f"case:{case_id}",
            purpose=purpose,
            detail={"number": row["number"], "sha256": packed.sha256},
        )
    name = f"{row['number']}.zip"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(packed.content, media_type="application/zip", headers=headers)


@router.post("/cases/{case_id}/assign", summary="Assign a case", **STEP)
async def assign(services: Shared, caller: Decider, case_id: CaseId, version: MaybeMatch, form: AssignForm) -> Response:
    """To a supervisor who answers for the organ concerned; with a deadline for the organ's explanation."""
    return tagged(case_shown(await _assign(services, caller, case_id, form, version), services.now()))


@router.post("/cases/{case_id}/explain", summary="Explain a case", **STEP)
async def explain(services: Shared, caller: Explainer, case_id: CaseId, version: MaybeMatch, form: WhyForm) -> Response:
    """The organ concerned answers. It decides nothing by that."""
    return await _step(services, caller, case_id, CaseCommand.EXPLAIN, form, version)


@router.post("/cases/{case_id}/confirm", summary="Confirm a case", **STEP)
async def confirm(services: Shared, caller: Decider, case_id: CaseId, version: MaybeMatch, form: WhyForm) -> Response:
    """It was misuse. Decided by a supervisor, never by the organ concerned, never by who explained it."""
    return await _step(services, caller, case_id, CaseCommand.CONFIRM, form, version)


@router.post("/cases/{case_id}/dismiss", summary="Dismiss a case", **STEP)
async def dismiss(services: Shared, caller: Decider, case_id: CaseId, version: MaybeMatch, form: WhyForm) -> Response:
    """It was none. The findings and the reason stay."""
    return await _step(services, caller, case_id, CaseCommand.DISMISS, form, version)


@router.post("/cases/{case_id}/close", summary="Close a case", **STEP)
async def close(
    services: Shared, caller: Decider, case_id: CaseId, version: MaybeMatch, form: WhyForm | None = None
) -> Response:
    """After the decision: nothing more is to be done."""
    return await _step(services, caller, case_id, CaseCommand.CLOSE, form or WhyForm(), version)


@router.post("/cases/{case_id}/reopen", summary="Reopen a case", **STEP)
async def reopen(services: Shared, caller: Decider, case_id: CaseId, version: MaybeMatch, form: WhyForm) -> Response:
    """On new evidence. The service does it by itself when a decided case gets another finding."""
    return await _step(services, caller, case_id, CaseCommand.REOPEN, form, version)


@router.post("/cases/{case_id}/comment", summary="Comment on a case", **STEP)
async def comment(services: Shared, caller: Commenter, case_id: CaseId, version: MaybeMatch, form: WhyForm) -> Response:
    """Changes nothing but the history."""
    return await _step(services, caller, case_id, CaseCommand.COMMENT, form, version)


@router.get("/alerts", summary="Findings", response_model=AlertPage, responses=problems(400, 401, 403, 422))
async def list_alerts(
    services: Shared,
    caller: Reader,
    rule: RuleQuery = None,
    severity: Colours = None,
    organ: OrganQuery = None,
    vehicle: IdQuery = None,
    begin: Begin = None,
    end: End = None,
    withdrawn: Annotated[bool, Query(description="List those that were taken back too")] = False,
    doubts: Annotated[bool, Query(description="List too what could not be decided, which accuses nobody")] = False,
    datum: DatumQuery = Datum.WGS84,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Each with its evidence, the newest first."""
    wanted = FindingFilter(
        rule=rule,
        severities=tuple(severity or ()),
        organ=organ,
        vehicle=vehicle,
        begin=begin,
        end=end,
        withdrawn=withdrawn,
        doubts=doubts,
    )
    before = None if cursor is None else decode_cursor(cursor, int)
    async with services.database.begin() as connection:
        rows = await case_reading.list_findings(connection, wanted, scope=caller.scope, before=before, limit=limit + 1)
    items = [{**finding_shown(row, datum), "plate": row["plate"]} for row in rows[:limit]]
    following = encode_cursor(items[-1]["id"]) if len(rows) > limit else None
    return json_answer({"items": items, "next_cursor": following})


async def _whole(
    connection: AsyncConnection, caller: Caller, row: RowMapping, datum: Datum, now: datetime
) -> dict[str, Any]:
    findings = await case_reading.findings_of(connection, row["id"])
    trips = {one["subject_id"] for one in findings if one["subject_kind"] == "trip"}
    verdicts = await case_reading.verdicts_of(connection, trips)
    history = await case_reading.steps_of(connection, row["id"])
    facts = await desk.facts_of(connection, row)
    return {
        **case_shown(row, now),
        "evidence": [finding_shown(one, datum) for one in findings],
        "verdicts": {str(trip_id): verdict_shown(one) for trip_id, one in verdicts.items()},
        "history": [step_shown(one) for one in history],
        "may": desk.allowed(facts, desk.actor_of(caller)),
    }


async def _assign(
    services: Services, caller: Caller, case_id: int, form: AssignForm, version: int | None
) -> RowMapping:
    now = services.now()
    if form.explain_by is not None and form.explain_by <= now:
        raise ApiProblem(422, "invalid-request", "Invalid request", "body.explain_by: a moment that is still to come.")
    async with services.database.begin() as connection:
        row = await case_reading.find_case(connection, case_id, scope=caller.scope)
        if row is None:
            raise desk.missing(case_id)
        chosen = await case_reading.find_supervisor(connection, form.assignee, organ_id=row["organ_id"])
        if chosen is None or chosen["organ_id"] == row["organ_id"]:
            raise ApiProblem(
                422,
                "invalid-request",
                "Invalid request",
                f"body.assignee: `{form.assignee}` is no supervisor above the organ concerned.",
            )
        return await desk.take(
            connection,
            caller,
            case_id,
            CaseCommand.ASSIGN,
            why=form.why,
            now=now,
            version=version,
            values={"assignee_id": chosen["id"], "explain_by": form.explain_by},
            data={"assignee": chosen["username"]},
        )


async def _step(
    services: Services, caller: Caller, case_id: int, command: CaseCommand, form: WhyForm, version: int | None
) -> Response:
    async with services.database.begin() as connection:
        row = await desk.take(connection, caller, case_id, command, why=form.why, now=services.now(), version=version)
    return tagged(case_shown(row, services.now()))
