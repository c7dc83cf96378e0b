"""What `/stream` sends of cases and findings; for the documentation, the bytes come from `api.cases.notices`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.cases.schemas import Colour, FindingSubject, RuleNamed, State
from fleet.model.notices import NoticeKind


class Notice(BaseModel):
    """What happened to a case or finding, as it was then. What people wrote is read with the case."""

    revision: int
    id: str = Field(description="The same wherever and however often it is told")
    type: NoticeKind
    at: datetime
    case_id: int
    number: str = Field(examples=["XS-2026-000117"])
    vehicle_id: int
    plate: str
    organ_id: int
    organ_name: str
    division: int
    severity: Colour | None
    from_: datetime = Field(alias="from")
    to: datetime | None


class CaseNotice(Notice):
    """`data` of an event `case`."""

    state: State
    rules: list[RuleNamed]
    findings: int
    withdrawn: int
    opened_at: datetime
    explain_by: datetime | None
    due_at: datetime | None
    escalated_at: datetime | None
    decided_at: datetime | None
    closed_at: datetime | None


class FindingNotice(Notice):
    """`data` of an event `finding`."""

    finding_id: int
    version: int
    rule: str
    rule_version: int
    title_zh: str
    title_en: str
    subject: FindingSubject
    count: int
    proven_at: datetime | None
    found_at: datetime
    withdrawn_at: datetime | None


class ResetEvent(BaseModel):
    """`data` of an event `reset`: the resume point is not known (any more). Read what you show again."""

    topic: str = Field(description="`positions`: everything follows; `cases`: read `GET /cases` again")
    revision: int
