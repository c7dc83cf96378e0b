"""The track as JSON."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.datum import Datum


class TrackPoint(BaseModel):
    observed_at: datetime = Field(description="By the unit's clock")
    lat: float
    lon: float
    speed_kmh: float | None
    heading_deg: int | None
    altitude_m: int | None
    ignition: bool | None
    odometer_km: float | None
    division: int | None = Field(description="Code of the county it lies in; null outside the city")
    flags: list[str]
    plausible: bool
    unit: str = Field(description="The unit that sat in the vehicle and took the position")


class TrackAnswer(BaseModel):
    """Positions of one vehicle in time order, over whichever units sat in it."""

    vehicle_id: int
    plate: str
    from_: datetime = Field(alias="from")
    to: datetime
    datum: Datum
    total: int = Field(description="Positions stored in the span")
    returned: int = Field(description="Number of points")
    implausible: int = Field(description="Positions that cannot be true; left out when the track is thinned")
    thinned: bool = Field(description="True: more than `max_points`, reduced by time-ratio simplification (TD-TR)")
    points: list[TrackPoint]
