"""Why a command may not be given: who, in which state of the order, when, with which data. All reasons at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType

from fleet.dispatch import commands as c
from fleet.dispatch.assigning import assign_refusals
from fleet.dispatch.commands import WHO, Actor, Command, Name
from fleet.dispatch.given import Given
from fleet.dispatch.outings import outing_refusals
from fleet.dispatch.plans import plan_reasons
from fleet.dispatch.purposes import purpose_reasons
from fleet.dispatch.reasons import Reason, data, state, when, who
from fleet.model.orders import Approval, Decision, Order, OrderState

LONGEST_WHY = 1_000


_S = OrderState
_RUNNING = frozenset({_S.APPROVED, _S.ASSIGNED, _S.DEPARTED, _S.RETURNED})

FROM: Mapping[Name, frozenset[OrderState]] = MappingProxyType(
    {
        Name.EDIT: frozenset({_S.DRAFT, _S.REJECTED}),
        Name.SUBMIT: frozenset({_S.DRAFT, _S.REJECTED}),
        Name.APPROVE: frozenset({_S.SUBMITTED}),
        Name.REJECT: frozenset({_S.SUBMITTED}),
        Name.ASSIGN: frozenset({_S.APPROVED, _S.ASSIGNED, _S.DEPARTED}),
        Name.DEPART: frozenset({_S.ASSIGNED, _S.DEPARTED}),
        Name.RETURN: frozenset({_S.DEPARTED}),
        Name.SETTLE: frozenset({_S.RETURNED}),
        Name.CANCEL: frozenset({_S.DRAFT, _S.SUBMITTED, _S.APPROVED, _S.ASSIGNED}),
        Name.AMEND: _RUNNING,
        Name.APPROVE_AMENDMENT: _RUNNING,
        Name.REJECT_AMENDMENT: _RUNNING,
        Name.WITHDRAW_AMENDMENT: _RUNNING,
        Name.CORRECT: frozenset({_S.DEPARTED, _S.RETURNED, _S.SETTLED}),
        Name.ROAD: frozenset({_S.ASSIGNED, _S.DEPARTED, _S.RETURNED}),
    }
)
"""From which states each command may be given."""

FROM_EMERGENCY: Mapping[Name, frozenset[OrderState]] = MappingProxyType(
    {
        Name.APPROVE: frozenset({_S.ASSIGNED, _S.DEPARTED, _S.RETURNED, _S.SETTLED}),
        Name.REJECT: frozenset({_S.ASSIGNED, _S.DEPARTED, _S.RETURNED, _S.SETTLED}),
        Name.ASSIGN: frozenset({_S.SUBMITTED}),
    }
)
"""And from which besides while nobody has decided on an emergency."""

_STATE_ZH = {
    _S.DRAFT: "草稿",
    _S.SUBMITTED: "待审批",
    _S.APPROVED: "已审批",
    _S.REJECTED: "已驳回",
    _S.ASSIGNED: "已派车",
    _S.DEPARTED: "已出车",
    _S.RETURNED: "已回车",
    _S.SETTLED: "已结算",
    _S.CANCELLED: "已取消",
}


def refusals(order: Order, command: Command, actor: Actor, given: Given) -> tuple[Reason, ...]:
    """Every reason why not; empty = it may be done."""
    found = [*who_reasons(order, command.name, actor), *state_reasons(order, command.name), *_why(order, command)]
    match command:
        case c.Edit():
            pass  # a draft may be incomplete: what is wrong is said then, and refused at submission
        case c.Submit():
            found += content_reasons(order, given)
        case c.Approve() | c.Reject():
            found += _decided_by(order, actor, amendment=0)
        case c.Assign():
            found += [*_refused(order), *assign_refusals(order, command, given)]
        case c.Depart():
            found += [*_refused(order), *_depart(order, command, given)]
        case c.Return() | c.Correct():
            found += outing_refusals(order, command, given.now)
            if isinstance(command, c.Correct):
                found += _correct_in_time(order, given)
        case c.Settle():
            found += _settle(order, given)
        case c.Cancel():
            pass
        case c.Amend():
            found += _amend(order, command, given)
        case c.DecideAmendment():
            found += _amendment(order, command.number)
            found += _decided_by(order, actor, amendment=command.number)
        case c.WithdrawAmendment():
            found += _amendment(order, command.number)
    return tuple(found)


# ---------------------------------------------------------------- who


def who_reasons(order: Order, name: Name, actor: Actor) -> list[Reason]:
    """The role, and whose order it is."""
    found: list[Reason] = []
    if actor.role not in WHO[name]:
        zh, en = "该角色不能进行此操作", f"The role {actor.role.value} may not do this"
        found.append(who("role", zh, en, actor.role.value))
    own = actor.account_id == order.applicant_id
    match name:
        case Name.APPROVE | Name.REJECT | Name.APPROVE_AMENDMENT | Name.REJECT_AMENDMENT:
            if own or actor.account_id == order.submitter_id:
                found.append(who("own_order", "不能审批本人的申请", "Nobody decides on an order of his own"))
        case Name.EDIT | Name.SUBMIT | Name.CANCEL | Name.AMEND | Name.WITHDRAW_AMENDMENT:
            if not own and not actor.dispatches:
                zh, en = "只有申请人或调度员可以办理", "Only the applicant or a dispatcher may do this"
                found.append(who("not_yours", zh, en))
        case _:
            pass
    return found


def _decided_by(order: Order, actor: Actor, *, amendment: int) -> list[Reason]:
    found: list[Reason] = []
    asked = next((one for one in order.amendments if one.number == amendment), None)
    if asked is not None and asked.requester_id == actor.account_id:
        found.append(who("own_amendment", "不能审批本人提出的变更", "Nobody decides on a change he asked for"))
    if any(one.approver_id == actor.account_id for one in approvals_of(order, amendment)):
        zh, en = "两级审批须由不同的人进行", "The levels of approval are those of different people"
        found.append(who("already_decided", zh, en))
    return found


def approvals_of(order: Order, amendment: int) -> list[Approval]:
    """Of the order in its present round (0), or of one amendment."""
    return [
        one for one in order.approvals if one.amendment == amendment and (amendment > 0 or one.round == order.round)
    ]


# ---------------------------------------------------------------- at which point


def may_from(order: Order, name: Name) -> bool:
    """Whether the order's state allows the command; an emergency on which nobody has decided allows more."""
    if order.state in FROM[name]:
        return True
    if name is Name.RETURN and order.state is OrderState.RETURNED:
        return any(one.unaccounted for one in order.outings)
    undecided = order.emergency and order.decision is Decision.PENDING
    return undecided and order.state in FROM_EMERGENCY.get(name, frozenset())


