"""What is told of cases and findings as it happens: to streams, and to webhooks."""

from __future__ import annotations

from enum import StrEnum

from fleet.model.cases import CaseCommand


class NoticeKind(StrEnum):
    CASE_OPENED = "case.opened"
    CASE_CHANGED = "case.changed"  # by its findings: another one, another colour
    CASE_ASSIGNED = "case.assigned"
    CASE_EXPLAINED = "case.explained"
    CASE_CONFIRMED = "case.confirmed"
    CASE_DISMISSED = "case.dismissed"
    CASE_CLOSED = "case.closed"
    CASE_REOPENED = "case.reopened"
    CASE_COMMENTED = "case.commented"
    CASE_WITHDRAWN = "case.withdrawn"
    CASE_OVERDUE = "case.overdue"
    FINDING_FOUND = "finding.found"
    FINDING_CHANGED = "finding.changed"
    FINDING_WITHDRAWN = "finding.withdrawn"


AFTER_STEP: dict[CaseCommand, NoticeKind] = {
    CaseCommand.OPENED: NoticeKind.CASE_OPENED,
    CaseCommand.FOUND: NoticeKind.CASE_REOPENED,
    CaseCommand.CORRECTED: NoticeKind.CASE_CHANGED,
    CaseCommand.WITHDRAWN: NoticeKind.CASE_WITHDRAWN,
    CaseCommand.OVERDUE: NoticeKind.CASE_OVERDUE,
    CaseCommand.ASSIGN: NoticeKind.CASE_ASSIGNED,
    CaseCommand.EXPLAIN: NoticeKind.CASE_EXPLAINED,
    CaseCommand.CONFIRM: NoticeKind.CASE_CONFIRMED,
    CaseCommand.DISMISS: NoticeKind.CASE_DISMISSED,
    CaseCommand.CLOSE: NoticeKind.CASE_CLOSED,
    CaseCommand.REOPEN: NoticeKind.CASE_REOPENED,
    CaseCommand.COMMENT: NoticeKind.CASE_COMMENTED,
}
"""What each step on a case is told as."""
