"""超速: above the limit for at least so many seconds, never on one reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from fleet.misuse.base import Base, Facts, Item, TripItem, cite
from fleet.misuse.uncovered import seconds
from fleet.model.findings import Ground, Outcome, Severity
from fleet.model.moments import from_us
from fleet.model.trips import TrackPoint
from fleet.model.verdicts import VerdictKind

UNBROKEN_US = 60_000_000
"""Readings farther apart do not belong to one stretch: what lies between is not known."""


@dataclass(frozen=True, slots=True)
class Speeding(Base):
    """A stretch is a run of readings above the limit. Ambulances on a call and duty vehicles are shown in blue."""

    slug: ClassVar[str] = "speeding"
    title_zh: ClassVar[str] = "超速"
    title_en: ClassVar[str] = "Speeding"
    judges: ClassVar[tuple[type[Item], ...]] = (TripItem,)
    policies: ClassVar[tuple[str, ...]] = ("speeding.limit_kmh", "speeding.least_s")

    def wants_track(self, item: TripItem, facts: Facts) -> bool:
        return (item.trip.max_speed_dkmh or 0) > self._number(facts, "limit_kmh") * 10

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, TripItem)
        limit_dkmh = self._number(facts, "limit_kmh") * 10
        least_us = self._number(facts, "least_s") * 1_000_000
        long = [one for one in _stretches(item.track, limit_dkmh) if one[-1].at_us - one[0].at_us >= least_us]
        if not long:
            return
        first = long[0]
        proof = next(point for point in first if point.at_us - first[0].at_us >= least_us)
        grounds = [
            Ground(
                "above_limit",
                {
                    "from": from_us(one[0].at_us).isoformat(),
                    "to": from_us(one[-1].at_us).isoformat(),
                    "seconds": seconds(from_us(one[0].at_us), from_us(one[-1].at_us)),
                    "highest_dkmh": max(point.speed_dkmh or 0 for point in one),
                    "limit_dkmh": limit_dkmh,
                    "readings": len(one),
                },
            )
            for one in long
        ]
        urgent = item.verdict.kind in {VerdictKind.EXEMPT, VerdictKind.EMERGENCY_PENDING}
        running = item.trip.ended_us is None and long[-1][-1] is item.track[-1]
        yield self._found(
            item,
            facts,
            begin=from_us(first[0].at_us),
            end=None if running else from_us(long[-1][-1].at_us),
            proven_at=from_us(proof.at_us),
            severity=Severity.BLUE if urgent else self.severity,
            grounds=grounds,
            readings=[cite(point) for one in long for point in one[:100]][:500],
            count=len(long),
        )


def _stretches(track: tuple[TrackPoint, ...], limit_dkmh: int) -> list[list[TrackPoint]]:
    found: list[list[TrackPoint]] = []
    current: list[TrackPoint] = []
    for point in track:
        above = point.speed_dkmh is not None and point.speed_dkmh > limit_dkmh
        if current and (not above or point.at_us - current[-1].at_us > UNBROKEN_US):
            found.append(current)
            current = []
        if above:
            current.append(point)
    if current:
        found.append(current)
    return found
