"""How a step on a case is taken: the case locked, judged by the pure rules of its life, stored with history and log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller
from api.errors import ApiProblem
from fleet.cases import STEPS, Actor, CaseFacts, Refusal, refusals, state_after
from fleet.errors import NotFound
from fleet.model.cases import DECIDED, CaseCommand, CaseState
from fleet.model.notices import AFTER_STEP
from fleet.store import audit, case_reading, case_steps, deadlines, notices


def actor_of(caller: Caller) -> Actor:
    session = caller.session
    return Actor(account_id=session.account_id, role=session.role, organ_id=session.organ_id)


def missing(case_id: int) -> NotFound:
    return NotFound(f"There is no case {case_id}.")


async def facts_of(connection: AsyncConnection, row: RowMapping) -> CaseFacts:
    explained = [one for one in await case_reading.steps_of(connection, row["id"]) if one["command"] == "explain"]
    return CaseFacts(
        state=CaseState(row["state"]),
        organ_id=row["organ_id"],
        assignee_id=row["assignee_id"],
        explained_by=frozenset(one["account_id"] for one in explained),
    )


def allowed(case: CaseFacts, actor: Actor) -> list[str]:
    """The steps that the actor may take now, given a reason."""
    return [command.value for command in STEPS if not refusals(case, command, actor, "…")]


async def take(
    connection: AsyncConnection,
    caller: Caller,
    case_id: int,
    command: CaseCommand,
    *,
    why: str | None,
    now: datetime,
    version: int | None = None,
    values: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> RowMapping:
    """The case after the step. Raises NotFound, ApiProblem (409, 412) with every reason."""
    row = await case_reading.find_case(connection, case_id, scope=caller.scope, lock=True)
    if row is None:
        raise missing(case_id)
    if version is not None and version != row["version"]:
        raise ApiProblem(
            412,
            "record-changed",
            "The case was changed meanwhile",
            f"The case {case_id} is at version {row['version']} now: read it again before you decide.",
            headers={"ETag": f'"{row["version"]}"'},
        )
    case = await facts_of(connection, row)
    found = refusals(case, command, actor_of(caller), why)
    if found:
        raise refused(found)
    after = state_after(case, command)
    changed: dict[str, Any] = {"state": after.value, **(values or {})}
    explain_by = changed.pop("explain_by", None)
    if after is not case.state or explain_by is not None:
        changed |= await deadlines.deadline(connection, after, case.organ_id, now, explain_by=explain_by)
    if after is CaseState.ASSIGNED and "due_at" in changed:
        changed["explain_by"] = changed["due_at"]
    if after in DECIDED and case.state not in DECIDED:
        changed["decided_at"] = now
    if after is CaseState.CLOSED:
        changed["closed_at"] = now
    if after is CaseState.OPEN:
        changed |= {"decided_at": None, "closed_at": None}
    await case_steps.change(connection, case_id, changed)
    await case_steps.add_step(
        connection,
        case_id,
        at=now,
        command=command,
        before=case.state,
        after=after,
        account_id=caller.session.account_id,
        role=caller.session.role.value,
        why=why,
        data=data,
    )
    await audit.record(
        connection,
        account=caller.actor,
        action=f"case.{command.value}",
        subject=f"case:{case_id}",
        purpose=why,
        detail={"before": {"state": case.state.value}, "after": changed_plainly(changed)},
    )
    after_row = await case_reading.find_case(connection, case_id, scope=caller.scope)
    assert after_row is not None
    await notices.tell(connection, [notices.of_case(AFTER_STEP[command], after_row, now)])
    return after_row


def changed_plainly(changed: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in changed.items()}


def refused(found: list[Refusal]) -> ApiProblem:
    """One problem with every reason."""
    reasons = [{"code": one.code, "message": one.en, "message_zh": one.zh} for one in found]
    status = (
        403 if all(one.code in {"wrong_role", "own_organ", "explained_it", "not_concerned"} for one in found) else 409
    )
    return ApiProblem(
        status,
        "step-refused",
        "The step may not be taken",
        " ".join(one.en for one in found),
        members={"reasons": reasons},
    )
