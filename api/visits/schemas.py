"""Visits as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from fleet.tracks.passages import Evidence


class Visit(BaseModel):
    """One stay of one vehicle within the circle, on a trip or standing."""

    vehicle_id: int
    plate: str
    kind: Literal["trip", "stop"]
    trip_id: int | None
    stop_id: int | None
    entered_at: datetime = Field(description="At the border of the circle: interpolated between two fixes")
    left_at: datetime | None = Field(description="Null for a vehicle that still stands there")
    began_inside: bool = Field(description="The trip or stop begins within: it was there before, see the one before")
    ended_inside: bool
    closest_m: float
    closest_at: datetime
    evidence: Evidence = Field(
        description="`fix`: a position from within was reported. `between_fixes`: only the straight line between two "
        "fixes runs through. `bridged`: the same across a silence, nobody knows which way it took"
    )
    running: bool = Field(description="The trip or stop still runs: it may be seen otherwise when it has ended")
    doubts: list[str]


class Visits(BaseModel):
    lat: float
    lon: float
    radius_m: float
    from_: datetime = Field(alias="from")
    to: datetime
    items: list[Visit] = Field(description="Newest trip or stop first")
    examined: int = Field(description="Trips and stops that were looked at for this page")
    next_cursor: str | None = Field(description="A page may be short, even empty: go on until this is null")
