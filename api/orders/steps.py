"""`/orders/{id}/submit` and on: the steps of an order's life. Each answers the order after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.orders.desk import take
from api.orders.forms import account_of, amended_plan, metres
from api.orders.routes import OrderId
from api.orders.schemas import AmendForm, AssignForm, CorrectForm, DepartForm, ReturnForm, StepForm
from api.orders.shapes import OrderShown
from api.registry.editing import MaybeMatch
from fleet.dispatch import commands as c
from fleet.dispatch.commands import Command, Wanted
from fleet.identity.permissions import Permission
from fleet.model.orders import Order
from fleet.store.orders import Stored

router = APIRouter(tags=["orders"])

Applicant = Annotated[Caller, requires(Permission.APPLY_FOR_VEHICLES)]
Approver = Annotated[Caller, requires(Permission.APPROVE_ORDERS)]
Dispatcher = Annotated[Caller, requires(Permission.ASSIGN_VEHICLES)]
Recorder = Annotated[Caller, requires(Permission.RECORD_OUTINGS)]
Settler = Annotated[Caller, requires(Permission.SETTLE_ORDERS)]
AmendmentNumber = Annotated[int, Path(ge=1, le=1_000)]

STEP: dict[str, Any] = {"response_model": OrderShown, "responses": problems(401, 403, 404, 409, 412, 413, 422)}


def _plainly(command: Command) -> Any:
    async def make(_: AsyncConnection, __: Stored) -> Command:
        return command

    return make


class Asked:
    """What a request brings for a step that needs nothing but perhaps a reason."""

    def __init__(self, services: Shared, order_id: OrderId, version: MaybeMatch, form: StepForm | None = None) -> None:
        self._services, self._order_id, self._version = services, order_id, version
        self._why = None if form is None else form.why

    async def take(self, caller: Caller, command: Callable[[str | None], Command]) -> Response:
        return await take(self._services, caller, self._order_id, _plainly(command(self._why)), version=self._version)


Plain = Annotated[Asked, Depends()]


@router.post("/orders/{order_id}/submit", summary="Submit an order", **STEP)
async def submit(caller: Applicant, asked: Plain) -> Response:
    """申请. It gets its number now, or keeps the one it had; how many levels must approve it is fixed now."""
    return await asked.take(caller, lambda _: c.Submit())


@router.post("/orders/{order_id}/approve", summary="Approve an order", **STEP)
async def approve(caller: Approver, asked: Plain) -> Response:
    """审批. Nobody approves his own order; of two levels each is another person's."""
    return await asked.take(caller, c.Approve)


@router.post("/orders/{order_id}/reject", summary="Reject an order", **STEP)
async def reject(caller: Approver, asked: Plain) -> Response:
    """With the reason. The applicant may change it and submit it again."""
    return await asked.take(caller, c.Reject)


@router.post("/orders/{order_id}/assign", summary="Assign vehicles and drivers", **STEP)
async def assign(
    services: Shared, caller: Dispatcher, order_id: OrderId, version: MaybeMatch, form: AssignForm
) -> Response:
    """派车. The vehicles the order is to have from now on. 409 names who has taken a vehicle or driver, and until
    when, as far as the caller may see it."""
    if form.vehicles is None:
        assert form.vehicle_id is not None
        wanted = [Wanted(form.vehicle_id, form.driver_id)]
    else:
        wanted = [Wanted(one.vehicle_id, one.driver_id) for one in form.vehicles]
    return await take(services, caller, order_id, _plainly(c.Assign(tuple(wanted), form.why)), version=version)


@router.post("/orders/{order_id}/depart", summary="Record a departure", **STEP)
async def depart(
    services: Shared, caller: Recorder, order_id: OrderId, version: MaybeMatch, form: DepartForm | None = None
) -> Response:
    """出车. An emergency may depart before it is approved; it then has to be approved within a set time."""
    form = form or DepartForm()
    command = c.Depart(vehicle_id=form.vehicle_id, at=form.at, odometer_out_m=metres(form.odometer_km), why=form.why)
    return await take(services, caller, order_id, _plainly(command), version=version)


@router.post("/orders/{order_id}/return", summary="Record a return", **STEP)
async def return_(
    services: Shared, caller: Recorder, order_id: OrderId, version: MaybeMatch, form: ReturnForm | None = None
) -> Response:
    """回车, with the odometer, what was filled and paid. An early return frees vehicle and driver at once."""
    form = form or ReturnForm()
    command = c.Return(vehicle_id=form.vehicle_id, at=form.at, account=account_of(form), why=form.why)
    return await take(services, caller, order_id, _plainly(command), version=version)


@router.post("/orders/{order_id}/settle", summary="Settle an order", **STEP)
async def settle(caller: Settler, asked: Plain) -> Response:
    """结算. Nothing about it may wait for a decision."""
    return await asked.take(caller, c.Settle)


@router.post("/orders/{order_id}/cancel", summary="Cancel an order", **STEP)
async def cancel(caller: Applicant, asked: Plain) -> Response:
    """Before the departure only, by its applicant or a dispatcher. Its vehicles are free at once."""
    return await asked.take(caller, c.Cancel)


@router.post("/orders/{order_id}/correct", summary="Correct a departure or return", **STEP)
async def correct(
    services: Shared, caller: Recorder, order_id: OrderId, version: MaybeMatch, form: CorrectForm
) -> Response:
    """With the reason. What was written before stays in the history."""

    async def make(_: AsyncConnection, stored: Stored) -> Command:
        return c.Correct(form.vehicle_id or _only_one(stored.order), account_of(form), form.why)

    return await take(services, caller, order_id, make, version=version)


@router.post("/orders/{order_id}/amend", summary="Ask for a change of a running order", **STEP)
async def amend(
    services: Shared, caller: Applicant, order_id: OrderId, version: MaybeMatch, form: AmendForm
) -> Response:
    """More time, other destinations, a wider area. It permits nothing before it is approved."""

    async def make(connection: AsyncConnection, stored: Stored) -> Command:
        plan = await amended_plan(
            connection, stored.order, form, scope=caller.scope, organ_division=stored.organ_division
        )
        return c.Amend(plan, form.why)

    return await take(services, caller, order_id, make, version=version)


@router.post("/orders/{order_id}/amendments/{number}/approve", summary="Approve an amendment", **STEP)
async def approve_amendment(caller: Approver, asked: Plain, number: AmendmentNumber) -> Response:
    """It holds from this moment on, with as many levels as the order. More time moves the bookings with it."""
    return await asked.take(caller, lambda why: c.DecideAmendment(number, approve=True, why=why))


@router.post("/orders/{order_id}/amendments/{number}/reject", summary="Reject an amendment", **STEP)
async def reject_amendment(caller: Approver, asked: Plain, number: AmendmentNumber) -> Response:
    """With the reason; the order goes on as it was."""
    return await asked.take(caller, lambda why: c.DecideAmendment(number, approve=False, why=why))


@router.post("/orders/{order_id}/amendments/{number}/withdraw", summary="Withdraw an amendment", **STEP)
async def withdraw_amendment(caller: Applicant, asked: Plain, number: AmendmentNumber) -> Response:
    """By the order's applicant or a dispatcher, before it is decided."""
    return await asked.take(caller, lambda why: c.WithdrawAmendment(number, why))


def _only_one(order: Order) -> int:
    """The vehicle a correction is about when none is named: the only one that departed; 0, which none is, else."""
    return order.outings[0].vehicle_id if len(order.outings) == 1 else 0
