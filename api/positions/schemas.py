"""What `/positions/latest` and `/positions/stream` send; for the documentation, the bytes come from `api.live`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.datum import Datum
from api.live.items import STATE_DEFINITION, State
from fleet.model.registry import Energy


class LivePosition(BaseModel):
    """The last state of one vehicle."""

    vehicle_id: int = Field(examples=[1204])
    plate: str = Field(description="Without the dot", examples=["云D12345"])
    unit: str = Field(description="Code of the onboard unit that sits in it", examples=["QJ-000123"])
    organ_id: int = Field(description="The organ the vehicle belongs to")
    lat: float = Field(description="Degrees, in the datum asked for", examples=[25.4983412])
    lon: float = Field(description="Degrees, in the datum asked for", examples=[103.8027301])
    division: int | None = Field(description="Code of the county it is in; null outside the city", examples=[530302])
    home_division: int = Field(description="Code of the county it belongs to; 530300 = the city", examples=[530300])
    speed_kmh: float | None = Field(examples=[42.5])
    heading_deg: int | None = Field(description="0 to 359, clockwise from north", examples=[87])
    altitude_m: int | None
    ignition: bool | None
    odometer_km: float | None
    observed_at: datetime = Field(description="When the unit took the position, by its clock")
    received_at: datetime | None = Field(description="When it reached us")
    energy: Energy
    state: State = Field(description=STATE_DEFINITION)
    flags: list[str] = Field(description="Remarks on the position: `null_island`, `outside_country`, `datum_converted`")
    plausible: bool = Field(description="False where the position cannot be true: do not draw it")
    fuel_level_pct: float | None
    soc_pct: float | None = Field(description="State of charge of the battery")
    charging: bool | None
    online: bool = Field(description="Whether the unit says that it is connected")
    revision: int = Field(description="Revision of this row: every later change has a higher one")


class LatestPositions(BaseModel):
    """Every vehicle that matches, in one answer."""

    revision: int = Field(description="Everything up to this revision is in the answer: resume the stream with it")
    server_time: datetime
    datum: Datum
    count: int = Field(description="Number of items")
    without_position: int = Field(
        description="Vehicles of the organ that have a unit but no position yet (not narrowed by `bbox` or `division`)"
    )
    items: list[LivePosition]


class PositionsEvent(BaseModel):
    """`data` of an event `positions`."""

    revision: int = Field(description="Also the event's id")
    server_time: datetime
    full: bool = Field(description="True: this is everything, forget what you had")
    items: list[LivePosition] = Field(description="Vehicles that changed, as they are now")
    gone: list[int] = Field(description="Ids of vehicles that no longer match the filters or lost their unit")


class HealthEvent(BaseModel):
    """`data` of an event `health`, every 5 seconds: quiet vehicles and a standstill of ours are told apart by it."""

    revision: int
    server_time: datetime
    checked_at: datetime | None = Field(description="When the database last answered")
    store: str = Field(description="`ok` or `unavailable`")
