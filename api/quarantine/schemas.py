"""Refused messages as they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator


class Refused(BaseModel):
    id: int
    received_at: datetime
    topic: str = Field(examples=["fleet/v1/530302/QJ-000123/position"])
    unit: str | None = Field(description="The unit named in the topic, registered or not")
    kind: str = Field(description="Kind of message; `unknown` = the topic lies outside the grammar")
    reason: str = Field(description="The first reason", examples=["out_of_range"])
    reasons: list[Any] = Field(description="All reasons, each with code, field and a sentence")
    payload: str | None = Field(description="The raw bytes as text; null when they are not UTF-8")
    payload_base64: str = Field(description="The raw bytes")
    retries: int = Field(description="How often it was tried again")
    retry_requested_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None = Field(description="What became of it in the end")


class RefusedPage(BaseModel):
    items: list[Refused]
    next_cursor: str | None


class RetryRequest(BaseModel):
    """Either `ids`, or a `reason` (all of it, or what was received before a moment)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"ids": [17, 18]}, {"reason": "unknown_unit", "before": "2026-11-23T00:00:00Z"}]
        },
    )

    ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] | None = Field(None, min_length=1, max_length=10_000)
    reason: str | None = Field(None, min_length=1, max_length=60)
    before: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.ids is None) == (self.reason is None):
            raise ValueError("give either `ids` or `reason`")
        if self.before is not None and self.reason is None:
            raise ValueError("`before` goes with `reason`")
        return self


class RetryAnswer(BaseModel):
    requested: int = Field(description="Entries that ingest will try again; resolved ones are left alone")
