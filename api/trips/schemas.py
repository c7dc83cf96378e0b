"""Trips, stops and gaps as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from fleet.model.trips import CutKind

VERDICT = "Whether the trip was permitted; null = not judged yet"


class Sentence(BaseModel):
    zh: str
    en: str


class CutShown(BaseModel):
    """Why a segment begins or ends here: the data, and a sentence made of it."""

    kind: CutKind
    seconds: int | None = Field(description="How long what the kind says had lasted when it was decided")
    metres: int | None = Field(description="How far apart, or how far moved")
    decided_at: datetime = Field(description="The reading that decided it; a stop is known minutes after it began")
    text: Sentence = Field(examples=[{"zh": "熄火 312 秒", "en": "ignition off 312 s"}])


class PointShown(BaseModel):
    lat: float
    lon: float
    division: int | None = Field(description="County; null outside the city")


class PlaceShown(PointShown):
    area_id: int | None = Field(description="The area it lay in")
    name: str | None = Field(
        description="That area's name then; else where it lies from the nearest town. Null: where a running trip is",
        examples=["会泽县城以北约 14 公里"],
    )
    name_en: str | None = Field(
        description="Null where an area gives the name, which is as it is", examples=["14 km north of Huize"]
    )


class DivisionShown(BaseModel):
    division: int | None = Field(description="County; null outside the city")
    distance_km: float
    seconds: int


class Segment(BaseModel):
    id: int = Field(description="vehicle · 2³² + seconds from 2015-01-01 UTC to its start; the same after every replay")
    vehicle_id: int
    organ_id: int | None = Field(description="The vehicle's organ on that day")
    division: int | None = Field(description="Home division of the vehicle on that day")
    day: date = Field(description="Day of the fleet, from 04:00 to 04:00 in Asia/Shanghai, in which it began")
    started_at: datetime
    ended_at: datetime | None = Field(description="Null while it runs")
    known_to: datetime = Field(description="How far the figures go: the end, or the last reading while it runs")
    running: bool
    version: int = Field(description="Rises when late data or a correction change it")


class Verdict(BaseModel):
    """In brief; in words, with its evidence and its earlier versions: `/trips/{id}/verdict`."""

    kind: Literal["approved", "exempt", "emergency_pending", "approved_with_deviation", "undetermined", "unapproved"]
    deviations: list[str]
    reasons: list[str] = Field(description="Codes")
    orders: list[int] = Field(description="The orders it leans on")
    tasks: list[int] = Field(description="The task forces it leans on")
    provisional: bool = Field(description="The trip or its outing still goes on")


class TripItem(Segment):
    plate: str
    origin: PlaceShown
    destination: PlaceShown | None
    distance_km: float = Field(description="Along the good fixes; silences as straight lines")
    odometer_distance_km: float | None
    driving_s: int
    idle_s: int = Field(description="Standing with the engine on (or ignition not known)")
    standing_s: int = Field(description="Standing with the engine off, too short to end the trip")
    silent_s: int = Field(description="Within bridged silences")
    max_speed_kmh: float | None
    fuel_l: float | None
    fuel_method: Literal["counter", "level"] | None
    energy_kwh: float | None
    energy_method: Literal["counter", "soc"] | None
    divisions: list[DivisionShown] = Field(description="Counties in the order of their first entry")
    positions: int
    doubts: list[str]
    verdict: Verdict | None = Field(description=VERDICT)


class TripPage(BaseModel):
    items: list[TripItem]
    next_cursor: str | None


class BridgedShown(BaseModel):
    """A silence that did not end the trip."""

    from_: datetime = Field(alias="from")
    to: datetime
    seconds: int
    straight_km: float
    odometer_km: float | None
    text: Sentence


class AsideShown(BaseModel):
    """A reading that was kept out of the trip, with where it said it was."""

    at: datetime
    lat: float
    lon: float
    reason: str
    needed_kmh: int | None
    text: Sentence


class DoubtText(Sentence):
    code: str


class NeighbourShown(BaseModel):
    kind: Literal["trip", "stop", "gap"]
    id: int
    started_at: datetime
    ended_at: datetime | None
    running: bool


class TripDetail(TripItem):
    begin: CutShown
    end: CutShown | None
    bridged: list[BridgedShown]
    set_aside: list[AsideShown] = Field(description="The first 100")
    set_aside_count: int
    doubt_texts: list[DoubtText]
    units: list[str] = Field(description="Codes of the units that reported it")
    written_at: datetime
    before: NeighbourShown | None
    after: NeighbourShown | None


class TripVersion(BaseModel):
    version: int
    written_at: datetime
    superseded_at: datetime | None = Field(description="Null for the version that holds")
    reason: str | None = Field(description="Why it no longer holds")
    started_at: datetime
    ended_at: datetime | None
    distance_km: float
    odometer_distance_km: float | None
    driving_s: int
    idle_s: int
    silent_s: int
    positions: int
    doubts: list[str]
    begin: CutShown
    end: CutShown | None
    origin_name: str | None
    destination_name: str | None


class TripVersions(BaseModel):
    id: int
    vehicle_id: int
    plate: str
    exists: bool = Field(description="False: later data showed that there was no such trip")
    items: list[TripVersion] = Field(description="Newest first")


class TripEntry(TripItem):
    kind: Literal["trip"]
    begin: CutShown
    end: CutShown | None


class StopEntry(Segment):
    kind: Literal["stop"]
    place: PlaceShown = Field(description="The median of the fixes")
    radius_m: int = Field(description="How far the fixes scatter")
    ignition_on_s: int
    fuel_change_l: float | None
    charged_kwh: float | None
    positions: int
    doubts: list[str]
    begin: CutShown
    end: CutShown | None


class GapEntry(Segment):
    kind: Literal["gap"]
    before: PointShown | None
    after: PointShown | None
    km_apart: float | None
    undocumented_km: float | None = Field(description="What the odometer grew meanwhile")
    was_moving: bool


class Timeline(BaseModel):
    vehicle_id: int
    plate: str
    from_: datetime = Field(alias="from")
    to: datetime
    items: list[TripEntry | StopEntry | GapEntry] = Field(description="In time order; what touches the span, whole")
    superseded: int = Field(description="How many earlier versions of what lies here are kept")


class Figures(BaseModel):
    trips: int
    distance_km: float
    odometer_km: float
    driving_s: int
    idle_s: int
    standing_s: int
    stopped_s: int
    silent_s: int
    gap_s: int
    gap_odometer_km: float
    fuel_l: float
    energy_kwh: float
    max_speed_kmh: float | None


class DayShown(Figures):
    day: date
    first_start_at: datetime | None
    last_end_at: datetime | None
    divisions: list[DivisionShown]


class Days(BaseModel):
    vehicle_id: int
    plate: str
    from_: date = Field(alias="from")
    to: date = Field(description="Included")
    items: list[DayShown]
    total: Figures


class MonthShown(Figures):
    month: str = Field(examples=["2026-11"])
    days_used: int


class Months(BaseModel):
    vehicle_id: int
    plate: str
    items: list[MonthShown]
    total: Figures


class SilenceShown(BaseModel):
    """A gap of the vehicle while this unit sat in it."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    seconds: int
    was_moving: bool
    km_apart: float | None
    messages_missing: int | None = Field(description="Null where it cannot be told")
    undocumented_km: float | None
    text: Sentence


class SilenceTotals(BaseModel):
    gaps: int
    seconds: int
    messages_missing: int
    undocumented_km: float


class UnitStateAnswer(BaseModel):
    unit_id: int
    code: str
    state: Literal["online", "late", "silent", "never_seen"] | None = Field(
        description="Against the reporting contract; null for a unit that sits in no vehicle"
    )
    since: datetime | None
    vehicle_id: int | None
    plate: str | None
    moving: bool | None
    last_observed_at: datetime | None
    last_received_at: datetime | None
    clock_offset_ms: int | None = Field(description="Received less observed, the median of what came at once")
    written_at: datetime | None
    from_: datetime = Field(alias="from")
    to: datetime
    totals: SilenceTotals = Field(description="Of the gaps that are listed")
    truncated: bool = Field(description="More than 200 gaps lie in the span")
    items: list[SilenceShown] = Field(description="Newest first")
