"""`/orders/{id}/commands`: what the units of an order's vehicles were sent, and what they said."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import RowMapping

from api.answers import json_answer
from api.dependencies import Shared
from api.errors import problems
from api.orders.desk import missing
from api.orders.routes import OrderId, Reader
from api.orders.shapes import Commands
from fleet.store import orders, unit_commands

router = APIRouter(tags=["orders"])

_SAME = (
    *("id", "kind", "unit", "state", "created_at", "expires_at", "tries", "tried_at", "sent_at", "answered_at"),
    *("answer", "reason", "expired_at", "withdrawn_at"),
)


@router.get(
    "/orders/{order_id}/commands",
    summary="What the units of an order's vehicles were told",
    response_model=Commands,
    responses=problems(401, 403, 404, 422),
)
async def list_commands(services: Shared, caller: Reader, order_id: OrderId) -> Response:
    """The first first, each with its state and when it came to it."""
    now = services.now()
    async with services.database.begin() as connection:
        if await orders.find_order(connection, order_id, scope=caller.scope) is None:
            raise missing(order_id)
        rows = await unit_commands.commands_about(connection, now=now, scope=caller.scope, order_id=order_id)
    return json_answer({"items": [_shown(row) for row in rows]})


def _shown(row: RowMapping) -> dict[str, Any]:
    late = row["answered_at"] is not None and row["answered_at"] > row["expires_at"]
    return {
        **{name: row[name] for name in _SAME},
        "vehicle": {"id": row["vehicle_id"], "plate": row["plate"]},
        "answered_late": late,
    }