def state_reasons(order: Order, name: Name) -> list[Reason]:
    if may_from(order, name):
        return []
    zh = f"订单{_STATE_ZH[order.state]}，不能进行此操作"
    return [state("state", zh, f"The order is {order.state.value}: this cannot be done now", order.state.value)]


def _why(order: Order, command: Command) -> list[Reason]:
    """Some steps need to be explained; none by more than fits into the history."""
    why = (command.why or "").strip()
    match command:
        case c.Reject() | c.Amend() | c.Correct():
            needed = True
        case c.DecideAmendment():
            needed = not command.approve
        case c.Cancel():
            needed = order.state is not OrderState.DRAFT
        case c.Assign():
            needed = order.state is OrderState.DEPARTED
        case _:
            needed = False
    if needed and len(why) < 2:
        return [data("why", "why_missing", "请说明理由", "Say why")]
    if len(why) > LONGEST_WHY:
        return [data("why", "why_too_long", f"理由不超过 {LONGEST_WHY} 字", f"At most {LONGEST_WHY} characters")]
    return []


# ---------------------------------------------------------------- with which data, and when


def content_reasons(order: Order, given: Given) -> list[Reason]:
    """What keeps the order, as it is written, from being submitted."""
    return [
        *purpose_reasons(order.purpose, order.facts, emergency=order.emergency),
        *plan_reasons(order.plan, now=given.now, longest_s=given.rules.longest_window_s, emergency=order.emergency),
    ]


def _refused(order: Order) -> Iterable[Reason]:
    """An emergency that was refused while a vehicle was out gets no further ones."""
    if order.decision is Decision.REJECTED and order.state in (OrderState.ASSIGNED, OrderState.DEPARTED):
        yield state("refused", "该应急用车未获批准", "The emergency was refused: no further vehicle may go")


