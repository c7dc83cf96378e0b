"""终端失联: nothing heard for longer than the reporting contract bears. It speaks of the unit and accuses nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from fleet.misuse.base import Base, Facts, GapItem, Item, span_of
from fleet.misuse.uncovered import seconds
from fleet.model.findings import Cited, Ground, Outcome, Severity
from fleet.model.moments import from_us


@dataclass(frozen=True, slots=True)
class UnitSilent(Base):
    """A silence that began while moving weighs more than one that began while parked.

    A gap in which the unit spoke, and only told no place, is none: `odometer_gap` says what was driven in it.
    """

    slug: ClassVar[str] = "unit_silent"
    version: ClassVar[int] = 2
    title_zh: ClassVar[str] = "终端失联"
    title_en: ClassVar[str] = "Unit silent"
    severity: ClassVar[Severity] = Severity.BLUE
    judges: ClassVar[tuple[type[Item], ...]] = (GapItem,)
    policies: ClassVar[tuple[str, ...]] = ("unit_silent.moving_s", "unit_silent.parked_s")

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, GapItem)
        gap = item.gap
        if gap.heard:
            return
        begin, end = span_of(item, facts.now)
        least_s = self._least_s(item, facts)
        if seconds(begin, end) < least_s:
            return
        readings = [] if gap.before is None else [Cited(begin, gap.before.lat_e7, gap.before.lon_e7)]
        if gap.after is not None and gap.ended_us is not None:
            readings.append(Cited(from_us(gap.ended_us), gap.after.lat_e7, gap.after.lon_e7))
        yield self._found(
            item,
            facts,
            begin=begin,
            end=None if gap.ended_us is None else end,
            proven_at=begin + timedelta(seconds=least_s),
            severity=Severity.YELLOW if gap.was_moving else self.severity,
            grounds=[
                Ground(
                    "silent_while_moving" if gap.was_moving else "silent_while_parked",
                    {
                        # Of a silence that goes on only its beginning is certain.
                        "seconds": None if gap.ended_us is None else seconds(begin, end),
                        "limit_s": least_s,
                        "metres_apart": gap.metres_apart,
                        "odometer_m": gap.odometer_m,
                    },
                )
            ],
            readings=readings,
        )

    def review(self, item: Item, facts: Facts) -> Iterable[datetime]:
        assert isinstance(item, GapItem)
        if item.gap.ended_us is None:
            yield span_of(item, facts.now)[0] + timedelta(seconds=self._least_s(item, facts))

    def _least_s(self, item: GapItem, facts: Facts) -> int:
        return self._number(facts, "moving_s" if item.gap.was_moving else "parked_s")
