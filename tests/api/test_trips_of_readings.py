"""From readings to answers: what the fold makes and the monitor's store writes is what the interface says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
import httpx
import pytest

from api.trips.schemas import Timeline, TripDetail
from fleet.model.moments import from_us
from fleet.model.trips import PositionReading, Trip
from fleet.monitor.rows import kind_of, row_of, track_of
from fleet.store.trips import Changes, write_segments
from fleet.trips.fold import begin, open_segment, step
from tests.api.builders import World
from tests.fleet.trips.journeys import PARAMETERS, Truth, Unit

pytestmark = pytest.mark.store

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def fold_and_write(world: World, vehicle_id: int, truth: Truth) -> list[PositionReading]:
    """A day as the monitor would have written it; answers the positions it was made from."""
    readings = sorted(Unit(unit_id=vehicle_id, events=True).report(truth), key=lambda one: one.key)
    state = begin(vehicle_id)
    changes = Changes()
    closed = [one for reading in readings for one in step(state, reading, PARAMETERS)]
    for segment, points in closed:
        row = row_of(segment, known_to_us=0, written_at=NOW, named=lambda *_: None)
        changes.put(kind_of(segment), row)
        if isinstance(segment, Trip) and (track := track_of(segment, points)) is not None:
            changes.tracks[row["id"]] = track
    running = open_segment(state)
    assert running is not None
    last_us = readings[-1].observed_at_us
    row = row_of(running, known_to_us=last_us, written_at=NOW, named=lambda *_: None)
    changes.put(kind_of(running), row)
    connection = await asyncpg.connect(world.url)
    try:
        async with connection.transaction():
            await write_segments(connection, changes, now=NOW, reason="test")
    finally:
        await connection.close()
    return [one for one in readings if isinstance(one, PositionReading)]


async def test_a_day_from_readings_to_answers(world: World, client: httpx.AsyncClient) -> None:
    """Stands, drives 4 km with a red light, stands an hour, drives 2.5 km, stands."""
    await world.organ(1)
    await world.vehicle(11, organ=1)
    truth = Truth().stand(1_900).drive(4_000, red_lights=[40]).stand(4_000).drive(2_500).stand(2_400)
    positions = await fold_and_write(world, 11, truth)
    begins, ends = (from_us(positions[at].observed_at_us) for at in (0, -1))
    world.clock.moment = ends
    query = {"from": (begins - timedelta(hours=1)).isoformat(), "to": (ends + timedelta(hours=1)).isoformat()}

    line = Timeline.model_validate((await client.get("/api/v1/vehicles/11/timeline", params=query)).json())
    assert [one.kind for one in line.items] == ["stop", "trip", "stop", "trip", "stop"]
    for one, other in pairwise(line.items):
        assert one.ended_at == other.started_at, "one follows the other without a hole"
    assert line.items[-1].running

    trips = (await client.get("/api/v1/trips", params={"vehicle": 11})).json()["items"]
    assert [one["id"] for one in trips] == [line.items[3].id, line.items[1].id]
    assert trips[1]["distance_km"] == pytest.approx(4.0, rel=0.05)
    detail = TripDetail.model_validate((await client.get(f"/api/v1/trips/{trips[1]['id']}")).json())
    assert detail.end is not None
    assert detail.begin.text.en
    assert detail.end.text.zh
    assert detail.before is not None
    assert detail.after is not None
    assert (detail.before.kind, detail.after.kind) == ("stop", "stop")
    assert detail.organ_id == 1

    purpose = {"X-Purpose": "test"}
    track = (await client.get(f"/api/v1/trips/{trips[1]['id']}/track", headers=purpose)).json()
    assert track["total"] == trips[1]["positions"] > 20
    said = {one.observed_at_us: one for one in positions}
    for point in track["points"]:
        at_us = (datetime.fromisoformat(point["observed_at"]) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
            microseconds=1
        )
        reported = said[at_us]
        assert (round(point["lat"] * 1e7), round(point["lon"] * 1e7)) == (reported.lat_e7, reported.lon_e7)
        assert (point["altitude_m"], point["ignition"]) == (reported.altitude_m, reported.ignition)

    middle = (await client.get("/api/v1/vehicles/11/timeline", params=query)).json()["items"][2]["place"]
    there = {"lat": middle["lat"], "lon": middle["lon"], "radius_m": 100, **query}
    visits = (await client.get("/api/v1/visits", params=there, headers=purpose)).json()["items"]
    assert [one["kind"] for one in visits] == ["trip", "stop", "trip"]
    leaving, standing, arriving = visits
    assert arriving["ended_inside"]
    assert leaving["began_inside"]
    assert standing["stop_id"] == line.items[2].id
    assert arriving["left_at"] <= standing["left_at"]
