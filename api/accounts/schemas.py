"""Accounts as they are shown and changed. Nothing secret leaves."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from api.auth.schemas import OrganName
from fleet.model.registry import Role

ORGAN = "Its organ and everything below is what the account sees; null = the whole city"


class AccountShown(BaseModel):
    id: int
    username: str = Field(examples=["dispatch-qilin"])
    role: Role
    organ: OrganName | None = Field(description=ORGAN)
    created_at: datetime
    disabled_at: datetime | None = Field(description="Set = nobody logs in with it")
    second_factor: bool
    locked_until: datetime | None = Field(None, description="Closed to some address after failed log-ins")
    version: int = Field(description="Raised by every change; the ETag of a single account")


class AccountPage(BaseModel):
    items: list[AccountShown]
    next_cursor: str | None


class AccountWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    username: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,39}$", examples=["dispatch-qilin"])
    password: str = Field(max_length=200, description="At least 10 characters; its owner changes it")
    role: Role
    organ_id: int | None = Field(None, ge=1, le=2**31 - 1, description=ORGAN)


class AccountChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    organ_id: int | None = Field(None, ge=1, le=2**31 - 1, description=ORGAN)
    password: str | None = Field(None, max_length=200, description="A new one: ends every session and token")
    disabled: bool | None = Field(None, description="True ends every session and token at once")
