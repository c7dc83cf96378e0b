"""How a step is taken: the order locked, judged by the pure guards, stored with its history, bookings and audit row.

One transaction. Where the database ends it because two orders crossed each other (deadlock, serialisation), it is
tried again from the start, so that the caller never sees it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller
from api.errors import ApiProblem
from api.orders.shown import said, shown
from api.orders.told import tell_units
from api.registry.editing import tagged
from api.state import Services
from fleet.dispatch import commands as c
from fleet.dispatch.commands import Actor, Command, Name
from fleet.dispatch.doubts import doubts
from fleet.dispatch.given import Given
from fleet.dispatch.guards import refusals
from fleet.dispatch.life import NotPossible, apply
from fleet.dispatch.reasons import Kind, Reason
from fleet.errors import NotFound, StoreUnavailable
from fleet.model.orders import Order
from fleet.store import audit, orders, orders_booking, orders_changes, orders_facts
from fleet.store.orders import Stored
from fleet.store.orders_changes import Step

T = TypeVar("T")

ATTEMPTS = 5
_AGAIN = frozenset({"40P01", "40001"})  # deadlock, serialisation

Make = Callable[[AsyncConnection, Stored], Awaitable[Command]]
"""From the order as it is, locked, to the command."""


def actor_of(caller: Caller) -> Actor:
    return Actor(caller.session.account_id, caller.session.role)


def missing(order_id: int) -> NotFound:
    return NotFound(f"There is no order {order_id}.")


async def take(
    services: Services, caller: Caller, order_id: int, make: Make, *, version: int | None = None
) -> Response:
    """The order after the step, with its ETag and what is doubtful about it.

    Raises NotFound, ApiProblem (403, 409, 412, 422), Clash where a vehicle or driver is taken.
    """

    async def attempt() -> tuple[dict[str, Any], Sequence[Reason]]:
        now = services.now()
        async with services.database.begin() as connection:
            return await _take(connection, caller, order_id, make, version=version, now=now)

    body, found = await tried_again(attempt)
    return tagged({**body, "warnings": said(found)})


async def tried_again(work: Callable[[], Awaitable[T]]) -> T:
    """Raises StoreUnavailable when it fails for a reason of its own, or was ended by others too often."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await work()
        except StoreUnavailable as error:
            if not _crossed(error):
                raise
    return await work()


def _crossed(error: BaseException) -> bool:
    """Whether a deadlock or a serialisation failure lies behind the error."""
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "sqlstate", None) in _AGAIN:
            return True
        cause = cause.__cause__ or getattr(cause, "orig", None)
    return False


async def _take(
    connection: AsyncConnection, caller: Caller, order_id: int, make: Make, *, version: int | None, now: datetime
) -> tuple[dict[str, Any], Sequence[Reason]]:
    stored = await orders.find_order(connection, order_id, scope=caller.scope, lock=True)
    if stored is None:
        raise missing(order_id)
    await check_version(connection, caller, stored, version, now)
    actor = actor_of(caller)
    command = await make(connection, stored)
    given = await _given(connection, caller, stored, command, now)
    found = refusals(stored.order, command, actor, given)
    if found:
        raise problem_of(NotPossible(found))
    number = None
    if isinstance(command, c.Submit) and stored.order.number is None:
        number = await orders_changes.next_number(connection, stored.order.organ_id, now)
        command = replace(command, number=number.text)
    after = apply(stored.order, command, actor, given)
    doubtful = doubts(stored.order, command, after, given)
    step = Step(command.name, actor, now, command.why, doubtful)
    await orders_changes.save(connection, stored.order, after, step, number=number)
    await orders_booking.rebook(connection, after, scope=caller.scope, now=now)
    await tell_units(connection, stored.order, after, now)
    reason = f"order.{command.name.value}"
    if command.name is not Name.EDIT:
        await orders_changes.judge_again(connection, stored.order, after, reason=reason, now=now)
    await _audited(connection, caller, reason, stored.order, after, command.why, doubtful)
    return await answer(connection, caller, order_id, now), doubtful


