"""Whether the service can do its work, judged from what the database says.

Ingest counts as stalled when one of its workers stopped saying that it lives or lost the broker, or when units are
online and nothing was written for longer than even parked vehicles stay quiet: with n units online, each of which
reports at least every ten minutes, thirty minutes divided by n, but never less than a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from fleet.store.audit import Waiting
from fleet.store.audit_journal import JournalState
from fleet.store.judge_status import JudgeStatus
from fleet.store.ledger import IngestHealth
from fleet.store.monitor_status import MonitorStatus

WINDOW = timedelta(minutes=5)
"""Over which the share of refused samples is judged."""

WORKER_SILENCE = timedelta(seconds=30)
MONITOR_SILENCE = timedelta(seconds=30)
MONITOR_BEHIND = timedelta(seconds=60)
JUDGE_SILENCE = timedelta(seconds=60)
JUDGE_BEHIND = timedelta(minutes=10)
"""A year that is judged again, or a past that is loaded, takes longer than that, and verdicts are late meanwhile."""

RETIRED = timedelta(hours=1)
PARKED_INTERVAL = timedelta(minutes=10)
SHORTEST_SILENCE = timedelta(minutes=1)
LONGEST_PENDING = timedelta(seconds=30)
"""An entry of the audit log that waits longer is a sign that nobody chains it."""

DEGRADED_SHARE = 0.05
DEGRADED_FROM = 50
"""Fewer samples than this say nothing about a share."""


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/readyz`."""

    status: str  # ready | degraded | unavailable
    degraded: bool
    reasons: list[str]
    last_batch_at: datetime | None
    online_units: int
    quarantine_share: float | None
    monitor_behind_s: float | None
    judge_behind_s: float | None


