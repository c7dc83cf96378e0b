"""The outbox as the service fills and reads it: a command for each vehicle of a set, and what became of each.

Rows are written in the transaction of what causes them, so nothing is sent of what was not decided, and all of what
was. `fleet.store.outbox` sends them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.downlink import OPEN, CommandState
from fleet.model.scope import Scope
from fleet.store.orders import named_vehicle
from fleet.store.scoped import one_of
from fleet.store.tables import binding, unit, unit_command, vehicle

_OPEN = [state.value for state in OPEN]


async def enqueue(
    connection: AsyncConnection,
    *,
    kind: str,
    content: Mapping[str, Any],
    vehicle_ids: Iterable[int],
    expires_at: datetime,
    now: datetime,
    order_id: int | None = None,
    task_id: int | None = None,
) -> dict[int, int]:
    """One command for each vehicle, to the unit that sits in it when it is sent; sending begins with the commit.

    Answers the number of each command by vehicle. `content`: a JSON object, the same for all. At most one of `order_id`
    and `task_id`: what the command is about. `expires_at` lies after `now`. A vehicle without a unit is asked to have
    one until then; its command then expires.
    """
    ids = sorted(set(vehicle_ids))
    if not ids:
        return {}
    row = {
        "kind": kind,
        "content": dict(content),
        "order_id": order_id,
        "task_id": task_id,
        "created_at": now,
        "expires_at": expires_at,
        "next_at": now,
    }
    statement = insert(unit_command).returning(unit_command.c.vehicle_id, unit_command.c.id)
    found = await connection.execute(statement, [{**row, "vehicle_id": number} for number in ids])
    return {row.vehicle_id: row.id for row in found}


async def withdraw(
    connection: AsyncConnection,
    *,
    now: datetime,
    vehicle_ids: Iterable[int] | None = None,
    order_id: int | None = None,
    task_id: int | None = None,
    kind: str | None = None,
) -> list[int]:
    """Ends the sending of what is about the order or task and was not answered yet, for these vehicles (None = all).

    Answers the vehicles whose units may have received such a command, or have acknowledged one: whoever takes back
    what was said has to tell them.
    """
    about = _about(order_id, task_id)
    if vehicle_ids is not None:
        about = and_(about, one_of(unit_command.c.vehicle_id, set(vehicle_ids)))
    if kind is not None:
        about = and_(about, unit_command.c.kind == kind)
    # One after the other by number, like everybody who changes more than one of them.
    rows = (
        await connection.execute(
            select(unit_command.c.id, unit_command.c.vehicle_id, unit_command.c.state, unit_command.c.tries)
            .where(about)
            .order_by(unit_command.c.id)
            .with_for_update()
        )
    ).all()
    waiting = [row.id for row in rows if row.state in _OPEN]
    if waiting:
        statement = update(unit_command).where(unit_command.c.id.in_(waiting))
        await connection.execute(statement.values(state=CommandState.WITHDRAWN.value, withdrawn_at=now))
    return sorted({row.vehicle_id for row in rows if row.tries > 0})


async def commands_about(
    connection: AsyncConnection,
    *,
    now: datetime,
    scope: Scope,
    order_id: int | None = None,
    task_id: int | None = None,
    kind: str | None = None,
) -> Sequence[RowMapping]:
    """What was sent about an order or a task that the caller may see, the first first, with what became of it.

    `id, kind, vehicle_id, plate, unit` (the code of the unit it was last sent to, or would be sent to), `state,
    created_at, expires_at, tries, tried_at, next_at, sent_at, answered_at, answer, reason, observed_at, expired_at,
    withdrawn_at`. What is over by `now` is expired, also where nobody has written that down yet. Vehicles that the
    caller may not see are left out.
    """
    over = and_(unit_command.c.state.in_(_OPEN), unit_command.c.expires_at <= now)
    names = (
        *("tries", "tried_at", "next_at", "sent_at", "answered_at", "answer", "reason", "observed_at"),
        "withdrawn_at",
    )
    bound = and_(binding.c.vehicle_id == unit_command.c.vehicle_id, binding.c.period.contains(now))
    addressed = case((unit_command.c.unit_id.is_not(None), unit_command.c.unit_id), else_=binding.c.unit_id)
    statement = (
        select(
            *(unit_command.c[name] for name in ("id", "kind", "vehicle_id", "created_at", "expires_at", *names)),
            vehicle.c.plate,
            unit.c.code.label("unit"),
            case((over, literal(CommandState.EXPIRED.value)), else_=unit_command.c.state).label("state"),
            case((over, unit_command.c.expires_at), else_=unit_command.c.expired_at).label("expired_at"),
        )
        .select_from(
            unit_command.join(vehicle, vehicle.c.id == unit_command.c.vehicle_id)
            .outerjoin(binding, bound)
            .outerjoin(unit, unit.c.id == addressed)
        )
        .where(_about(order_id, task_id), named_vehicle(scope))
        .order_by(unit_command.c.id)
    )
    if kind is not None:
        statement = statement.where(unit_command.c.kind == kind)
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


def _about(order_id: int | None, task_id: int | None) -> ColumnElement[bool]:
    if (order_id is None) == (task_id is None):
        raise ValueError("a command is about an order or about a task")
    return unit_command.c.order_id == order_id if order_id is not None else unit_command.c.task_id == task_id
