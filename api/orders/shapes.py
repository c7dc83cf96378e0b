"""Orders as they leave: shapes for the contract, and how they are made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from api.registry.schemas import CURSOR, OrganNamed
from fleet.dispatch.coverage import Standing
from fleet.model.downlink import CommandAnswer, CommandState
from fleet.model.orders import Decision, OrderState, PermittedArea, Source
from fleet.model.registry import Body, Role


class PlaceShown(BaseModel):
    name: str
    lat: float
    lon: float
    area_id: int | None


class PlanShown(BaseModel):
    planned_from: datetime
    planned_to: datetime
    area: PermittedArea
    division: int | None = Field(description="The county that the area `county` means")
    origin: PlaceShown
    destinations: list[PlaceShown]
    passengers: int


class Person(BaseModel):
    id: int
    username: str


class VehicleNamed(BaseModel):
    id: int
    plate: str


class DriverNamed(BaseModel):
    id: int
    label: str


class Given(BaseModel):
    """A vehicle of the order and what it did; money in yuan."""

    vehicle: VehicleNamed
    driver: DriverNamed | None
    assigned_at: datetime
    assigned_by: Person
    ended_at: datetime | None = Field(description="When it was taken off the order, or given another driver")
    departed_at: datetime | None
    departure_recorded_at: datetime | None
    departure_source: Source | None
    odometer_out_km: float | None
    returned_at: datetime | None
    return_recorded_at: datetime | None
    return_source: Source | None
    odometer_in_km: float | None
    driven_km: float | None = Field(description="By the two odometer readings")
    fuel_l: float | None
    energy_kwh: float | None
    fuel_yuan: float | None
    energy_yuan: float | None
    tolls_yuan: float | None
    parking_yuan: float | None
    other_yuan: float | None
    total_yuan: float | None
    remarks: str | None


class ApprovalShown(BaseModel):
    amendment: int = Field(description="0 = the order itself")
    round: int
    level: int
    approver: Person
    approved: bool
    decided_at: datetime
    why: str | None


class AmendmentShown(BaseModel):
    number: int
    plan: PlanShown
    why: str
    requester: Person
    requested_at: datetime
    decision: Decision
    decided_at: datetime | None


class Warned(BaseModel):
    field: str | None
    code: str
    message: str
    message_zh: str


class OrderShown(PlanShown):
    """The plan at the top level is the one that holds now."""

    id: int
    version: int = Field(description="The ETag")
    number: str | None = Field(description="Given at the first submission", examples=["O12-2026-0007"])
    state: OrderState
    organ_id: int
    organ: OrganNamed
    applicant: Person
    submitter: Person | None
    created_at: datetime
    submitted_at: datetime | None
    purpose: str
    purpose_zh: str
    purpose_en: str
    facts: dict[str, str]
    emergency: bool
    bodies: list[Body]
    equipment: list[str]
    contact_name: str | None = Field(description="Masked, unless unmasking was asked for with a purpose")
    contact_phone: str | None = Field(description="The same")
    remarks: str | None
    round: int
    levels: int
    decision: Decision
    decided_at: datetime | None
    approve_by: datetime | None = Field(description="Until when an emergency that departed has to be approved")
    overdue: bool = Field(description="Nobody has decided on it by then: what it drove counts as unapproved")
    cancelled_at: datetime | None
    settled_at: datetime | None
    vehicle_id: int | None = Field(description="The first vehicle it has now")
    driver_id: int | None
    vehicles: list[Given] = Field(description="What it has now")
    earlier_vehicles: list[Given] = Field(description="What it had before")
    submitted_plan: PlanShown | None = Field(description="As submitted, where an amendment changed it")
    amendments: list[AmendmentShown]
    approvals: list[ApprovalShown]
    next: list[str] = Field(description="What the caller may do with it now, as far as person and state decide")
    warnings: list[Warned] | None = Field(None, description="Only in answers to writes: what is doubtful about it")


class OrderPage(BaseModel):
    items: list[OrderShown]
    next_cursor: str | None = Field(description=CURSOR)


class EventShown(BaseModel):
    n: int
    at: datetime
    account: Person | None = Field(description="null: nobody's step, known from the road")
    role: Role | None
    command: str
    state_before: OrderState | None
    state_after: OrderState
    why: str | None
    before: dict[str, Any] = Field(description="The fields that differ, as they were; personal data as ***")
    after: dict[str, Any]
    doubts: list[str]


class OrderHistory(BaseModel):
    items: list[EventShown]


class CommandShown(BaseModel):
    """A command to the unit of a vehicle. Every moment is null until it came."""

    id: int
    kind: str = Field(examples=["order", "order.withdrawn"])
    vehicle: VehicleNamed
    unit: str | None = Field(description="Which it was sent to last, or would be sent to; null: the vehicle has none")
    state: CommandState
    created_at: datetime
    expires_at: datetime
    tries: int
    tried_at: datetime | None = Field(description="The last time")
    sent_at: datetime | None = Field(description="When the broker first handed it to the unit's connection")
    answered_at: datetime | None
    answered_late: bool = Field(description="After it had expired")
    answer: CommandAnswer | None
    reason: str | None = Field(description="The unit's own words")
    expired_at: datetime | None
    withdrawn_at: datetime | None


class Commands(BaseModel):
    items: list[CommandShown]


class Assigned(BaseModel):
    vehicle_id: int
    driver_id: int | None
    at: datetime


class PermitShown(BaseModel):
    """What was known of the order from `known_from` on, up to `known_until` (null = still)."""

    known_from: datetime
    known_until: datetime | None
    standing: Standing
    permits: bool
    plan: PlanShown
    amendment: int = Field(description="Whose plan it is; 0 = as submitted")
    approved_at: datetime | None
    plan_approved_at: datetime | None
    emergency: bool
    approve_by: datetime | None
    vehicles: list[Assigned]


class Permits(BaseModel):
    items: list[PermitShown]


class FactShown(BaseModel):
    slug: str
    zh: str
    en: str
    required: bool


class PurposeShown(BaseModel):
    slug: str
    zh: str
    en: str
    emergency: bool = Field(description="Whether it may depart first and be approved afterwards")
    facts: list[FactShown]


class Purposes(BaseModel):
    items: list[PurposeShown]
