"""What was bought, as it is shown."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field

from api.registry.sheets.schemas import EntryShown
from fleet.registry.imports import Outcome


class RecordKind(StrEnum):
    FUEL = "fuel"
    CHARGING = "charging"


class RecordReport(BaseModel):
    kind: RecordKind
    dry_run: bool
    applied: bool = Field(description="Whether anything was stored")
    counts: dict[Outcome, int] = Field(description="`changed` is always 0: records are never changed")
    items: list[EntryShown] = Field(description="In the file's order; unchanged rows are left out")
