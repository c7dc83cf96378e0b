"""Calendars as they are shown and written."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from api.registry.editing import Form
from api.registry.schemas import CURSOR, Warnings
from api.registry.sheets.schemas import EntryShown
from fleet.registry.imports import Outcome
from fleet.workdays import DayKind

RecordId = Annotated[int, Field(ge=1, le=2**31 - 1)]


class CalendarForm(Form):
    organ_id: RecordId | None = Field(None, description="For it and all below it; null = the whole city")
    day: date = Field(description="The fleet's day, 04:00 to 04:00 in Asia/Shanghai")
    worked: bool = Field(description="true: worked although the calendar above says off; false: off")
    name: str = Field(min_length=1, max_length=100, examples=["罗平县油菜花节放假"], description="What for")


class CalendarShown(Warnings):
    id: int
    version: int
    organ_id: int | None
    organ_name: str | None
    day: date
    worked: bool
    name: str


class CalendarPage(BaseModel):
    items: list[CalendarShown]
    next_cursor: str | None = Field(description=CURSOR)


class DayShown(BaseModel):
    day: date
    kind: DayKind = Field(description="`doubtful`: an announcement that has not come yet may still move it")
    worked: bool | None = Field(description="null: nobody can know yet; such a day accuses nobody")
    name: str | None
    source: str = Field(description="What a finding cites: the statutory calendar, or an entry")


class YearShown(BaseModel):
    """What holds for an organ on every day of a year."""

    year: int
    announced: bool = Field(description="false: the holidays of this year were not announced yet")
    calendar: str = Field(description="The version of the statutory calendar")
    organ_id: int | None = Field(description="null = the city as a whole")
    days: list[DayShown]


class ListKind(StrEnum):
    CALENDAR = "calendar"
    DUTY_ROSTER = "duty_roster"


class ListReport(BaseModel):
    kind: ListKind
    dry_run: bool
    applied: bool = Field(description="Whether anything was stored")
    counts: dict[Outcome, int]
    items: list[EntryShown] = Field(description="In the file's order; unchanged rows are left out")
