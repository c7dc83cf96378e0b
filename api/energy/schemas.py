"""What was bought, as it is shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from api.registry.sheets.schemas import EntryShown
from fleet.model.fuels import Fuel
from fleet.registry.imports import Outcome
from fleet.reports.outliers import Side
from fleet.reports.usage import Medium, Method


class RecordKind(StrEnum):
    FUEL = "fuel"
    CHARGING = "charging"


class RecordReport(BaseModel):
    kind: RecordKind
    dry_run: bool
    applied: bool = Field(description="Whether anything was stored")
    counts: dict[Outcome, int] = Field(description="`changed` is always 0: records are never changed")
    items: list[EntryShown] = Field(description="In the file's order; unchanged rows are left out")


class OrganKey(BaseModel):
    id: int
    name: str


class MethodShares(BaseModel):
    """Metres of the distance behind the figure, by how its use is known."""

    counter: int
    level: int
    records: int
    partial: int


class PerDistance(BaseModel):
    value: float | None = Field(description="L/100 km, or kWh/100 km; null where nothing is known")
    method: Method | None = Field(description="By which most of the distance is told")
    by_method_m: MethodShares


class HeldAgainst(BaseModel):
    """Bought beside used, of vehicles and months in which something was bought and 80 % of the distance measured."""

    bought: float
    used: float
    difference: float = Field(
        description="Bought less used. A fuller tank at the end, and what was not measured, explain some of it"
    )
    vehicle_months: int


class MediumShown(BaseModel):
    unit: str = Field(description="`L` or `kWh`; kinds are never added", examples=["L"])
    used: float = Field(description="What counters and levels tell")
    bought: float = Field(description="What records of cards and charging tell")
    paid_yuan: float = Field(description="Of records with an amount")
    purchases: int
    unpriced: int = Field(description="Purchases without an amount")
    per_100km: PerDistance
    compared: HeldAgainst | None = Field(description="Null where nothing can be compared")


class UseShown(BaseModel):
    distance_km: float
    calculated_yuan: float = Field(description="Measured use at the prices of the policies that held")
    media: dict[Medium, MediumShown] = Field(description="Only those that were used, bought, or driven on")
    parts: dict[str, int] = Field(description="Whole numbers that add up; those that are not zero")


class Change(BaseModel):
    """Less those of the same months a year before; null where either is not known."""

    distance_km: float
    media: dict[Medium, dict[str, float | None]]


class SheetRow(UseShown):
    organ: OrganKey | None = Field(default=None, description="Absent in the total")
    month: str | None = Field(default=None, examples=["2026-10"])
    outliers: int | None = Field(default=None, description="Vehicles flagged in the whole period; absent by month")
    previous: UseShown
    change: Change


class EnergySheet(BaseModel):
    first: str = Field(alias="from", examples=["2026-01"])
    last: str = Field(alias="to", examples=["2026-10"])
    certified_only: bool
    organs: int = Field(description="How many organs were asked for")
    definitions: list[dict[str, str]]
    total: SheetRow
    items: list[SheetRow]


class OutlierShown(BaseModel):
    side: Side
    median: float = Field(description="Of its like, for 100 km")
    peers: int


class VehicleUse(BaseModel):
    vehicle: dict[str, str | int] = Field(examples=[{"id": 1, "plate": "云D12345"}])
    body: str
    tank_l: float | None = Field(description="So much of a difference one filling may explain")
    medium: Medium
    distance_km: float
    figures: MediumShown
    outlier: OutlierShown | None
    parts: dict[str, int] = Field(description="Of this kind alone: rows add up to the sheet")


class VehicleUsePage(BaseModel):
    items: list[VehicleUse]
    next_cursor: str | None
    definitions: list[dict[str, str]]


class RecordShown(BaseModel):
    """One record, as it was imported."""

    id: int
    vehicle_id: int
    plate: str
    number: str | None
    station: str | None
    imported_at: datetime
    imported_by: str
    sha256: str = Field(description="Of the sheet that brought it")


class FuelRecord(RecordShown):
    card: str
    at: datetime
    fuel: Fuel
    product: str
    litres: float
    cost_yuan: float
    odometer_km: float | None = Field(description="As it was told at the till")
    tank_rise_l: float | None = Field(
        description="By how much the level rose in the stop, within 15 minutes of it; null: no level, or no such stop"
    )


class ChargingRecord(RecordShown):
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    energy_kwh: float
    cost_yuan: float | None
    charged_kwh: float | None = Field(description="What the unit counted in the stop at its beginning; null: not told")


class FuelRecordPage(BaseModel):
    items: list[FuelRecord]
    next_cursor: str | None


class ChargingRecordPage(BaseModel):
    items: list[ChargingRecord]
    next_cursor: str | None
