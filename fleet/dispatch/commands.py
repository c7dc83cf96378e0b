"""What people do to an order, and who may: one frozen dataclass a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from fleet.model.orders import Plan
from fleet.model.registry import Role


class Name(StrEnum):
    """A command as the history calls it."""

    CREATE = "create"
    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    ASSIGN = "assign"
    DEPART = "depart"
    RETURN = "return"
    SETTLE = "settle"
    CANCEL = "cancel"
    AMEND = "amend"
    APPROVE_AMENDMENT = "approve_amendment"
    REJECT_AMENDMENT = "reject_amendment"
    WITHDRAW_AMENDMENT = "withdraw_amendment"
    CORRECT = "correct"
    ROAD = "road"  # nobody's: what the vehicle's own track shows


DISPATCHERS = frozenset({Role.CITY_DISPATCHER, Role.ORGAN_DISPATCHER})
APPROVERS = frozenset({Role.APPROVER, Role.ORGAN_MANAGER})
APPLICANTS = DISPATCHERS | APPROVERS
"""Those who work in an organ. Whoever runs, supervises or audits the system orders no vehicles through it."""

WHO: Mapping[Name, frozenset[Role]] = MappingProxyType(
    {
        **dict.fromkeys((Name.CREATE, Name.EDIT, Name.SUBMIT, Name.CANCEL, Name.AMEND), APPLICANTS),
        Name.WITHDRAW_AMENDMENT: APPLICANTS,
        **dict.fromkeys((Name.APPROVE, Name.REJECT, Name.APPROVE_AMENDMENT, Name.REJECT_AMENDMENT), APPROVERS),
        **dict.fromkeys((Name.ASSIGN, Name.DEPART, Name.RETURN, Name.SETTLE, Name.CORRECT), DISPATCHERS),
        Name.ROAD: frozenset(),
    }
)
"""Which roles each command is open to; the permissions of the interface say the same, a test compares."""


@dataclass(frozen=True, slots=True)
class Actor:
    account_id: int
    role: Role

    @property
    def dispatches(self) -> bool:
        return self.role in DISPATCHERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an applicant writes: everything about an order that is not its life."""

    plan: Plan
    purpose: str
    facts: Mapping[str, str] = field(default_factory=dict)
    emergency: bool = False
    bodies: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    contact_name: str | None = None
    contact_phone: str | None = None
    remarks: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    content: Content
    name = Name.EDIT
    why = None


@dataclass(frozen=True, slots=True)
class Submit:
    """`number` is given to an order that has none yet; the guards do not look at it."""

    number: str | None = None
    name = Name.SUBMIT
    why = None


@dataclass(frozen=True, slots=True)
class Approve:
    why: str | None = None
    name = Name.APPROVE


@dataclass(frozen=True, slots=True)
class Reject:
    why: str | None
    name = Name.REJECT


@dataclass(frozen=True, slots=True)
class Wanted:
    vehicle_id: int
    driver_id: int | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """The vehicles the order is to have from now on, all of them; those that have returned stay anyway."""

    vehicles: tuple[Wanted, ...]
    why: str | None = None
    name = Name.ASSIGN


@dataclass(frozen=True, slots=True, kw_only=True)
class Depart:
    """`vehicle_id` None = all that have not departed; `at` None = now."""

    vehicle_id: int | None = None
    at: datetime | None = None
    odometer_out_m: int | None = None
    why: str | None = None
    name = Name.DEPART


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """`vehicle_id` None = the one that is out; `at` None = now. `account`: fields of an outing from the odometer on."""

    vehicle_id: int | None = None
    at: datetime | None = None
    account: Mapping[str, Any] = field(default_factory=dict)
    why: str | None = None
    name = Name.RETURN


@dataclass(frozen=True, slots=True)
class Settle:
    why: str | None = None
    name = Name.SETTLE


@dataclass(frozen=True, slots=True)
class Cancel:
    why: str | None = None
    name = Name.CANCEL


@dataclass(frozen=True, slots=True)
class Amend:
    plan: Plan
    why: str | None
    name = Name.AMEND


@dataclass(frozen=True, slots=True)
class DecideAmendment:
    number: int
    approve: bool
    why: str | None = None

    @property
    def name(self) -> Name:
        return Name.APPROVE_AMENDMENT if self.approve else Name.REJECT_AMENDMENT


@dataclass(frozen=True, slots=True)
class WithdrawAmendment:
    number: int
    why: str | None = None
    name = Name.WITHDRAW_AMENDMENT


@dataclass(frozen=True, slots=True)
class Correct:
    """Fields of the vehicle's outing as they should have been; `departed_at` or `returned_at` None = never happened."""

    vehicle_id: int
    changes: Mapping[str, Any]
    why: str | None
    name = Name.CORRECT


Command = (
    Edit
    | Submit
    | Approve
    | Reject
    | Assign
    | Depart
    | Return
    | Settle
    | Cancel
    | Amend
    | DecideAmendment
    | WithdrawAmendment
    | Correct
)
