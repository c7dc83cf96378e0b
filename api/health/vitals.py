"""What is read of the parts of the service, once for all who tell of it: probes, Prometheus and the page."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from api.health.readiness import WINDOW, Readiness, Trouble, judge, troubles
from fleet.store import audit, ledger
from fleet.store.audit import Waiting
from fleet.store.audit_journal import JournalState
from fleet.store.judge_status import JudgeStatus, read_judge_status
from fleet.store.ledger import IngestHealth
from fleet.store.monitor_status import MonitorStatus, read_monitor_status

REPORTED_WITHIN = timedelta(minutes=30)


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """What ingest, monitor, judge and the audit log say of themselves at `now`."""

    now: datetime
    health: IngestHealth
    logged: Waiting
    monitor: MonitorStatus | None
    judging: JudgeStatus | None
    journal: JournalState

    def readiness(self) -> Readiness:
        return judge(self.health, self.monitor, self.now, self.logged, self.journal, self.judging)

    def troubles(self) -> list[Trouble]:
        return troubles(self.health, self.monitor, self.now, self.logged, self.journal, self.judging)


async def read_vitals(connection: AsyncConnection, now: datetime, journal: JournalState) -> Vitals:
    return Vitals(
        now=now,
        health=await ledger.ingest_health(connection, window_from=now - WINDOW, reported_within=REPORTED_WITHIN),
        logged=await audit.waiting(connection),
        monitor=await read_monitor_status(connection),
        judging=await read_judge_status(connection),
        journal=journal,
    )
