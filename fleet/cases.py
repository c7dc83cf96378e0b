"""The life of a case: `open → assigned → explained → confirmed | dismissed → closed`, reopened on new evidence. Pure.

Four eyes: a case is decided by a supervisor whose office is none of the organ concerned and who did not explain it,
never by the organ, and never by the administrator, who runs the system and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.model.cases import DECIDED, CaseCommand, CaseState
from fleet.model.findings import Severity
from fleet.model.registry import Role

_ORDER = (Severity.BLUE, Severity.YELLOW, Severity.RED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: `organ_id` None = of the whole city."""

    account_id: int
    role: Role
    organ_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a step is judged by."""

    state: CaseState
    organ_id: int
    assignee_id: int | None
    explained_by: frozenset[int]  # every account that ever explained it


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step may not be taken: a code and two sentences."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Step:
    before: frozenset[CaseState]
    after: CaseState | None  # None = as it is
    roles: frozenset[Role]


_UNDECIDED = frozenset({CaseState.OPEN, CaseState.ASSIGNED, CaseState.EXPLAINED})
_ALL = frozenset(CaseState)
_SUPERVISOR = frozenset({Role.SUPERVISOR})

STEPS: dict[CaseCommand, _Step] = {
    CaseCommand.ASSIGN: _Step(_UNDECIDED, CaseState.ASSIGNED, _SUPERVISOR),
    CaseCommand.EXPLAIN: _Step(
        frozenset({CaseState.ASSIGNED, CaseState.EXPLAINED}), CaseState.EXPLAINED, frozenset({Role.ORGAN_MANAGER})
    ),
    CaseCommand.CONFIRM: _Step(frozenset({CaseState.ASSIGNED, CaseState.EXPLAINED}), CaseState.CONFIRMED, _SUPERVISOR),
    CaseCommand.DISMISS: _Step(_UNDECIDED, CaseState.DISMISSED, _SUPERVISOR),
    CaseCommand.CLOSE: _Step(DECIDED, CaseState.CLOSED, _SUPERVISOR),
    CaseCommand.REOPEN: _Step(DECIDED | {CaseState.CLOSED, CaseState.WITHDRAWN}, CaseState.OPEN, _SUPERVISOR),
    CaseCommand.COMMENT: _Step(
        _ALL, None, frozenset({Role.SUPERVISOR, Role.ORGAN_MANAGER, Role.CITY_DISPATCHER, Role.ORGAN_DISPATCHER})
    ),
}
"""What people may do; what the service does is `after_findings`."""

_SUPERVISING = frozenset(
    {CaseCommand.ASSIGN, CaseCommand.CONFIRM, CaseCommand.DISMISS, CaseCommand.CLOSE, CaseCommand.REOPEN}
)
"""Reopening takes a decision back, and assigning chooses who decides: both are part of deciding."""

_NEEDS_WHY = frozenset(
    {CaseCommand.EXPLAIN, CaseCommand.CONFIRM, CaseCommand.DISMISS, CaseCommand.REOPEN, CaseCommand.COMMENT}
)


def refusals(case: CaseFacts, command: CaseCommand, actor: Actor, why: str | None) -> list[Refusal]:
    """Every reason why the actor may not take the step; empty = allowed."""
    step = STEPS[command]
    found: list[Refusal] = []
    if case.state not in step.before:
        found.append(
            Refusal(
                "wrong_state",
                f"线索处于“{case.state.value}”状态，不能执行此操作。",
                f"The case is {case.state.value}: {command.value} is possible from {', '.join(sorted(step.before))}.",
            )
        )
    if actor.role not in step.roles:
        allowed = ", ".join(sorted(role.value for role in step.roles))
        found.append(Refusal("wrong_role", "您的角色不能执行此操作。", f"Only {allowed} may do this."))
    if command in _SUPERVISING:
        if actor.organ_id == case.organ_id:
            found.append(
                Refusal(
                    "own_organ",
                    "涉事单位不得处理本单位的线索。",
                    "The organ concerned does not decide on its own case.",
                )
            )
        if actor.account_id in case.explained_by:
            found.append(Refusal("explained_it", "说明人不得作出认定。", "Who explained a case does not decide on it."))
    if command is CaseCommand.EXPLAIN and actor.organ_id != case.organ_id:
        found.append(
            Refusal("not_concerned", "只有涉事单位可以说明情况。", "Only the organ concerned explains a case.")
        )
    if command in _NEEDS_WHY and not (why or "").strip():
        found.append(Refusal("why_missing", "请填写理由。", "Say why."))
    return found


def state_after(case: CaseFacts, command: CaseCommand) -> CaseState:
    """The state that a step which is allowed leads to. What was explained stays so in other hands."""
    after = STEPS[command].after
    if command is CaseCommand.ASSIGN and case.state is CaseState.EXPLAINED:
        return case.state
    return case.state if after is None else after


WITHIN: Mapping[CaseState, str] = {
    CaseState.OPEN: "cases.assign_within_s",
    CaseState.ASSIGNED: "cases.explain_within_s",
    CaseState.EXPLAINED: "cases.decide_within_s",
}
"""The policy that says how long a state may last; others may last for ever."""


def due_at(
    state: CaseState, since: datetime, within_s: Mapping[CaseState, int], *, explain_by: datetime | None = None
) -> datetime | None:
    """Until when the state, which began at `since`, may last. A supervisor's own date for the explanation counts."""
    if state is CaseState.ASSIGNED and explain_by is not None:
        return explain_by
    return since + timedelta(seconds=within_s[state]) if state in within_s else None


def after_findings(state: CaseState, *, standing: int, new: bool) -> CaseState:
    """What the findings alone make of a case: `standing` of them are not withdrawn; `new`: one came that was not there.

    A case that people have taken up is never ended by the service: they see that its findings were withdrawn.
    """
    if standing == 0:
        return CaseState.WITHDRAWN if state is CaseState.OPEN else state
    if state is CaseState.WITHDRAWN:
        return CaseState.OPEN
    if new and state in DECIDED | {CaseState.CLOSED}:
        return CaseState.OPEN
    return state


def colour(findings: Iterable[Severity]) -> Severity:
    """The heaviest; blue where there is none."""
    return max(findings, key=_ORDER.index, default=Severity.BLUE)
