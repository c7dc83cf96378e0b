"""Writes into orders what the road shows of them: one sighting after the other, each in a transaction of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.database import Database
from api.orders.desk import tried_again
from fleet.dispatch.commands import Name
from fleet.dispatch.road import Sighting, by_road, overruled_by
from fleet.errors import StoreUnavailable
from fleet.model.scope import CITY
from fleet.store import audit, orders, orders_changes, orders_facts, sightings
from fleet.store.orders_changes import Step
from fleet.store.sightings import Seen

log = logging.getLogger(__name__)

EVERY_S = 1.0
ACCOUNT = "the road"
"""Under this name it stands in the audit log; no account can be called so."""


class RoadDesk:
    """Start with `start`, end with `stop`. Several processes share the work: a sighting is taken once."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="road-desk")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def work(self) -> None:
        """Takes what there is. Raises StoreUnavailable."""
        while await tried_again(self._one):
            pass

    async def _one(self) -> bool:
        async with self._database.begin() as connection:
            seen = await sightings.take_one(connection)
            if seen is not None:
                await self._write(connection, seen)
        return seen is not None

    async def _write(self, connection: AsyncConnection, seen: Seen) -> None:
        """One that cannot be written holds up no other: the judge leaves it again when it next judges the vehicle."""
        try:
            async with connection.begin_nested():
                await write(connection, seen, self._now())
        except IntegrityError:
            log.exception("order %d: what the road shows of vehicle %d is refused", seen.order_id, seen.vehicle_id)
        except (DBAPIError, StoreUnavailable):
            raise
        except Exception:
            log.exception("order %d: what the road shows of vehicle %d failed", seen.order_id, seen.vehicle_id)

    async def _run(self) -> None:
        failing = False
        while True:
            try:
                await self.work()
            except StoreUnavailable as error:
                if not failing:
                    log.warning("departures and returns by the road wait: %s", error)
                failing = True
            else:
                failing = False
            await asyncio.sleep(EVERY_S)


async def write(connection: AsyncConnection, seen: Seen, now: datetime) -> None:
    """The order as the road shows it, with its history; nothing where it says so already or people said otherwise."""
    stored = await orders.find_order(connection, seen.order_id, scope=CITY, lock=True)
    if stored is None:
        return
    rules = await orders_facts.rules_of(connection, stored.order.organ_id, now)
    after = by_road(
        stored.order,
        seen.vehicle_id,
        Sighting(seen.departed_at, seen.returned_at),
        now=now,
        emergency_within=timedelta(seconds=rules.emergency_approve_within_s),
        overruled=overruled_by(map(dict, await orders.history(connection, seen.order_id)), seen.vehicle_id),
    )
    if after is None:
        return
    before = stored.order
    await orders_changes.save(connection, before, after, Step(Name.ROAD, None, now))
    await orders_changes.judge_again(connection, before, after, reason="order.road", now=now)
    await audit.record(
        connection,
        account=ACCOUNT,
        action="order.road",
        subject=f"order:{after.id}",
        detail={
            "number": after.number,
            "before": before.state.value,
            "after": after.state.value,
            "vehicle_id": seen.vehicle_id,
            "departed_at": None if seen.departed_at is None else seen.departed_at.isoformat(),
            "returned_at": None if seen.returned_at is None else seen.returned_at.isoformat(),
            "why": seen.why,
        },
    )
