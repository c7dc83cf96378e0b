"""The life of an order: 申请 → 审批 → 派车 → 出车 → 回车 → 结算. What a command makes of it, once no guard refuses.

    draft ── submit ──> submitted ── approve ──> approved ── assign ──> assigned ── depart ──> departed
                          │   ▲                                                                   │ return
                        reject │ submit                                                           ▼
                          ▼   │                                              settled <── settle ── returned
                        rejected

A departure or return may also be known from the road (`fleet.dispatch.road`); a return by the road waits for a person's
odometer and costs before it is settled. `cancel` leads from everything before the departure to cancelled. An emergency
may be assigned and depart while it is submitted; who decides on it then changes `decision` and not the state, unless
the vehicle has not left yet.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from fleet.dispatch import commands as c
from fleet.dispatch.assigning import assigned
from fleet.dispatch.commands import Actor, Command, Content
from fleet.dispatch.given import Given
from fleet.dispatch.guards import approvals_of, refusals
from fleet.dispatch.outings import corrected, departed, returned
from fleet.dispatch.reasons import Kind, Reason
from fleet.errors import Conflict
from fleet.model.orders import Amendment, Approval, Decision, Order, OrderState, Outing


class NotPossible(Conflict):
    """A command that may not be given; `reasons` are all of them."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(" ".join(f"{one.en}." for one in reasons))
        self.reasons = reasons

    @property
    def kind(self) -> Kind:
        """The kind that decides the answer: a person before a state, a state before a time, a time before data."""
        kinds = {one.kind for one in self.reasons}
        return next(kind for kind in Kind if kind in kinds)


def drafted(content: Content, *, order_id: int, organ_id: int, applicant_id: int, now: datetime) -> Order:
    """A new order. Nothing is refused yet."""
    order = Order(
        id=order_id,
        organ_id=organ_id,
        applicant_id=applicant_id,
        created_at=now,
        plan=content.plan,
        purpose=content.purpose,
    )
    return _written(order, content)


def decide(order: Order, command: Command, actor: Actor, given: Given) -> Order:
    """The order after the command. Raises NotPossible with every reason."""
    found = refusals(order, command, actor, given)
    if found:
        raise NotPossible(found)
    return apply(order, command, actor, given)


def apply(order: Order, command: Command, actor: Actor, given: Given) -> Order:
    """What the command makes of an order that no guard protects."""
    now = given.now
    match command:
        case c.Edit():
            return _written(order, command.content)
        case c.Submit():
            return replace(
                order,
                state=OrderState.SUBMITTED,
                number=order.number or command.number,
                round=order.round + 1,
                levels=given.rules.approval_levels,
                submitted_at=now,
                submitter_id=actor.account_id,
                decision=Decision.PENDING,
                decided_at=None,
            )
        case c.Approve() | c.Reject():
            return _decided(order, actor, now, approve=isinstance(command, c.Approve), why=command.why)
        case c.Assign():
            changed = replace(order, assignments=assigned(order, command, by_id=actor.account_id, now=now))
            return on_the_road(changed)
        case c.Depart():
            return on_the_road(_departed(order, command, given))
        case c.Return():
            return on_the_road(replace(order, outings=returned(order, command, now)))
        case c.Settle():
            return replace(order, state=OrderState.SETTLED, settled_at=now)
        case c.Cancel():
            return replace(_released(order, now), state=OrderState.CANCELLED, cancelled_at=now)
        case c.Amend():
            asked = Amendment(
                number=len(order.amendments) + 1,
                plan=command.plan,
                why=(command.why or "").strip(),
                requester_id=actor.account_id,
                requested_at=now,
            )
            return replace(order, amendments=(*order.amendments, asked))
        case c.DecideAmendment():
            return _amendment_decided(order, command, actor, now)
        case c.WithdrawAmendment():
            return _amended(order, command.number, Decision.WITHDRAWN, now)
        case c.Correct():
            return _corrected(order, command, given)


def _written(order: Order, content: Content) -> Order:
    return replace(
        order,
        plan=content.plan,
        purpose=content.purpose,
        facts=dict(content.facts),
        emergency=content.emergency,
        bodies=content.bodies,
        equipment=content.equipment,
        contact_name=content.contact_name,
        contact_phone=content.contact_phone,
        remarks=content.remarks,
    )


# ---------------------------------------------------------------- decisions


