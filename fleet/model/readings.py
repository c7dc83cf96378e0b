"""What an onboard unit reports, as the service keeps it: whole numbers in small units, WGS-84, UTC.

A reading is keyed by its unit; which vehicle the unit sat in is resolved through binding periods when asked.
Whole numbers, because the same question asked twice must give the same digit.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntFlag, StrEnum
from typing import ClassVar

import msgspec

from fleet.model.downlink import CommandAnswer


class Kind(StrEnum):
    """Uplink kinds; the value is the last part of the topic."""

    POSITION = "position"
    USAGE = "usage"
    EVENT = "event"
    STATUS = "status"
    COMMAND_RESULT = "command/result"


KIND_NUMBERS: dict[Kind, int] = {
    Kind.POSITION: 1,
    Kind.USAGE: 2,
    Kind.EVENT: 3,
    Kind.STATUS: 4,
    Kind.COMMAND_RESULT: 5,
}
"""The number of each kind in the database; never reused. 0 stands for a topic outside the grammar."""

SAMPLE_KINDS = (Kind.POSITION, Kind.USAGE, Kind.EVENT)
"""Kinds whose samples have an identity, may carry `seq`, and are covered by receipts."""

EVENT_NAMES = (
    "ignition_on",
    "ignition_off",
    "power_cut",
    "antenna_cut",
    "unit_removed",
    "unit_fitted",
    "sos",
    "harsh_braking",
    "harsh_acceleration",
    "harsh_cornering",
    "door_open",
    "refuelled",
    "charging_started",
    "charging_ended",
)


class GroundFlag(IntFlag):
    """Why a well-formed position is implausible; it is stored, shown, and kept out of trips."""

    NULL_ISLAND = 1  # 0, 0: a receiver without a fix
    OUTSIDE_COUNTRY = 2  # outside 18–54° N, 73–136° E: no vehicle of the fleet can be there
    DATUM_CONVERTED = 256  # sent as GCJ-02, stored as WGS-84 (a remark, not a doubt)


IMPLAUSIBLE = GroundFlag.NULL_ISLAND | GroundFlag.OUTSIDE_COUNTRY


class Position(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fix. `seq` and `run` number the unit's samples; `division` is where the fix lies (0 = outside)."""

    kind: ClassVar[Kind] = Kind.POSITION
    observed_at: datetime
    run: int = 0
    seq: int | None = None
    oldest_seq: int | None = None
    lat_e7: int
    lon_e7: int
    speed_dkmh: int | None = None  # tenths of km/h
    heading_deg: int | None = None  # 0–359, clockwise from north
    altitude_m: int | None = None
    hdop_tenths: int | None = None
    satellites: int | None = None
    ignition: bool | None = None
    odometer_m: int | None = None
    gcj02: bool = False  # the coordinates are GCJ-02 and must be converted before they are stored


class Usage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Counters and levels."""

    kind: ClassVar[Kind] = Kind.USAGE
    observed_at: datetime
    run: int = 0
    seq: int | None = None
    oldest_seq: int | None = None
    odometer_m: int | None = None
    fuel_level_permille: int | None = None
    fuel_level_ml: int | None = None
    fuel_used_ml: int | None = None
    soc_permille: int | None = None
    charging: bool | None = None
    energy_used_wh: int | None = None
    energy_charged_wh: int | None = None
    engine_s: int | None = None
    ignition: bool | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that happened at one moment; `detail` is the unit's own JSON object, kept as sent."""

    kind: ClassVar[Kind] = Kind.EVENT
    observed_at: datetime
    run: int = 0
    seq: int | None = None
    oldest_seq: int | None = None
    event: str
    detail: str | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether the unit is connected, as it (or its last will) says."""

    kind: ClassVar[Kind] = Kind.STATUS
    online: bool
    observed_at: datetime | None = None


class CommandResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the unit says to one command."""

    kind: ClassVar[Kind] = Kind.COMMAND_RESULT
    observed_at: datetime
    command_id: int
    answer: CommandAnswer
    reason: str | None = None


Sample = Position | Usage | Event


class Reason(msgspec.Struct, frozen=True):
    """One reason why a message or one element of it was refused."""

    code: str  # one of REASON_CODES
    field: str | None
    detail: str  # a sentence for the person who has to mend the unit


REASON_CODES = {
    "malformed_json": "The payload is not JSON, or not an object or an array of objects",
    "empty_array": "The array has no element",
    "too_many_samples": "The array has more than 1,000 elements",
    "missing_field": "A required field is absent",
    "wrong_type": "A field has another type than the contract says",
    "out_of_range": "A number lies outside what is physically possible",
    "unknown_event": "The event is not one of the agreed names",
    "time_before_2015": "The time lies before 2015: the unit's clock was never set",
    "time_in_future": "The time lies more than 10 minutes ahead of ours",
    "unknown_unit": "No unit of this code is registered",
    "wrong_division": "The division in the topic is not the unit's registered one",
    "bad_topic": "The topic lies outside the grammar fleet/v1/{division}/{unit}/{kind}",
    "unknown_command": "The unit answers a command that was never sent to it",
    "identity_conflict": "The same sample identity was stored before with other content",
}
