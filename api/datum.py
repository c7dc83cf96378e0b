"""Coordinates leave in the datum that was asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import numpy as np
from fastapi import Query

from fleet.geography.datum import Degrees, wgs84_to_gcj02, wgs84_to_gcj02_point


class Datum(StrEnum):
    WGS84 = "wgs84"
    GCJ02 = "gcj02"


DatumQuery = Annotated[
    Datum, Query(description="Datum of the coordinates that leave: `wgs84` as stored, or `gcj02` for Chinese maps")
]


def degrees(lat_e7: int, lon_e7: int, datum: Datum) -> dict[str, float]:
    """One stored point as `lat` and `lon`, in degrees of the datum asked for."""
    lat, lon = lat_e7 / 1e7, lon_e7 / 1e7
    if datum is Datum.GCJ02:
        lat, lon = (round(one, 7) for one in wgs84_to_gcj02_point(lat, lon))
    return {"lat": lat, "lon": lon}


def many_degrees(lat_deg: Degrees, lon_deg: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    """Points in degrees of WGS-84, as long arrays, in the datum asked for."""
    if datum is Datum.WGS84:
        return lat_deg, lon_deg
    lat, lon = wgs84_to_gcj02(lat_deg, lon_deg)
    return np.round(lat, 7), np.round(lon, 7)
