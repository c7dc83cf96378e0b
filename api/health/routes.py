"""`/livez`, `/readyz`, `/metrics`: outside `/api/v1`, without log-in, for probes."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from api.answers import json_answer
from api.dependencies import Shared
from api.health.readiness import Readiness, judge_behind_s, unanswered
from api.health.schemas import Alive, ReadinessReport
from api.health.vitals import read_vitals
from api.state import Services
from fleet.errors import StoreUnavailable
from fleet.model.scope import CITY
from fleet.store import ledger, quarantine
from fleet.store.latest import live_revision_now
from fleet.store.monitor_status import unit_conditions

router = APIRouter(tags=["health"])

PROBE_PATIENCE_S = 3.0


@router.get("/livez", summary="Whether the process lives", response_model=Alive)
async def livez() -> Response:
    """200 as long as the process answers at all, whatever the database does."""
    return json_answer({"status": "alive"})


@router.get(
    "/readyz",
    summary="Whether the service can do its work",
    response_model=ReadinessReport,
    responses={503: {"model": ReadinessReport, "description": "It cannot; `reasons` says why"}},
)
async def readyz(services: Shared) -> Response:
    """503 when the database does not answer or ingest is stalled; `degraded` when much is refused, or when the audit
    log is not written or not as it should be."""
    readiness = await _readiness(services)
    return json_answer(readiness, 503 if readiness.status == "unavailable" else 200)


async def _readiness(services: Services) -> Readiness:
    try:
        async with services.database.begin(within_s=PROBE_PATIENCE_S) as connection:
            return (await read_vitals(connection, services.now(), services.audit.state)).readiness()
    except StoreUnavailable:
        return unanswered()


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Text exposition"}},
)
async def metrics(services: Shared) -> Response:
    """What this process counted, and what the database says; without the database the former alone."""
    figures, live = services.metrics, services.live
    figures.streams.set(live.readers)
    figures.vehicles.set(len(live.fleet))
    figures.revision.set(live.fleet.revision)
    figures.audit.state = services.audit.state
    now = services.now()
    try:
        async with services.database.begin(within_s=PROBE_PATIENCE_S) as connection:
            vitals = await read_vitals(connection, now, services.audit.state)
            committed = await live_revision_now(connection)
            figures.ledger.sums = await ledger.sums_by_kind(
                connection, ledger.Span(scope=CITY, at=now, begin=None, end=None)
            )
            conditions = await unit_conditions(connection)
            if figures.quarantine_due(now):
                figures.set_quarantine(await quarantine.unresolved_by_reason(connection))
    except StoreUnavailable:
        figures.store_up.set(0)
    else:
        figures.store_up.set(1)
        logged, health = vitals.logged, vitals.health
        figures.audit_pending.set(logged.entries)
        figures.audit_pending_age.set(0 if logged.oldest_at is None else (now - logged.oldest_at).total_seconds())
        figures.revision_lag.set(max(0, committed - live.fleet.revision))
        if health.last_batch_at is not None:
            figures.batch_age.set((now - health.last_batch_at).total_seconds())
        if health.broker_dropped is not None:
            figures.broker_dropped.set(health.broker_dropped)
        figures.set_monitor(vitals.monitor, conditions, now)
        figures.set_judge(vitals.judging, judge_behind_s(vitals.judging, now), now)
    return Response(
        figures.text(), media_type="text/plain; version=0.0.4; charset=utf-8", headers={"Cache-Control": "no-store"}
    )
