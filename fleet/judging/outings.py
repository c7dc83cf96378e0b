"""Outings: the trips from leaving the designated place to coming back, and what can be known of where they went.

Where no designated place is known every trip is an outing of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from fleet.geography.distance import haversine_m, haversine_many_m
from fleet.misuse.base import Home
from fleet.model.moments import from_us
from fleet.model.trips import Gap, Place, Segment, Stop, TrackPoint, Trip
from fleet.model.verdicts import Destination

FASTEST_KMH = 130
"""No official vehicle of the city gets farther in a silence than this allows, on straight lines."""

YARD_M = 2_000
"""A longer trip has left the yard; only shorter ones are measured against the designated place's radius."""

TrackOf = Callable[[int], Sequence[TrackPoint]]
"""The track of a trip by its id; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Known:
    """A segment with its id."""

    id: int
    segment: Segment


@dataclass(slots=True)
class Outing:
    """`left_after`, `left_before`: between these it left; equal where a reading of standing at home precedes.

    `over`: it is back at the designated place, or (without one) its trip has ended.
    """

    left_after: datetime
    left_before: datetime
    members: list[Known] = field(default_factory=list)
    over: bool = False

    def trips(self) -> Iterator[tuple[int, Trip]]:
        return ((one.id, one.segment) for one in self.members if isinstance(one.segment, Trip))


def outings(segments: Sequence[Known], home: Home | None, radius_m: int) -> list[Outing]:
    """The outings of segments in the order of time; home stops belong to none."""
    return list(_without_home(segments) if home is None else _from_home(segments, home, radius_m))


def _without_home(segments: Sequence[Known]) -> Iterator[Outing]:
    before: Segment | None = None
    for one in segments:
        if isinstance(one.segment, Trip):
            left = from_us(one.segment.started_us)
            after = from_us(before.started_us) if isinstance(before, Gap) else left
            yield Outing(min(after, left), left, [one], over=one.segment.ended_us is not None)
        before = one.segment


def _from_home(segments: Sequence[Known], home: Home, radius_m: int) -> Iterator[Outing]:
    current: Outing | None = None
    last_home: datetime | None = None
    for one in segments:
        segment = one.segment
        if isinstance(segment, Stop) and at_home(segment.place, home, radius_m + segment.radius_m):
            if current is not None:
                current.over = True
                yield current
                current = None
            last_home = None if segment.ended_us is None else from_us(segment.ended_us)
            continue
        if current is None:
            if isinstance(segment, Gap) and _stayed_home(segment, home, radius_m):
                last_home = None if segment.ended_us is None else from_us(segment.ended_us)
                continue
            seen = from_us(segment.started_us)
            if isinstance(segment, Gap):
                # Silent since it stood at home: when it left, if it left, nobody knows.
                seen = seen if segment.ended_us is None else from_us(segment.ended_us)
                last_home = from_us(segment.started_us) if last_home is None else last_home
            current = Outing(min(last_home or seen, seen), seen)
        current.members.append(one)
        if isinstance(segment, Trip) and segment.destination is not None and segment.ended_us is not None:
            current.over = at_home(segment.destination, home, radius_m)
        elif isinstance(segment, Gap):
            current.over = segment.after is not None and at_home(segment.after, home, radius_m)
        else:
            current.over = False
    if current is not None:
        yield current


def at_home(place: Place, home: Home, radius_m: int) -> bool:
    return metres(place, home.lat_e7, home.lon_e7) <= radius_m


def metres(place: Place, lat_e7: int, lon_e7: int) -> float:
    return haversine_m(place.lat_e7 * 1e-7, place.lon_e7 * 1e-7, lat_e7 * 1e-7, lon_e7 * 1e-7)


def _stayed_home(gap: Gap, home: Home, radius_m: int) -> bool:
    """A silence with the designated place before and after it and no distance in it."""
    ends = (gap.before, gap.after)
    return all(place is not None and at_home(place, home, radius_m) for place in ends) and not gap.odometer_m


def perhaps_home_at(outing: Outing, home: Home, radius_m: int, until: datetime) -> datetime | None:
    """The end of the last silence, begun before `until`, that allows it to have come home and left again; None = there
    is none. The one in which it left tells nothing more: from its end on it is out."""
    yard = Destination("", home.lat_e7, home.lon_e7, radius_m)
    found = None
    for one in outing.members[1:]:
        segment = one.segment
        if not isinstance(segment, Gap) or segment.ended_us is None or from_us(segment.started_us) >= until:
            continue
        if _could(segment.before, segment.after, segment.started_us, segment.ended_us, yard):
            found = from_us(segment.ended_us)
    return found


# ---------------------------------------------------------------- where it went


def reached(outing: Outing, place: Destination, track_of: TrackOf) -> bool | None:
    """Whether the outing came within the destination's radius; None where a silence leaves it open."""
    perhaps = False
    for one in outing.members:
        segment = one.segment
        if isinstance(segment, Stop):
            if metres(segment.place, place.lat_e7, place.lon_e7) <= place.radius_m + segment.radius_m:
                return True
        elif isinstance(segment, Gap):
            perhaps = perhaps or _could(segment.before, segment.after, segment.started_us, segment.ended_us, place)
        else:
            if _passed(segment, track_of(one.id), place):
                return True
            perhaps = perhaps or _bridged_could(segment, track_of(one.id), place)
    return None if perhaps else False


