"""Drivers as they are shown and written."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from api.registry.editing import Form
from api.registry.schemas import CURSOR, OrganNamed, Warnings


class DriverForm(Form):
    label: str = Field(min_length=1, max_length=60, examples=["驾驶员 0001"])
    organ_id: int = Field(ge=1, le=2**31 - 1)
    licence_class: str = Field(max_length=4, description="准驾车型", examples=["C1"])
    licence_expires_on: date
    phone: str | None = Field(None, max_length=24, description="A masked phone is understood as unchanged")
    retired_on: date | None = None


class DriverShown(Warnings):
    id: int
    version: int
    label: str
    organ: OrganNamed
    organ_id: int
    licence_class: str
    licence_expires_on: date
    phone: str | None = Field(description="Masked, unless unmasking was asked for with a purpose")
    retired_on: date | None


class DriverPage(BaseModel):
    items: list[DriverShown]
    next_cursor: str | None = Field(description=CURSOR)
