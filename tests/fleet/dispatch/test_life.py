"""The life of an order: the straight way, the other ways, and that no sequence of commands leads astray."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import event, settings
from hypothesis import given as examples
from hypothesis import strategies as st

from fleet.dispatch import commands as c
from fleet.dispatch.commands import WHO, Actor, Command, Name, Wanted
from fleet.dispatch.coverage import permits
from fleet.dispatch.given import Rules
from fleet.dispatch.guards import may_from
from fleet.dispatch.history import Event, difference, plain, replay
from fleet.dispatch.life import NotPossible, decide
from fleet.dispatch.reasons import Kind, codes
from fleet.model.orders import Decision, Order, OrderState
from tests.fleet.dispatch.builders import (
    APPLICANT,
    APPROVER,
    CLERK,
    HOUR,
    LEADER,
    NOW,
    OFFICER,
    PEOPLE,
    content,
    draft,
    emergency,
    given,
    plan,
)

TWO = Rules(approval_levels=2)


def go(order: Order, *steps: tuple[Command, Actor], at: int = 0, rules: Rules | None = None) -> Order:
    """One command an hour from `at` hours on."""
    for hours, (command, actor) in enumerate(steps, start=at):
        order = decide(order, command, actor, given(NOW + hours * HOUR, rules=rules or Rules()))
    return order


def refused(order: Order, command: Command, actor: Actor, hours: float = 0, **more: object) -> list[str]:
    with pytest.raises(NotPossible) as caught:
        decide(order, command, actor, given(NOW + hours * HOUR, **more))
    assert all(one.zh and one.en and one.code for one in caught.value.reasons)
    return codes(caught.value.reasons)


SUBMIT = (c.Submit("O7-2026-0001"), APPLICANT)
APPROVE = (c.Approve(), APPROVER)
ASSIGN = (c.Assign((Wanted(100, 200),)), CLERK)
DEPART = (c.Depart(odometer_out_m=1_000_000), CLERK)
BACK = c.Return(account={"odometer_in_m": 1_080_000, "fuel_ml": 6_000, "tolls_fen": 4_500})
RETURN = (BACK, CLERK)
SETTLE = (c.Settle(), CLERK)


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


class TestRoad:
    def test_too_early_and_too_late(self) -> None:
        order = go(
            draft(content(plan=plan(begins_at=NOW + 9 * HOUR, ends_at=NOW + 12 * HOUR))), SUBMIT, APPROVE, ASSIGN
        )
        assert refused(order, c.Depart(), CLERK, hours=8) == ["too_early"]
        assert refused(order, c.Depart(), CLERK, hours=12) == ["window_over"]
        assert decide(order, c.Depart(at=NOW + 11 * HOUR), CLERK, given(NOW + 13 * HOUR)).state is OrderState.DEPARTED
        assert refused(order, c.Depart(at=NOW + 20 * HOUR), CLERK, hours=9) == ["ahead", "window_over"]

    def test_a_vehicle_needs_a_driver_before_it_leaves(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, (c.Assign((Wanted(100),)), CLERK))
        assert refused(order, c.Depart(), CLERK, hours=3) == ["driver_missing"]

    def test_a_vehicle_that_is_still_out_elsewhere(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN)
        assert refused(order, c.Depart(), CLERK, hours=3, out_elsewhere=frozenset({100})) == ["still_out"]
        urgent = go(draft(emergency()), SUBMIT, APPROVE, ASSIGN)
        left = decide(urgent, c.Depart(), CLERK, given(NOW + 3 * HOUR, out_elsewhere=frozenset({100})))
        assert left.state is OrderState.DEPARTED

    def test_several_vehicles_return_one_by_one(self) -> None:
        both = c.Assign((Wanted(101, 201), Wanted(100, 200)))
        order = go(draft(), SUBMIT, APPROVE, (both, CLERK), (c.Depart(), CLERK))
        assert [one.vehicle_id for one in order.outings] == [100, 101]
        assert "which_vehicle" in refused(order, BACK, CLERK, hours=4)
        order = go(order, (c.Return(vehicle_id=101, account={"odometer_in_m": 5}), CLERK), at=4)
        assert order.state is OrderState.DEPARTED
        assert refused(order, c.Return(vehicle_id=101, account={"odometer_in_m": 5}), CLERK) == ["not_out"]
        assert go(order, RETURN, at=5).state is OrderState.RETURNED

    def test_a_vehicle_that_never_left_is_taken_off(self) -> None:
        both = c.Assign((Wanted(101, 201), Wanted(100, 200)))
        order = go(draft(), SUBMIT, APPROVE, (both, CLERK), (c.Depart(vehicle_id=100), CLERK), RETURN)
        assert order.state is OrderState.DEPARTED, "101 may still leave"
        assert refused(order, c.Assign(()), CLERK) == ["why_missing"]
        order = go(order, (c.Assign((), "不需要了"), CLERK), at=5)
        assert (order.state, [one.vehicle_id for one in order.assigned]) == (OrderState.RETURNED, [100])

    def test_a_breakdown_is_replaced_but_not_forgotten(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART)
        assert refused(order, c.Assign((Wanted(101, 201),), "抛锚"), CLERK) == ["vehicle_is_out"]
        order = go(order, (c.Assign((Wanted(100, 202), Wanted(101, 201)), "换人并加车"), CLERK), at=4)
        assert [(one.vehicle_id, one.driver_id, one.ended_at) for one in order.assignments] == [
            (100, 200, NOW + 4 * HOUR),
            (100, 202, None),
            (101, 201, None),
        ]

    def test_readings_that_contradict_each_other(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART)
        assert refused(order, c.Return(), CLERK, hours=4) == ["odometer_missing"]
        below = c.Return(account={"odometer_in_m": 999_999, "tolls_fen": -1})
        assert refused(order, below, CLERK, hours=4) == ["out_of_range", "odometer_backwards"]
        before = c.Return(at=NOW, account={"odometer_in_m": 1_000_001})
        assert refused(order, before, CLERK, hours=4) == ["returned_before_departed"]


class TestCorrection:
    def test_times_and_readings(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART, RETURN)
        fixed = c.Correct(100, {"returned_at": NOW + 4 * HOUR - HOUR / 2, "tolls_fen": 0}, "误登记")
        order = go(order, (fixed, CLERK), at=6)
        assert (order.outings[0].returned_at, order.outings[0].tolls_fen) == (NOW + 3.5 * HOUR, 0)
        assert order.outings[0].return_recorded_at == NOW + 6 * HOUR
        assert refused(order, c.Correct(100, {"tolls_fen": 1}, None), CLERK) == ["why_missing"]
        assert refused(order, c.Correct(100, {"tolls_fen": 0}, "again"), CLERK) == ["nothing_changed"]
        assert refused(order, c.Correct(101, {"tolls_fen": 0}, "other"), CLERK) == ["not_out"]
        assert refused(order, c.Correct(100, {"departed_at": NOW + 9 * HOUR}, "x y"), CLERK, hours=6) == [
            *("ahead", "returned_before_departed")
        ]

    def test_what_never_happened(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART, RETURN)
        out_again = go(order, (c.Correct(100, {"returned_at": None}, "仍在外"), CLERK), at=6)
        assert out_again.state is OrderState.DEPARTED
        never = go(out_again, (c.Correct(100, {"departed_at": None}, "未出车"), CLERK), at=7)
        assert (never.state, never.outings) == (OrderState.ASSIGNED, ())

    def test_the_deadline_of_an_emergency_moves_with_its_departure(self) -> None:
        order = go(draft(emergency()), SUBMIT, ASSIGN, DEPART)
        moved = go(order, (c.Correct(100, {"departed_at": NOW + HOUR}, "实际出车更早"), CLERK), at=5)
        assert moved.approve_by == NOW + HOUR + timedelta(days=2)
        never = go(order, (c.Correct(100, {"departed_at": None}, "未出车"), CLERK), at=5)
        assert (never.state, never.approve_by) == (OrderState.ASSIGNED, None)

    def test_settled_books_close(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART, RETURN, SETTLE)
        assert go(order, (c.Correct(100, {"parking_fen": 500}, "漏记"), CLERK), at=6).state is OrderState.SETTLED
        assert refused(order, c.Correct(100, {"returned_at": None}, "x y"), CLERK) == ["settled"]
        assert refused(order, c.Correct(100, {"parking_fen": 500}, "漏记"), CLERK, hours=24 * 40) == [
            "correct_too_late"
        ]


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


def test_cancelling() -> None:
    assert go(draft(), (c.Cancel(), APPLICANT)).state is OrderState.CANCELLED
    order = go(draft(), SUBMIT, APPROVE, ASSIGN)
    assert refused(order, c.Cancel(), APPLICANT) == ["why_missing"]
    assert refused(order, c.Cancel("x y"), APPROVER) == ["not_yours"]
    gone = go(order, (c.Cancel("行程取消"), APPLICANT), at=3)
    assert (gone.state, gone.assigned) == (OrderState.CANCELLED, ())
    out = go(order, DEPART, at=3)
    assert refused(out, c.Cancel("x y"), APPLICANT) == ["state"]


# ---------------------------------------------------------------- any sequence of commands

vehicles = st.sampled_from([100, 101, 102])
numbers = st.integers(1, 2)
hours = st.one_of(st.none(), st.integers(0, 30).map(lambda number: NOW + number * HOUR))
reasons = st.sampled_from(["理由说明", "理由说明", None])
plans = st.sampled_from([plan(), TestAmendment.LONGER, plan(ends_at=NOW + 30 * HOUR)])
contents = st.sampled_from([content(), emergency(), content(facts={})])
accounts = st.fixed_dictionaries({"odometer_in_m": st.integers(0, 3)})
corrections = st.one_of(
    st.fixed_dictionaries({"returned_at": hours}),
    st.fixed_dictionaries({"departed_at": hours}),
    st.fixed_dictionaries({"departed_at": st.none(), "returned_at": st.none()}),
    st.fixed_dictionaries({"tolls_fen": st.integers(0, 9)}),
)
wanted = st.lists(
    st.tuples(vehicles, st.sampled_from([None, 200, 201, 202])), min_size=1, max_size=3, unique_by=lambda pair: pair[0]
).map(lambda pairs: tuple(Wanted(*pair) for pair in pairs))
STEPS: dict[Name, st.SearchStrategy[Command]] = {
    Name.EDIT: st.builds(c.Edit, contents),
    Name.SUBMIT: st.builds(c.Submit, st.just("O7-2026-0001")),
    Name.APPROVE: st.builds(c.Approve, reasons),
    Name.REJECT: st.builds(c.Reject, reasons),
    Name.ASSIGN: st.builds(c.Assign, st.one_of(st.just((Wanted(100, 200),)), wanted), reasons),
    Name.DEPART: st.one_of(st.builds(c.Depart), st.builds(c.Depart, vehicle_id=vehicles, at=hours)),
    Name.RETURN: st.builds(c.Return, vehicle_id=st.one_of(st.none(), vehicles), at=hours, account=accounts),
    Name.SETTLE: st.builds(c.Settle),
    Name.CANCEL: st.builds(c.Cancel, reasons),
    Name.AMEND: st.builds(c.Amend, plans, reasons),
    Name.APPROVE_AMENDMENT: st.builds(c.DecideAmendment, numbers, st.just(True), reasons),
    Name.REJECT_AMENDMENT: st.builds(c.DecideAmendment, numbers, st.just(False), reasons),
    Name.WITHDRAW_AMENDMENT: st.builds(c.WithdrawAmendment, numbers),
    Name.CORRECT: st.builds(c.Correct, vehicles, corrections, reasons),
}
RARE = frozenset({Name.CANCEL, Name.REJECT, Name.WITHDRAW_AMENDMENT})


def wish(data: st.DataObject, order: Order) -> tuple[Command, Actor]:
    """Mostly what the state allows, by somebody who may: otherwise chance would never leave the draft."""
    sensible = data.draw(st.integers(0, 5)) > 0
    names = [name for name in STEPS if not sensible or may_from(order, name)] or list(STEPS)
    names += [name for name in names if name not in RARE] * 9
    name = data.draw(st.sampled_from(names))
    people = [one for one in PEOPLE if not sensible or one.role in WHO[name]]
    return data.draw(STEPS[name]), data.draw(st.sampled_from(people))


@settings(max_examples=150)
@examples(st.data(), contents, st.integers(1, 2))
def test_no_sequence_of_commands_leads_astray(data: st.DataObject, written: c.Content, levels: int) -> None:
    order = draft(written)
    rules = Rules(approval_levels=levels)
    before, after = difference(None, order)
    events = [_event(1, NOW - HOUR, APPLICANT, Name.CREATE, None, order, None, before, after)]
    moment = NOW
    for _ in range(data.draw(st.integers(5, 40))):
        moment += HOUR / 4
        command, actor = wish(data, order)
        try:
            new = decide(order, command, actor, given(moment, rules=rules))
        except NotPossible:
            continue
        before, after = difference(order, new)
        events.append(_event(len(events) + 1, moment, actor, command.name, order, new, command.why, before, after))
        _check(order, new, command)
        order = new
    event(f"{'emergency' if order.emergency else 'ordinary'} {order.state}")
    assert replay(events) == plain(order)
    versions = permits(order)
    assert [one.known_until for one in versions] == [*(one.known_from for one in versions[1:]), None][: len(versions)]


def _event(
    n: int,
    at: object,
    actor: Actor,
    name: Name,
    old: Order | None,
    new: Order,
    why: str | None,
    before: object,
    after: object,
) -> Event:
    return Event(
        n=n,
        at=at,  # type: ignore[arg-type]
        account_id=actor.account_id,
        role=actor.role,
        command=name,
        state_before=None if old is None else old.state,
        state_after=new.state,
        why=why,
        before=before,  # type: ignore[arg-type]
        after=after,  # type: ignore[arg-type]
    )


def _check(old: Order, new: Order, command: Command) -> None:
    """What holds of every step, whatever came before."""
    final = {OrderState.CANCELLED}
    assert old.state not in final
    assert old.state is not OrderState.SETTLED or new.state is OrderState.SETTLED
    assert len(new.approvals) >= len(old.approvals), "what was decided is not taken back"
    assert new.approvals[: len(old.approvals)] == old.approvals
    for vote in new.approvals:
        assert vote.approver_id not in (new.applicant_id, new.submitter_id)
    for amendment in (0, 1, 2):
        voters = [(one.round, one.approver_id) for one in new.approvals if one.amendment == amendment]
        assert len(set(voters)) == len(voters)
    approved = [one for one in new.approvals if one.amendment == 0 and one.round == new.round and one.approved]
    if new.decision is Decision.APPROVED:
        assert len(approved) == new.levels
    if new.state in (OrderState.APPROVED, OrderState.ASSIGNED, OrderState.DEPARTED, OrderState.RETURNED):
        assert new.decision is Decision.APPROVED or new.emergency
        assert new.number == "O7-2026-0001"
    if new.state is OrderState.ASSIGNED:
        assert new.assigned
        assert not new.outings
    if new.state in (OrderState.DEPARTED, OrderState.RETURNED, OrderState.SETTLED):
        assert new.outings
    if new.state in (OrderState.RETURNED, OrderState.SETTLED):
        assert all(one.returned_at is not None for one in new.outings)
    if new.state in (OrderState.CANCELLED, OrderState.REJECTED):
        assert not new.assigned
        assert not new.outings
    for one in new.outings:
        assert one.returned_at is None or one.returned_at >= one.departed_at
        assert any(held.vehicle_id == one.vehicle_id and held.driver_id for held in new.assignments)
    held = [one.vehicle_id for one in new.assigned]
    assert len(set(held)) == len(held)
    if isinstance(command, c.Depart) and not old.emergency:
        assert old.decision is Decision.APPROVED
