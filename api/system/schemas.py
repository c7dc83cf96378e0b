"""The state of the service as it is shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from api.health.readiness import Part


class StepShown(BaseModel):
    """One part that a message passes."""

    part: Part
    state: Literal["working", "late", "stopped", "absent"] = Field(
        description="`late`: something about it is doubtful; `absent`: it never ran on this database"
    )
    lag_s: float | None = Field(
        description="How far it is behind: a batch until its commit, the database's answer, trips behind ingest, the "
        "oldest mark to be judged, the last look of the streams, the oldest audit entry that is not chained"
    )
    last_at: datetime | None = Field(description="When it was last heard, or last did something")
    figures: dict[str, float | None] = Field(description="What it counts of itself")
    reasons: list[str] = Field(description="What is wrong with it, as `/readyz` says it")


class UnitsShown(BaseModel):
    """Units in vehicles that the caller may see."""

    online: int = 0
    late: int = 0
    silent: int = 0
    never_seen: int = 0
    clock_off: int = Field(0, description="Whose clock is more than a minute off")


class WebhooksShown(BaseModel):
    active: int
    stopped: int = Field(description="Switched off because of what their receiver answered")
    waiting: int = Field(description="Deliveries that will be tried again")
    dead: int = Field(description="Deliveries that were given up; their owner sends them again")


class Minute(BaseModel):
    at: datetime
    received: int
    quarantined: int
    lag_s: float = Field(description="The longest a batch took from the receipt of its first message to its commit")


class SystemShown(BaseModel):
    """The state of the service now."""

    at: datetime
    status: Literal["ready", "degraded", "unavailable"] = Field(description="As `/readyz` says it")
    flow: list[StepShown] = Field(description="In the order in which a message passes; the audit log last")
    online_units: int = Field(description="Units that are online and were reporting when ingest last wrote")
    vehicles: int = Field(description="Vehicles with a last position")
    units: UnitsShown
    quarantine: dict[str, int] | None = Field(
        description="Refused and not resolved, by reason, counted once a minute; for who sees the whole city"
    )
    webhooks: WebhooksShown
    minutes: list[Minute] = Field(description="Oldest first; empty unless asked for")


class Condition(StrEnum):
    LATE = "late"
    SILENT = "silent"
    NEVER_SEEN = "never_seen"
    CLOCK_OFF = "clock_off"


class SickUnit(BaseModel):
    unit_id: int
    code: str
    vehicle_id: int | None
    plate: str | None
    state: str
    since: datetime
    last_received_at: datetime | None
    clock_offset_ms: int | None = Field(description="Received less observed, the median of what came at once")


class SickUnits(BaseModel):
    items: list[SickUnit] = Field(description="Those that are so for longest first, or whose clock is off most")
    truncated: bool
