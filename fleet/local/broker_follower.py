"""Keeps the broker's accounts as the database has them: what a clerk changes over HTTP reaches the broker by itself.

Commands render at once; this follows whatever else changes who may connect, first of all a unit that is retired.
"""

from __future__ import annotations

import asyncio
import logging

from fleet.errors import StoreUnavailable
from fleet.local.broker_files import ensure_service, follow_once, require_broker_directory
from fleet.settings import Settings, assume_role
from fleet.store import broker_accounts
from fleet.store.pool import create_engine, store_errors

log = logging.getLogger("fleet.broker")

_LONGEST_PAUSE_S = 15.0


async def follow_accounts(settings: Settings, every_s: float) -> None:
    """Runs until cancelled; waits while the database is away. Raises InvalidSettings, DependencyMissing."""
    directory = require_broker_directory(settings)
    engine = create_engine(
        assume_role(settings.require_database_url(), "fleet_owner"), size=1, application_name="one-network broker"
    )
    seen: broker_accounts.State | None = None
    pause_s = every_s
    try:
        while True:
            try:
                async with store_errors(), engine.connect() as connection:
                    if seen is None:
                        await ensure_service(connection, settings.mqtt_url)
                        await connection.commit()
                    while True:
                        async with connection.begin():
                            state = await broker_accounts.state(connection)
                        if state != seen and await follow_once(connection, directory):
                            log.info("the broker's accounts are written anew")
                        seen, pause_s = state, every_s
                        await asyncio.sleep(every_s)
            except StoreUnavailable as error:
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                log.warning("%s; the broker's accounts stay as they are, next look in %.0f s", error, pause_s)
                await asyncio.sleep(pause_s)
    finally:
        await engine.dispose()
