"""A case (线索): all findings of one outing or incident, and what people make of it."""

from __future__ import annotations

from enum import StrEnum


class CaseState(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    EXPLAINED = "explained"  # the organ has answered
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # every finding was taken back before anybody took it up


DECIDED = frozenset({CaseState.CONFIRMED, CaseState.DISMISSED})


class CaseCommand(StrEnum):
    OPENED = "opened"  # by the service
    FOUND = "found"  # by the service: another finding
    CORRECTED = "corrected"  # by the service: a finding says otherwise
    WITHDRAWN = "withdrawn"  # by the service: a finding was taken back
    OVERDUE = "overdue"  # by the service: a deadline passed
    ASSIGN = "assign"
    EXPLAIN = "explain"
    CONFIRM = "confirm"
    DISMISS = "dismiss"
    CLOSE = "close"
    REOPEN = "reopen"
    COMMENT = "comment"
