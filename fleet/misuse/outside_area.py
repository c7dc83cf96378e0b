"""越界: left the permitted area of its order, or its home county without an order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from fleet.geography.borders import outside_m
from fleet.geography.distance import haversine_m
from fleet.misuse.base import Base, Facts, Item, TripItem, cite, span_of
from fleet.misuse.uncovered import seconds
from fleet.model.findings import Ground, Outcome, Severity
from fleet.model.moments import from_us
from fleet.model.trips import TrackPoint
from fleet.model.verdicts import Deviation, VerdictKind

_HELD_TO_AREAS = frozenset({VerdictKind.APPROVED, VerdictKind.APPROVED_WITH_DEVIATION})


@dataclass(frozen=True, slots=True)
class OutsideArea(Base):
    """Counted from the track: a stretch farther than the buffer beyond the border, for at least the least time.

    Between two readings nothing is assumed: a stretch lasts from its first reading outside to its last. Standing counts
    once the vehicle drives on: until then it may be the end of the trip.
    """

    slug: ClassVar[str] = "outside_area"
    version: ClassVar[int] = 2
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
        stretches = self._stretches(_driven(item, facts), allowed, self._number(facts, "buffer_m"))
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
        running = item.trip.ended_us is None and last[-1] is _driven(item, facts)[-1]
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

    def watch(self, item: TripItem, facts: Facts) -> datetime | None:
        """The least time after it went outside; while it is inside, after its last reading there."""
        permitted = self._permitted(item, facts)
        if permitted is None or not item.track or any(True for _ in self.judge(item, facts)):
            return None
        since = last = item.track[-1]
        if any(part.division not in permitted for part in item.trip.divisions):
            stretches = self._stretches(item.track, permitted, self._number(facts, "buffer_m"))
            since = stretches[-1][0] if stretches and stretches[-1][-1] is last else last
        return from_us(since.at_us) + timedelta(seconds=self._number(facts, "least_s"))

    @staticmethod
    def _permitted(item: TripItem, facts: Facts) -> frozenset[int] | None:
        """The counties it may be in, whether it has left them or not; None = anywhere, or nothing can be said."""
        verdict = item.verdict
        if verdict.kind is VerdictKind.UNAPPROVED:
            return facts.home_divisions
        areas = [grant.divisions for grant in verdict.grants if grant.divisions is not None]
        if verdict.kind not in _HELD_TO_AREAS or len(areas) < len(verdict.grants) or not areas:
            return None
        return frozenset[int]().union(*areas)

    def _allowed(self, item: TripItem, facts: Facts) -> frozenset[int] | None:
        """The counties that it has left by its verdict; None = none."""
        verdict = item.verdict
        if verdict.kind is not VerdictKind.UNAPPROVED and Deviation.AREA not in verdict.deviations:
            return None
        return self._permitted(item, facts)

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


def _driven(item: TripItem, facts: Facts) -> tuple[TrackPoint, ...]:
    """The track; of a running trip only up to where it came to stand."""
    track = item.track
    if item.trip.ended_us is not None or not track:
        return track
    moving_dkmh, drift_m = (int(facts.policies[f"trips.{name}"].value) for name in ("moving_dkmh", "drift_m"))
    last, count = track[-1], len(track)
    while count > 1 and _stands(track[count - 1], moving_dkmh) and _apart_m(track[count - 2], last) <= drift_m:
        count -= 1
    return track[:count]


def _stands(point: TrackPoint, moving_dkmh: int) -> bool:
    return point.speed_dkmh is not None and point.speed_dkmh < moving_dkmh


def _apart_m(one: TrackPoint, other: TrackPoint) -> float:
    return haversine_m(one.lat_e7 * 1e-7, one.lon_e7 * 1e-7, other.lat_e7 * 1e-7, other.lon_e7 * 1e-7)


def _ends(stretch: list[TrackPoint]) -> tuple[TrackPoint, ...]:
    return (stretch[0], stretch[-1]) if len(stretch) > 1 else (stretch[0],)
