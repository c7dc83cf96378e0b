"""Writes of orders: what a step changed, the history of it, numbers without gaps, and what has to be judged again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.dispatch.commands import Actor, Name
from fleet.dispatch.history import difference
from fleet.dispatch.reasons import Reason, codes
from fleet.model.orders import Amendment, Approval, Order, Plan
from fleet.store.numbering import next_of_year
from fleet.store.recompute import Period, mark_vehicles
from fleet.store.tables import (
    dispatch_order,
    order_amendment,
    order_approval,
    order_assignment,
    order_event,
    order_number,
    order_outing,
)


class Number(NamedTuple):
    """A number as it was given out: `O12-2026-0007`."""

    text: str
    year: int
    n: int


class Step(NamedTuple):
    """Who took which step, when, why, and what was doubtful about it. `actor` None: the road shows it."""

    name: Name
    actor: Actor | None
    at: datetime
    why: str | None = None
    doubts: Sequence[Reason] = ()


async def next_number(connection: AsyncConnection, organ_id: int, now: datetime) -> Number:
    """The organ's next number of the year, which goes back with the transaction."""
    code, year, n = await next_of_year(connection, order_number, organ_id, now)
    return Number(f"{code}-{year}-{n:04d}", year, n)


async def create(connection: AsyncConnection, order: Order, step: Step) -> Order:
    """Stores a new order, whatever its id says, and answers it with the one it got."""
    values = {**_columns(order), "organ_id": order.organ_id, "applicant_id": order.applicant_id}
    values["created_at"] = order.created_at
    result = await connection.execute(insert(dispatch_order).values(**values).returning(dispatch_order.c.id))
    stored = replace(order, id=result.scalar_one())
    await _add_event(connection, None, stored, step)
    return stored


async def save(
    connection: AsyncConnection, before: Order, after: Order, step: Step, *, number: Number | None = None
) -> None:
    """Stores what a step made of an order that the caller has locked. `number`: the one given out with it."""
    values = _columns(after)
    if number is not None:
        values |= {"number_year": number.year, "number_n": number.n}
    await connection.execute(update(dispatch_order).where(dispatch_order.c.id == after.id).values(**values))
    await _save_amendments(connection, before, after)
    new = after.approvals[len(before.approvals) :]
    if new:
        await connection.execute(insert(order_approval), [_approval_row(after, one) for one in new])
    await _save_assignments(connection, before, after)
    await _save_outings(connection, before, after)
    await _add_event(connection, before, after, step)


async def judge_again(
    connection: AsyncConnection, before: Order | None, after: Order, *, reason: str, now: datetime
) -> None:
    """Marks every vehicle the order has or had, over every window and outing it has or had: of the past only."""
    orders = [after] if before is None else [before, after]
    vehicles = sorted({one.vehicle_id for order in orders for one in order.assignments})
    spans: set[tuple[datetime, datetime | None]] = set()
    for order in orders:
        plans = [order.plan, *(one.plan for one in order.amendments)]
        spans |= {(plan.begins_at, plan.ends_at) for plan in plans}
        spans |= {(one.departed_at, one.returned_at) for one in order.outings}
    await mark_vehicles(connection, vehicles, list(_joined(spans)), reason=reason, now=now)


def _joined(spans: Iterable[tuple[datetime, datetime | None]]) -> Iterable[Period]:
    """The fewest spans that cover the same."""
    begin: datetime | None = None
    end: datetime | None = None
    for lower, upper in sorted(spans, key=lambda span: span[0]):
        if begin is not None and (end is None or lower <= end):
            end = None if end is None or upper is None else max(end, upper)
            continue
        if begin is not None and (end is None or begin < end):
            yield Range(begin, end, bounds="[)")
        begin, end = lower, upper
    if begin is not None and (end is None or begin < end):
        yield Range(begin, end, bounds="[)")


# ---------------------------------------------------------------- to rows

_SAME = (
    *("submitter_id", "facts", "emergency", "purpose", "contact_name", "contact_phone", "remarks", "number"),
    *("round", "levels", "submitted_at", "decided_at", "approve_by", "cancelled_at", "settled_at"),
)