async def answer(connection: AsyncConnection, caller: Caller, order_id: int, now: datetime) -> dict[str, Any]:
    """The order as it is shown to the caller."""
    stored = await orders.find_order(connection, order_id, scope=caller.scope)
    if stored is None:
        raise missing(order_id)
    names = await orders.names_in(connection, [stored.order], scope=caller.scope)
    return shown(stored, names, actor_of(caller), now)


async def check_version(
    connection: AsyncConnection, caller: Caller, stored: Stored, version: int | None, now: datetime
) -> None:
    """Raises ApiProblem (412) when the caller has read an older one."""
    if version is None or stored.version == version:
        return
    raise ApiProblem(
        412,
        "record-changed",
        "The record was changed meanwhile",
        f"The order {stored.order.id} is at version {stored.version} now: compare `current` with what you have read, "
        "and send the request again with the new ETag if it still holds.",
        headers={"ETag": f'"{stored.version}"'},
        members={"current": await answer(connection, caller, stored.order.id, now)},
    )


def problem_of(refused: NotPossible, noun: str = "order") -> ApiProblem:
    """Every reason of the guards of an order or a task: 403 where it is about who, 409 about the state or the time,
    422 about the data."""
    status, slug, title = {
        Kind.WHO: (403, "not-allowed", "Not allowed"),
        Kind.STATE: (409, f"{noun}-state", "Not possible now"),
        Kind.WHEN: (409, f"{noun}-time", "Not possible at this time"),
        Kind.DATA: (422, f"invalid-{noun}", f"Invalid {noun}"),
    }[refused.kind]
    errors = [
        {
            "location": noun if one.field is None else f"body.{one.field}",
            "message": one.en,
            "message_zh": one.zh,
            "code": one.code,
        }
        for one in refused.reasons
    ]
    return ApiProblem(status, slug, title, str(refused), members={"errors": errors})


async def _given(connection: AsyncConnection, caller: Caller, stored: Stored, command: Command, now: datetime) -> Given:
    order = stored.order
    vehicles: dict[int, Any] = {}
    drivers: dict[int, Any] = {}
    if isinstance(command, c.Assign):
        vehicle_ids = {one.vehicle_id for one in command.vehicles}
        driver_ids = {one.driver_id for one in command.vehicles if one.driver_id is not None}
        vehicles = await orders_facts.vehicle_facts(connection, vehicle_ids, order, scope=caller.scope)
        drivers = await orders_facts.driver_facts(connection, driver_ids, order, scope=caller.scope)
    out = frozenset[int]()
    if isinstance(command, c.Depart):
        out = await orders_facts.out_elsewhere(connection, order)
    return Given(
        now=now,
        division=stored.organ_division,
        rules=await orders_facts.rules_of(connection, order.organ_id, now),
        vehicles=vehicles,
        drivers=drivers,
        out_elsewhere=out,
    )


async def _audited(
    connection: AsyncConnection,
    caller: Caller,
    action: str,
    before: Order | None,
    after: Order,
    why: str | None,
    doubtful: Sequence[Reason],
) -> None:
    detail: dict[str, Any] = {
        "number": after.number,
        "before": None if before is None else before.state.value,
        "after": after.state.value,
    }
    if why:
        detail["why"] = why
    if doubtful:
        detail["doubts"] = [one.code for one in doubtful]
    await audit.record(connection, account=caller.actor, action=action, subject=f"order:{after.id}", detail=detail)


async def created(
    connection: AsyncConnection, caller: Caller, order: Order, doubtful: Sequence[Reason]
) -> dict[str, Any]:
    """Stores a new order with the first row of its history, and answers it as it is shown."""
    step = Step(Name.CREATE, actor_of(caller), order.created_at, None, doubtful)
    stored = await orders_changes.create(connection, order, step)
    await _audited(connection, caller, "order.create", None, stored, None, doubtful)
    return await answer(connection, caller, stored.id, order.created_at)


def merged(stored: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7386: null takes a field away, an object is merged into an object, anything else replaces."""
    result = dict(stored)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result
