"""越界: left the permitted area of its order, or its home county without an order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from fleet.geography.borders import outside_m
from fleet.misuse.base import Base, Facts, Item, TripItem, cite, span_of
from fleet.misuse.uncovered import seconds
from fleet.model.findings import Ground, Outcome, Severity
from fleet.model.moments import from_us
from fleet.model.trips import TrackPoint
from fleet.model.verdicts import Deviation, VerdictKind


@dataclass(frozen=True, slots=True)
class OutsideArea(Base):
    """Counted from the track: a stretch farther than the buffer beyond the border, for at least the least time.

    Between two readings nothing is assumed: a stretch lasts from its first reading outside to its last.
    """

    slug: ClassVar[str] = "outside_area"
    title_zh: ClassVar[str] = "越界"
    title_en: ClassVar[str] = "Outside the permitted area"
    judges: ClassVar[tuple[type[Item], ...]] = (TripItem,)
    policies: ClassVar[tuple[str, ...]] = ("outside_area.least_s", "outside_area.buffer_m")

    def wants_track(self, item: TripItem, facts: Facts) -> bool:
        allowed = self._allowed(item, facts)
        return allowed is not None and any(part.division not in allowed for part in item.trip.divisions)

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, TripItem)
        allowed = self._allowed(item, facts)
        if allowed is None or not self.wants_track(item, facts):
            return
        stretches = self._stretches(item.track, allowed, self._number(facts, "buffer_m"))
        least_s = self._number(facts, "least_s")
        long = [one for one in stretches if one[-1].at_us - one[0].at_us >= least_s * 1_000_000]
        if not long:
            return
        first, last = long[0], long[-1]
        grounds = [
            Ground(
                "outside_permitted_divisions" if self._has_order(item) else "outside_home_county",
                {
                    "from": from_us(one[0].at_us).isoformat(),
                    "to": from_us(one[-1].at_us).isoformat(),
                    "seconds": seconds(from_us(one[0].at_us), from_us(one[-1].at_us)),
                    "allowed": sorted(allowed),
                    "divisions": sorted(
                        {part.division for part in item.trip.divisions if part.division not in allowed}
                    ),
                },
            )
            for one in long
        ]
        proof = next(point for point in first if point.at_us - first[0].at_us >= least_s * 1_000_000)
        _, now = span_of(item, facts.now)
        running = item.trip.ended_us is None and last[-1] is item.track[-1]
        yield self._found(
            item,
            facts,
            begin=from_us(first[0].at_us),
            end=None if running else min(now, from_us(last[-1].at_us)),
            proven_at=from_us(proof.at_us),
            grounds=grounds,
            readings=[cite(point) for one in long for point in _ends(one)],
            severity=Severity.YELLOW if self._has_order(item) else Severity.RED,
            count=len(long),
            orders=item.verdict.order_ids,
        )

    def _allowed(self, item: TripItem, facts: Facts) -> frozenset[int] | None:
        """The counties it may be in; None = anywhere, or nothing can be said."""
        verdict = item.verdict
        if verdict.kind is VerdictKind.UNAPPROVED:
            return facts.home_divisions
        if Deviation.AREA not in verdict.deviations:
            return None
        return frozenset[int]().union(*(grant.divisions or frozenset() for grant in verdict.grants))

    @staticmethod
    def _has_order(item: TripItem) -> bool:
        return item.verdict.kind is not VerdictKind.UNAPPROVED

    @staticmethod
    def _stretches(track: tuple[TrackPoint, ...], allowed: frozenset[int], buffer_m: int) -> list[list[TrackPoint]]:
        if not track:
            return []
        beyond = outside_m([point.lat_e7 for point in track], [point.lon_e7 for point in track], allowed)
        found: list[list[TrackPoint]] = []
        inside = True
        for point, metres in zip(track, beyond, strict=True):
            if metres <= buffer_m:
                inside = True
                continue
            if inside:
                found.append([])
                inside = False
            found[-1].append(point)
        return found


def _ends(stretch: list[TrackPoint]) -> tuple[TrackPoint, ...]:
    return (stretch[0], stretch[-1]) if len(stretch) > 1 else (stretch[0],)