def _depart(order: Order, command: c.Depart, given: Given) -> Iterable[Reason]:
    yield from outing_refusals(order, command, given.now)
    plan = order.effective_plan
    begins = plan.begins_at - timedelta(seconds=given.rules.early_departure_s)
    if given.now < begins:
        zh = f"最早可于 {given.rules.early_departure_s // 60} 分钟前出车，如需提前请先变更"
        en = f"At most {given.rules.early_departure_s // 60} minutes before the planned time: amend the order first"
        yield when("too_early", zh, en, plan.begins_at.isoformat())
    if (command.at or given.now) >= plan.ends_at and not order.emergency:
        zh, en = "计划用车时间已过，请先变更", "The planned time is over: amend the order first"
        yield when("window_over", zh, en, plan.ends_at.isoformat())
    leaving = [one for one in order.assigned if command.vehicle_id in (None, one.vehicle_id)]
    for one in leaving:
        if order.outing_of(one.vehicle_id) is not None:
            continue
        if one.driver_id is None:
            zh, en = f"车辆 {one.vehicle_id} 未指派驾驶员", f"The vehicle {one.vehicle_id} has no driver yet"
            yield data("driver_id", "driver_missing", zh, en, one.vehicle_id)
        if one.vehicle_id in given.out_elsewhere and not order.emergency:
            zh = f"车辆 {one.vehicle_id} 在另一订单中尚未回车，请先登记回车"
            en = f"The vehicle {one.vehicle_id} is still out for another order: record its return first"
            yield state("still_out", zh, en, one.vehicle_id)


def _correct_in_time(order: Order, given: Given) -> Iterable[Reason]:
    within = timedelta(seconds=given.rules.correct_within_s)
    if order.settled_at is not None and given.now > order.settled_at + within:
        zh, en = "结算已久，不能再更正", "The order was settled too long ago to be corrected"
        yield when("correct_too_late", zh, en, order.settled_at.isoformat())


def _settle(order: Order, given: Given) -> Iterable[Reason]:
    for one in order.outings:
        if one.unaccounted:
            zh = f"车辆 {one.vehicle_id} 已由轨迹判定回车，请先登记里程和费用"
            en = f"The vehicle {one.vehicle_id} is back by the road: state its odometer and costs first"
            yield state("account_missing", zh, en, one.vehicle_id)
    if order.pending_amendment is not None:
        zh, en = "有待审批的变更", "An amendment waits for its decision"
        yield state("amendment_pending", zh, en, order.pending_amendment.number)
    undecided = order.emergency and order.decision is Decision.PENDING
    if undecided and (order.approve_by is None or given.now <= order.approve_by):
        yield state("approval_pending", "应急用车尚未补批", "The emergency waits for its approval")


def _amend(order: Order, command: c.Amend, given: Given) -> Iterable[Reason]:
    if order.pending_amendment is not None:
        zh, en = "有待审批的变更，请先办结或撤回", "An amendment waits for its decision: have it decided or withdraw it"
        yield state("amendment_pending", zh, en, order.pending_amendment.number)
    if order.decision is not Decision.APPROVED:
        yield state("not_approved", "订单未经审批", "The order itself is not approved")
    returned = [one.returned_at for one in order.outings if one.returned_at is not None]
    if order.state is OrderState.RETURNED and returned:
        last = max(returned)
        if given.now > last + timedelta(seconds=given.rules.amend_within_s):
            zh, en = "回车已久，不能再变更", "The vehicle returned too long ago for an amendment"
            yield when("amend_too_late", zh, en, last.isoformat())
    if command.plan == order.effective_plan:
        yield data(None, "nothing_changed", "没有变更内容", "The amendment changes nothing")
    yield from plan_reasons(
        command.plan,
        now=given.now,
        longest_s=given.rules.longest_window_s,
        emergency=order.state is OrderState.RETURNED,
    )


def _amendment(order: Order, number: int) -> Iterable[Reason]:
    asked = next((one for one in order.amendments if one.number == number), None)
    if asked is None:
        yield data("number", "unknown_amendment", f"没有第 {number} 次变更", f"There is no amendment {number}", number)
    elif asked.decision is not Decision.PENDING:
        zh, en = f"第 {number} 次变更已办结", f"The amendment {number} is {asked.decision.value} already"
        yield state("amendment_decided", zh, en, asked.decision.value)
