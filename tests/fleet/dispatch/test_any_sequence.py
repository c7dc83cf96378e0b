"""No sequence of commands leads astray."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
from fleet.dispatch.outings import TOLERANCE
from fleet.dispatch.road import Sighting, by_road, overruled_by
from fleet.model.orders import Decision, Order, OrderState, Source
from tests.fleet.dispatch.builders import (
    APPLICANT,
    HOUR,
    NOW,
    PEOPLE,
    content,
    draft,
    emergency,
    given,
    plan,
)

vehicles = st.sampled_from([100, 101, 102])
numbers = st.integers(1, 2)
hours = st.one_of(st.none(), st.integers(0, 30).map(lambda number: NOW + number * HOUR))
reasons = st.sampled_from(["理由说明", "理由说明", None])
plans = st.sampled_from([plan(), plan(ends_at=NOW + 9 * HOUR), plan(ends_at=NOW + 30 * HOUR)])
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
        if data.draw(st.integers(0, 4)) == 0:
            order = _seen(data, order, moment, events)
            continue
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


def _seen(data: st.DataObject, order: Order, moment: datetime, events: list[Event]) -> Order:
    """The order after the road has shown something of one vehicle; what people stated stands, and it settles."""
    vehicle_id, seen = data.draw(vehicles), Sighting(data.draw(hours), data.draw(hours))
    overruled = overruled_by([{"command": one.command.value, **_sides(one)} for one in events], vehicle_id)
    shown = {"now": moment, "emergency_within": HOUR, "overruled": overruled}
    new = by_road(order, vehicle_id, seen, **shown)  # type: ignore[arg-type]
    if new is None:
        return order
    before, after = difference(order, new)
    assert set(after) <= {"outings", "state", "approve_by"}
    assert by_road(new, vehicle_id, seen, **shown) is None  # type: ignore[arg-type]
    _check(order, new, None)
    old, made = order.outing_of(vehicle_id), new.outing_of(vehicle_id)
    assert [one for one in new.outings if one is not made] == [one for one in order.outings if one is not old]
    if old is not None and old.departure_source is Source.PERSON:
        assert made is not None
        assert made.departed_at == old.departed_at
    if old is not None and old.return_source is Source.PERSON:
        assert made is not None
        assert made.returned_at == old.returned_at
    if old is not None and old.stated:
        assert made is not None
        assert made.returned_at is not None
        assert made.odometer_in_m == old.odometer_in_m
    if made is not None:
        assert made.departed_at <= moment + TOLERANCE
    events.append(_event(len(events) + 1, moment, None, Name.ROAD, order, new, None, before, after))
    return new


def _sides(event: Event) -> dict[str, Any]:
    return {"before": event.before, "after": event.after}


def _event(
    n: int,
    at: object,
    actor: Actor | None,
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
        account_id=None if actor is None else actor.account_id,
        role=None if actor is None else actor.role,
        command=name,
        state_before=None if old is None else old.state,
        state_after=new.state,
        why=why,
        before=before,  # type: ignore[arg-type]
        after=after,  # type: ignore[arg-type]
    )


def _check(old: Order, new: Order, command: Command | None) -> None:
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
    if new.state is OrderState.SETTLED and old.state is not OrderState.SETTLED:
        assert all(one.odometer_in_m is not None for one in new.outings)
    for one in new.outings:
        assert one.returned_at is None or one.returned_at >= one.departed_at
        by_whom = [held.driver_id for held in new.assignments if held.vehicle_id == one.vehicle_id]
        assert any(by_whom) or (by_whom and one.departure_source is Source.ROAD)
    held = [one.vehicle_id for one in new.assigned]
    assert len(set(held)) == len(held)
    if isinstance(command, c.Depart) and not old.emergency:
        assert old.decision is Decision.APPROVED