class Part(StrEnum):
    """What a message passes on its way, in that order; and the log of who did what."""

    BROKER = "broker"
    INGEST = "ingest"
    STORE = "store"
    MONITOR = "monitor"
    JUDGE = "judge"
    STREAM = "stream"
    LOG = "log"


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence about a part. `fatal`: the service cannot do its work; `stopped`: the part does nothing."""

    part: Part
    says: str
    fatal: bool = False
    stopped: bool = False


def troubles(
    health: IngestHealth,
    monitor: MonitorStatus | None,
    now: datetime,
    logged: Waiting,
    journal: JournalState,
    judging: JudgeStatus | None = None,
) -> list[Trouble]:
    """Everything that is wrong, what is fatal first."""
    return [
        *_ingest_failures(health, now),
        *_refusals(health),
        *_log_warnings(logged, journal, now),
        *_monitor_warnings(monitor, now),
        *_judge_warnings(judging, now),
    ]


def judge(
    health: IngestHealth,
    monitor: MonitorStatus | None,
    now: datetime,
    logged: Waiting,
    journal: JournalState,
    judging: JudgeStatus | None = None,
) -> Readiness:
    found = troubles(health, monitor, now, logged, journal, judging)
    failures = [one.says for one in found if one.fatal]
    warnings = [one.says for one in found if not one.fatal]
    return Readiness(
        status="unavailable" if failures else "degraded" if warnings else "ready",
        degraded=bool(warnings),
        reasons=failures + warnings,
        last_batch_at=health.last_batch_at,
        online_units=health.online_units,
        quarantine_share=_refused_share(health),
        monitor_behind_s=None if monitor is None else monitor.behind_ms / 1_000,
        judge_behind_s=judge_behind_s(judging, now),
    )


def _ingest_failures(health: IngestHealth, now: datetime) -> Iterator[Trouble]:
    silences = sorted(now - worker.seen_at for worker in health.workers)
    # One that has been gone for long while another works was taken out of service; its row stays behind.
    present = silences[:1] + [silence for silence in silences[1:] if silence <= RETIRED]
    if present and present[-1] > WORKER_SILENCE:
        says = f"ingest is stalled: a worker has not been heard for {present[-1].total_seconds():.0f} s"
        yield Trouble(part=Part.INGEST, says=says, fatal=True, stopped=present[0] > WORKER_SILENCE)
    elif not all(worker.connected for worker in health.workers if now - worker.seen_at <= WORKER_SILENCE):
        says = "ingest is stalled: a worker has no connection to the broker"
        stopped = not any(worker.connected for worker in health.workers)
        yield Trouble(part=Part.BROKER, says=says, fatal=True, stopped=stopped)
    if health.last_batch_at is not None and health.online_units > 0:
        allowed = max(SHORTEST_SILENCE, 3 * PARKED_INTERVAL / health.online_units)
        silence = now - health.last_batch_at
        if silence > allowed:
            says = (
                f"ingest is stalled: {health.online_units} units are online and nothing was written for "
                f"{silence.total_seconds():.0f} s"
            )
            yield Trouble(part=Part.INGEST, says=says, fatal=True, stopped=True)


def _refused_share(health: IngestHealth) -> float | None:
    return health.quarantined / health.received if health.received else None


def _refusals(health: IngestHealth) -> Iterator[Trouble]:
    share = _refused_share(health)
    if share is not None and share > DEGRADED_SHARE and health.received >= DEGRADED_FROM:
        says = f"{share:.1%} of the samples of the last five minutes were refused: see the quarantine"
        yield Trouble(part=Part.INGEST, says=says)


def _log_warnings(logged: Waiting, journal: JournalState, now: datetime) -> Iterator[Trouble]:
    if journal.trouble is not None:
        says = f"{journal.trouble}; tracks and unmasked data are not shown meanwhile"
        yield Trouble(part=Part.LOG, says=says, stopped=True)
    for says in journal.distrusted:
        yield Trouble(part=Part.LOG, says=says)
    if logged.oldest_at is not None and now - logged.oldest_at > LONGEST_PENDING:
        age_s = (now - logged.oldest_at).total_seconds()
        says = f"{logged.entries} audit entries wait to be chained, the oldest for {age_s:.0f} s"
        yield Trouble(part=Part.LOG, says=says)


def _monitor_warnings(monitor: MonitorStatus | None, now: datetime) -> Iterator[Trouble]:
    """Without the monitor everything but trips goes on."""
    if monitor is None:
        return
    silence = now - monitor.seen_at
    behind = timedelta(milliseconds=monitor.behind_ms)
    if silence > MONITOR_SILENCE:
        says = f"trips stand still: the monitor has not been heard for {silence.total_seconds():.0f} s"
        yield Trouble(part=Part.MONITOR, says=says, stopped=True)
    elif behind > MONITOR_BEHIND:
        says = f"trips are late: the monitor is {behind.total_seconds():.0f} s behind ingest"
        yield Trouble(part=Part.MONITOR, says=says)


def judge_behind_s(judging: JudgeStatus | None, now: datetime) -> float | None:
    """How long the oldest mark that is due has waited; None where no judge ever ran."""
    if judging is None:
        return None
    since = judging.waiting_since
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _judge_warnings(judging: JudgeStatus | None, now: datetime) -> Iterator[Trouble]:
    """Without the judge everything but verdicts, findings and deadlines goes on."""
    if judging is None:
        return
    silence = now - judging.seen_at
    behind_s = judge_behind_s(judging, now) or 0.0
    if silence > JUDGE_SILENCE:
        says = f"verdicts stand still: the judge has not been heard for {silence.total_seconds():.0f} s"
        yield Trouble(part=Part.JUDGE, says=says, stopped=True)
    elif behind_s > JUDGE_BEHIND.total_seconds():
        says = f"verdicts are late: {judging.waiting} marks wait to be judged, the oldest for {behind_s:.0f} s"
        yield Trouble(part=Part.JUDGE, says=says)


def unanswered() -> Readiness:
    return Readiness(
        status="unavailable",
        degraded=False,
        reasons=["the database does not answer"],
        last_batch_at=None,
        online_units=0,
        quarantine_share=None,
        monitor_behind_s=None,
        judge_behind_s=None,
    )