def farthest_m(track: Sequence[TrackPoint], home: Home) -> int | None:
    """The greatest distance of a track's fixes from the designated place; None without a track."""
    if not track:
        return None
    lat, lon = _degrees(track)
    return int(haversine_many_m(lat, lon, home.lat_e7 * 1e-7, home.lon_e7 * 1e-7).max())


def _passed(trip: Trip, track: Sequence[TrackPoint], place: Destination) -> bool:
    ends = [trip.origin] if trip.destination is None else [trip.origin, trip.destination]
    if any(metres(end, place.lat_e7, place.lon_e7) <= place.radius_m for end in ends):
        return True
    return bool(track) and _nearest_m(track, place) <= place.radius_m


def _nearest_m(track: Sequence[TrackPoint], place: Destination) -> float:
    """From the destination to the nearest leg, on a plane around the destination."""
    lat, lon = _degrees(track)
    north = (lat - place.lat_e7 * 1e-7) * 111_195.0
    east = (lon - place.lon_e7 * 1e-7) * 111_195.0 * np.cos(np.radians(place.lat_e7 * 1e-7))
    if len(track) == 1:
        return float(np.hypot(north[0], east[0]))
    d_north, d_east = np.diff(north), np.diff(east)
    length = np.maximum(d_north**2 + d_east**2, 1e-9)
    along = np.clip(-(north[:-1] * d_north + east[:-1] * d_east) / length, 0, 1)
    return float(np.hypot(north[:-1] + along * d_north, east[:-1] + along * d_east).min())


def _bridged_could(trip: Trip, track: Sequence[TrackPoint], place: Destination) -> bool:
    if not trip.bridged:
        return False
    points = {point.at_us: point for point in track}
    for one in trip.bridged:
        before, after = points.get(one.from_us), points.get(one.to_us)
        if before is None or after is None:
            return True  # the track that would tell is gone
        ends = (Place(lat_e7=end.lat_e7, lon_e7=end.lon_e7, division=0) for end in (before, after))
        if _could(next(ends), next(ends), one.from_us, one.to_us, place):
            return True
    return False


def _could(before: Place | None, after: Place | None, from_us: int, to_us: int | None, place: Destination) -> bool:
    """Whether the time of a silence allows going to the destination's edge, and on to where it was heard again."""
    if to_us is None:
        return True
    least = sum(
        max(0.0, metres(end, place.lat_e7, place.lon_e7) - place.radius_m) for end in (before, after) if end is not None
    )
    return least <= (to_us - from_us) / 1e6 * FASTEST_KMH / 3.6


def _degrees(track: Sequence[TrackPoint]) -> tuple[np.ndarray, np.ndarray]:
    lat = np.array([point.lat_e7 for point in track], dtype=np.float64) * 1e-7
    lon = np.array([point.lon_e7 for point in track], dtype=np.float64) * 1e-7
    return lat, lon
