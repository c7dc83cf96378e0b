"""非工作时间用车: driven outside the organ's hours, on a day that is worked, without an order for that time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fleet.misuse.base import Base, Facts, Item, TripItem, ends_of
from fleet.misuse.uncovered import hours_of, in_hours, next_boundary, not_allowed, of_kind, said
from fleet.model.findings import Outcome, Severity
from fleet.model.verdicts import VerdictKind
from fleet.workdays import HourKind


@dataclass(frozen=True, slots=True)
class AfterHours(Base):
    """Days off belong to `holiday_use`. A day that may still become either is left in doubt."""

    slug: ClassVar[str] = "after_hours"
    title_zh: ClassVar[str] = "非工作时间用车"
    title_en: ClassVar[str] = "Use after hours"
    judges: ClassVar[tuple[type[Item], ...]] = (TripItem,)
    policies: ClassVar[tuple[str, ...]] = ("after_hours.work_from", "after_hours.work_to", "after_hours.grace_s")

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, TripItem)
        if item.verdict.kind is VerdictKind.UNDETERMINED:
            return  # `unapproved_trip` shows the doubt
        found = in_hours(not_allowed(item.verdict), facts.calendar, hours_of(facts))
        outside = of_kind(found, HourKind.AFTER_HOURS)
        doubtful = of_kind(found, HourKind.DOUBTFUL)
        if outside:
            first, last = outside[0][0], outside[-1][0]
            yield self._found(
                item,
                facts,
                begin=first.begin,
                end=None if item.trip.ended_us is None else last.end,
                proven_at=first.begin,
                severity=Severity.BLUE if all(late for _, late in outside) else self.severity,
                grounds=said("after_hours", outside),
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
