"""Policies and their versions."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field, StrictBool, StrictInt, StrictStr

from api.registry.editing import Form
from api.registry.schemas import Warned
from fleet.model.policies import PolicyKind

Value = StrictInt | StrictBool | StrictStr


class VersionForm(Form):
    organ_id: int | None = Field(None, ge=1, le=2**31 - 1, description="For it and all below; null = the whole city")
    value: Value = Field(description="Of the policy's kind, in its unit")
    effective_from: AwareDatetime | None = Field(None, description="Default: now")
    why: str = Field(min_length=2, max_length=500)


class VersionShown(BaseModel):
    id: int
    slug: str
    organ_id: int | None
    organ_name: str | None = None
    value: Value
    effective_from: datetime
    who: str
    why: str
    at: datetime = Field(description="When it was entered")
    warnings: list[Warned] | None = None


class VersionPage(BaseModel):
    items: list[VersionShown]


class PolicyShown(BaseModel):
    """A policy and what holds."""

    slug: str = Field(examples=["unapproved_trip.radius_m"])
    kind: PolicyKind
    unit: str
    zh: str
    en: str
    least: int | None
    most: int | None
    by_organ: bool = Field(description="Whether an organ may have its own value")
    default: Value
    value: Value = Field(description="What holds for the organ at the time that was asked for")
    version: int | None = Field(description="The version it comes from; null = the default")
    organ_id: int | None = Field(description="The organ whose version it is")


class PolicyList(BaseModel):
    items: list[PolicyShown]
