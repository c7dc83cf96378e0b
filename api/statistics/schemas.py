"""Statistics as JSON: every figure with its definition, and the parts it is worked out of."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from fleet.model.registry import Energy, Management, VehicleUse
from fleet.statistics.base import Dimension, Source, Unit

PARTS = "Whole numbers that add up over groups and time; the figure is worked out of their sums"


class PartShown(BaseModel):
    name: str
    unit: str = Field(examples=["m"])
    zh: str
    en: str


class Definition(BaseModel):
    """What is counted, and how."""

    slug: str = Field(examples=["nev_share_stock"])
    version: int = Field(description="Rises when the same facts may give another figure")
    title_zh: str
    title_en: str
    definition_zh: str
    definition_en: str
    unit: Unit
    decimals: int
    parts: list[PartShown]
    sources: list[Source]
    group_by: list[Dimension] = Field(description="What it may be grouped by")
    factors: list[str] = Field(description="Policies it calculates with, as they held on each day for each organ")
    target: str | None = Field(description="The policy that says what the figure should reach")


class DefinitionList(BaseModel):
    items: list[Definition]


class FigureShown(BaseModel):
    value: float | None = Field(description="Null where there is nothing to divide by")
    parts: dict[str, int] = Field(description=PARTS)


class Compared(FigureShown):
    previous: FigureShown | None = Field(default=None, description="The same days a year before, if asked for")
    change: float | None = Field(default=None, description="`value` less that of the year before")


class OrganKey(BaseModel):
    id: int
    name: str


class VehicleKey(BaseModel):
    id: int
    plate: str


class GroupShown(Compared):
    """Holds what was asked for in `group_by`."""

    organ: OrganKey | None = None
    division: int | None = None
    use: VehicleUse | None = None
    management: Management | None = None
    energy: Energy | None = None
    month: str | None = Field(default=None, examples=["2026-10"])
    vehicle: VehicleKey | None = None


class TargetShown(BaseModel):
    slug: str
    value: int
    version_id: int | None
    met: bool | None = Field(description="Null where there is no figure")


class Answer(BaseModel):
    """`from` and `to` are days of the fleet (from 04:00 in Asia/Shanghai), both included."""

    slug: str
    version: int
    title_zh: str
    title_en: str
    definition_zh: str
    definition_en: str
    unit: Unit
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    group_by: list[Dimension]
    total: Compared = Field(description="Of all that the filters hold; for a stock, at the end of the period")
    target: TargetShown | None
    items: list[GroupShown] = Field(description="Empty without `group_by`")


class VehiclePage(BaseModel):
    items: list[GroupShown]
    next_cursor: str | None
