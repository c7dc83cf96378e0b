"""From the track to the order: what the judge sees of an outing is written into the order, and people correct it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.database import Database
from api.orders.road import RoadDesk
from fleet.judge.process import Judge
from fleet.model.moments import from_us
from fleet.model.trips import Doubt, Gap, Segment, Stop, Trip
from fleet.monitor.rows import row_of
from fleet.settings import assume_role
from fleet.store.checkpoints import LATE, LATE_SETTLES, tell_dependants
from fleet.store.pool import connect, create_engine
from fleet.store.trips import Changes, write_segments
from tests.api.orders.town import Town
from tests.fleet.misuse.builders import HOME_LAT_E7, HOME_LON_E7, gap, place, stop, trip

pytestmark = pytest.mark.store

TABLE = {Trip: "trip", Stop: "stop", Gap: "gap"}


@dataclass(slots=True)
class Road:
    """A vehicle's track as the monitor writes it, then the judge's round and the desk's, as often as there is work."""

    town: Town
    judge: Judge
    desk: RoadDesk
    engine: Any

    async def drive(self, *segments: Segment, gone: tuple[Segment, ...] = (), reason: str = "live") -> None:
        """The rows that are there now; `gone` are taken away with them."""
        world = self.town.world
        changes = Changes()
        for one in segments:
            known_to = one.ended_us or one.started_us
            row = row_of(one, known_to_us=known_to, written_at=world.clock(), named=lambda *_: None)
            changes.put(TABLE[type(one)], row)
        connection = await connect(world.url)
        try:
            async with connection.transaction():
                for old in gone:
                    await connection.execute(
                        f"delete from {TABLE[type(old)]} where vehicle_id = $1 and started_at = $2",
                        *(old.vehicle_id, from_us(old.started_us)),
                    )
                await write_segments(connection, changes, now=world.clock(), reason=reason)
                spans = [
                    (one.vehicle_id, from_us(one.started_us), from_us((one.ended_us or one.started_us) + 1_000_000))
                    for one in (*segments, *gone)
                ]
                await tell_dependants(connection, ("trips",), spans, reason, world.clock())
        finally:
            await connection.close()
        if reason == LATE:
            world.clock.advance(LATE_SETTLES + timedelta(seconds=1))  # more of them may come until then
        await self.work()

    async def work(self) -> None:
        async with self.engine.connect() as connection:
            while await self.judge.round(connection):
                await connection.rollback()
                await self.desk.work()

    async def outing(self, order_id: int) -> tuple[str, Any, Any, Any, Any]:
        """The order's state, and both moments with their sources."""
        order = await self.town.ok("clerk", "GET", f"orders/{order_id}")
        (one,) = order["vehicles"]
        names = ("departed_at", "departure_source", "returned_at", "return_source")
        return (order["state"], *(one[name] for name in names))


@pytest.fixture
async def road(town: Town, app: FastAPI) -> AsyncIterator[Road]:
    world = town.world
    await world.execute(
        text(f"update vehicle set parking_lat_e7 = {HOME_LAT_E7}, parking_lon_e7 = {HOME_LON_E7} where id = 11")
    )
    engine = create_engine(assume_role(world.url, "fleet_monitor"))
    database: Database = app.state.services.database
    try:
        yield Road(town, Judge(engine, world.clock), RoadDesk(database, world.clock), engine)
    finally:
        await engine.dispose()


