"""Reads of orders: whole ones as `fleet.model.orders.Order`, within a scope, and their history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, or_, select, true
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.orders import (
    Amendment,
    Approval,
    Assignment,
    Decision,
    Order,
    OrderState,
    Outing,
    PermittedArea,
    Place,
    Plan,
    Source,
)
from fleet.model.scope import Scope
from fleet.store.registry import subtree
from fleet.store.scoped import one_of, owned_by
from fleet.store.tables import (
    account,
    dispatch_order,
    driver,
    order_amendment,
    order_approval,
    order_assignment,
    order_event,
    order_outing,
    organ,
    vehicle,
)


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`organ` means the organ and everything below it; the window of an order overlaps [begin, end).

    `number` is the whole number or its beginning; any of `vehicles`, and `driver`, were assigned at any time.
    `overdue_at`: emergencies that departed, and on which nobody had decided in time by then.
    """

    states: tuple[str, ...] = ()
    organ: int | None = None
    vehicles: tuple[int, ...] = ()
    driver: int | None = None
    applicant: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    number: str | None = None
    purpose: str | None = None
    emergency: bool | None = None
    undecided: bool | None = None
    overdue_at: datetime | None = None


class Stored(NamedTuple):
    """An order with what its record has besides."""

    order: Order
    version: int
    organ_name: str
    organ_division: int


class Names(NamedTuple):
    """What the ids in orders are called. Vehicles that the reader may not see are missing."""

    accounts: Mapping[int, str]
    plates: Mapping[int, str]
    drivers: Mapping[int, str]


def order_visible(scope: Scope) -> ColumnElement[bool]:
    """For rows of `dispatch_order` joined with `organ`: the order's organ counts, whosever vehicles it has."""
    conditions = [owned_by(scope, dispatch_order.c.organ_id, organ.c.division)]
    if scope.begin is not None or scope.end is not None:
        conditions.append(dispatch_order.c.effective_period.overlaps(Range(scope.begin, scope.end, bounds="[)")))
    return and_(*conditions)


def named_vehicle(scope: Scope) -> ColumnElement[bool]:
    """For vehicles that a visible order has: wherever they belong, but confidential ones only for who sees such."""
    return true() if scope.see_confidential else vehicle.c.confidential.is_(False)


def _orders(scope: Scope) -> Select[Any]:
    return (
        select(dispatch_order, organ.c.name.label("organ_name"), organ.c.division.label("organ_division"))
        .select_from(dispatch_order.join(organ))
        .where(order_visible(scope))
    )


async def find_order(connection: AsyncConnection, order_id: int, *, scope: Scope, lock: bool = False) -> Stored | None:
    """None also for one that may not be seen; with `lock` nobody else changes it before this transaction ends."""
    statement = _orders(scope).where(dispatch_order.c.id == order_id)
    if lock:
        statement = statement.with_for_update(of=dispatch_order)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else (await _whole(connection, [row]))[0]


