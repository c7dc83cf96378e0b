"""What log-in, second factor and access tokens take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fleet.identity.permissions import Permission
from fleet.model.registry import Role


class TokenAnswer(BaseModel):
    """A bearer token (RFC 6749, section 5.1)."""

    access_token: str = Field(description="Opaque; send it as `Authorization: Bearer …`", examples=["fleet_3k1v…"])
    token_type: Literal["bearer"]
    expires_in: int = Field(description="Seconds the access token is valid", examples=[900])
    refresh_token: str = Field(description="For one renewal", examples=["fleetr_9dmQ…"])


class OrganName(BaseModel):
    id: int
    name: str


class Me(BaseModel):
    """Who is logged in, and what the role allows."""

    username: str = Field(examples=["admin"])
    role: Role
    organ: OrganName | None = Field(description="The account's organ; null = the whole city")
    rights: list[Permission]
    second_factor: bool = Field(description="Whether a second factor is set up")
    must_enrol: bool = Field(description="True: nothing else is open until a second factor is set up")
    personal_token: bool = Field(description="Whether this request came with a personal access token")
    expires_at: datetime = Field(description="When the access token ends")


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: str = Field(max_length=200, description="The present one")
    new_password: str = Field(max_length=200, description="At least 10 characters, and not the account's name")


class TokenWanted(BaseModel):
    """A personal access token. It sees what its account sees, within its own limits."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    label: str = Field(min_length=1, max_length=100, description="What it is for", examples=["nightly report"])
    expires_in_days: int = Field(ge=1, le=366, examples=[90])
    organ_id: int | None = Field(None, ge=1, le=2**31 - 1, description="Only this organ and those below it")
    division: int | None = Field(None, ge=0, le=999_999, description="Only organs and vehicles at home here")
    from_: AwareDatetime | None = Field(None, alias="from", description="Only what happened at or after this")
    to: AwareDatetime | None = Field(None, description="Only what happened before this")
    read_only: bool = Field(False, description="Refuse everything but reading; always so for auditors and viewers")


class TokenShown(BaseModel):
    id: int
    label: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute; null = never")
    organ_id: int | None
    division: int | None
    from_: datetime | None = Field(alias="from")
    to: datetime | None
    read_only: bool


class TokenCreated(TokenShown):
    token: str = Field(description="Shown this once: send it as `Authorization: Bearer …`")


class TokenList(BaseModel):
    items: list[TokenShown]
    next_cursor: str | None


class SecondFactorState(BaseModel):
    enrolled: bool = Field(description="Whether a code is asked for at log-in")
    recovery_codes_left: int
    required: bool = Field(description="Whether the account must set one up before it may do anything else")


class Enrolment(BaseModel):
    """A secret that waits for its confirmation; shown this once."""

    secret: str = Field(description="Base 32, for typing into an authenticator")
    uri: str = Field(description="The same as `otpauth://…`, for a QR code")


class Code(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=6, max_length=20, description="A one-time password; to remove, also a recovery code")


class RecoveryCodes(BaseModel):
    recovery_codes: list[str] = Field(description="Each works once in place of a one-time password; shown this once")
