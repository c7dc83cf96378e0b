"""Keeps tallies: moves the horizon on, and makes again what changed before it.

One keeper works at a time. What it takes of `tally_due` and what it makes of it are one transaction: after a kill the
same notes are there again. Who changes something meanwhile leaves a note that this transaction does not see, and that
therefore stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import day_begins_us, day_of, from_us, to_us
from fleet.statistics.base import Dimension, Source
from fleet.statistics.runs import month_after
from fleet.store.sources import COLUMNS, FIGURES, TALLIES, live
from fleet.store.tables import tally_due

LOCK_NOT_AVAILABLE = "55P03"

SETTLES = timedelta(hours=2)
"""So long after its end a day is still read from its rows: until then most of it is still coming."""

_EARLIEST: Mapping[Source, str] = {
    Source.DAYS: "select min(day) from vehicle_day",
    Source.VERDICTS: "select (min(started_at) at time zone 'Asia/Shanghai')::date - 1 from verdict",
    Source.CASES: "select (min(begin_at) at time zone 'Asia/Shanghai')::date - 1 from misuse_case",
    Source.ORDERS: "select (min(submitted_at) at time zone 'Asia/Shanghai')::date - 1 from dispatch_order",
}


async def move_horizon(connection: AsyncConnection, now: datetime) -> bool:
    """Lets the tallies tell of all days that ended a while ago; gives whether there is a new one.

    Within a transaction of its own: it shuts writers out until it ends. Where one takes long, the next round is soon
    enough.
    """
    until = day_of(to_us(now - SETTLES))
    try:
        async with connection.begin_nested():
            moved = await connection.execute(text("select move_tally_horizon(:until)"), {"until": until})
            return bool(moved.scalar_one())
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        return False


async def make_again(connection: AsyncConnection, source: Source) -> int:
    """Makes the last month that is due again, of the organs that it is due for; gives how many notes that took.

    Within the caller's transaction. What is due before that month stays noted, as one note an organ.
    """
    taken = (
        await connection.execute(
            text(
                "delete from tally_due where source = :source and last_month ="
                " (select max(last_month) from tally_due where source = :source)"
                " returning organ_id, first_month, last_month"
            ),
            {"source": source.value},
        )
    ).all()
    if not taken:
        return 0
    month: date = taken[0].last_month
    earliest: date | None = (await connection.execute(text(_EARLIEST[source]))).scalar_one()
    begin = month if earliest is not None and earliest < month else min(one.first_month for one in taken)
    whole = any(one.organ_id is None for one in taken)
    before: dict[int | None, date] = {}
    for one in taken:
        if one.first_month < begin:
            before[one.organ_id] = min(one.first_month, before.get(one.organ_id, begin))
    if before:
        last = (begin - timedelta(days=1)).replace(day=1)
        rest = [
            {"source": source.value, "organ_id": organ_id, "first_month": first, "last_month": last}
            for organ_id, first in before.items()
        ]
        await connection.execute(insert(tally_due), rest)
    await _make(connection, source, begin, month_after(month), None if whole else {one.organ_id for one in taken})
    await connection.execute(text(_MARK), {"source": source.value, "first": begin, "last": month})
    return len(taken)


async def _make(connection: AsyncConnection, source: Source, begin: date, after: date, organs: set[int] | None) -> None:
    sealed_to: date = (await connection.execute(text("select sealed_to from tally_horizon"))).scalar_one()
    after = min(after, sealed_to)
    values = {
        "first": begin,
        "after": after,
        "begin": from_us(day_begins_us(begin)),
        "end": from_us(day_begins_us(after)),
        "months": [],
        "days": [begin + timedelta(days=n) for n in range((after - begin).days)],
        "organs": None if organs is None else sorted(organs),
    }
    for statement in (_CLEAR[source], _MAKE[source]):
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        await connection.execute(text(statement), wanted)


_MARK = """
insert into tally_month (source, month)
select :source, m.month::date
from generate_series(cast(:first as date)::timestamp, cast(:last as date)::timestamp, '1 month') as m (month)
on conflict (source, month) do update set made = excluded.made
"""

_COLUMNS = (*COLUMNS.values(), "confidential")


def _clear(source: Source) -> str:
    some = "cast(:organs as int4[])"
    whose = f"{some} is null or "
    whose += (
        f"organ_id = any({some})"
        if source is Source.ORDERS
        else f"group_id = any(array(select id from tally_group where organ_id = any({some})))"
    )
    return f"delete from {TALLIES[source]} where day >= :first and day < :after and ({whose})"


def _make_statement(source: Source) -> str:
    """The sums of each day, then, from the first day of a group in each month on, those that run.

    A group's rows go on to the end of the month, also over days without any: so the last one is always the month's.
    They are written day by day, as they are read.
    """
    figures = FIGURES[source]
    relation = live(source)
    organ = relation.attributes[Dimension.ORGAN]
    sums = ", ".join(f"sum(x.{one}) as {one}" for one in figures)
    of_organs = f"(cast(:organs as int4[]) is null or {organ} = any(cast(:organs as int4[])))"
    if source is Source.ORDERS:
        group = "organ_id"
        cells = f"select {organ} as organ_id, x.day, {sums} from {relation.source} where {of_organs} group by 1, 2"
        head = f"with cell as materialized ({cells})"
    else:
        group = "group_id"
        columns = ", ".join(_COLUMNS)
        named = _named(relation.attributes, relation.confidential)
        numbers = ", ".join(str(n + 1) for n in range(len(_COLUMNS) + 1))
        head = (
            f"with base as materialized (select {named}, {sums} from {relation.source} where {of_organs}"
            f" group by {numbers}),"
            f" added as (insert into tally_group ({columns}) select distinct {columns} from base"
            f" on conflict do nothing returning id, {columns}),"
            f" known as (select id, {columns} from tally_group union all select id, {columns} from added),"
            f" cell as materialized (select k.id as group_id, b.day, {', '.join(f'b.{one}' for one in figures)}"
            f" from base b join known k using ({columns}))"
        )
    running = ", ".join(f"coalesce(sum(c.{one}) over run, 0)::int8" for one in figures)
    return (
        f"{head}, began as (select {group}, date_trunc('month', day::timestamp)::date as month, min(day) as first"
        f" from cell group by 1, 2)"
        f" insert into {TALLIES[source]} (day, {group}, {', '.join(figures)})"
        f" select d.day::date, s.{group}, {running} from began s"
        " cross join lateral generate_series(s.first::timestamp,"
        " least(s.month + interval '1 month', cast(:after as date)::timestamp) - interval '1 day', '1 day') as d (day)"
        f" left join cell c on c.{group} = s.{group} and c.day = d.day::date"
        f" window run as (partition by s.{group}, s.month order by d.day) order by d.day, s.{group}"
    )


def _named(attributes: Mapping[Dimension, str], confidential: str) -> str:
    columns = [*(attributes[one] for one in COLUMNS), confidential, "x.day"]
    return ", ".join(f"{column} as {name}" for column, name in zip(columns, (*_COLUMNS, "day"), strict=True))


_CLEAR = {source: _clear(source) for source in TALLIES}
_MAKE = {source: _make_statement(source) for source in TALLIES}
