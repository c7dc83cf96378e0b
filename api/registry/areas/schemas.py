"""Areas as they are shown and written."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field

from api.registry.editing import Form
from api.registry.schemas import CURSOR, Place, Warnings
from fleet.model.rulings import AreaPurpose


class Circle(Place):
    radius_m: int = Field(examples=[80])


class AreaForm(Form):
    name: str = Field(min_length=1, max_length=100)
    purpose: AreaPurpose
    category: str | None = Field(None, max_length=40, description="What kind of place", examples=["scenic", "fuel"])
    organ_id: int | None = Field(None, ge=1, le=2**31 - 1, description="Whose it is; null = for the whole city")
    polygon: list[Place] | None = Field(None, max_length=1001, description="The border; the last point joins the first")
    circle: Circle | None = None
    begin: AwareDatetime = Field(alias="from", description="Since when it holds")
    end: AwareDatetime | None = Field(None, alias="to", description="Not included; null = still")


class AreaShown(Warnings):
    id: int
    version: int
    name: str
    purpose: AreaPurpose
    category: str | None
    organ_id: int | None = Field(description="Null = for the whole city")
    polygon: list[Place] | None
    circle: Circle | None
    begin: datetime = Field(alias="from")
    end: datetime | None = Field(alias="to", description="Not included; null = still")


class AreaPage(BaseModel):
    items: list[AreaShown]
    next_cursor: str | None = Field(description=CURSOR)
