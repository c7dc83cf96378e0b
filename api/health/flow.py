"""What a message passes, part by part: whether each works, and how far it is behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from api.health.readiness import WINDOW, Part, judge_behind_s
from api.health.vitals import Vitals


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: `working`, `late` (something is doubtful), `stopped`, or `absent` (never seen on this database)."""

    part: Part
    state: str
    lag_s: float | None
    last_at: datetime | None
    figures: dict[str, float | None]
    reasons: list[str]


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What this process itself knows: how soon the database answered, and how far its streams are."""

    answered_s: float
    streams: int
    revisions_behind: int
    polled_at: datetime | None


def flow(vitals: Vitals, reach: Reach) -> list[Step]:
    """In the order in which a message passes, the log of who did what last."""
    health, monitor, judging, now = vitals.health, vitals.monitor, vitals.judging, vitals.now
    seen = [worker.seen_at for worker in health.workers]
    per_s = health.received / WINDOW.total_seconds()
    told: dict[Part, dict[str, Any]] = {
        Part.BROKER: {
            "present": bool(health.workers),
            "lag_s": None,
            "last_at": max((worker.seen_at for worker in health.workers if worker.connected), default=None),
            "figures": {"dropped": health.broker_dropped},
        },
        Part.INGEST: {
            "present": bool(health.workers),
            "lag_s": health.last_batch_took_s,
            "last_at": max(seen, default=None),
            "figures": {
                "per_s": per_s,
                "waiting": sum(worker.waiting_messages for worker in health.workers),
                "workers": len(health.workers),
                "refused_share": health.quarantined / health.received if health.received else None,
            },
        },
        Part.STORE: {
            "present": True,
            "lag_s": reach.answered_s,
            "last_at": health.last_batch_at,
            "figures": {},
        },
        Part.MONITOR: {
            "present": monitor is not None,
            "lag_s": None if monitor is None else monitor.behind_ms / 1_000,
            "last_at": None if monitor is None else monitor.seen_at,
            "figures": {} if monitor is None else {"waiting": monitor.recompute_waiting, "vehicles": monitor.vehicles},
        },
        Part.JUDGE: {
            "present": judging is not None,
            "lag_s": judge_behind_s(judging, now),
            "last_at": None if judging is None else judging.seen_at,
            "figures": {} if judging is None else {"waiting": judging.waiting, "round_ms": judging.round_ms},
        },
        Part.STREAM: {
            "present": True,
            "lag_s": None if reach.polled_at is None else max(0.0, (now - reach.polled_at).total_seconds()),
            "last_at": reach.polled_at,
            "figures": {"readers": reach.streams, "behind": reach.revisions_behind},
        },
        Part.LOG: {
            "present": True,
            "lag_s": None
            if vitals.logged.oldest_at is None
            else max(0.0, (now - vitals.logged.oldest_at).total_seconds()),
            "last_at": None,
            "figures": {"waiting": vitals.logged.entries},
        },
    }
    found = vitals.troubles()
    steps = []
    for part, values in told.items():
        about = [one for one in found if one.part is part]
        present = values.pop("present")
        if any(one.stopped for one in about):
            state = "stopped"
        elif about:
            state = "late"
        else:
            state = "working" if present else "absent"
        steps.append(Step(part=part, state=state, reasons=[one.says for one in about], **values))
    return steps
