"""A track as JSON, GeoJSON (RFC 7946), GPX 1.1 and CSV (RFC 4180).

A line on a map must not run to a place where the vehicle cannot have been, so GeoJSON and GPX leave implausible
points out; JSON and CSV show them with their flags.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from api.datum import Datum
from api.tracks.points import Point, Track


class Format(StrEnum):
    JSON = "json"
    GEOJSON = "geojson"
    GPX = "gpx"
    CSV = "csv"


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """What a track is of."""

    vehicle_id: int
    plate: str
    begin: datetime
    end: datetime
    datum: Datum
    trip_id: int | None = None


def to_json(heading: Heading, track: Track) -> bytes:
    body: dict[str, Any] = {
        **_facts(heading, track),
        "points": track.points,
    }
    return msgspec.json.encode(body)


def to_geojson(heading: Heading, track: Track) -> bytes:
    """One line (from two points on) and each point with its properties."""
    points = [point for point in track.points if point.plausible]
    features: list[dict[str, Any]] = []
    if len(points) > 1:
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": [_coordinates(point) for point in points]},
                "properties": {"vehicle_id": heading.vehicle_id, "plate": heading.plate},
            }
        )
    for point in points:
        properties = msgspec.structs.asdict(point)
        del properties["lat"], properties["lon"]
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": _coordinates(point)},
                "properties": properties,
            }
        )
    return msgspec.json.encode(
        {"type": "FeatureCollection", "properties": _facts(heading, track), "features": features}
    )


def to_gpx(heading: Heading, track: Track) -> bytes:
    """One track with a segment for each unit that sat in the vehicle. GPX knows WGS-84 only."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="One Network" xmlns="http://www.topografix.com/GPX/1/1">',
        f"<metadata><time>{_stamp(heading.end)}</time></metadata>",
        f"<trk><name>{escape(heading.plate)}</name>",
    ]
    before: Point | None = None
    for point in track.points:
        if not point.plausible:
            continue
        if before is None or point.unit != before.unit:
            lines.append("</trkseg><trkseg>" if before is not None else "<trkseg>")
        before = point
        altitude = "" if point.altitude_m is None else f"<ele>{point.altitude_m}</ele>"
        lines.append(
            f'<trkpt lat="{point.lat:.7f}" lon="{point.lon:.7f}">{altitude}'
            f"<time>{_stamp(point.observed_at)}</time></trkpt>"
        )
    if before is not None:
        lines.append("</trkseg>")
    lines.append("</trk></gpx>")
    return "\n".join(lines).encode()


def to_csv(heading: Heading, track: Track) -> bytes:
    """With a byte order mark, without which spreadsheets read Chinese as noise."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    columns = Point.__struct_fields__
    writer.writerow(("plate", *columns))
    for point in track.points:
        cells = msgspec.structs.astuple(point)
        writer.writerow((heading.plate, *(_cell(cell) for cell in cells)))
    return buffer.getvalue().encode("utf-8-sig")


FORMATS: Mapping[Format, tuple[str, Callable[[Heading, Track], bytes]]] = {
    Format.JSON: ("application/json", to_json),
    Format.GEOJSON: ("application/geo+json", to_geojson),
    Format.GPX: ("application/gpx+xml", to_gpx),
    Format.CSV: ("text/csv; charset=utf-8", to_csv),
}


def _facts(heading: Heading, track: Track) -> dict[str, Any]:
    return {
        **({} if heading.trip_id is None else {"trip_id": heading.trip_id}),
        "vehicle_id": heading.vehicle_id,
        "plate": heading.plate,
        "from": heading.begin,
        "to": heading.end,
        "datum": heading.datum.value,
        "total": track.total,
        "returned": len(track.points),
        "implausible": track.implausible,
        "thinned": track.thinned,
        "sources": track.sources,
    }


def _coordinates(point: Point) -> list[float]:
    return [point.lon, point.lat] if point.altitude_m is None else [point.lon, point.lat, point.altitude_m]


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _cell(value: object) -> object:
    match value:
        case datetime():
            return _stamp(value)
        case bool():
            return "true" if value else "false"
        case tuple():
            return " ".join(value)
        case _:
            return value
