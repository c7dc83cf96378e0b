"""Shapes of use records."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from fleet.dispatch.uses import Because


class Output(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class Organ(BaseModel):
    id: int
    name: str


class UseShown(BaseModel):
    vehicle_id: int
    plate: str
    organ: Organ = Field(description="That had the vehicle then")
    started_at: datetime
    ended_at: datetime | None = Field(description="null: it goes on")
    because: Because | None = Field(description="What explains it; null = nothing, or it is not judged yet")
    number: str | None = Field(description="Of the order or task")
    purpose: str | None = Field(description="A slug of `GET /orders/purposes`")
    purpose_zh: str | None
    purpose_en: str | None
    emergency: bool
    places: list[str] = Field(description="From the first origin over every destination")
    driver: str | None = Field(description="By number; as named in the order or task")
    trips: int
    distance_km: float
    fuel_l: float | None
    energy_kwh: float | None
    partly_measured: bool = Field(description="Fuel or energy of some of its trips is not known, and not in the sum")
    cost_yuan: float | None = Field(description="Fuel, charging, tolls, parking and other costs of the order's return")
    masked: bool = Field(description="Places, number and driver of a confidential mission are left out")


class UseSums(BaseModel):
    uses: int
    trips: int
    distance_km: float
    fuel_l: float
    energy_kwh: float
    cost_yuan: float


class UseRecord(BaseModel):
    first: date = Field(alias="from")
    last: date = Field(alias="to", description="Included")
    publication: bool
    items: list[UseShown]
    total: UseSums
