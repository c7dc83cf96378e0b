"""What hangs on a change of a vehicle or an organ: its history, and the spans that have to be made again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.store import history
from fleet.store.recompute import days, mark_vehicles, today
from fleet.store.registry import subtree
from fleet.store.tables import organ, vehicle

_TREE = 5303002
"""Advisory lock of the shape of the tree of organs."""


async def registered(connection: AsyncConnection, row: RowMapping, *, first: date) -> None:
    """A vehicle was entered; it has been so since `first`."""
    await history.begin(connection, [(row, first)])


async def changed(
    connection: AsyncConnection,
    before: RowMapping,
    after: RowMapping,
    *,
    effective_on: date,
    now: datetime,
) -> None:
    """Keeps the history; a change that reaches into the past has its figures made again."""
    await changed_all(connection, [(before, after)], effective_on=effective_on, now=now)


async def changed_all(
    connection: AsyncConnection,
    changes: Iterable[tuple[RowMapping, RowMapping]],
    *,
    effective_on: date,
    now: datetime,
) -> None:
    """The same for many at once."""
    touched = await history.change(connection, changes, effective_on)
    if effective_on < today(now):  # what changes today was so at no earlier moment
        await mark_vehicles(connection, touched, [days(effective_on)], reason="vehicle.history", now=now)


async def hangs_below(connection: AsyncConnection, organ_id: int, parent_id: int) -> bool:
    """Whether `parent_id` lies in the subtree of `organ_id`: then it cannot become the organ above it.

    Until the transaction ends nobody else can ask: two moves at once must not make a circle of two halves.
    """
    await connection.execute(select(func.pg_advisory_xact_lock(_TREE)))
    found = await connection.execute(
        select(organ.c.id).where(organ.c.id == parent_id, organ.c.id.in_(subtree(organ_id)))
    )
    return found.first() is not None


async def ids_of_plates(connection: AsyncConnection, plates: Sequence[str]) -> dict[str, int]:
    """The ids of the vehicles with these plates; an unknown plate is left out."""
    rows = await connection.execute(select(vehicle.c.plate, vehicle.c.id).where(vehicle.c.plate.in_(plates)))
    return {row.plate: row.id for row in rows}
