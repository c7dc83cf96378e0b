"""Webhooks as they are shown and written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from api.delivery.guard import url_fault
from api.registry.editing import Form
from fleet.model.notices import NoticeKind

DeliveryState = Literal["waiting", "delivered", "dead", "withheld"]


def _once(kinds: list[NoticeKind]) -> list[NoticeKind]:
    return sorted(set(kinds))


def _usable(url: str) -> str:
    if (fault := url_fault(url)) is not None:
        raise ValueError(fault)
    return url


class WebhookForm(Form):
    label: str = Field(min_length=1, max_length=100, examples=["纪检平台"])
    url: Annotated[str, AfterValidator(_usable)] = Field(
        max_length=1_000,
        examples=["https://receiver.example/fleet"],
        description="HTTPS. Private networks and plain HTTP are reached only where FLEET_WEBHOOK_NETWORKS names them",
    )
    kinds: Annotated[list[NoticeKind], AfterValidator(_once)] = Field(
        default_factory=list, max_length=50, description="What is told; empty = everything"
    )
    organ_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="Only of this organ and those below it; null = all that the account sees"
    )
    active: bool = True


class WebhookShown(BaseModel):
    id: int
    version: int = Field(description="The ETag")
    label: str
    url: str
    kinds: list[NoticeKind]
    organ_id: int | None
    active: bool
    stopped_why: str | None = Field(description="Why the service switched it off")
    created_at: datetime
    older_secret_until: datetime | None = Field(description="Until then each delivery is signed with both secrets")
    waiting: int
    delivered: int
    dead: int = Field(description="Given up; `POST /webhooks/{id}/resend` has them tried again")
    withheld: int = Field(description="Not sent, because the account may not see them (any more)")


class WebhookCreated(WebhookShown):
    secret: str = Field(description="Shown once: what receivers check the signature with", examples=["whsec_…"])


class WebhookList(BaseModel):
    items: list[WebhookShown]


class DeliveryShown(BaseModel):
    id: int
    event_id: str = Field(description="The CloudEvent's id and the header `webhook-id`: the same at every attempt")
    type: NoticeKind
    case_id: int
    at: datetime = Field(description="When it happened")
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_at: datetime | None
    settled_at: datetime | None
    status: int | None = Field(description="What the receiver answered last")
    error: str | None


class DeliveryPage(BaseModel):
    items: list[DeliveryShown]
    next_cursor: str | None


class AttemptShown(BaseModel):
    n: int
    at: datetime
    took_ms: int
    status: int | None
    error: str | None


class AttemptList(BaseModel):
    items: list[AttemptShown]


class ResendForm(Form):
    ids: list[int] | None = Field(
        None, max_length=500, description="Deliveries, whatever became of them; null = the oldest 500 that are dead"
    )


class Resent(BaseModel):
    ids: list[int] = Field(description="Those that wait again")
