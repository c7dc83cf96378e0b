"""The track as JSON."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.datum import Datum
from api.tracks.fixes import Source


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
    unit: str | None = Field(
        description="The unit that sat in the vehicle and took the position; null in the packed track of a trip "
        "during which the unit was changed"
    )


class TrackSpan(BaseModel):
    """A stretch of the track, from its first to its last point, and what it was read from."""

    source: Source = Field(
        description="`readings`: as reported, kept for some months. `packed`: kept with the trip, for years; "
        "only good fixes, without headings"
    )
    from_: datetime = Field(alias="from")
    to: datetime
    points: int


class TrackAnswer(BaseModel):
    """Positions of one vehicle in time order, over whichever units sat in it."""

    vehicle_id: int
    plate: str
    from_: datetime = Field(alias="from")
    to: datetime
    datum: Datum
    total: int = Field(description="Positions that are kept of the span")
    returned: int = Field(description="Number of points")
    implausible: int = Field(description="Positions that cannot be true; left out when the track is thinned")
    thinned: bool = Field(description="True: more than `max_points`, reduced by time-ratio simplification (TD-TR)")
    sources: list[TrackSpan]
    points: list[TrackPoint]


class TripTrackAnswer(TrackAnswer):
    """The track of one trip."""

    trip_id: int
