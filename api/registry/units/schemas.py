"""Onboard units and their bindings as they are shown and written."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field

from api.registry.editing import Form
from api.registry.schemas import CURSOR, Warnings


class UnitForm(Form):
    code: str = Field(pattern="^[A-Za-z0-9_-]{1,32}$", description="Its name in topics; kept for life")
    division: int = Field(description="Registered home: the division in its topics", examples=[530302])
    retired_at: AwareDatetime | None = Field(None, description="Since when it is used no more")


class UnitShown(Warnings):
    id: int
    version: int
    code: str = Field(description="Its name in topics", examples=["QJ-000123"])
    division: int = Field(description="Registered home: the division in its topics", examples=[530302])
    retired_at: datetime | None
    vehicle_id: int | None = Field(description="The vehicle it sits in now")
    plate: str | None
    online: bool | None = Field(description="Whether it says that it is connected; null = outside the token's period")
    last_seen: datetime | None = Field(description="When it was heard last")


class UnitPage(BaseModel):
    items: list[UnitShown]
    next_cursor: str | None = Field(description=CURSOR)


class BindingForm(Form):
    unit_id: int = Field(ge=1, le=2**31 - 1)
    vehicle_id: int = Field(ge=1, le=2**31 - 1)
    begin: AwareDatetime = Field(alias="from", description="Since when the unit sits in the vehicle")
    end: AwareDatetime | None = Field(None, alias="to", description="Not included; null = still")
    note: str | None = Field(None, max_length=500)


class BindingShown(Warnings):
    id: int
    version: int
    unit_id: int
    unit: str
    vehicle_id: int
    plate: str
    begin: datetime | None = Field(alias="from")
    end: datetime | None = Field(alias="to", description="Not included; null = still")
    note: str | None


class BindingPage(BaseModel):
    items: list[BindingShown]
    next_cursor: str | None = Field(description=CURSOR)
