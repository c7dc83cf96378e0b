"""里程缺口: the odometer grew more than the track explains. It speaks of the distance and accuses nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from fleet.misuse.base import Base, Facts, GapItem, Item, TripItem, ends_of, span_of
from fleet.model.findings import Cited, Ground, Outcome
from fleet.model.moments import from_us


@dataclass(frozen=True, slots=True)
class OdometerGap(Base):
    """In a gap the whole growth is undocumented; in a trip, what exceeds the track by more than the tolerance."""

    slug: ClassVar[str] = "odometer_gap"
    title_zh: ClassVar[str] = "里程缺口"
    title_en: ClassVar[str] = "Distance without a track"
    judges: ClassVar[tuple[type[Item], ...]] = (TripItem, GapItem)
    policies: ClassVar[tuple[str, ...]] = ("odometer_gap.least_m", "odometer_gap.tolerance_pct")

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, (TripItem, GapItem))
        least_m = self._number(facts, "least_m")
        begin, end = span_of(item, facts.now)
        if isinstance(item, TripItem):
            trip = item.trip
            if trip.ended_us is None or trip.odometer_distance_m is None:
                return
            missing_m = trip.odometer_distance_m - trip.distance_m
            tolerance = self._number(facts, "tolerance_pct")
            if missing_m < least_m or missing_m * 100 <= trip.odometer_distance_m * tolerance:
                return
            ground = Ground(
                "odometer_exceeds_track",
                {"odometer_m": trip.odometer_distance_m, "track_m": trip.distance_m, "undocumented_m": missing_m},
            )
            readings = ends_of(trip)
        else:
            gap = item.gap
            if gap.ended_us is None or gap.odometer_m is None or gap.odometer_m < least_m:
                return
            ground = Ground(
                "odometer_grew_in_silence", {"undocumented_m": gap.odometer_m, "metres_apart": gap.metres_apart}
            )
            places = ((gap.started_us, gap.before), (gap.ended_us, gap.after))
            readings = tuple(
                Cited(from_us(us), place.lat_e7, place.lon_e7) for us, place in places if place is not None
            )
        yield self._found(item, facts, begin=begin, end=end, proven_at=end, grounds=[ground], readings=readings)