def _columns(order: Order) -> dict[str, Any]:
    effective = order.effective_plan
    return {
        **{name: getattr(order, name) for name in _SAME},
        "state": order.state.value,
        "decision": order.decision.value,
        "bodies": list(order.bodies),
        "equipment": list(order.equipment),
        "effective_period": Range(effective.begins_at, effective.ends_at, bounds="[)"),
        **_plan_columns(order.plan),
    }


def _plan_columns(plan: Plan) -> dict[str, Any]:
    return {
        "period": Range(plan.begins_at, plan.ends_at, bounds="[)"),
        "area": plan.area.value,
        "division": plan.division,
        "origin": asdict(plan.origin),
        "destinations": [asdict(one) for one in plan.destinations],
        "passengers": plan.passengers,
    }


def _approval_row(order: Order, one: Approval) -> dict[str, Any]:
    asked = next((each for each in order.amendments if each.number == one.amendment), None)
    return {
        "order_id": order.id,
        "applicant_id": order.applicant_id,
        "submitter_id": order.submitter_id,
        "amendment_number": None if asked is None else asked.number,
        "requester_id": None if asked is None else asked.requester_id,
        **asdict(one),
    }


async def _save_amendments(connection: AsyncConnection, before: Order, after: Order) -> None:
    known = {one.number: one for one in before.amendments}
    for one in after.amendments:
        if one.number not in known:
            await connection.execute(insert(order_amendment).values(order_id=after.id, **_amendment_columns(one)))
        elif one != known[one.number]:
            here = (order_amendment.c.order_id == after.id) & (order_amendment.c.number == one.number)
            decided = {"decision": one.decision.value, "decided_at": one.decided_at}
            await connection.execute(update(order_amendment).where(here).values(**decided))


def _amendment_columns(one: Amendment) -> dict[str, Any]:
    names = ("number", "why", "requester_id", "requested_at", "decided_at")
    return {
        **{name: getattr(one, name) for name in names},
        "decision": one.decision.value,
        **_plan_columns(one.plan),
    }


async def _save_assignments(connection: AsyncConnection, before: Order, after: Order) -> None:
    for old, present in zip(before.assignments, after.assignments, strict=False):
        if old.ended_at is None and present.ended_at is not None:
            here = (order_assignment.c.order_id == after.id) & (order_assignment.c.vehicle_id == old.vehicle_id)
            open_one = here & order_assignment.c.ended_at.is_(None)
            await connection.execute(update(order_assignment).where(open_one).values(ended_at=present.ended_at))
    new = after.assignments[len(before.assignments) :]
    if new:
        rows = [{"order_id": after.id, **asdict(one)} for one in new]
        await connection.execute(insert(order_assignment), rows)


async def _save_outings(connection: AsyncConnection, before: Order, after: Order) -> None:
    old = {one.vehicle_id: one for one in before.outings}
    new = {one.vehicle_id: one for one in after.outings}
    for vehicle_id in old.keys() - new.keys():
        here = (order_outing.c.order_id == after.id) & (order_outing.c.vehicle_id == vehicle_id)
        await connection.execute(delete(order_outing).where(here))
    for vehicle_id, one in new.items():
        values = {**asdict(one), "departure_source": one.departure_source.value}
        values["return_source"] = None if one.return_source is None else one.return_source.value
        if vehicle_id not in old:
            await connection.execute(insert(order_outing).values(order_id=after.id, **values))
        elif one != old[vehicle_id]:
            here = (order_outing.c.order_id == after.id) & (order_outing.c.vehicle_id == vehicle_id)
            await connection.execute(update(order_outing).where(here).values(**values))


async def _add_event(connection: AsyncConnection, before: Order | None, after: Order, step: Step) -> None:
    old, new = difference(before, after)
    last = select(func.coalesce(func.max(order_event.c.n), 0)).where(order_event.c.order_id == after.id)
    statement = insert(order_event).values(
        order_id=after.id,
        n=last.scalar_subquery() + 1,
        at=step.at,
        account_id=None if step.actor is None else step.actor.account_id,
        role=None if step.actor is None else step.actor.role.value,
        command=step.name.value,
        state_before=None if before is None else before.state.value,
        state_after=after.state.value,
        why=step.why,
        before=old,
        after=new,
        doubts=codes(step.doubts),
    )
    await connection.execute(statement)
