"""无单出车: a trip beyond the designated place that no order covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fleet.misuse.base import Base, Facts, Item, TripItem, ends_of, span_of
from fleet.model.findings import Ground, Outcome, Severity
from fleet.model.moments import from_us
from fleet.model.verdicts import Deviation, VerdictKind


@dataclass(frozen=True, slots=True)
class UnapprovedTrip(Base):
    """The verdict says it. An order approved after the departure lowers the colour; the finding stays for a person."""

    slug: ClassVar[str] = "unapproved_trip"
    title_zh: ClassVar[str] = "无单出车"
    title_en: ClassVar[str] = "Trip without an order"
    severity: ClassVar[Severity] = Severity.RED
    judges: ClassVar[tuple[type[Item], ...]] = (TripItem,)
    policies: ClassVar[tuple[str, ...]] = ("unapproved_trip.radius_m",)

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, TripItem)
        verdict, trip = item.verdict, item.trip
        grounds = [Ground(reason.code, {**reason.data, "source_id": reason.source_id}) for reason in verdict.reasons]
        begin, _ = span_of(item, facts.now)
        end = None if trip.ended_us is None else from_us(trip.ended_us)
        if verdict.kind is VerdictKind.UNDETERMINED:
            yield self._doubt(item, facts, begin=begin, end=end, grounds=grounds)
            return
        late = Deviation.APPROVED_AFTER_DEPARTURE in verdict.deviations
        if verdict.kind is not VerdictKind.UNAPPROVED and not late:
            return
        yield self._found(
            item,
            facts,
            begin=begin,
            end=end,
            proven_at=from_us(trip.begin.decided_at_us),
            severity=Severity.YELLOW if late else Severity.RED,
            grounds=grounds,
            readings=ends_of(trip),
            orders=verdict.order_ids,
        )

    def watch(self, item: TripItem, facts: Facts) -> datetime | None:
        """Who has not left the designated place yet may do so with the next reading."""
        near = any(reason.code == "within_designated_place" for reason in item.verdict.reasons)
        return from_us(item.trip.started_us) if near else None
