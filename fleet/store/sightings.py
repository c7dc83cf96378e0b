"""What the road shows of orders and they do not say yet: left by the judge, taken by the desk of orders.

The judge may not write orders, and the desk does not follow trips; between them lie these rows, each gone when it is
written into its order, or when it turned out to say nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.store.tables import order_sighting


class Seen(NamedTuple):
    """One vehicle's outing for one order as the road shows it; `why`: what made somebody look."""

    order_id: int
    vehicle_id: int
    departed_at: datetime | None
    returned_at: datetime | None
    why: str


async def leave(connection: AsyncConnection, seen: Sequence[Seen], now: datetime) -> None:
    """The newest of an order and vehicle takes the place of one that nobody has taken yet."""
    if not seen:
        return
    rows = [{**one._asdict(), "at": now} for one in sorted(seen)]
    statement = insert(order_sighting)
    fresh = {name: statement.excluded[name] for name in ("departed_at", "returned_at", "why", "at")}
    keys = ["order_id", "vehicle_id"]
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh), rows)


async def take_one(connection: AsyncConnection) -> Seen | None:
    """The oldest; gone when the transaction commits. Who asks at the same moment waits, and may get none."""
    columns = order_sighting.c
    oldest = select(columns.order_id, columns.vehicle_id).order_by(columns.at, columns.order_id).limit(1)
    statement = (
        delete(order_sighting)
        .where(tuple_(columns.order_id, columns.vehicle_id).in_(oldest))
        .returning(*(columns[name] for name in Seen._fields))
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else Seen(*row)