def _decided(order: Order, actor: Actor, now: datetime, *, approve: bool, why: str | None) -> Order:
    order = _voted(order, 0, actor, now, approve=approve, why=why)
    votes = approvals_of(order, 0)
    if approve and len(votes) < order.levels:
        return order
    decision = Decision.APPROVED if approve else Decision.REJECTED
    order = replace(order, decision=decision, decided_at=now)
    if approve and order.state is OrderState.SUBMITTED:
        return replace(order, state=OrderState.APPROVED)
    if not approve and not order.outings and order.state is not OrderState.SETTLED:
        return replace(_released(order, now), state=OrderState.REJECTED)
    return order


def _voted(order: Order, amendment: int, actor: Actor, now: datetime, *, approve: bool, why: str | None) -> Order:
    vote = Approval(
        amendment=amendment,
        round=order.round,
        level=len(approvals_of(order, amendment)) + 1,
        approver_id=actor.account_id,
        approved=approve,
        decided_at=now,
        why=why,
    )
    return replace(order, approvals=(*order.approvals, vote))


def _amendment_decided(order: Order, command: c.DecideAmendment, actor: Actor, now: datetime) -> Order:
    order = _voted(order, command.number, actor, now, approve=command.approve, why=command.why)
    if command.approve and len(approvals_of(order, command.number)) < order.levels:
        return order
    decision = Decision.APPROVED if command.approve else Decision.REJECTED
    return _amended(order, command.number, decision, now)


def _amended(order: Order, number: int, decision: Decision, now: datetime) -> Order:
    return replace(
        order,
        amendments=tuple(
            replace(one, decision=decision, decided_at=now) if one.number == number else one for one in order.amendments
        ),
    )


# ---------------------------------------------------------------- on the road


def _released(order: Order, now: datetime) -> Order:
    return replace(
        order,
        assignments=tuple(replace(one, ended_at=now) if one.ended_at is None else one for one in order.assignments),
    )


def on_the_road(order: Order) -> Order:
    """The state that follows from the vehicles it has and where they are."""
    outings = {one.vehicle_id: one for one in order.outings}
    if not outings and not order.assigned:
        back = OrderState.APPROVED if order.decision is Decision.APPROVED else OrderState.SUBMITTED
        return replace(order, state=back)
    if not outings:
        return replace(order, state=OrderState.ASSIGNED)
    still_to_go = any(one.vehicle_id not in outings for one in order.assigned)
    out = any(one.returned_at is None for one in order.outings)
    return replace(order, state=OrderState.DEPARTED if out or still_to_go else OrderState.RETURNED)


def _departed(order: Order, command: c.Depart, given: Given) -> Order:
    changed = replace(order, outings=departed(order, command, given.now))
    if len(changed.outings) == len(order.outings):  # what had departed by the road
        return deadline_moved(order, changed, _approve_within(given))
    return _due(changed, _approve_within(given))


def deadline_moved(before: Order, after: Order, within: timedelta) -> Order:
    """`after` with the end of the time in which an emergency has to be approved, which follows its first departure."""
    if before.approve_by is None or not before.outings:
        return _due(after, within)
    moved = _first_departure(after.outings) - _first_departure(before.outings) if after.outings else None
    return replace(after, approve_by=None if moved is None else before.approve_by + moved)


def _due(order: Order, within: timedelta) -> Order:
    """An emergency that leaves without a decision has to be approved within a time of its first departure."""
    undecided = order.emergency and order.decision is Decision.PENDING
    if not undecided or order.approve_by is not None or not order.outings:
        return order
    return replace(order, approve_by=_first_departure(order.outings) + within)


def _approve_within(given: Given) -> timedelta:
    return timedelta(seconds=given.rules.emergency_approve_within_s)


def _first_departure(outings: tuple[Outing, ...]) -> datetime:
    return min(one.departed_at for one in outings)


def _corrected(order: Order, command: c.Correct, given: Given) -> Order:
    before = order.outing_of(command.vehicle_id)
    assert before is not None
    after = corrected(before, command.changes, given.now)
    outings = tuple(one for one in (after if one is before else one for one in order.outings) if one is not None)
    changed = replace(order, outings=outings)
    if order.approve_by is not None:
        changed = deadline_moved(order, changed, _approve_within(given))
    if order.state is OrderState.SETTLED:
        return changed
    if not outings and order.decision is Decision.REJECTED:  # refused while it was believed to be out
        return replace(_released(changed, given.now), state=OrderState.REJECTED)
    return on_the_road(changed)
