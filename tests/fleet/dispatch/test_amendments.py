"""Changes of an order that runs."""

from __future__ import annotations

from fleet.dispatch import commands as c
from fleet.dispatch.commands import Actor
from fleet.model.orders import Decision, OrderState
from tests.fleet.dispatch.builders import (
    APPLICANT,
    APPROVER,
    CLERK,
    HOUR,
    LEADER,
    NOW,
    OFFICER,
    draft,
    plan,
)
from tests.fleet.dispatch.steps import APPROVE, ASSIGN, DEPART, RETURN, SETTLE, SUBMIT, TWO, go, refused


class TestAmendment:
    LONGER = plan(ends_at=NOW + 9 * HOUR)

    def test_permits_nothing_before_it_is_approved(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART, (c.Amend(self.LONGER, "会议延长"), APPLICANT))
        assert order.effective_plan == plan()
        assert refused(order, c.Amend(self.LONGER, "again"), APPLICANT, hours=5) == ["amendment_pending"]
        order = go(order, (c.DecideAmendment(1, approve=True), APPROVER), at=6)
        assert order.effective_plan == self.LONGER
        assert order.amendments[0].decided_at == NOW + 6 * HOUR
        assert refused(order, c.DecideAmendment(1, approve=True), LEADER) == ["amendment_decided"]
        assert refused(order, c.DecideAmendment(2, approve=True), LEADER) == ["unknown_amendment"]

    def test_nobody_decides_on_his_own_change(self) -> None:
        asked = (c.Amend(self.LONGER, "延长"), CLERK)
        order = go(draft(applicant=LEADER), (c.Submit("1"), LEADER), APPROVE, asked)
        assert refused(order, c.DecideAmendment(1, approve=True), LEADER) == ["own_order"]
        promoted = Actor(CLERK.account_id, APPROVER.role)
        assert refused(order, c.DecideAmendment(1, approve=True), promoted) == ["own_amendment"]

    def test_two_levels(self) -> None:
        order = go(
            draft(), SUBMIT, APPROVE, (c.Approve(), LEADER), (c.Amend(self.LONGER, "延长"), APPLICANT), rules=TWO
        )
        yes = c.DecideAmendment(1, approve=True)
        order = go(order, (yes, APPROVER), at=5)
        assert order.amendments[0].decision is Decision.PENDING
        assert refused(order, yes, APPROVER) == ["already_decided"]
        assert go(order, (yes, OFFICER), at=6).effective_plan == self.LONGER

    def test_refused_withdrawn_and_in_the_way_of_settling(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART, RETURN, (c.Amend(self.LONGER, "延长"), APPLICANT))
        assert refused(order, c.Settle(), CLERK) == ["amendment_pending"]
        assert refused(order, c.DecideAmendment(1, approve=False), APPROVER) == ["why_missing"]
        no = go(order, (c.DecideAmendment(1, approve=False, why="不同意"), APPROVER), at=6)
        assert (no.amendments[0].decision, no.effective_plan) == (Decision.REJECTED, plan())
        assert go(order, (c.WithdrawAmendment(1), CLERK), SETTLE, at=6).state is OrderState.SETTLED

    def test_in_time_and_with_content(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART, RETURN)
        assert refused(order, c.Amend(self.LONGER, "延长"), APPLICANT, hours=40) == ["amend_too_late"]
        assert refused(order, c.Amend(plan(), "nothing"), APPLICANT, hours=6) == ["nothing_changed"]
        waiting = go(draft(), SUBMIT)
        assert refused(waiting, c.Amend(self.LONGER, "延长"), APPLICANT) == ["state", "not_approved"]
