"""Whole months of tallies in this process's memory: a year is not read from the database again with every question.

A month is kept under the mark that the keeper gave it when it made it (`tally_month`), in the transaction that made it.
A question reads the marks that hold now with the notes of what changed since: so what is in memory is never old, and
who asks after a change reads that one month anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.statistics.base import Dimension, Source
from fleet.statistics.runs import last_of_month
from fleet.store.sources import FIGURES
from fleet.store.tally_sums import Attributes, Month

TABLES: Mapping[Source, str] = {
    Source.DAYS: "tally_day",
    Source.VERDICTS: "tally_verdict",
    Source.CASES: "tally_case",
}
"""Those whose attributes are in `tally_group`, where they never change."""

_MOST_MONTHS = 240
"""Of all sources together: about half a megabyte each for 3,400 sets of attributes. The longest unasked goes first."""

_GROUP = (Dimension.ORGAN, Dimension.DIVISION, Dimension.USE, Dimension.MANAGEMENT, Dimension.ENERGY)


class TallyMemory:
    """One a process, for one database."""

    def __init__(self, most_months: int = _MOST_MONTHS) -> None:
        self._most = most_months
        self._months: OrderedDict[tuple[Source, date], tuple[UUID, Month]] = OrderedDict()
        self.attributes = Attributes(_GROUP)

    def __len__(self) -> int:
        return len(self._months)

    async def months(
        self, connection: AsyncConnection, source: Source, wanted: Mapping[date, UUID]
    ) -> dict[date, Month]:
        """The sums of these months, read where they are not here under these marks.

        One that was made again meanwhile comes as it is now: who asked reads the marks again afterwards.
        """
        if source not in TABLES:
            return {}
        missing = []
        for month, made in wanted.items():
            kept = self._months.get((source, month))
            if kept is None or kept[0] != made:
                missing.append(month)
        if missing:
            await self._read(connection, source, missing)
        found = {}
        for month in wanted:
            if (kept := self._months.get((source, month))) is not None:
                self._months.move_to_end((source, month))
                found[month] = kept[1]
        while len(self._months) > self._most:
            self._months.popitem(last=False)
        return found

    async def _read(self, connection: AsyncConnection, source: Source, months: list[date]) -> None:
        values = {"source": source.value, "months": months, "days": [last_of_month(one) for one in months]}
        rows: dict[tuple[date, UUID], list[tuple[int, ...]]] = {}
        width = len(_GROUP) + 1
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
    columns = ("organ_id", "division", "use", "management", "energy", "confidential")
    shown = [*(f"g.{one}" for one in columns), *(f"t.{one}" for one in FIGURES[source])]
    return (
        f"select m.month, m.made, {', '.join(shown)}"
        " from unnest(cast(:months as date[]), cast(:days as date[])) as q (month, day)"
        " join tally_month m on m.source = :source and m.month = q.month"
        f" left join ({TABLES[source]} t join tally_group g on g.id = t.group_id) on t.day = q.day"
    )


_READ = {source: _read(source) for source in TABLES}
