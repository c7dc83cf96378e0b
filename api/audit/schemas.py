"""The audit log as it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class LogEntry(BaseModel):
    """One entry: who did what to what, when, and why."""

    chain: int = Field(description="The chain it stands in; 0 = recorded before there were chains")
    n: int = Field(description="Its number there, without gaps")
    at: datetime
    account: str
    role: str | None = Field(description="The account's role at that moment")
    address: str | None = Field(description="From where")
    action: str = Field(examples=["track.read"])
    subject: str = Field(examples=["vehicle:17"])
    organ_ids: list[int] = Field(description="Whose affair it is; empty = the whole city's")
    purpose: str | None = Field(description="The purpose that was stated")
    detail: Any | None = Field(description="What was asked for, or what was so before and after")
    key_id: str = Field(description="The key that made the code")
    mac: str = Field(description="The code: HMAC-SHA256 over the code before it and this entry")


class LogPage(BaseModel):
    items: list[LogEntry]
    next_cursor: str | None


class ChainShown(BaseModel):
    """A chain that was walked."""

    chain: int
    entries: int
    last_n: int
    first_at: datetime | None
    last_at: datetime | None
    last_code: str | None = Field(description="Code of its last entry; with `chain` and `last_n` an anchor for paper")


class FindingShown(BaseModel):
    """One thing that is wrong."""

    fault: str = Field(
        description="`edited`, `deleted`, `inserted`, `reordered`, `truncated`, `rewritten`, `key_missing`, "
        "`head_file`, `anchor_file`"
    )
    chain: int | None
    first: int | None = Field(description="Number of the first entry concerned; for anchors the line of the file")
    last: int | None
    message: str = Field(examples=["chain 1: entry 4711 is not as it was written"])


class CheckShown(BaseModel):
    """What the check of the whole log found."""

    state: str = Field(description="`done`; `running` (status 202): ask again")
    intact: bool | None = Field(description="Whether every entry is the one that was written; null while running")
    at: datetime = Field(description="When this was answered")
    checked: int = Field(description="Entries checked")
    expected: int | None = Field(description="Of how many entries the files outside the database know; null at the end")
    chains: list[ChainShown]
    anchors: int = Field(description="Lines of the file of anchors")
    pending: int = Field(description="Entries committed with their change and not chained yet")
    findings: list[FindingShown]
