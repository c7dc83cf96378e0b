"""`/orders/inbox`: how much waits at the dispatch desk."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.answers import json_answer
from api.dependencies import Shared
from api.errors import problems
from api.orders.routes import Reader
from api.registry.paging import OrganQuery
from fleet.model.orders import OrderState
from fleet.store import orders_inbox

router = APIRouter(tags=["orders"])


class InboxShown(BaseModel):
    states: dict[OrderState, int] = Field(description="Orders that still need something, by state")
    undecided: int = Field(description="Orders and changes of orders that wait for an approval")
    overdue: int = Field(description="Emergencies among them whose time for the approval is over")
    to_assign: int = Field(description="Approved, or an emergency: a vehicle may be given now")
    open_tasks: int
    given_today: int = Field(description="Orders of today (04:00 to 04:00) that have a vehicle")


@router.get(
    "/orders/inbox",
    summary="How much waits at the dispatch desk",
    response_model=InboxShown,
    responses=problems(401, 403, 422),
)
async def read_inbox(services: Shared, caller: Reader, organ: OrganQuery = None) -> Response:
    """Counts of the orders and task forces that the caller sees."""
    async with services.database.begin() as connection:
        found = await orders_inbox.inbox(connection, scope=caller.scope, organ_id=organ, now=services.now())
    return json_answer(found)
