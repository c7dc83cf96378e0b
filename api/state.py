"""What the routes share, made once by `create_app` and found on `app.state`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.audit.checks import Checks
from api.auth.sessions import Sessions
from api.database import Database
from api.health.metrics import Metrics
from api.limits import Rates, Seats
from api.live.poller import Live
from fleet.identity.totp_keys import TotpKeys
from fleet.store.audit_journal import Journal
from fleet.store.tally_memory import TallyMemory


@dataclass(frozen=True, slots=True)
class Services:
    """`closing` is set when the process ends: streams end with it. What must be logged calls `audit.read` and answers
    after it."""

    database: Database
    audit: Journal
    checks: Checks
    now: Callable[[], datetime]
    sessions: Sessions
    live: Live
    metrics: Metrics
    totp_keys: TotpKeys
    rates: Rates
    seats: Seats
    tallies: TallyMemory
    closing: asyncio.Event
