"""Orders as they are written: forms of the applicant and of each step. Shapes of answers are in `shapes.py`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from api.registry.editing import Form
from fleet.model.orders import PermittedArea
from fleet.model.registry import Body

Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Thousandths = Annotated[Decimal, Field(ge=0, le=1_000_000, max_digits=10, decimal_places=3)]
Yuan = Annotated[Decimal, Field(ge=0, le=1_000_000, max_digits=9, decimal_places=2)]
Fact = Annotated[str, StringConstraints(max_length=200)]
Equipment = Annotated[str, Field(min_length=1, max_length=40)]
Why = Annotated[str | None, Field(max_length=1_000, description="Goes into the history", examples=["会议延长"])]


class PlaceForm(Form):
    """A point, or a registered area, whose middle is then the point."""

    name: str = Field(min_length=1, max_length=100, examples=["沾益区人民政府"])
    lat: float | None = Field(None, ge=18, le=54, description="WGS-84", examples=[25.60359])
    lon: float | None = Field(None, ge=73, le=136, examples=[103.82034])
    area_id: Id | None = Field(None, description="A registered area instead of a point, or besides")

    @model_validator(mode="after")
    def whole(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise ValueError("a point has a latitude and a longitude")
        if self.lat is None and self.area_id is None:
            raise ValueError("a place needs a point (lat, lon) or an area (area_id)")
        return self


class OrderForm(Form):
    organ_id: Id | None = Field(None, description="The organ that needs the vehicle; default: the account's own")
    purpose: str = Field(max_length=40, description="One of `GET /orders/purposes`", examples=["official_reception"])
    facts: dict[Annotated[str, Field(max_length=40)], Fact] = Field(
        {},
        max_length=20,
        description="What the purpose has to state",
        examples=[{"letter_number": "曲公函〔2026〕12号", "guests": "某市机关事务管理局"}],
    )
    emergency: bool = Field(False, description="May depart first and be approved afterwards, within a set time")
    planned_from: AwareDatetime = Field(examples=["2026-05-20T08:30:00+08:00"])
    planned_to: AwareDatetime = Field(description="Not included", examples=["2026-05-20T17:30:00+08:00"])
    area: PermittedArea = Field(PermittedArea.CITY, description="How far the vehicle may go")
    division: int | None = Field(
        None,
        description="Which county `county` means; default: the organ's, else that of the origin",
        examples=[530302],
    )
    origin: PlaceForm
    destinations: list[PlaceForm] = Field(max_length=20)
    passengers: int = Field(1, ge=0, le=1_000, description="Without the driver")
    bodies: list[Body] = Field([], max_length=10, description="Any of these will do; empty = any")
    equipment: list[Equipment] = Field([], max_length=20, description="All of this is needed")
    contact_name: str | None = Field(None, max_length=60, description="Masked when shown")
    contact_phone: str | None = Field(
        None,
        max_length=24,
        pattern=r"^(\+?[0-9][0-9 -]{4,18}[0-9]|[0-9]*\*+[0-9]*)$",
        description="Masked when shown; a masked phone is understood as unchanged",
    )
    remarks: str | None = Field(None, max_length=1_000)

    @model_validator(mode="after")
    def forwards(self) -> Self:
        if self.planned_to <= self.planned_from:
            raise ValueError("planned_to lies after planned_from")
        return self


class StepForm(Form):
    why: Why = None


class WantedForm(Form):
    vehicle_id: Id
    driver_id: Id | None = Field(None, description="May be given later, but before the departure")


class AssignForm(StepForm):
    """One vehicle, or the whole list that the order is to have from now on."""

    vehicle_id: Id | None = None
    driver_id: Id | None = None
    vehicles: list[WantedForm] | None = Field(
        None, max_length=200, description="All vehicles of the order; an empty list takes them back"
    )

    @model_validator(mode="after")
    def one_way(self) -> Self:
        if (self.vehicles is None) == (self.vehicle_id is None):
            raise ValueError("either vehicle_id (and driver_id), or vehicles")
        if self.vehicles is not None and self.driver_id is not None:
            raise ValueError("name the driver beside the vehicle in vehicles")
        return self


class DepartForm(StepForm):
    vehicle_id: Id | None = Field(None, description="Default: all that have not departed")
    at: AwareDatetime | None = Field(None, description="Default: now")
    odometer_km: Thousandths | None = None


class AccountForm(StepForm):
    """What a return states, and a correction mends."""

    fuel_l: Thousandths | None = Field(None, description="Filled on the way")
    energy_kwh: Thousandths | None = Field(None, description="Charged on the way")
    fuel_yuan: Yuan | None = None
    energy_yuan: Yuan | None = None
    tolls_yuan: Yuan | None = None
    parking_yuan: Yuan | None = None
    other_yuan: Yuan | None = None
    remarks: str | None = Field(None, max_length=1_000)


class ReturnForm(AccountForm):
    vehicle_id: Id | None = Field(None, description="Default: the one that is out")
    at: AwareDatetime | None = Field(None, description="Default: now")
    odometer_km: Thousandths | None = Field(None, description="Needed", examples=[84210.4])


class CorrectForm(AccountForm):
    """Fields that are sent are set; `null` empties one. A departure or return of `null` never happened."""

    vehicle_id: Id | None = Field(None, description="Default: the only one that departed")
    departed_at: AwareDatetime | None = None
    returned_at: AwareDatetime | None = None
    odometer_out_km: Thousandths | None = None
    odometer_in_km: Thousandths | None = None


class AmendForm(StepForm):
    """What is to be different; everything else stays as it is now."""

    planned_from: AwareDatetime | None = None
    planned_to: AwareDatetime | None = None
    area: PermittedArea | None = None
    division: int | None = None
    origin: PlaceForm | None = None
    destinations: list[PlaceForm] | None = Field(None, max_length=20)
    passengers: int | None = Field(None, ge=0, le=1_000)
