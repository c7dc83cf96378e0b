"""Organs as they are shown and written."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from api.registry.editing import Form
from api.registry.schemas import CURSOR, Warnings
from fleet.model.registry import OrganKind


class OrganForm(Form):
    code: str = Field(max_length=40, examples=["530302-0012"])
    name: str = Field(min_length=1, max_length=100, examples=["麒麟区教育体育局"])
    kind: OrganKind
    division: int = Field(description="Home division; 530300 = the city", examples=[530302])
    parent_id: int | None = Field(None, ge=1, le=2**31 - 1, description="The organ above it; null at the root")
    energy_saving: bool = Field(False, description="Certified energy-saving organ (节约型机关)")
    vehicle_quota: int | None = Field(None, description="Vehicles it may have (编制)")
    retired_on: date | None = Field(None, description="The day it was dissolved or merged")


class OrganShown(Warnings):
    id: int
    version: int
    code: str = Field(examples=["530302-0012"])
    name: str = Field(examples=["麒麟区教育体育局"])
    kind: OrganKind
    division: int = Field(description="Home division; 530300 = the city", examples=[530302])
    parent_id: int | None = Field(description="The organ above it; null at the root")
    energy_saving: bool = Field(description="Certified energy-saving organ (节约型机关)")
    vehicle_quota: int | None = Field(description="Vehicles it may have (编制)")
    retired_on: date | None


class OrganPage(BaseModel):
    items: list[OrganShown]
    next_cursor: str | None = Field(description=CURSOR)
