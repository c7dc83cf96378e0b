"""Numbers without gaps, of an organ and a year of Asia/Shanghai."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import LOCAL
from fleet.store.tables import organ


class Numbered(NamedTuple):
    """What a number is made of; `code` is the organ's."""

    code: str
    year: int
    n: int


async def next_of_year(connection: AsyncConnection, counter: Table, organ_id: int, now: datetime) -> Numbered:
    """The next number by a table of `organ_id, year, last`. The counter's row stays locked until the transaction ends,
    and goes back with it: no number is lost, none is given twice; two that count for an organ wait for each other."""
    year = now.astimezone(LOCAL).year
    statement = insert(counter).values(organ_id=organ_id, year=year, last=1)
    statement = statement.on_conflict_do_update(index_elements=["organ_id", "year"], set_={"last": counter.c.last + 1})
    n: int = (await connection.execute(statement.returning(counter.c.last))).scalar_one()
    code: str = (await connection.execute(select(organ.c.code).where(organ.c.id == organ_id))).scalar_one()
    return Numbered(code, year, n)
