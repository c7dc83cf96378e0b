"""Fuel cards, sealing lists and exemptions as they are shown and written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from api.registry.editing import Form
from api.registry.schemas import CURSOR, Warnings
from fleet.model.rulings import ExemptionKind

RecordId = Annotated[int, Field(ge=1, le=2**31 - 1)]


def _once(ids: list[int]) -> list[int]:
    return sorted(set(ids))


class CardForm(Form):
    card: str = Field(pattern="^[0-9A-Za-z-]{4,32}$", description="The card's number")
    vehicle_id: RecordId
    begin: date = Field(alias="from", description="First day, Asia/Shanghai")
    end: date | None = Field(None, alias="to", description="Not included; null = still")


class CardShown(Warnings):
    id: int
    version: int
    card: str
    vehicle_id: int
    plate: str
    begin: date = Field(alias="from")
    end: date | None = Field(alias="to", description="Not included; null = still")


class CardPage(BaseModel):
    items: list[CardShown]
    next_cursor: str | None = Field(description=CURSOR)


class SealingForm(Form):
    organ_id: RecordId = Field(description="Who seals")
    name: str = Field(min_length=1, max_length=100, examples=["2026 年国庆节封存"])
    begin: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to", description="Not included")
    why: str = Field(min_length=2, max_length=500)
    vehicle_ids: Annotated[list[RecordId], AfterValidator(_once)] = Field(default_factory=list, max_length=6_000)


class SealingShown(Warnings):
    id: int
    version: int
    organ_id: int
    name: str
    begin: datetime = Field(alias="from")
    end: datetime | None = Field(alias="to", description="Not included")
    why: str
    vehicle_ids: list[int] = Field(description="By id; those that may be seen")


class SealingPage(BaseModel):
    items: list[SealingShown]
    next_cursor: str | None = Field(description=CURSOR)


class ExemptionForm(Form):
    vehicle_id: RecordId | None = Field(None, description="Either a vehicle")
    organ_id: RecordId | None = Field(None, description="or an organ and everything below it")
    kind: ExemptionKind
    begin: AwareDatetime = Field(alias="from")
    end: AwareDatetime | None = Field(None, alias="to", description="Not included; null = still")
    why: str = Field(min_length=2, max_length=500)


class ExemptionShown(Warnings):
    id: int
    version: int
    vehicle_id: int | None
    organ_id: int | None
    kind: ExemptionKind
    begin: datetime = Field(alias="from")
    end: datetime | None = Field(alias="to", description="Not included; null = still")
    why: str


class ExemptionPage(BaseModel):
    items: list[ExemptionShown]
    next_cursor: str | None = Field(description=CURSOR)
