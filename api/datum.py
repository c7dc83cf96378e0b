"""Coordinates leave in the datum that was asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import numpy as np
from fastapi import Query

from fleet.geography.datum import wgs84_to_gcj02


class Datum(StrEnum):
    WGS84 = "wgs84"
    GCJ02 = "gcj02"


DatumQuery = Annotated[
    Datum, Query(description="Datum of the coordinates that leave: `wgs84` as stored, or `gcj02` for Chinese maps")
]


def shifted(lat_e7: int, lon_e7: int, datum: Datum) -> tuple[float, float]:
    """One stored point in degrees of the datum asked for."""
    lat, lon = lat_e7 / 1e7, lon_e7 / 1e7
    if datum is Datum.WGS84:
        return lat, lon
    lats, lons = wgs84_to_gcj02(np.array([lat]), np.array([lon]))
    return round(float(lats[0]), 7), round(float(lons[0]), 7)
