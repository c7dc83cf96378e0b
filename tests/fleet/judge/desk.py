"""One organ, its vehicles and orders, and a judge: what the tests of judging work with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncEngine

from fleet.judge.process import Judge
from fleet.model.moments import from_us
from fleet.model.trips import Gap, Segment, Stop, Trip
from fleet.monitor.rows import row_of
from fleet.settings import assume_role
from fleet.store import tables
from fleet.store.checkpoints import tell_dependants
from fleet.store.pool import connect, create_engine
from fleet.store.trips import Changes, write_segments
from tests.fleet.misuse.builders import HOME_LAT_E7, HOME_LON_E7, local, place

NINE, TEN, NOW = (local(f"2026-11-23T{clock}:00") for clock in ("09", "10", "12"))


class Desk:
    """One organ, one vehicle, one order; segments as the monitor writes them; the judge as fleet_monitor."""

    def __init__(self, url: str) -> None:
        self.owner: AsyncEngine = create_engine(url)
        self.engine: AsyncEngine = create_engine(assume_role(url, "fleet_monitor"))
        self.url = url
        self.now = NOW
        self.judge = Judge(self.engine, lambda: self.now)

    async def prepare(self) -> None:
        async with self.owner.begin() as connection:
            await connection.execute(
                insert(tables.organ).values(id=1, code="O1", name="单位1", kind="government", division=530302)
            )
            for account_id, role in ((1, "organ_dispatcher"), (2, "approver"), (3, "city_dispatcher")):
                await connection.execute(
                    insert(tables.account).values(
                        id=account_id, username=f"a{account_id}", password_hash="x", role=role, organ_id=1
                    )
                )
            for vehicle_id in (1, 2):
                await connection.execute(
                    insert(tables.vehicle).values(
                        id=vehicle_id,
                        plate=f"云D0000{vehicle_id}",
                        organ_id=1,
                        division=530302,
                        use="other",
                        management="retained",
                        energy="petrol",
                        status="in_service",
                        body="saloon",
                        seats=5,
                        parking_lat_e7=HOME_LAT_E7,
                        parking_lon_e7=HOME_LON_E7,
                    )
                )

    async def write(self, *segments: Segment, reason: str = "live") -> None:
        """As the monitor does: rows and the mark in one transaction."""
        changes = Changes()
        for one in segments:
            known_to = one.ended_us or one.started_us
            row = row_of(one, known_to_us=known_to, written_at=self.now, named=lambda *_: None)
            changes.put({Trip: "trip", Stop: "stop", Gap: "gap"}[type(one)], row)
        connection: asyncpg.Connection = await connect(self.url)
        try:
            async with connection.transaction():
                await write_segments(connection, changes, now=self.now, reason=reason)
                spans = [
                    (one.vehicle_id, from_us(one.started_us), from_us((one.ended_us or one.started_us) + 1_000_000))
                    for one in segments
                ]
                await tell_dependants(connection, ("trips",), spans, reason, self.now)
        finally:
            await connection.close()

    async def order(self, begin: datetime, end: datetime, *, decided_at: datetime, vehicle_id: int = 1) -> int:
        origin = {"name": "办公楼", "lat_e7": HOME_LAT_E7, "lon_e7": HOME_LON_E7, "area_id": None}
        there = place(north_m=5_000)
        goal = {"name": "目的地", "lat_e7": there.lat_e7, "lon_e7": there.lon_e7, "area_id": None}
        period = Range(begin, end, bounds="[)")
        async with self.owner.begin() as connection:
            order_id: int = (
                await connection.execute(
                    insert(tables.dispatch_order)
                    .values(
                        organ_id=1,
                        number=f"O1-2026-{vehicle_id:04}",
                        number_year=2026,
                        number_n=vehicle_id,
                        applicant_id=1,
                        submitter_id=1,
                        created_at=begin - timedelta(hours=3),
                        submitted_at=begin - timedelta(hours=3),
                        state="assigned",
                        purpose="meeting",
                        facts={},
                        emergency=False,
                        bodies=[],
                        equipment=[],
                        period=period,
                        effective_period=period,
                        area="county",
                        division=530302,
                        origin=origin,
                        destinations=[goal],
                        passengers=1,
                        round=1,
                        levels=1,
                        decision="approved",
                        decided_at=decided_at,
                    )
                    .returning(tables.dispatch_order.c.id)
                )
            ).scalar_one()
            await connection.execute(
                insert(tables.order_assignment).values(
                    order_id=order_id, vehicle_id=vehicle_id, at=begin - timedelta(hours=1), by_id=3
                )
            )
            await self.mark(connection, begin, end, "order.approve")
        return order_id

    async def mark(self, connection: Any, begin: datetime, end: datetime, reason: str) -> None:
        await connection.execute(
            insert(tables.recompute).values(
                vehicle_id=1, period=Range(begin, end, bounds="[)"), reason=reason, stage="trips"
            )
        )

    async def work(self) -> None:
        """Rounds until nothing is left."""
        async with self.engine.connect() as connection:
            while await self.judge.round(connection):
                pass

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        async with self.owner.begin() as connection:
            return [dict(row) for row in (await connection.execute(text(sql))).mappings()]

    async def close(self) -> None:
        await self.engine.dispose()
        await self.owner.dispose()
