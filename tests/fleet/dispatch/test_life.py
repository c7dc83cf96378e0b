"""The life of an order: the straight way, who may do what, and its end before the departure."""

from __future__ import annotations

import pytest

from fleet.dispatch import commands as c
from fleet.dispatch.commands import Actor, Wanted
from fleet.dispatch.life import NotPossible, decide
from fleet.dispatch.reasons import Kind, codes
from fleet.model.orders import Decision, OrderState
from tests.fleet.dispatch.builders import (
    APPLICANT,
    APPROVER,
    CLERK,
    HOUR,
    LEADER,
    NOW,
    content,
    draft,
    given,
    plan,
)
from tests.fleet.dispatch.steps import APPROVE, ASSIGN, DEPART, RETURN, SETTLE, SUBMIT, TWO, go, refused


def test_the_straight_way() -> None:
    order = go(draft(), SUBMIT, APPROVE)
    assert (order.state, order.number, order.decided_at) == (OrderState.APPROVED, "O7-2026-0001", NOW + HOUR)
    order = go(order, ASSIGN, DEPART, at=2)
    assert order.state is OrderState.DEPARTED
    order = go(order, RETURN, SETTLE, at=4)
    assert order.state is OrderState.SETTLED
    (outing,) = order.outings
    assert (outing.departed_at, outing.returned_at) == (NOW + 3 * HOUR, NOW + 4 * HOUR)
    assert (outing.odometer_out_m, outing.odometer_in_m, outing.tolls_fen) == (1_000_000, 1_080_000, 4_500)


def test_all_reasons_are_said_at_once() -> None:
    order = draft(
        content(facts={"colour": "red"}, emergency=True, plan=plan(ends_at=NOW - HOUR, destinations=(), passengers=-1))
    )
    found = refused(order, c.Submit(), APPROVER)
    assert found == [
        *("not_yours", "fact_missing", "fact_missing", "fact_unknown", "no_emergency"),
        *("window_empty", "destinations", "passengers"),
    ]


def test_a_person_counts_before_a_state_and_a_state_before_data() -> None:
    with pytest.raises(NotPossible) as caught:
        decide(draft(), c.Reject(None), APPLICANT, given())
    assert caught.value.kind is Kind.WHO
    with pytest.raises(NotPossible) as caught:
        decide(draft(), c.Reject(None), APPROVER, given())
    assert codes(caught.value.reasons) == ["state", "why_missing"]
    assert caught.value.kind is Kind.STATE


def test_nobody_decides_on_an_order_of_his_own() -> None:
    mine = go(draft(applicant=APPROVER), (c.Submit("1"), APPROVER))
    assert refused(mine, c.Approve(), APPROVER) == ["own_order"]
    assert refused(mine, c.Reject("no"), APPROVER) == ["own_order"]
    handed_in = go(draft(applicant=APPLICANT), (c.Submit("1"), CLERK))
    became_approver = Actor(CLERK.account_id, APPROVER.role)
    assert refused(handed_in, c.Approve(), became_approver) == ["own_order"]


def test_two_levels_are_two_people() -> None:
    order = go(draft(), SUBMIT, APPROVE, rules=TWO)
    assert (order.state, order.decision, order.levels) == (OrderState.SUBMITTED, Decision.PENDING, 2)
    assert refused(order, c.Approve(), APPROVER) == ["already_decided"]
    order = go(order, (c.Approve(), LEADER), at=2)
    assert (order.state, order.decided_at) == (OrderState.APPROVED, NOW + 2 * HOUR)
    assert [(one.level, one.approver_id) for one in order.approvals] == [(1, 3), (2, 4)]


def test_levels_are_those_of_the_submission() -> None:
    order = go(draft(), SUBMIT)
    assert go(order, APPROVE, at=1, rules=TWO).state is OrderState.APPROVED


def test_one_refusal_rejects_and_a_new_round_begins() -> None:
    order = go(draft(), SUBMIT, APPROVE, (c.Reject("路线不明"), LEADER), rules=TWO)
    assert order.state is OrderState.REJECTED
    assert refused(order, c.Assign((Wanted(100),)), CLERK) == ["state"]
    again = go(order, (c.Edit(content(remarks="已补充")), APPLICANT), (c.Submit("other"), APPLICANT), APPROVE, at=3)
    assert (again.state, again.round, again.number) == (OrderState.APPROVED, 2, "O7-2026-0001")


def test_a_number_is_kept_and_a_window_that_is_over_is_refused() -> None:
    assert refused(draft(), c.Submit("1"), APPLICANT, hours=5) == ["window_past"]
    order = draft(content(plan=plan(ends_at=NOW + 40 * 24 * HOUR)))
    assert refused(order, c.Submit("1"), APPLICANT) == ["window_too_long"]


def test_cancelling() -> None:
    assert go(draft(), (c.Cancel(), APPLICANT)).state is OrderState.CANCELLED
    order = go(draft(), SUBMIT, APPROVE, ASSIGN)
    assert refused(order, c.Cancel(), APPLICANT) == ["why_missing"]
    assert refused(order, c.Cancel("x y"), APPROVER) == ["not_yours"]
    gone = go(order, (c.Cancel("行程取消"), APPLICANT), at=3)
    assert (gone.state, gone.assigned) == (OrderState.CANCELLED, ())
    out = go(order, DEPART, at=3)
    assert refused(out, c.Cancel("x y"), APPLICANT) == ["state"]
