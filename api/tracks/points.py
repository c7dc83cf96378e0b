"""Fixes as points of a track: thinned, in the datum asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np

from api.datum import Datum, many_degrees
from api.live.items import flag_names
from api.tracks.fixes import Fix, Span, spans
from fleet.model.readings import IMPLAUSIBLE
from fleet.tracks.thinning import keep, local_metres

_IMPLAUSIBLE = int(IMPLAUSIBLE)  # flags of an enumeration are slow to compare, thousands of times


class Point(msgspec.Struct, frozen=True, gc=False):
    observed_at: datetime
    lat: float
    lon: float
    speed_kmh: float | None
    heading_deg: int | None
    altitude_m: int | None
    ignition: bool | None
    odometer_km: float | None
    division: int | None
    flags: tuple[str, ...]
    plausible: bool
    unit: str | None


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """`total` positions are kept of the span, `implausible` of them cannot be true; `points` is what is shown."""

    total: int
    implausible: int
    thinned: bool
    sources: list[Span]
    points: list[Point]


def make_track(rows: Sequence[Fix], *, max_points: int, datum: Datum) -> Track:
    """All points where they fit into `max_points`; else the plausible ones, thinned."""
    implausible = sum(1 for row in rows if row.flags & _IMPLAUSIBLE)
    total, sources = len(rows), spans(rows)
    thinned = total > max_points
    if thinned:
        rows = [row for row in rows if not row.flags & _IMPLAUSIBLE]
    if not rows:
        return Track(total=total, implausible=implausible, thinned=thinned, sources=sources, points=[])
    lat = np.array([row.lat_e7 for row in rows]) / 1e7
    lon = np.array([row.lon_e7 for row in rows]) / 1e7
    if len(rows) > max_points:
        x_m, y_m = local_metres(lat, lon)
        chosen = keep(x_m, y_m, np.array([row.observed_at.timestamp() for row in rows]), max_points)
        rows = [rows[index] for index in chosen.tolist()]
        lat, lon = lat[chosen], lon[chosen]
    lat, lon = many_degrees(lat, lon, datum)
    points = [
        _point(row, row_lat, row_lon) for row, row_lat, row_lon in zip(rows, lat.tolist(), lon.tolist(), strict=True)
    ]
    return Track(total=total, implausible=implausible, thinned=thinned, sources=sources, points=points)


def _point(row: Fix, lat: float, lon: float) -> Point:
    return Point(
        observed_at=row.observed_at,
        lat=lat,
        lon=lon,
        speed_kmh=None if row.speed_dkmh is None else row.speed_dkmh / 10,
        heading_deg=row.heading_deg,
        altitude_m=row.altitude_m,
        ignition=row.ignition,
        odometer_km=None if row.odometer_m is None else row.odometer_m / 1000,
        division=row.division or None,
        flags=flag_names(row.flags),
        plausible=not row.flags & _IMPLAUSIBLE,
        unit=row.unit,
    )
