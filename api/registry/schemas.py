"""The registry as it is shown."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from fleet.model.registry import Body, Energy, Management, OrganKind, VehicleStatus, VehicleUse

CURSOR = "Where the next page begins: send it back as `cursor`; null = this was the last page"


class OrganShown(BaseModel):
    id: int
    code: str = Field(examples=["530302-0012"])
    name: str = Field(examples=["麒麟区教育体育局"])
    kind: OrganKind
    division: int = Field(description="Home division; 530300 = the city", examples=[530302])
    parent_id: int | None = Field(description="The organ above it; null at the root")
    energy_saving: bool = Field(description="Certified energy-saving organ (节约型机关)")
    vehicle_quota: int | None = Field(description="Vehicles it may have (编制)")


class OrganPage(BaseModel):
    items: list[OrganShown]
    next_cursor: str | None = Field(description=CURSOR)


class OrganOfVehicle(BaseModel):
    id: int
    name: str


class Place(BaseModel):
    """WGS-84 degrees unless another datum was asked for."""

    lat: float
    lon: float


class VehicleShown(BaseModel):
    id: int = Field(examples=[1204])
    plate: str = Field(description="Without the dot", examples=["云D12345"])
    vin: str | None
    organ: OrganOfVehicle
    division: int = Field(description="Home division", examples=[530302])
    use: VehicleUse
    management: Management
    energy: Energy
    new_energy: bool = Field(description="PHEV, EREV, BEV and FCEV; a hybrid that cannot be charged is not")
    status: VehicleStatus
    body: Body
    seats: int
    tank_l: float | None
    battery_kwh: float | None
    rated_range_km: int | None
    purchased_on: date | None
    registered_on: date | None
    retired_on: date | None
    marked: bool = Field(description="Carries the mark of an official vehicle (标识化)")
    confidential: bool = Field(description="Shown to the roles administrator, supervisor and auditor only")
    parking: Place | None = Field(description="Designated parking place")
    unit: str | None = Field(description="Code of the onboard unit that sits in it now", examples=["QJ-000123"])


class VehiclePage(BaseModel):
    items: list[VehicleShown]
    next_cursor: str | None = Field(description=CURSOR)


class BindingShown(BaseModel):
    """A period in which a unit sat in the vehicle; null = open."""

    unit: str
    bound_from: datetime | None
    bound_to: datetime | None


class VehicleDetail(VehicleShown):
    bindings: list[BindingShown] = Field(description="The units that sat in it, newest first")


class UnitShown(BaseModel):
    id: int
    code: str = Field(description="Its name in topics", examples=["QJ-000123"])
    division: int = Field(description="Registered home: the division in its topics", examples=[530302])
    vehicle_id: int | None = Field(description="The vehicle it sits in now")
    plate: str | None
    online: bool = Field(description="Whether it says that it is connected")
    last_seen: datetime | None = Field(description="When it was heard last")


class UnitPage(BaseModel):
    items: list[UnitShown]
    next_cursor: str | None = Field(description=CURSOR)