def shown(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def test_leaving_departs_coming_back_returns_and_a_person_completes_it(road: Road) -> None:
    town = road.town
    order_id = await town.assigned()
    begin = town.world.clock().replace(microsecond=0)
    left, came = begin + timedelta(minutes=5), begin + timedelta(minutes=65)
    there = begin + timedelta(minutes=35)
    home = stop(begin - timedelta(hours=9), left, vehicle_id=11)
    out = trip(left, None, vehicle_id=11, destination=None)
    town.world.clock.advance(timedelta(minutes=10))
    await road.drive(home, out)
    assert await road.outing(order_id) == ("departed", shown(left), "road", None, None)

    town.world.clock.advance(timedelta(minutes=60))
    away = stop(there, there + timedelta(minutes=10), vehicle_id=11, place=place(north_m=5_000))
    back = trip(there + timedelta(minutes=10), came, vehicle_id=11, origin=place(north_m=5_000), destination=place())
    await road.drive(trip(left, there, vehicle_id=11), away, back, stop(came, None, vehicle_id=11))
    assert await road.outing(order_id) == ("returned", shown(left), "road", shown(came), "road")
    (booked,) = await town.world.rows("select upper(period) as until from booking")
    assert booked["until"] > town.world.clock(), "a vehicle that only came by is not given away"
    assert await town.refused("clerk", "POST", f"orders/{order_id}/settle") == (409, ["account_missing"])

    order = await town.ok("clerk", "POST", f"orders/{order_id}/return", {"odometer_km": 84_050.4, "tolls_yuan": 15})
    assert await road.outing(order_id) == ("returned", shown(left), "road", shown(came), "road")
    assert order["vehicles"][0]["tolls_yuan"] == 15
    assert await town.world.rows("select upper(period) as until from booking") == [{"until": came}]
    await town.ok("clerk", "POST", f"orders/{order_id}/settle")

    history = (await town.ok("auditor", "GET", f"orders/{order_id}/history"))["items"]
    assert [(one["command"], one["account"] is None) for one in history[4:]] == [
        *(("road", True), ("road", True), ("return", False), ("settle", False))
    ]
    logged = await town.world.rows("select account, detail from audit_log where action = 'order.road' order by n")
    assert [(one["account"], one["detail"]["before"], one["detail"]["after"]) for one in logged] == [
        ("the road", "assigned", "departed"),
        ("the road", "departed", "returned"),
    ]


async def test_late_readings_correct_the_mark_until_a_person_has_said_otherwise(road: Road) -> None:
    town = road.town
    order_id = await town.assigned()
    begin = town.world.clock().replace(microsecond=0)
    left, earlier = begin + timedelta(minutes=5), begin + timedelta(minutes=2)
    town.world.clock.advance(timedelta(minutes=10))
    first = trip(left, None, vehicle_id=11, destination=None)
    await road.drive(stop(begin - timedelta(hours=9), left, vehicle_id=11), first)
    assert (await road.outing(order_id))[1] == shown(left)
    out = trip(earlier, None, vehicle_id=11, destination=None)
    await road.drive(stop(begin - timedelta(hours=9), earlier, vehicle_id=11), out, gone=(first,), reason="late")
    assert await road.outing(order_id) == ("departed", shown(earlier), "road", None, None)

    stated = begin + timedelta(minutes=1)
    await town.ok("clerk", "POST", f"orders/{order_id}/correct", {"departed_at": stated.isoformat(), "why": "按登记簿"})
    again = trip(left, None, vehicle_id=11, destination=None)
    await road.drive(stop(begin - timedelta(hours=9), left, vehicle_id=11), again, gone=(out,), reason="late")
    assert await road.outing(order_id) == ("departed", shown(stated), "person", None, None)


async def test_what_turns_out_never_to_have_left_is_assigned_again(road: Road) -> None:
    town = road.town
    order_id = await town.assigned()
    begin = town.world.clock().replace(microsecond=0)
    left = begin + timedelta(minutes=5)
    town.world.clock.advance(timedelta(minutes=10))
    out = trip(left, None, vehicle_id=11, destination=None)
    await road.drive(stop(begin - timedelta(hours=9), left, vehicle_id=11), out)
    assert (await road.outing(order_id))[0] == "departed"
    await road.drive(stop(begin - timedelta(hours=9), None, vehicle_id=11), gone=(out,), reason="late")
    assert await road.outing(order_id) == ("assigned", None, None, None, None)


async def test_nothing_is_marked_from_a_silence_or_in_the_yard_or_outside_the_window(road: Road) -> None:
    town = road.town
    order_id = await town.assigned()
    begin = town.world.clock().replace(microsecond=0)
    at = [begin + timedelta(minutes=10 * number) for number in range(8)]
    town.world.clock.advance(timedelta(minutes=90))
    await road.drive(
        stop(begin - timedelta(hours=9), begin - timedelta(hours=2), vehicle_id=11),
        trip(begin - timedelta(hours=2), begin - timedelta(hours=1.8), vehicle_id=11, destination=place()),
        stop(begin - timedelta(hours=1.8), at[0], vehicle_id=11),
        trip(at[0], at[1], vehicle_id=11, distance_m=200, destination=place(north_m=20)),
        stop(at[1], at[2], vehicle_id=11),
        gap(at[2], at[3], vehicle_id=11, after=place(north_m=3_000), odometer_m=4_000),
        trip(at[3], at[4], vehicle_id=11, doubts=Doubt.STARTS_IN_GAP.value),
        stop(at[4], None, vehicle_id=11, place=place(north_m=5_000)),
    )
    assert await road.outing(order_id) == ("assigned", None, None, None, None)
    assert await town.world.rows("select * from order_sighting") == []


async def test_a_sighting_waits_for_the_desk_and_is_written_once(road: Road) -> None:
    """The judge's transaction leaves it; whoever is killed in between, it is there, and says nothing twice."""
    town = road.town
    order_id = await town.assigned()
    begin = town.world.clock().replace(microsecond=0)
    left = begin + timedelta(minutes=5)
    town.world.clock.advance(timedelta(minutes=10))
    row = {"order_id": order_id, "vehicle_id": 11, "departed_at": left}
    for _ in range(2):
        await town.world.execute(
            text(
                "insert into order_sighting (order_id, vehicle_id, departed_at, why, at)"
                f" values ({row['order_id']}, 11, '{left.isoformat()}', 'live', now())"
            )
        )
        await road.desk.work()
    assert await road.outing(order_id) == ("departed", shown(left), "road", None, None)
    (count,) = await town.world.rows("select count(*) as n from order_event where command = 'road'")
    assert count["n"] == 1


async def test_what_cannot_be_written_holds_up_nothing_and_is_seen_again(
    road: Road, caplog: pytest.LogCaptureFixture
) -> None:
    town = road.town
    order_id = await town.assigned()
    begin = town.world.clock().replace(microsecond=0)
    left = begin + timedelta(minutes=5)
    home = stop(begin - timedelta(hours=9), left, vehicle_id=11)
    town.world.clock.advance(timedelta(minutes=10))
    await town.world.execute(text("alter table order_event add constraint refused check (command <> 'road') not valid"))
    await road.drive(home, trip(left, None, vehicle_id=11, destination=None))
    assert (await road.outing(order_id))[0] == "assigned"
    assert f"order {order_id}: what the road shows of vehicle 11 is refused" in caplog.text
    assert await town.world.rows("select * from order_sighting") == []
    await town.world.execute(text("alter table order_event drop constraint refused"))
    await road.drive(trip(left, None, vehicle_id=11, destination=None))
    assert (await road.outing(order_id))[0] == "departed"
