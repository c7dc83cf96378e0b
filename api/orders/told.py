"""What the units of an order's vehicles are told of it, in the transaction of the step that changes it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.dispatch.telling import ORDER, WITHDRAWN, telling, withdrawal_of
from fleet.model.orders import Order
from fleet.store import unit_commands

LEAST = timedelta(hours=1)
"""How long a unit is at least told that an order was taken back."""


async def tell_units(connection: AsyncConnection, before: Order | None, after: Order, now: datetime) -> None:
    """Enqueues what follows from the step. Of a time that is over no unit is told."""
    news = telling(before, after)
    if news is None:
        return
    held = [*news.tell, *news.take_back, *news.silent]
    reached = await unit_commands.withdraw(connection, now=now, vehicle_ids=held, order_id=after.id, kind=ORDER)
    if news.expires_at > now:
        await unit_commands.withdraw(connection, now=now, vehicle_ids=news.tell, order_id=after.id, kind=WITHDRAWN)
        await unit_commands.enqueue(
            connection,
            kind=ORDER,
            content=news.content,
            vehicle_ids=news.tell,
            expires_at=news.expires_at,
            now=now,
            order_id=after.id,
        )
    await unit_commands.enqueue(
        connection,
        kind=WITHDRAWN,
        content=withdrawal_of(after),
        vehicle_ids=set(news.take_back) & set(reached),
        expires_at=max(news.expires_at, now + LEAST),
        now=now,
        order_id=after.id,
    )
