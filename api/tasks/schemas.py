"""Forms and shapes of task forces."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from api.orders.schemas import Equipment, Id, PlaceForm, Why
from api.registry.editing import Form
from fleet.dispatch.task_life import MOST_NEEDS, MOST_VEHICLES
from fleet.model.orders import Decision, PermittedArea
from fleet.model.registry import Body, Energy
from fleet.model.tasks import Answer, RosterState

Stated = Annotated[str, Field(min_length=2, max_length=1_000)]


class NeedForm(Form):
    """So many vehicles of any of these bodies, with all of this equipment, each for so many passengers."""

    count: int = Field(ge=1, le=MOST_VEHICLES, examples=[120])
    bodies: list[Body] = Field([], max_length=10, description="Any of these will do; empty = any")
    equipment: list[Equipment] = Field([], max_length=20, description="All of this is needed")
    seats: int = Field(0, ge=0, le=100, description="Passengers each must take, without the driver")
    name: str | None = Field(None, max_length=60, examples=["转运"])


class TaskForm(Form):
    organ_id: Id | None = Field(None, description="Whose task it is; default: the account's own organ")
    title: str = Field(min_length=2, max_length=100, examples=["会泽县疫情处置"])
    why: Stated = Field(description="What happened, and on whose word", examples=["县指挥部第 3 号令"])
    place: PlaceForm
    radius_m: int = Field(1_000, ge=50, le=50_000, description="So near is on site")
    planned_from: AwareDatetime | None = Field(None, description="Default: now")
    planned_to: AwareDatetime = Field(description="Not included")
    area: PermittedArea = Field(PermittedArea.CITY, description="How far its vehicles may go")
    division: int | None = Field(None, description="Which county `county` means; default: that of the place")
    needs: list[NeedForm] = Field(min_length=1, max_length=MOST_NEEDS)

    @model_validator(mode="after")
    def forwards(self) -> Self:
        if self.planned_from is not None and self.planned_to <= self.planned_from:
            raise ValueError("planned_to lies after planned_from")
        return self


class CallForm(Form):
    """Without `needs`: vehicles that refused or did not answer are released, and others called in their place."""

    needs: list[NeedForm] = Field([], max_length=MOST_NEEDS, description="What is needed besides")
    why: Why = None


class AnswerForm(Form):
    vehicle_id: Id
    answer: Answer
    driver_id: Id | None = None
    why: Why = None


class ReleaseForm(Form):
    vehicle_ids: list[Id] = Field(min_length=1, max_length=MOST_VEHICLES)
    why: Why = None


class DecideForm(Form):
    why: Why = None


# ---------------------------------------------------------------- answers


class Organ(BaseModel):
    id: int
    name: str


class TaskPlace(BaseModel):
    name: str
    lat: float
    lon: float
    area_id: int | None


class Member(BaseModel):
    vehicle_id: int
    plate: str
    organ: Organ
    body: Body
    seats: int
    energy: Energy
    need: int = Field(description="The number of the need it fills")
    state: RosterState
    called_at: datetime
    answer_by: datetime
    answer: Answer | None
    answered_at: datetime | None
    answered_by: str | None = Field(description="`unit` or `person`")
    why: str | None = Field(description="Of a refusal")
    reachable: bool = Field(description="Whether an onboard unit sits in it, which can be told")
    command: str | None = Field(description="What became of the message to its unit")
    driver: dict[str, Any] | None
    departed_at: datetime | None
    arrived_at: datetime | None
    released_at: datetime | None
    lat: float | None
    lon: float | None
    position_at: datetime | None
    division: int | None = Field(description="County it is in now; null = outside the city, or not known")
    distance_km: float | None = Field(description="From the place, in a straight line")


class NeedShown(BaseModel):
    n: int
    name: str | None
    bodies: list[Body]
    equipment: list[str]
    seats: int
    count: int
    missing: int = Field(description="So many lack: not found, refused, not answered, or released")
    states: dict[RosterState, int]


class County(BaseModel):
    division: int | None
    name: str | None
    vehicles: int = Field(description="Called and not released, that are there now")
    states: dict[RosterState, int]


class TaskHead(BaseModel):
    id: int
    number: str = Field(examples=["QJ-2026-T003"])
    version: int
    title: str
    why: str
    organ: Organ
    commander: str
    created_at: datetime
    place: TaskPlace
    radius_m: int
    planned_from: datetime
    planned_to: datetime
    area: PermittedArea
    division: int | None
    decision: Decision
    decided_at: datetime | None
    decider: str | None
    decision_why: str | None
    approve_by: datetime
    overdue: bool = Field(description="Nobody has decided, and the time for it is over: its trips count as unapproved")
    closed_at: datetime | None
    called: int = Field(description="Vehicles called so far")


class TaskPage(BaseModel):
    items: list[TaskHead]
    next_cursor: str | None


class Roster(BaseModel):
    task_id: int
    at: datetime
    states: dict[RosterState, int]
    answers_due_at: datetime | None = Field(description="By then whoever is still `called` has answered or timed out")
    needs: list[NeedShown]
    coverage: list[County]
    items: list[Member]


class TaskStep(BaseModel):
    n: int
    at: datetime
    account: str
    role: str
    command: str
    why: str | None
    detail: dict[str, Any]


class TaskShown(TaskHead):
    states: dict[RosterState, int]
    needs: list[NeedShown]
    coverage: list[County]
    history: list[TaskStep]
    warnings: list[dict[str, Any]] = []


class Shortage(BaseModel):
    need: int
    wanted: int
    called: int
    offered: int = Field(description="So many might have gone")
    not_offered: dict[str, int] = Field(description="How many might not, for which reason; one may have several")


class Called(TaskShown):
    roster: list[Member]
    selection: list[Shortage] = Field(description="By need: what was found, and why no more")
