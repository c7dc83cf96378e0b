"""Emergencies: depart first, approved within a time."""

from __future__ import annotations

from datetime import timedelta

from fleet.dispatch import commands as c
from fleet.dispatch.commands import Wanted
from fleet.model.orders import Decision, OrderState
from tests.fleet.dispatch.builders import (
    APPLICANT,
    APPROVER,
    CLERK,
    HOUR,
    NOW,
    content,
    draft,
    emergency,
    plan,
)
from tests.fleet.dispatch.steps import APPROVE, ASSIGN, DEPART, RETURN, SETTLE, SUBMIT, go, refused


class TestEmergency:
    def test_departs_first_and_is_approved_after(self) -> None:
        order = go(draft(emergency()), SUBMIT, ASSIGN, DEPART)
        assert (order.state, order.decision) == (OrderState.DEPARTED, Decision.PENDING)
        assert order.approve_by == NOW + 2 * HOUR + timedelta(days=2)
        order = go(order, APPROVE, RETURN, SETTLE, at=3)
        assert (order.state, order.decision, order.decided_at) == (
            OrderState.SETTLED,
            Decision.APPROVED,
            NOW + 3 * HOUR,
        )

    def test_waits_for_its_approval_before_it_is_settled(self) -> None:
        order = go(draft(emergency()), SUBMIT, ASSIGN, DEPART, RETURN)
        assert refused(order, c.Settle(), CLERK, hours=9) == ["approval_pending"]
        late = go(order, SETTLE, at=60)
        assert (late.state, late.decision) == (OrderState.SETTLED, Decision.PENDING)
        assert go(late, APPROVE, at=61).decision is Decision.APPROVED, "late, and recognisable by its time"

    def test_refused_on_the_road_stays_on_the_road_and_gets_no_further_vehicle(self) -> None:
        order = go(draft(emergency()), SUBMIT, ASSIGN, DEPART, (c.Reject("非应急事项"), APPROVER))
        assert (order.state, order.decision) == (OrderState.DEPARTED, Decision.REJECTED)
        more = c.Assign((Wanted(100, 200), Wanted(101, 201)), "more")
        assert refused(order, more, CLERK) == ["refused"]
        assert go(order, RETURN, SETTLE, at=9).state is OrderState.SETTLED

    def test_refused_before_it_left_releases_its_vehicles(self) -> None:
        order = go(draft(emergency()), SUBMIT, ASSIGN, (c.Reject("非应急事项"), APPROVER))
        assert (order.state, order.assigned) == (OrderState.REJECTED, ())

    def test_only_some_purposes_are_emergencies(self) -> None:
        assert refused(draft(content(emergency=True)), c.Submit("1"), APPLICANT) == ["no_emergency"]

    def test_is_written_down_when_it_is_over(self) -> None:
        over = draft(emergency(plan=plan(begins_at=NOW - 9 * HOUR, ends_at=NOW - HOUR)))
        early = c.Depart(at=NOW - 9 * HOUR)
        order = go(over, SUBMIT, ASSIGN, (early, CLERK))
        assert order.outings[0].departed_at == NOW - 9 * HOUR
        assert order.outings[0].departure_recorded_at == NOW + 2 * HOUR
