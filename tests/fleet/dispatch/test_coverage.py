"""What an order permitted as it was known at a moment: nothing before it was decided, nothing taken back silently."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given as examples
from hypothesis import strategies as st

from fleet.dispatch import commands as c
from fleet.dispatch.coverage import Standing, latest_permit, permit_known_at, permits
from fleet.dispatch.life import decide
from fleet.model.orders import Order
from tests.fleet.dispatch.builders import APPLICANT, APPROVER, CLERK, HOUR, NOW, draft, emergency, given, plan

LONGER = plan(ends_at=NOW + 9 * HOUR)
STEPS: tuple[tuple[c.Command, c.Actor], ...] = (
    (c.Submit("O7-2026-0001"), APPLICANT),
    (c.Approve(), APPROVER),
    (c.Assign((c.Wanted(100, 200),)), CLERK),
    (c.Depart(), CLERK),
    (c.Amend(LONGER, "会议延长"), APPLICANT),
    (c.Assign((c.Wanted(100, 201), c.Wanted(101, 202)), "换人并加车"), CLERK),
    (c.Return(vehicle_id=100, account={"odometer_in_m": 1}), CLERK),
    (c.DecideAmendment(1, approve=True), APPROVER),
)


def after(count: int, order: Order | None = None, steps: tuple[tuple[c.Command, c.Actor], ...] = STEPS) -> Order:
    """The order after so many steps, half an hour apart."""
    order = order or draft()
    for number, (command, actor) in enumerate(steps[:count]):
        order = decide(order, command, actor, given(NOW + number * HOUR / 2))
    return order


def test_a_draft_permits_nothing() -> None:
    assert permits(draft()) == ()
    assert latest_permit(draft()) is None
    assert permit_known_at(draft(), NOW) is None


def test_each_decision_begins_a_version() -> None:
    versions = permits(after(8))
    half = HOUR / 2
    assert [(one.known_from - NOW) / half for one in versions] == [0, 1, 2, 5, 7]
    assert [one.known_until for one in versions] == [*(one.known_from for one in versions[1:]), None]
    assert [one.standing for one in versions] == [Standing.APPLIED, *[Standing.APPROVED] * 4]
    assert [one.permits for one in versions] == [False, True, True, True, True]
    assert [[(held.vehicle_id, held.driver_id) for held in one.assigned] for one in versions] == [
        *([], [], [(100, 200)]),
        *([(100, 201), (101, 202)], [(100, 201), (101, 202)]),
    ]
    assert [one.plan == LONGER for one in versions] == [False, False, False, False, True]
    last = versions[-1]
    assert (last.amendment, last.approved_at, last.plan_approved_at) == (1, NOW + half, NOW + 7 * half)
    assert last.plan_approved_at is not None
    outing = after(8).outing_of(100)
    assert outing is not None
    assert outing.returned_at is not None
    assert last.plan_approved_at > outing.returned_at, "approved after the fact, and it shows"


def test_a_refused_amendment_changes_nothing() -> None:
    refused = (*STEPS[:7], (c.DecideAmendment(1, approve=False, why="不同意"), APPROVER))
    assert permits(after(8, steps=refused)) == permits(after(7))


def test_a_cancelled_order_permitted_what_it_permitted() -> None:
    order = decide(after(3), c.Cancel("行程取消"), APPLICANT, given(NOW + 3 * HOUR))
    assert [one.standing for one in permits(order)] == [
        *(Standing.APPLIED, Standing.APPROVED, Standing.APPROVED, Standing.CANCELLED)
    ]
    now, before = permit_known_at(order, NOW + 3 * HOUR), permit_known_at(order, NOW + 2 * HOUR)
    assert now is not None
    assert before is not None
    assert (now.permits, now.assigned) == (False, ())
    assert before.permits
    assert before.assignment_of(100) is not None
    assert before.assignment_of(101) is None


def test_an_emergency_may_drive_while_nobody_has_decided() -> None:
    steps = (STEPS[0], STEPS[2], STEPS[3])
    order = after(3, draft(emergency()), steps)
    waiting = latest_permit(order)
    assert waiting is not None
    assert (waiting.standing, waiting.permits, waiting.approved_at) == (Standing.APPLIED, True, None)
    assert waiting.approve_by == NOW + HOUR + timedelta(days=2)
    refused = decide(order, c.Reject("非应急事项"), APPROVER, given(NOW + 9 * HOUR))
    last = latest_permit(refused)
    assert last is not None
    assert (last.standing, last.permits) == (Standing.REFUSED, False)


def test_a_rejected_round_permits_nothing_and_leaves_no_trace_in_the_next() -> None:
    order = decide(after(1), c.Reject("路线不明"), APPROVER, given(NOW + HOUR))
    last = latest_permit(order)
    assert last is not None
    assert last.standing is Standing.REFUSED
    again = decide(order, c.Submit(), APPLICANT, given(NOW + 2 * HOUR))
    assert [(one.known_from, one.standing) for one in permits(again)] == [(NOW + 2 * HOUR, Standing.APPLIED)]


@examples(st.integers(0, 8), st.integers(-2, 12).map(lambda number: NOW + number * HOUR / 4))
def test_a_moment_knows_what_its_version_says(count: int, moment: datetime) -> None:
    order = after(count)
    known = permit_known_at(order, moment)
    holding = [
        one
        for one in permits(order)
        if one.known_from <= moment and (one.known_until is None or moment < one.known_until)
    ]
    assert holding == ([] if known is None else [known])


@examples(st.integers(1, 7))
def test_later_steps_change_nothing_of_what_was_known(count: int) -> None:
    """But the end of what was then the last version."""
    before, later = after(count), after(8)
    moment = NOW + (count - 1) * HOUR / 2
    for number in range(2 * count):
        at = NOW + number * HOUR / 4
        if at > moment:
            break
        one, other = permit_known_at(before, at), permit_known_at(later, at)
        assert one is not None
        assert other is not None
        assert (one.standing, one.plan, one.amendment, one.approved_at) == (
            *(other.standing, other.plan, other.amendment, other.approved_at),
        )
        assert [(held.vehicle_id, held.driver_id) for held in one.assigned] == [
            (held.vehicle_id, held.driver_id) for held in other.assigned
        ]
