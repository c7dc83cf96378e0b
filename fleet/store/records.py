"""Rows of the registry, written one at a time: locked before they are compared, changed or removed.

What the database refuses is told apart and explained here: a key that is taken, a period that overlaps (with the
records in the way), a reference to nothing, a record that others refer to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import RowMapping, Select, Table, delete, insert, select, update
from sqlalchemy.dialects.postgresql import ExcludeConstraint, Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.errors import Conflict
from fleet.registry.problems import Refused, error

_TAKEN, _UNKNOWN, _OVERLAP = "23505", "23503", "23P01"


class Clash(Conflict):
    """What is stored already stands in the way; `others` are the records that do, where they can be named."""

    def __init__(self, kind: str, message: str, others: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.kind = kind  # taken | overlap | in_use
        self.others = tuple(others)


async def fetch(connection: AsyncConnection, table: Table, record_id: int, *, lock: bool = False) -> RowMapping | None:
    """One row; with `lock` nobody else changes it before this transaction ends."""
    statement = select(table).where(table.c.id == record_id)
    if lock:
        statement = statement.with_for_update()
    row: RowMapping | None = (await connection.execute(statement)).mappings().one_or_none()
    return row


async def page(connection: AsyncConnection, statement: Select[Any]) -> Sequence[RowMapping]:
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def add(connection: AsyncConnection, table: Table, values: Mapping[str, Any]) -> RowMapping:
    """Insert and answer the row as stored. Raises Clash, Refused."""
    async with _explained(connection, table, values):
        result = await connection.execute(insert(table).values(**values).returning(table))
    row: RowMapping = result.mappings().one()
    return row


async def change(connection: AsyncConnection, table: Table, record_id: int, values: Mapping[str, Any]) -> RowMapping:
    """Update a row that the caller has locked, and answer it as stored. Raises Clash, Refused."""
    async with _explained(connection, table, {**values, "id": record_id}):
        statement = update(table).where(table.c.id == record_id).values(**values).returning(table)
        result = await connection.execute(statement)
    row: RowMapping = result.mappings().one()
    return row


async def remove(connection: AsyncConnection, table: Table, record_id: int) -> None:
    """Delete a row that the caller has locked. Raises Clash when others refer to it."""
    async with _explained(connection, table, {"id": record_id}, removing=True):
        await connection.execute(delete(table).where(table.c.id == record_id))


def is_overlap(refusal: IntegrityError) -> bool:
    """Whether an exclusion constraint refused the rows."""
    return getattr(getattr(refusal.orig, "__cause__", None), "sqlstate", None) == _OVERLAP


@asynccontextmanager
async def _explained(
    connection: AsyncConnection, table: Table, values: Mapping[str, Any], *, removing: bool = False
) -> AsyncIterator[None]:
    try:
        async with connection.begin_nested():  # so that questions can still be asked after a refusal
            yield
    except IntegrityError as refusal:
        cause = getattr(refusal.orig, "__cause__", None)
        state, name = getattr(cause, "sqlstate", None), getattr(cause, "constraint_name", None) or ""
        field = name.removeprefix(f"{table.name}_").removesuffix("_key").removesuffix("_fkey")
        if state == _TAKEN:
            others = await _same(connection, table, field, values)
            shown = values.get(field)
            raise Clash("taken", f"There is a {table.name} with the {field} {shown!r} already.", others) from None
        if state == _OVERLAP:
            others = await _overlapping(connection, table, name, values)
            raise Clash("overlap", _overlap_sentence(table, others), others) from None
        if state == _UNKNOWN and removing:
            other = getattr(cause, "table_name", None) or "another record"
            sentence = f"A {other} refers to this {table.name}: retire it instead of deleting it."
            raise Clash("in_use", sentence) from None
        if state == _UNKNOWN:
            en = f"There is nothing with the number {values.get(field)}"
            raise Refused([error(field, "unknown_reference", f"编号 {values.get(field)} 不存在", en)]) from None
        raise


async def _same(
    connection: AsyncConnection, table: Table, field: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if field not in table.c or field not in values:
        return []
    rows = await connection.execute(select(table.c.id).where(table.c[field] == values[field]))
    return [{"id": row.id} for row in rows]


async def _overlapping(
    connection: AsyncConnection, table: Table, constraint: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows in the way of `values` by the exclusion constraint: its equal column, and overlapping periods."""
    rule = next(one for one in table.constraints if isinstance(one, ExcludeConstraint) and one.name == constraint)
    keys = [column.name for column in rule.columns if column.name != "period"]
    statement = select(table).where(
        *(table.c[key] == values[key] for key in keys), table.c.period.op("&&")(values["period"])
    )
    if "id" in values:
        statement = statement.where(table.c.id != values["id"])
    rows = (await connection.execute(statement.order_by(table.c.id))).mappings()
    return [
        {name: value for name, value in row.items() if name not in ("period", "version")} | span(row["period"])
        for row in rows
    ]


def span(period: Range[Any]) -> dict[str, Any]:
    """A period as it is shown; None = open at that end."""
    return {"from": period.lower, "to": period.upper}


def _overlap_sentence(table: Table, others: Sequence[Mapping[str, Any]]) -> str:
    """The first record in the way, in words; all of them stand beside it."""
    if not others:
        return f"The period overlaps that of another {table.name}."
    first = others[0]
    began = "the beginning" if first["from"] is None else first["from"].isoformat()
    until = "open" if first["to"] is None else f"until {first['to'].isoformat()}"
    return f"The period overlaps {table.name} {first['id']} (from {began}, {until})."
