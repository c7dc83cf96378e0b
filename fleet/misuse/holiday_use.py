"""节假日用车: driven on a day off without an order for that time. Make-up working days (调休) are working days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fleet.misuse.base import Base, Facts, Item, TripItem, ends_of
from fleet.misuse.uncovered import hours_of, in_hours, next_boundary, not_allowed, of_kind, said
from fleet.model.findings import Outcome, Severity
from fleet.model.verdicts import VerdictKind
from fleet.workdays import DayKind, HourKind


@dataclass(frozen=True, slots=True)
class HolidayUse(Base):
    """Statutory holidays weigh more than plain weekends. A day not announced yet is left in doubt."""

    slug: ClassVar[str] = "holiday_use"
    title_zh: ClassVar[str] = "节假日用车"
    title_en: ClassVar[str] = "Use on a day off"
    judges: ClassVar[tuple[type[Item], ...]] = (TripItem,)
    policies: ClassVar[tuple[str, ...]] = (
        "holiday_use.enabled",
        "holiday_use.least_m",
        "after_hours.work_from",
        "after_hours.work_to",
        "after_hours.grace_s",
    )

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, TripItem)
        if not self._asks(item, facts) or item.trip.distance_m < self._number(facts, "least_m"):
            return
        found = in_hours(not_allowed(item.verdict), facts.calendar, hours_of(facts))
        off = of_kind(found, HourKind.DAY_OFF)
        doubtful = of_kind(found, HourKind.DOUBTFUL)
        if off:
            first, last = off[0][0], off[-1][0]
            holiday = any(piece.ruling.kind is DayKind.HOLIDAY for piece, _ in off)
            severity = Severity.RED if holiday else Severity.YELLOW
            yield self._found(
                item,
                facts,
                begin=first.begin,
                end=None if item.trip.ended_us is None else last.end,
                proven_at=first.begin,
                severity=Severity.BLUE if all(late for _, late in off) else severity,
                grounds=said("day_off", off),
                readings=ends_of(item.trip),
                orders=item.verdict.order_ids,
                calendar=first.ruling.source,
            )
        elif doubtful:
            begin, end = doubtful[0][0].begin, doubtful[-1][0].end
            yield self._doubt(item, facts, begin=begin, end=end, grounds=said("day_not_announced", doubtful))

    def review(self, item: Item, facts: Facts) -> Iterable[datetime]:
        assert isinstance(item, TripItem)
        return next_boundary(facts.now, facts) if item.trip.ended_us is None else ()

    def watch(self, item: TripItem, facts: Facts) -> datetime | None:
        """On a day off, until the least distance is driven."""
        if not self._asks(item, facts) or item.trip.distance_m >= self._number(facts, "least_m"):
            return None
        off = of_kind(in_hours(not_allowed(item.verdict), facts.calendar, hours_of(facts)), HourKind.DAY_OFF)
        return off[0][0].begin if off else None

    @staticmethod
    def _asks(item: TripItem, facts: Facts) -> bool:
        enabled = bool(facts.policies["holiday_use.enabled"].value)
        return enabled and item.verdict.kind is not VerdictKind.UNDETERMINED
