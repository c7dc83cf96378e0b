"""When the service calls itself ready, as far as the monitor has a say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from api.health.readiness import judge
from fleet.store.audit import Waiting
from fleet.store.audit_journal import JournalState
from fleet.store.judge_status import JudgeStatus
from fleet.store.ledger import IngestHealth
from fleet.store.monitor_status import MonitorStatus

NOW = datetime(2026, 6, 1, tzinfo=UTC)
QUIET = IngestHealth(last_batch_at=None, online_units=0, received=0, quarantined=0, broker_dropped=None, workers=())
LOGGED = (Waiting(0, None), JournalState(appending=True))
WELL = MonitorStatus(
    started_at=NOW - timedelta(days=1),
    seen_at=NOW - timedelta(seconds=1),
    behind_batches=1,
    behind_ms=150,
    vehicles=6_000,
    late_spans=0,
    recompute_waiting=0,
    readings_folded=10,
    readings_late=0,
    refolds=0,
    refolds_refused=0,
    readings_unbound=0,
    snapshot_at=None,
    last_refusal=None,
)


def test_a_monitor_at_work_and_none_at_all_are_no_reason() -> None:
    assert judge(QUIET, WELL, NOW, *LOGGED).status == "ready"
    assert judge(QUIET, WELL, NOW, *LOGGED).monitor_behind_s == 0.15
    assert judge(QUIET, None, NOW, *LOGGED).status == "ready"
    assert judge(QUIET, None, NOW, *LOGGED).monitor_behind_s is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seen_at": NOW - timedelta(seconds=45)}, "the monitor has not been heard for 45 s"),
        ({"behind_ms": 90_000}, "the monitor is 90 s behind ingest"),
    ],
)
def test_without_trips_the_service_is_degraded_but_works(change: dict[str, object], reason: str) -> None:
    judged = judge(QUIET, msgspec.structs.replace(WELL, **change), NOW, *LOGGED)
    assert judged.status == "degraded"
    assert reason in judged.reasons[0]


JUDGING = JudgeStatus(
    started_at=NOW - timedelta(days=1),
    seen_at=NOW - timedelta(seconds=1),
    round_at=NOW - timedelta(minutes=1),
    round_ms=40,
    vehicles=12,
    waiting=2,
    waiting_since=NOW - timedelta(seconds=3),
)


def test_a_judge_at_work_is_no_reason() -> None:
    assert judge(QUIET, WELL, NOW, *LOGGED, JUDGING).status == "ready"
    assert judge(QUIET, WELL, NOW, *LOGGED, JUDGING).judge_behind_s == 3
    assert judge(QUIET, WELL, NOW, *LOGGED, None).judge_behind_s is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seen_at": NOW - timedelta(seconds=90)}, "the judge has not been heard for 90 s"),
        ({"waiting_since": NOW - timedelta(minutes=11)}, "2 marks wait to be judged, the oldest for 660 s"),
    ],
)
def test_without_verdicts_the_service_is_degraded_but_works(change: dict[str, object], reason: str) -> None:
    judged = judge(QUIET, WELL, NOW, *LOGGED, msgspec.structs.replace(JUDGING, **change))
    assert judged.status == "degraded"
    assert reason in judged.reasons[0]
