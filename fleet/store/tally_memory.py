"""Whole months of tallies in this process's memory: a year is not read from the database again with every question.

A month is kept under the mark that the keeper gave it when it made it (`tally_month`), in the transaction that made it.
A question reads the marks that hold now with the notes of what changed since: so what is in memory is never old, and
who asks after a change reads that one month anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.statistics.base import Source
from fleet.statistics.runs import Run, last_of_month
from fleet.store.sources import COLUMNS, FIGURES, TALLIES
from fleet.store.tally_sums import Attributes, Month

_KEPT = (Source.DAYS, Source.VERDICTS, Source.CASES)
"""Those whose attributes are in `tally_group`, where they never change."""

_MOST_MONTHS = 240
"""Of all sources together: about half a megabyte each for 3,400 sets of attributes. The longest unasked goes first."""


class TallyMemory:
    """One a process, for one database."""

    def __init__(self, most_months: int = _MOST_MONTHS) -> None:
        self._most = most_months
        self._months: OrderedDict[tuple[Source, date], tuple[UUID, Month]] = OrderedDict()
        self.attributes = Attributes()

    def __len__(self) -> int:
        return len(self._months)

    async def months(
        self, connection: AsyncConnection, source: Source, some: Iterable[Run], made: Mapping[date, UUID]
    ) -> dict[Run, Month]:
        """The months of those runs that are whole and have a mark, read where they are not here under it.

        One that was made again meanwhile comes as it is now: who asked reads the marks again afterwards.
        """
        if source not in _KEPT:
            return {}
        whole = [one for one in some if one.month in made and one.day == last_of_month(one.month)]
        missing = [one.month for one in whole if self._mark(source, one.month) != made[one.month]]
        if missing:
            await self._read(connection, source, missing)
        found = {}
        for run in whole:
            kept = self._months.get((source, run.month))
            if kept is not None:
                self._months.move_to_end((source, run.month))
                found[run] = kept[1]
        while len(self._months) > self._most:
            self._months.popitem(last=False)
        return found

    def _mark(self, source: Source, month: date) -> UUID | None:
        kept = self._months.get((source, month))
        return None if kept is None else kept[0]

    async def _read(self, connection: AsyncConnection, source: Source, months: list[date]) -> None:
        values = {"source": source.value, "months": months, "days": [last_of_month(one) for one in months]}
        rows: dict[tuple[date, UUID], list[tuple[int, ...]]] = {}
        width = len(_COLUMNS)
        for month, made, *row in await connection.execute(text(_READ[source]), values):
            some = rows.setdefault((month, made), [])
            if row[0] is not None:
                some.append((self.attributes.place(tuple(row[:width])), *row[width:]))
        for month in months:
            self._months.pop((source, month), None)
        for (month, made), some in rows.items():
            table = np.array(some, np.int64).reshape(len(some), 1 + len(FIGURES[source])).T
            self._months[source, month] = (made, Month(table[0], np.ascontiguousarray(table[1:])))


def _read(source: Source) -> str:
    shown = [*(f"g.{one}" for one in _COLUMNS), *(f"t.{one}" for one in FIGURES[source])]
    return (
        f"select m.month, m.made, {', '.join(shown)}"
        " from unnest(cast(:months as date[]), cast(:days as date[])) as q (month, day)"
        " join tally_month m on m.source = :source and m.month = q.month"
        f" left join ({TALLIES[source]} t join tally_group g on g.id = t.group_id) on t.day = q.day"
    )


_COLUMNS = (*COLUMNS.values(), "confidential")
_READ = {source: _read(source) for source in _KEPT}
