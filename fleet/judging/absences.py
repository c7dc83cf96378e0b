"""Absences from the designated place as the road shows them, and how surely their ends were seen."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.dispatch.road import Away
from fleet.judging.outings import YARD_M, Known, Outing, TrackOf, at_home, farthest_m, outings
from fleet.misuse.base import Home
from fleet.model.moments import from_us
from fleet.model.trips import Doubt, Gap, Segment, Stop, Trip


def absences(segments: Sequence[Known], home: Home | None, radius_m: int, track_of: TrackOf) -> list[Away]:
    """Those in which the vehicle went beyond the radius, in the order of time; none where no place is designated.

    A leaving was seen when a stop at the place runs into a trip without a silence between them; a coming back when a
    trip ends at the place by readings.
    """
    if home is None:
        return []
    before: dict[int, Segment | None] = {}
    last: Segment | None = None
    for one in segments:
        before[one.segment.started_us] = last
        last = one.segment
    found: list[Away] = []
    for outing in outings(segments, home, radius_m):
        if not _went(outing, home, radius_m, track_of):
            continue
        first, end = outing.members[0].segment, outing.members[-1].segment
        stood = before[first.started_us]
        left = isinstance(first, Trip) and _left_before_our_eyes(stood, first, home, radius_m)
        back = outing.over and isinstance(end, Trip) and not end.doubts & Doubt.ENDS_IN_GAP
        found.append(
            Away(
                left_after=outing.left_after,
                left_before=outing.left_before,
                left_at=from_us(first.started_us) if left else None,
                over=outing.over,
                back_at=from_us(end.ended_us) if back and end.ended_us is not None else None,
            )
        )
    return found


def _left_before_our_eyes(stood: Segment | None, trip: Trip, home: Home, radius_m: int) -> bool:
    return (
        isinstance(stood, Stop)
        and stood.ended_us == trip.started_us
        and at_home(stood.place, home, radius_m + stood.radius_m)
        and not trip.doubts & Doubt.STARTS_IN_GAP
    )


def _went(outing: Outing, home: Home, radius_m: int, track_of: TrackOf) -> bool:
    """Whether it really went away; what only moved in the yard did not."""
    for one in outing.members:
        segment = one.segment
        if isinstance(segment, Stop):
            return True  # those at home belong to no outing
        if isinstance(segment, Gap):
            if segment.after is not None and not at_home(segment.after, home, radius_m):
                return True
            continue
        if segment.distance_m > YARD_M:
            return True
        if segment.destination is not None and not at_home(segment.destination, home, radius_m):
            return True
        farthest = farthest_m(track_of(one.id), home)
        if farthest is not None and farthest > radius_m:
            return True
    return False
