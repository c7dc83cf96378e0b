"""The books as they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class CountsShown(BaseModel):
    """Samples: each element of an array counts on its own."""

    received: int = Field(description="Counted where the packets are split", examples=[120_034])
    stored: int = Field(description="Counted from the insert", examples=[119_876])
    duplicate: int = Field(description="Same identity and content as one stored before", examples=[120])
    quarantined: int = Field(description="Refused and kept with reason and raw bytes", examples=[38])


class LedgerHour(CountsShown):
    hour: datetime = Field(description="The hour of receipt")
    unit: str | None = Field(description="The unit asked for; null = all")
    by_kind: dict[str, CountsShown]


class LedgerAnswer(BaseModel):
    """`totals` and `by_kind` are of the whole span, `items` of its hours, newest first."""

    from_: datetime | None = Field(alias="from", description="Begin of the first hour counted; null = from the start")
    to: datetime | None = Field(description="End of the last hour counted; null = up to now")
    unit: str | None
    totals: CountsShown
    by_kind: dict[str, CountsShown] = Field(
        description="By kind of message; `unknown` = the topic lies outside the grammar"
    )
    difference: int = Field(description="received - (stored + duplicate + quarantined): anything but 0 is a fault")
    items: list[LedgerHour]
    next_cursor: str | None


class Hole(BaseModel):
    """Missing sequence numbers, both ends included."""

    division: int
    kind: str
    run: int
    first: int
    last: int
    count: int
    state: Literal["open", "gone"] = Field(
        description="`open`: the unit may still send them; `gone`: it has said (`oldest_seq`) that it no longer can"
    )


class Run(BaseModel):
    """One run of sequence numbers of one kind, from one address (division and unit of the topic)."""

    division: int
    kind: str
    run: int
    first_seq: int = Field(description="Where the run begins: 0 if 0 was seen, else 1")
    last_seq: int = Field(description="The highest number known")
    oldest_seq: int | None = Field(description="The smallest number the unit says that it still holds")
    committed: int = Field(description="Numbers stored, duplicate or quarantined")
    open: int = Field(description="Numbers missing that may still come")
    gone: int = Field(description="Numbers missing for good")
    touched_at: datetime = Field(description="When the run was last written to")


class GapsAnswer(BaseModel):
    """Exactly what is missing of a unit that numbers its samples."""

    unit: str
    missing: int
    holes: int = Field(description="Number of ranges, also of those not listed")
    truncated: bool = Field(description="True: only the first 1,000 ranges are listed")
    runs: list[Run]
    items: list[Hole]
