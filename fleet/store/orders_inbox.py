"""What waits at the dispatch desk, counted: orders by state, decisions, emergencies, task forces."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import day_begins_us, day_of, from_us, to_us
from fleet.model.orders import Decision, OrderState
from fleet.model.scope import Scope
from fleet.store.orders import order_visible
from fleet.store.registry import subtree
from fleet.store.tables import dispatch_order, order_amendment, organ, task
from fleet.store.tasks import task_visible

OPEN = (
    *(OrderState.DRAFT, OrderState.SUBMITTED, OrderState.APPROVED),
    *(OrderState.ASSIGNED, OrderState.DEPARTED, OrderState.RETURNED),
)
"""States in which somebody still has to do something."""

GIVEN = (OrderState.ASSIGNED, OrderState.DEPARTED, OrderState.RETURNED, OrderState.SETTLED)


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """`undecided`: orders or amendments of them that wait for an approval; `overdue`: emergencies among them whose time
    for it is over; `to_assign`: approved, or emergencies that nobody has approved yet; `given_today`: orders of the
    day that have a vehicle."""

    states: dict[str, int]
    undecided: int
    overdue: int
    to_assign: int
    open_tasks: int
    given_today: int


async def inbox(connection: AsyncConnection, *, scope: Scope, organ_id: int | None, now: datetime) -> Inbox:
    """Of the orders and tasks that `scope` sees; with `organ_id`, of those of the organ and everything below it."""
    today = day_of(to_us(now))
    day = (from_us(day_begins_us(today)), from_us(day_begins_us(today + timedelta(days=1))))
    order = dispatch_order.c
    seen = order_visible(scope)
    if organ_id is not None:
        seen = and_(seen, order.organ_id.in_(subtree(organ_id)))
    pending = and_(
        order.decision == Decision.PENDING.value, order.state.not_in((OrderState.DRAFT, OrderState.CANCELLED))
    )
    changing = select(order_amendment.c.order_id).where(order_amendment.c.decision == Decision.PENDING.value)
    by_state = (
        select(order.state, func.count())
        .select_from(dispatch_order.join(organ))
        .where(seen, order.state.in_(OPEN))
        .group_by(order.state)
    )
    states = {state.value: 0 for state in OPEN} | {row[0]: row[1] for row in await connection.execute(by_state)}
    late = and_(pending, order.emergency, order.approve_by < now)
    waiting = (
        select(
            func.count().filter(or_(pending, order.id.in_(changing))),
            func.count().filter(late),
            func.count().filter(and_(order.emergency, order.state == OrderState.SUBMITTED.value)),
        )
        .select_from(dispatch_order.join(organ))
        .where(seen, or_(order.decision == Decision.PENDING.value, order.id.in_(changing)))
    )
    undecided, overdue, emergencies = (await connection.execute(waiting)).one()
    given = (
        select(func.count())
        .select_from(dispatch_order.join(organ))
        .where(seen, order.state.in_(GIVEN), order.effective_period.overlaps(Range(*day, bounds="[)")))
    )
    tasks = select(func.count()).select_from(task.join(organ)).where(task_visible(scope), task.c.closed_at.is_(None))
    if organ_id is not None:
        tasks = tasks.where(task.c.organ_id.in_(subtree(organ_id)))
    return Inbox(
        states=states,
        undecided=undecided,
        overdue=overdue,
        to_assign=states[OrderState.APPROVED.value] + emergencies,
        open_tasks=(await connection.execute(tasks)).scalar_one(),
        given_today=(await connection.execute(given)).scalar_one(),
    )
