"""Which organ had a vehicle when: what is said of a day is said of the organ that had it then, not of today's."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import EPOCH, day_begins_us, from_us
from fleet.store.scoped import one_of
from fleet.store.tables import organ, vehicle_history


class Span(NamedTuple):
    """From `begin` on (a fleet's day) the organ had it, until the next one."""

    begin: datetime
    organ_id: int
    division: int


@dataclass(slots=True)
class Belonging:
    """`organ_id`, `division`: today's, which hold where the history says nothing."""

    organ_id: int
    division: int
    spans: list[Span] = field(default_factory=list)

    def at(self, moment: datetime) -> Span:
        """Before the history begins, its first organ."""
        found = self.spans[0] if self.spans else Span(EPOCH, self.organ_id, self.division)
        for one in self.spans:
            if one.begin <= moment:
                found = one
        return found

    def periods(self) -> Iterator[tuple[int, datetime, datetime | None]]:
        """(organ, from, until) one after the other, from ever and for ever."""
        spans = self.spans or [Span(EPOCH, self.organ_id, self.division)]
        for number, one in enumerate(spans):
            following = spans[number + 1] if number + 1 < len(spans) else None
            yield one.organ_id, EPOCH if number == 0 else one.begin, None if following is None else following.begin

    @property
    def organs(self) -> set[int]:
        return {self.organ_id, *(one.organ_id for one in self.spans)}


async def read_spans(connection: AsyncConnection, vehicle_ids: Collection[int]) -> dict[int, list[Span]]:
    """By vehicle, in the order of time."""
    statement = (
        select(vehicle_history.c.vehicle_id, vehicle_history.c.period, organ.c.id, organ.c.division)
        .select_from(vehicle_history.join(organ, organ.c.id == vehicle_history.c.organ_id))
        .where(one_of(vehicle_history.c.vehicle_id, vehicle_ids))
        .order_by(vehicle_history.c.vehicle_id, vehicle_history.c.period)
    )
    found: dict[int, list[Span]] = {}
    for vehicle_id, period, organ_id, division in await connection.execute(statement):
        begin = EPOCH if period.lower is None else from_us(day_begins_us(period.lower))
        found.setdefault(vehicle_id, []).append(Span(begin, organ_id, division))
    return found
