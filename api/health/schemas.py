"""What the health routes answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Alive(BaseModel):
    status: Literal["alive"]


class ReadinessReport(BaseModel):
    """Whether the service can do its work."""

    status: Literal["ready", "degraded", "unavailable"]
    degraded: bool = Field(description="It works, but something needs attention: `reasons` says what")
    reasons: list[str] = Field(examples=[["ingest is stalled: a worker has not been heard for 41 s"]])
    last_batch_at: datetime | None = Field(description="When ingest last wrote")
    online_units: int = Field(description="Units that are online and were reporting when ingest last wrote")
    quarantine_share: float | None = Field(description="Share of refused samples in the last five minutes")
    monitor_behind_s: float | None = Field(
        description="Age of the first batch that is not folded into trips yet; null without a monitor"
    )
    judge_behind_s: float | None = Field(
        description="How long the oldest mark that is due waits to be judged; null without a judge"
    )
