"""What may be done to a task, and why not; and what it allows the vehicles it called.

    called ── release ──> ... ── close ──> closed          approve | reject: once, by another person, at any time

Calling goes on until it is closed or over, answering and releasing until it is closed. A refusal ends the calling and
nothing on the road.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from fleet.dispatch.commands import APPROVERS, Actor
from fleet.dispatch.reasons import Reason, data, state, when, who
from fleet.dispatch.roster import answer_of
from fleet.model.orders import Decision
from fleet.model.tasks import Answer, Call, Task, TaskNeed
from fleet.model.verdicts import Grant, GrantKind

MOST_VEHICLES = 1_000
MOST_NEEDS = 20


def opening_refusals(
    needs: tuple[TaskNeed, ...], begins_at: datetime, ends_at: datetime, *, now: datetime, longest_s: int
) -> Iterator[Reason]:
    """Why such a task may not be begun."""
    if ends_at <= now:
        yield when("over_already", "任务结束时间已过", "It would be over already", ends_at.isoformat(), "planned_to")
    if ends_at - begins_at > timedelta(seconds=longest_s):
        days = longest_s // 86_400
        zh, en = f"任务最长 {days} 天", f"A task lasts {days} days at most"
        yield data("planned_to", "too_long", zh, en, days)
    wanted = sum(need.count for need in needs)
    if wanted > MOST_VEHICLES:
        zh, en = f"一次任务最多 {MOST_VEHICLES} 辆车", f"At most {MOST_VEHICLES} vehicles in one task"
        yield data("needs", "too_many_vehicles", zh, en, wanted)


def calling_refusals(task: Task, now: datetime) -> Iterator[Reason]:
    """Why no further vehicle may be called."""
    yield from closed_refusals(task)
    if task.decision is Decision.REJECTED:
        yield state("task_rejected", "任务未获批准，不得再调车", "It was rejected: no further vehicle may be called")
    if now >= task.ends_at:
        yield when("task_over", "任务时间已过", "Its time is over", task.ends_at.isoformat())


def closed_refusals(task: Task) -> Iterator[Reason]:
    if task.closed_at is not None:
        yield state("task_closed", "任务已结束", "The task is closed", task.closed_at.isoformat())


def deciding_refusals(task: Task, actor: Actor) -> Iterator[Reason]:
    """Nobody decides on his own task, and nobody decides twice."""
    if actor.role not in APPROVERS:
        yield who("not_an_approver", "您的角色不能审批", "Your role does not approve", actor.role.value)
    if actor.account_id == task.commander_id:
        yield who("own_task", "不能审批自己发起的任务", "Nobody approves his own task")
    if task.decision is not Decision.PENDING:
        zh, en = "任务已有审批结论", f"It is decided already: {task.decision.value}"
        yield state("decided_already", zh, en, task.decision.value)


def deciding_doubts(task: Task, now: datetime) -> Iterator[Reason]:
    if now > task.approve_by:
        at = task.approve_by.isoformat()
        zh, en = f"已超过补批时限（{at}）", f"The time to approve ended at {at}: what was driven stays approved late"
        yield when("approved_late", zh, en, at)


def grant_of(task: Task, call: Call, *, divisions: frozenset[int] | None, return_within_s: int) -> Grant | None:
    """What the task allows a vehicle from its call until it is released, and the way home; None = nothing. Whoever
    refuses was never in it, or is out of it where he had agreed before.

    Before the decision it counts as an open emergency. A task has no destinations that a vehicle must have reached: it
    is sent on from place to place.
    """
    if task.decision is Decision.REJECTED:
        return None
    end = min(call.released_at or task.ends_at, task.ends_at) + timedelta(seconds=return_within_s)
    if answer_of(call) is Answer.REFUSED:
        refused_at = call.answered_at or call.unit_answered_at
        if refused_at is None or refused_at <= call.answer_by:
            return None
        end = min(end, refused_at)
    begin = max(call.called_at, task.begins_at)
    if end <= begin:
        return None
    pending = task.decision is Decision.PENDING
    return Grant(
        kind=GrantKind.TASK_OPEN if pending else GrantKind.TASK,
        source_id=task.id,
        number=task.number,
        version=0,
        known_at=task.created_at if pending or task.decided_at is None else task.decided_at,
        begin=begin,
        end=end,
        divisions=divisions,
        vehicle_known_at=call.called_at,
        decide_by=task.approve_by,
    )
