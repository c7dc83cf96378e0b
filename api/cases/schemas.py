"""Shapes of cases and findings, and what people write about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from api.registry.editing import Form
from api.trips.schemas import Sentence

State = Literal["open", "assigned", "explained", "confirmed", "dismissed", "closed", "withdrawn"]
Colour = Literal["red", "yellow", "blue"]


class RuleNamed(BaseModel):
    slug: str = Field(examples=["unapproved_trip"])
    title_zh: str
    title_en: str


class CaseShown(BaseModel):
    """A case (线索): all findings of one outing or incident."""

    id: int
    number: str = Field(examples=["XS-2026-000117"])
    version: int = Field(description="The ETag")
    state: State
    severity: Colour = Field(description="The heaviest of its standing findings")
    vehicle_id: int
    plate: str
    organ_id: int = Field(description="The organ that had the vehicle when it was opened")
    organ_name: str
    division: int
    from_: datetime = Field(alias="from")
    to: datetime | None = Field(description="null: it goes on")
    opened_at: datetime
    rules: list[RuleNamed]
    findings: int
    withdrawn: int = Field(description="How many of its findings were taken back")
    assignee: str | None
    explain_by: datetime | None
    due_at: datetime | None = Field(description="Until when its present state may last; null: for ever")
    overdue: bool = Field(description="It lasts longer than it may")
    escalated_at: datetime | None = Field(description="When that was said to the supervisors above")
    decided_at: datetime | None
    closed_at: datetime | None


class CasePage(BaseModel):
    items: list[CaseShown]
    next_cursor: str | None


class CaseCount(BaseModel):
    state: State
    severity: Colour
    cases: int
    overdue: int = Field(description="How many of them last longer than they may")


class CaseCounts(BaseModel):
    items: list[CaseCount] = Field(description="Pairs of state and severity that occur")


class Assignee(BaseModel):
    username: str
    organ: str | None = Field(description="Where the office is; null: of the whole city")


class Assignees(BaseModel):
    items: list[Assignee]


class Ground(BaseModel):
    """One reason: its code and data, and the same in words."""

    code: str
    data: dict[str, Any]
    zh: str
    en: str


class CitedReading(BaseModel):
    """A reading, copied into the finding: it outlives the raw readings."""

    observed_at: datetime
    lat: float | None
    lon: float | None
    place: Sentence | None = Field(description="Where that lies from the nearest town")
    speed_kmh: float | None
    odometer_km: float | None
    ignition: bool | None
    event: str | None


class FindingSubject(BaseModel):
    kind: Literal["trip", "stop", "gap", "event", "order"]
    id: int


class UsedParameter(BaseModel):
    slug: str
    value: int | str | bool
    version_id: int | None = Field(description="The version of the policy; null = the default")


class FindingShown(BaseModel):
    """What a rule says, with the evidence it stands on. A `doubt` accuses nobody: data are missing."""

    id: int
    version: int
    outcome: Literal["finding", "doubt"]
    rule: str
    title_zh: str
    title_en: str
    rule_version: int
    severity: Colour | None
    vehicle_id: int
    subject: FindingSubject
    from_: datetime = Field(alias="from")
    to: datetime | None
    proven_at: datetime | None = Field(description="The reading, or the moment of the clock, that proves it")
    found_at: datetime
    count: int
    grounds: list[Ground]
    readings: list[CitedReading]
    parameters: list[UsedParameter]
    order_ids: list[int]
    area_ids: list[int]
    calendar: str | None = Field(description="The version of the calendar it cites")
    withdrawn_at: datetime | None
    why: str = Field(description="What it was judged (again) for")
    case_id: int | None


class AlertShown(FindingShown):
    plate: str


class AlertPage(BaseModel):
    items: list[AlertShown]
    next_cursor: str | None


class Step(BaseModel):
    n: int
    at: datetime
    by: str | None = Field(description="null: the service itself")
    role: str | None
    command: str
    state_before: str | None
    state_after: str
    why: str | None
    data: dict[str, Any]


class VerdictShown(BaseModel):
    kind: Literal["approved", "exempt", "emergency_pending", "approved_with_deviation", "undetermined", "unapproved"]
    deviations: list[str]
    reasons: list[Ground]
    grants: list[dict[str, Any]]
    provisional: bool
    version: int
    judged_at: datetime


class EarlierVerdict(VerdictShown):
    superseded_at: datetime
    superseded_why: str = Field(description="What it was judged again for")


class VerdictAnswer(VerdictShown):
    why: str = Field(description="What it was judged (again) for")
    earlier: list[EarlierVerdict] = Field(description="Oldest first")


class CaseWhole(CaseShown):
    evidence: list[FindingShown] = Field(description="Its findings with their evidence, the withdrawn ones too")
    verdicts: dict[str, VerdictShown] = Field(description="Of the trips in it, by trip id")
    history: list[Step]
    may: list[str] = Field(description="Steps that the caller may take now")


class WhyForm(Form):
    why: str | None = Field(default=None, max_length=2_000, description="The reason; some steps need one")


class AssignForm(Form):
    assignee: str = Field(max_length=100, description="The account of the supervisor who takes it")
    explain_by: AwareDatetime | None = Field(default=None, description="Until when the organ is to explain")
    why: str | None = Field(default=None, max_length=2_000)


class AssignManyForm(AssignForm):
    cases: list[int] = Field(min_length=1, max_length=500, description="Ids")


class AssignedMany(BaseModel):
    assigned: list[int]
    refused: dict[str, str] = Field(description="Case id -> why not")


class RuleShown(BaseModel):
    slug: str
    title_zh: str
    title_en: str
    version: int
    severity: Colour = Field(description="The colour it gives where nothing says otherwise")
    meaning: str
    judges: list[str] = Field(description="What it looks at: trip, stop, gap, event")
    parameters: list[UsedParameter] = Field(description="Policies as they hold now, for the organ asked for")


class RuleList(BaseModel):
    items: list[RuleShown]
