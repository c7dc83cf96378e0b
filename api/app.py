"""Puts the application together. Nothing happens at import; `create_app` opens nothing before it is started."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import BaseRoute

from api import access, errors
from api.accounts.routes import router as accounts_router
from api.audit.checks import Checks
from api.audit.routes import router as audit_router
from api.auth.routes import router as auth_router
from api.auth.sessions import Sessions
from api.auth.tokens import router as tokens_router
from api.auth.totp import router as totp_router
from api.cases.routes import router as cases_router
from api.dashboard.serve import dashboard_router
from api.database import Database
from api.energy.imports import router as energy_imports_router
from api.energy.routes import router as energy_router
from api.geography.routes import router as geography_router
from api.health.metrics import Metrics
from api.health.routes import router as health_router
from api.ledger.routes import router as ledger_router
from api.limits import Rates, Seats
from api.live.poller import REGISTRY_INTERVAL_S, Live
from api.middleware import Edge
from api.openapi import DESCRIPTION, install_asyncapi, install_openapi
from api.orders.candidates import router as candidates_router
from api.orders.inbox import router as inbox_router
from api.orders.road import RoadDesk
from api.orders.routes import router as orders_router
from api.orders.sent import router as order_commands_router
from api.orders.steps import router as order_steps_router
from api.positions.routes import router as positions_router
from api.quarantine.routes import router as quarantine_router
from api.registry.routes import router as registry_router
from api.reports.routes import router as reports_router
from api.rules.routes import router as rules_router
from api.state import Services
from api.statistics.board import router as nev_board_router
from api.statistics.routes import router as statistics_router
from api.stream.routes import router as stream_router
from api.system.routes import router as system_router
from api.tasks.routes import router as tasks_router
from api.tasks.steps import router as task_steps_router
from api.tracks.routes import router as tracks_router
from api.trips.routes import router as trips_router
from api.trips.units import router as unit_states_router
from api.trips.vehicles import router as timeline_router
from api.use_record.routes import router as use_record_router
from api.visits.routes import router as visits_router
from api.webhooks.routes import router as webhooks_router
from fleet.identity.totp_keys import TotpKeys
from fleet.store.audit_journal import Journal
from fleet.store.tally_memory import TallyMemory

PAGE = Path(__file__).parent / "dashboard" / "dist"
"""What the build writes; without it the page is a sentence that says so."""

ROUTERS: tuple[APIRouter, ...] = (
    auth_router,
    tokens_router,
    totp_router,
    accounts_router,
    energy_imports_router,  # before the registry: its paths are more particular
    registry_router,
    tracks_router,
    inbox_router,
    orders_router,
    order_commands_router,
    order_steps_router,
    candidates_router,
    tasks_router,
    task_steps_router,
    cases_router,
    rules_router,
    statistics_router,
    nev_board_router,
    energy_router,
    reports_router,
    trips_router,
    timeline_router,
    unit_states_router,
    use_record_router,
    visits_router,
    positions_router,
    stream_router,
    webhooks_router,
    ledger_router,
    quarantine_router,
    audit_router,
    system_router,
    geography_router,
)


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """What every application of this process answers; to work it out takes half a second."""
    api = APIRouter(prefix="/api/v1")
    for router in ROUTERS:
        api.include_router(router)
    whole = APIRouter()
    whole.include_router(api)
    whole.include_router(health_router)
    return tuple(whole.routes)


def create_app(
    engine: AsyncEngine,
    now: Callable[[], datetime],
    journal: Journal,
    totp_keys: TotpKeys,
    *,
    page: Path = PAGE,
    registry_interval_s: float = REGISTRY_INTERVAL_S,
    require_totp: bool = False,
    request_rate_per_s: int = 300,
) -> FastAPI:
    """The application on `engine`, which it closes at its end; `now` answers aware UTC. It starts and stops `journal`.

    With `require_totp` administrators and supervisors must set up a second factor before anything else.
    """
    database = Database(engine, journal.settled)
    services = Services(
        database=database,
        audit=journal,
        checks=Checks(journal),
        now=now,
        sessions=Sessions(database, now, totp_keys, require_totp=require_totp),
        live=Live(database, now, registry_interval_s=registry_interval_s),
        metrics=Metrics(),
        totp_keys=totp_keys,
        rates=Rates(request_rate_per_s, time.monotonic),
        seats=Seats(),
        tallies=TallyMemory(),
        closing=asyncio.Event(),
    )

    road = RoadDesk(database, now)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # A process that can no longer log must end: it is started again.
        services.audit.start(on_fault=lambda: signal.raise_signal(signal.SIGTERM))
        services.live.start()
        road.start()
        try:
            yield
        finally:
            await road.stop()
            await services.live.stop()
            await services.checks.stop()
            await services.audit.stop()
            await services.database.close()

    app = FastAPI(
        title="One Network",
        version=version("one-network"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # the usual documentation pages load scripts from elsewhere
        redoc_url=None,
        routes=list(_routes()),
    )
    app.state.services = services
    install_asyncapi(app)
    app.include_router(dashboard_router(page))
    access.check(app)
    errors.install(app)
    install_openapi(app)
    # Around everything, so that answers to faults carry the headers too.
    inner = app.build_middleware_stack
    app.build_middleware_stack = lambda: Edge(inner(), services.metrics, services.rates)  # type: ignore[method-assign]
    return app
