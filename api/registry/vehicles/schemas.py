"""Vehicles as they are shown and written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from api.registry.editing import Form
from api.registry.schemas import CURSOR, OrganNamed, Place, Warnings
from fleet.model.registry import Body, Energy, Management, VehicleStatus, VehicleUse
from fleet.registry.plates import normalise as normalise_plate
from fleet.registry.vin import normalise as normalise_vin

Equipment = Annotated[str, Field(min_length=1, max_length=40)]
Yuan = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Thousandths = Annotated[Decimal, Field(ge=0, max_digits=8, decimal_places=3)]


class VehicleForm(Form):
    plate: Annotated[str, Field(max_length=20, examples=["云D·12345"]), AfterValidator(normalise_plate)]
    vin: Annotated[str, Field(max_length=40), AfterValidator(normalise_vin)] | None = None
    organ_id: int = Field(ge=1, le=2**31 - 1, description="The organ that has the use of it")
    lender_organ_id: int | None = Field(None, ge=1, le=2**31 - 1, description="The organ it is borrowed from (借用)")
    division: int = Field(description="Home division", examples=[530302])
    use: VehicleUse
    management: Management
    energy: Energy
    status: VehicleStatus = VehicleStatus.IN_SERVICE
    body: Body
    seats: int
    model: str | None = Field(None, max_length=100, description="Make and model (品牌型号)")
    equipment: list[Equipment] = Field([], max_length=30, description="What it carries beyond its body")
    displacement_ml: int | None = Field(None, description="Engine size", examples=[1598])
    price_yuan: Yuan | None = None
    tank_l: Thousandths | None = None
    battery_kwh: Thousandths | None = None
    rated_range_km: int | None = None
    purchased_on: date | None = None
    registered_on: date | None = None
    retired_on: date | None = None
    marked: bool = Field(True, description="Carries the mark of an official vehicle (标识化)")
    confidential: bool = Field(False, description="Exists for some roles only (涉密)")
    parking: Place | None = Field(None, description="Designated parking place, WGS-84")
    parking_area_id: int | None = Field(None, ge=1, le=2**31 - 1, description="Designated parking area")
    remarks: str | None = Field(None, max_length=1000)


class VehicleShown(Warnings):
    id: int = Field(examples=[1204])
    version: int
    plate: str = Field(description="Without the dot", examples=["云D12345"])
    vin: str | None
    organ: OrganNamed
    organ_id: int
    lender_organ_id: int | None = Field(description="The organ it is borrowed from (借用)")
    division: int = Field(description="Home division", examples=[530302])
    use: VehicleUse
    management: Management
    energy: Energy
    new_energy: bool = Field(description="PHEV, EREV, BEV and FCEV; a hybrid that cannot be charged is not")
    status: VehicleStatus
    body: Body
    seats: int
    model: str | None
    equipment: list[str]
    displacement_ml: int | None
    price_yuan: float | None
    tank_l: float | None
    battery_kwh: float | None
    rated_range_km: int | None
    purchased_on: date | None
    registered_on: date | None
    retired_on: date | None
    marked: bool = Field(description="Carries the mark of an official vehicle (标识化)")
    confidential: bool = Field(description="Shown to the roles administrator, supervisor and auditor only")
    parking: Place | None = Field(description="Designated parking place")
    parking_area_id: int | None
    remarks: str | None
    unit: str | None = Field(description="Code of the onboard unit that sits in it now", examples=["QJ-000123"])


class VehiclePage(BaseModel):
    items: list[VehicleShown]
    next_cursor: str | None = Field(description=CURSOR)


class BindingOfVehicle(BaseModel):
    """A period in which a unit sat in the vehicle; null = open."""

    id: int
    unit: str
    bound_from: datetime | None
    bound_to: datetime | None


class VehicleDetail(VehicleShown):
    bindings: list[BindingOfVehicle] = Field(description="The units that sat in it, newest first")


class HistoryEntry(BaseModel):
    """What the vehicle was in a span of days of Asia/Shanghai."""

    begin: date = Field(alias="from")
    end: date | None = Field(alias="to", description="Not included; null = still so")
    organ_id: int
    organ_name: str
    division: int
    use: VehicleUse
    management: Management
    energy: Energy
    status: VehicleStatus


class History(BaseModel):
    items: list[HistoryEntry]
