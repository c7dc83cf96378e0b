"""Segments as the rows they are stored in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from fleet.model.moments import day_of, from_us
from fleet.model.trips import Cut, Gap, Place, Segment, Stop, TrackPoint, Trip, segment_id
from fleet.monitor.areas import Named
from fleet.store.trips import SegmentRow, Track
from fleet.store.visits import indexed_trip
from fleet.tracks.packed import pack

Naming = Callable[[int, int, int], Named | None]
"""(lat_e7, lon_e7, at_us) -> the area around the place, for one vehicle."""


def kind_of(segment: Segment) -> str:
    """The table a segment belongs to."""
    match segment:
        case Trip():
            return "trip"
        case Stop():
            return "stop"
        case Gap():
            return "gap"


def row_of(segment: Segment, *, known_to_us: int, written_at: datetime, named: Naming) -> SegmentRow:
    """The row; `known_to_us` counts where the segment still runs."""
    ended_us = segment.ended_us
    row: SegmentRow = {
        "id": segment_id(segment.vehicle_id, segment.started_us),
        "version": 1,
        "vehicle_id": segment.vehicle_id,
        "day": day_of(segment.started_us),
        "started_at": from_us(segment.started_us),
        "ended_at": None if ended_us is None else from_us(ended_us),
        "known_to": from_us(max(known_to_us, segment.started_us) if ended_us is None else ended_us),
        "written_at": written_at,
        "running": ended_us is None,
    }
    match segment:
        case Trip():
            row |= _trip(segment, named)
        case Stop():
            row |= _stop(segment, named)
        case Gap():
            row |= _gap(segment)
    return row


def _trip(trip: Trip, named: Naming) -> SegmentRow:
    origin = named(trip.origin.lat_e7, trip.origin.lon_e7, trip.started_us)
    end = trip.destination
    # Where it is now is no destination.
    arrived = None if end is None or trip.ended_us is None else named(end.lat_e7, end.lon_e7, trip.ended_us)
    return {
        "begin_cut": _cut(trip.begin),
        "end_cut": _cut(trip.end),
        **_place("origin", trip.origin),
        "origin_area_id": None if origin is None else origin.area_id,
        "origin_name": None if origin is None else origin.name,
        **_place("destination", end),
        "destination_area_id": None if arrived is None else arrived.area_id,
        "destination_name": None if arrived is None else arrived.name,
        **{name: getattr(trip, name) for name in _TRIP_AS_IS},
        "divisions": msgspec.to_builtins(trip.divisions),
        "bridged": msgspec.to_builtins(trip.bridged),
        "set_aside": msgspec.to_builtins(trip.set_aside),
        "unit_ids": list(trip.unit_ids),
    }


_TRIP_AS_IS = (
    *("distance_m", "odometer_distance_m", "driving_s", "idle_s", "standing_s", "silent_s", "max_speed_dkmh"),
    *("fuel_ml", "fuel_method", "energy_wh", "energy_method", "set_aside_count", "positions", "doubts"),
)


def _stop(stop: Stop, named: Naming) -> SegmentRow:
    area = named(stop.place.lat_e7, stop.place.lon_e7, stop.started_us)
    return {
        "begin_cut": _cut(stop.begin),
        "end_cut": _cut(stop.end),
        "lat_e7": stop.place.lat_e7,
        "lon_e7": stop.place.lon_e7,
        "place_division": stop.place.division,
        "area_id": None if area is None else area.area_id,
        "name": None if area is None else area.name,
        **{name: getattr(stop, name) for name in _STOP_AS_IS},
        "unit_ids": list(stop.unit_ids),
    }


_STOP_AS_IS = ("radius_m", "ignition_on_s", "fuel_change_ml", "charged_wh", "positions", "doubts")


def _gap(gap: Gap) -> SegmentRow:
    return {
        **_place("before", gap.before),
        **_place("after", gap.after),
        "metres_apart": gap.metres_apart,
        "odometer_m": gap.odometer_m,
        "was_moving": gap.was_moving,
        "heard": gap.heard,
    }


def _place(prefix: str, place: Place | None) -> SegmentRow:
    names = ("lat_e7", "lon_e7", "division")
    return {f"{prefix}_{name}": None if place is None else getattr(place, name) for name in names}


def _cut(cut: Cut | None) -> Any:
    return None if cut is None else msgspec.to_builtins(cut)


def track_of(trip: Trip, points: tuple[TrackPoint, ...]) -> Track | None:
    """The packed track of a trip that has ended; None where it has no fix."""
    assert trip.ended_us is not None
    trip_id = segment_id(trip.vehicle_id, trip.started_us)
    indexed = indexed_trip(trip_id, from_us(trip.started_us), from_us(trip.ended_us), points)
    if indexed is None:
        return None
    latitudes, longitudes = [point.lat_e7 for point in points], [point.lon_e7 for point in points]
    box = (min(latitudes), min(longitudes), max(latitudes), max(longitudes))
    return Track(trip_id, len(points), *box, pack(points), indexed)
