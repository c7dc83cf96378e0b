"""What an import reports."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from fleet.registry.imports import Outcome


class SheetKind(StrEnum):
    ORGANS = "organs"
    VEHICLES = "vehicles"
    DRIVERS = "drivers"


class Headers(StrEnum):
    ZH = "zh"
    EN = "en"


class ChangeShown(BaseModel):
    field: str
    old: Any
    new: Any


class ProblemShown(BaseModel):
    field: str
    code: str
    severity: str = Field(description="error: the row is refused; warning: it is stored all the same")
    message: str
    message_zh: str


class EntryShown(BaseModel):
    line: int = Field(description="The line the row begins on; the header is line 1")
    key: str = Field(description="Plate, organ code or driver's label")
    outcome: Outcome
    changes: list[ChangeShown]
    problems: list[ProblemShown]


class ImportReport(BaseModel):
    kind: SheetKind
    dry_run: bool
    applied: bool = Field(description="Whether anything was stored")
    counts: dict[Outcome, int]
    items: list[EntryShown] = Field(description="In the file's order; unchanged rows without a warning are left out")
