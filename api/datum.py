"""Coordinates leave in the datum that was asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import Query


class Datum(StrEnum):
    WGS84 = "wgs84"
    GCJ02 = "gcj02"


DatumQuery = Annotated[
    Datum, Query(description="Datum of the coordinates that leave: `wgs84` as stored, or `gcj02` for Chinese maps")
]
