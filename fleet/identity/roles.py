"""What each role may do. Scope (the subtree of organs) is a separate question."""

from __future__ import annotations

from enum import StrEnum

from fleet.model.registry import Role


class Right(StrEnum):
    SEE_CONFIDENTIAL = "see_confidential"  # confidential vehicles: exist for nobody else
    READ_QUARANTINE = "read_quarantine"  # raw payloads may hold positions of confidential vehicles
    RETRY_QUARANTINE = "retry_quarantine"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.SUPERVISOR: frozenset({Right.SEE_CONFIDENTIAL, Right.READ_QUARANTINE}),
    Role.AUDITOR: frozenset({Right.SEE_CONFIDENTIAL, Right.READ_QUARANTINE}),
    Role.CITY_DISPATCHER: frozenset(),
    Role.ORGAN_DISPATCHER: frozenset(),
    Role.APPROVER: frozenset(),
    Role.ORGAN_MANAGER: frozenset(),
    Role.VIEWER: frozenset(),
}


def may(role: Role, right: Right) -> bool:
    return right in RIGHTS[role]