async def list_orders(
    connection: AsyncConnection, wanted: OrderFilter, *, scope: Scope, before: int | None, limit: int
) -> list[Stored]:
    """Up to `limit` orders with an id below `before`, the newest first."""
    statement = _orders(scope).order_by(dispatch_order.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(dispatch_order.c.id < before)
    if wanted.states:
        statement = statement.where(dispatch_order.c.state.in_(wanted.states))
    if wanted.organ is not None:
        statement = statement.where(dispatch_order.c.organ_id.in_(subtree(wanted.organ)))
    if wanted.begin is not None or wanted.end is not None:
        span = Range(wanted.begin, wanted.end, bounds="[)")
        statement = statement.where(dispatch_order.c.effective_period.overlaps(span))
    if wanted.number is not None:
        statement = statement.where(dispatch_order.c.number.startswith(wanted.number, autoescape=True))
    if wanted.purpose is not None:
        statement = statement.where(dispatch_order.c.purpose == wanted.purpose)
    if wanted.emergency is not None:
        statement = statement.where(dispatch_order.c.emergency.is_(wanted.emergency))
    statement = statement.where(*_waiting(wanted))
    if wanted.applicant is not None:
        named = select(account.c.id).where(account.c.username == wanted.applicant)
        statement = statement.where(dispatch_order.c.applicant_id.in_(named))
    assigned = select(order_assignment.c.order_id)
    if wanted.vehicles:
        seen = select(vehicle.c.id).where(vehicle.c.id.in_(wanted.vehicles), named_vehicle(scope))
        statement = statement.where(dispatch_order.c.id.in_(assigned.where(order_assignment.c.vehicle_id.in_(seen))))
    if wanted.driver is not None:
        driven = assigned.where(order_assignment.c.driver_id == wanted.driver)
        statement = statement.where(dispatch_order.c.id.in_(driven))
    rows = (await connection.execute(statement)).mappings().all()
    return await _whole(connection, rows)


def _waiting(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    """Whether somebody has to decide, and whether the time for that is over."""
    conditions: list[ColumnElement[bool]] = []
    pending = dispatch_order.c.decision == Decision.PENDING.value
    if wanted.undecided is not None:
        waiting = select(order_amendment.c.order_id).where(order_amendment.c.decision == Decision.PENDING.value)
        over = (OrderState.DRAFT.value, OrderState.CANCELLED.value)
        undecided = or_(and_(pending, dispatch_order.c.state.not_in(over)), dispatch_order.c.id.in_(waiting))
        conditions.append(undecided if wanted.undecided else ~undecided)
    if wanted.overdue_at is not None:
        late = dispatch_order.c.approve_by < wanted.overdue_at
        conditions += [pending, dispatch_order.c.emergency, dispatch_order.c.cancelled_at.is_(None), late]
    return conditions


async def orders_of_vehicles(
    connection: AsyncConnection, vehicle_ids: Iterable[int], begin: datetime, end: datetime
) -> list[Order]:
    """Every submitted order that was given one of the vehicles at any time, and whose window, as submitted or as
    amended (whether approved or not), or outing overlaps [begin, end); by id. For judging trips: within no scope."""
    ids = sorted(set(vehicle_ids))
    span = Range(begin, end, bounds="[)")
    amended = select(order_amendment.c.order_id).where(order_amendment.c.period.overlaps(span))
    out = select(order_outing.c.order_id).where(
        one_of(order_outing.c.vehicle_id, ids),
        order_outing.c.departed_at < end,
        func.coalesce(order_outing.c.returned_at > begin, True),
    )
    statement = (
        select(dispatch_order, organ.c.name.label("organ_name"), organ.c.division.label("organ_division"))
        .select_from(dispatch_order.join(organ))
        .where(
            dispatch_order.c.submitted_at.is_not(None),
            dispatch_order.c.id.in_(
                select(order_assignment.c.order_id).where(one_of(order_assignment.c.vehicle_id, ids))
            ),
            or_(
                dispatch_order.c.period.overlaps(span),
                dispatch_order.c.effective_period.overlaps(span),
                dispatch_order.c.id.in_(amended),
                dispatch_order.c.id.in_(out),
            ),
        )
        .order_by(dispatch_order.c.id)
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [one.order for one in await _whole(connection, rows)]


async def orders_of_organs(
    connection: AsyncConnection, organ_ids: Iterable[int], begin: datetime, end: datetime
) -> list[Order]:
    """Every submitted order of these organs whose window, as it stands, overlaps [begin, end); by id. Within no scope,
    like `orders_of_vehicles`."""
    statement = (
        select(dispatch_order, organ.c.name.label("organ_name"), organ.c.division.label("organ_division"))
        .select_from(dispatch_order.join(organ))
        .where(
            dispatch_order.c.submitted_at.is_not(None),
            one_of(dispatch_order.c.organ_id, sorted(set(organ_ids))),
            dispatch_order.c.effective_period.overlaps(Range(begin, end, bounds="[)")),
        )
        .order_by(dispatch_order.c.id)
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [one.order for one in await _whole(connection, rows)]


async def history(connection: AsyncConnection, order_id: int) -> Sequence[RowMapping]:
    """Every step, first to last, with the `username` of who took it; null for what is known from the road."""
    statement = (
        select(order_event, account.c.username)
        .select_from(order_event.outerjoin(account))
        .where(order_event.c.order_id == order_id)
        .order_by(order_event.c.n)
    )
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def names_in(
    connection: AsyncConnection,
    orders: Iterable[Order],
    *,
    scope: Scope,
    history: Iterable[RowMapping] = (),
) -> Names:
    """Of the accounts, vehicles and drivers that the orders name, and of the vehicles that their history names.

    A vehicle is named to whoever sees the order it was given to, wherever it belongs; a confidential one only to those
    who see such.
    """
    known = list(orders)
    people: set[int] = set()
    vehicles: set[int] = set()
    drivers: set[int] = set()
    for order in known:
        people |= {order.applicant_id} | {one.approver_id for one in order.approvals}
        people |= {one.requester_id for one in order.amendments} | {one.by_id for one in order.assignments}
        if order.submitter_id is not None:
            people.add(order.submitter_id)
        vehicles |= {one.vehicle_id for one in order.assignments} | {one.vehicle_id for one in order.outings}
        drivers |= {one.driver_id for one in order.assignments if one.driver_id is not None}
    for row in history:
        for told in (row["before"], row["after"]):
            vehicles |= {one["vehicle_id"] for name in ("assignments", "outings") for one in told.get(name, ())}
    accounts = select(account.c.id, account.c.username).where(one_of(account.c.id, people))
    plates = select(vehicle.c.id, vehicle.c.plate).where(one_of(vehicle.c.id, vehicles), named_vehicle(scope))
    labels = select(driver.c.id, driver.c.label).where(one_of(driver.c.id, drivers))
    return Names(
        {row.id: row.username for row in await connection.execute(accounts)},
        {row.id: row.plate for row in await connection.execute(plates)} if vehicles else {},
        {row.id: row.label for row in await connection.execute(labels)} if drivers else {},
    )


# ---------------------------------------------------------------- from rows


async def _whole(connection: AsyncConnection, rows: Sequence[RowMapping]) -> list[Stored]:
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    approvals, amendments, assignments, outings = [
        await _by_order(connection, statement)
        for statement in (
            select(order_approval)
            .where(one_of(order_approval.c.order_id, ids))
            .order_by(order_approval.c.decided_at, order_approval.c.amendment, order_approval.c.level),
            select(order_amendment).where(one_of(order_amendment.c.order_id, ids)).order_by(order_amendment.c.number),
            select(order_assignment).where(one_of(order_assignment.c.order_id, ids)).order_by(order_assignment.c.id),
            select(order_outing)
            .where(one_of(order_outing.c.order_id, ids))
            .order_by(order_outing.c.departure_recorded_at, order_outing.c.vehicle_id),
        )
    ]
    return [
        Stored(
            _order(
                row,
                approvals=tuple(_approval(one) for one in approvals[row["id"]]),
                amendments=tuple(_amendment(one) for one in amendments[row["id"]]),
                assignments=tuple(_assignment(one) for one in assignments[row["id"]]),
                outings=tuple(_outing(one) for one in outings[row["id"]]),
            ),
            row["version"],
            row["organ_name"],
            row["organ_division"],
        )
        for row in rows
    ]


async def _by_order(connection: AsyncConnection, statement: Select[Any]) -> dict[int, list[RowMapping]]:
    found: dict[int, list[RowMapping]] = defaultdict(list)
    for row in (await connection.execute(statement)).mappings():
        found[row["order_id"]].append(row)
    return found


_SAME = (
    *("id", "organ_id", "applicant_id", "submitter_id", "created_at", "purpose", "facts", "emergency"),
    *("contact_name", "contact_phone", "remarks", "number", "round", "levels", "submitted_at", "decided_at"),
    *("approve_by", "cancelled_at", "settled_at"),
)


def _order(row: RowMapping, **parts: Any) -> Order:
    return Order(
        **{name: row[name] for name in _SAME},
        state=OrderState(row["state"]),
        decision=Decision(row["decision"]),
        bodies=tuple(row["bodies"]),
        equipment=tuple(row["equipment"]),
        plan=_plan(row),
        **parts,
    )


def _plan(row: RowMapping) -> Plan:
    return Plan(
        begins_at=row["period"].lower,
        ends_at=row["period"].upper,
        area=PermittedArea(row["area"]),
        division=row["division"],
        origin=Place(**row["origin"]),
        destinations=tuple(Place(**one) for one in row["destinations"]),
        passengers=row["passengers"],
    )


def _approval(row: RowMapping) -> Approval:
    names = ("amendment", "round", "level", "approver_id", "approved", "decided_at", "why")
    return Approval(**{name: row[name] for name in names})


def _amendment(row: RowMapping) -> Amendment:
    names = ("number", "why", "requester_id", "requested_at", "decided_at")
    return Amendment(**{name: row[name] for name in names}, plan=_plan(row), decision=Decision(row["decision"]))


def _assignment(row: RowMapping) -> Assignment:
    return Assignment(**{name: row[name] for name in ("vehicle_id", "driver_id", "at", "by_id", "ended_at")})


def _outing(row: RowMapping) -> Outing:
    values = {name: value for name, value in row.items() if name != "order_id"}
    values["departure_source"] = Source(values["departure_source"])
    values["return_source"] = None if values["return_source"] is None else Source(values["return_source"])
    return Outing(**values)
