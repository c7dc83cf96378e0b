"""What log-in answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from fleet.identity.permissions import Permission
from fleet.model.registry import Role


class TokenAnswer(BaseModel):
    """A bearer token (RFC 6749, section 5.1)."""

    access_token: str = Field(description="Opaque; send it as `Authorization: Bearer …`", examples=["fleet_3k1v…"])
    token_type: Literal["bearer"]
    expires_in: int = Field(description="Seconds", examples=[43200])


class OrganName(BaseModel):
    id: int
    name: str


class Me(BaseModel):
    """Who is logged in, and what the role allows."""

    username: str = Field(examples=["admin"])
    role: Role
    organ: OrganName | None = Field(description="The account's organ; null = the whole city")
    rights: list[Permission]
    expires_at: datetime = Field(description="When the session ends")
