"""Visits: the answer of the index against a look at every track; evidence, scope, purpose, pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from api.visits.schemas import Visits
from api.visits.search import find_visits
from fleet.geography.datum import wgs84_to_gcj02
from fleet.model.registry import Role
from fleet.model.scope import CITY
from fleet.model.trips import TrackPoint
from fleet.store.visits import Search
from fleet.tracks.packed import Way
from fleet.tracks.passages import Circle, passages
from tests.api.builders import World, connected
from tests.api.journeys import EAST_E7, LAT_E7, LON_E7, NORTH_E7, Journeys, fixes, us

pytestmark = pytest.mark.store

T0 = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PURPOSE = {"X-Purpose": "Case 12: who was at the villa"}
DAY = {"from": T0.isoformat(), "to": (T0 + 24 * HOUR).isoformat()}


@pytest.fixture
async def journeys(world: World) -> Journeys:
    await world.organ(1)
    await world.organ(2)
    await world.vehicle(11, organ=1)
    await world.vehicle(12, organ=2)
    await world.vehicle(13, organ=1, confidential=True)
    world.clock.moment = T0 + 30 * HOUR
    return Journeys(world)


async def ask(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    there = {"lat": 25.5, "lon": 103.8, "radius_m": 100, **DAY, **query}
    answer = await client.get("/api/v1/visits", params=there, headers=PURPOSE)
    assert answer.status_code == 200, answer.text
    Visits.model_validate(answer.json())
    body: dict[str, Any] = answer.json()
    return body


async def test_who_drove_through_and_who_stood_there(journeys: Journeys, client: httpx.AsyncClient) -> None:
    """11 passes at 100 km/h between two fixes and parks 60 m away; 12 passes 150 m away."""
    through = await journeys.trip(11, T0, fixes(T0, (-420, 30), (-140, 30), (140, 30), (420, 30)))
    stop = await journeys.stop(11, T0 + HOUR, T0 + 3 * HOUR, at=(0, 60))
    await journeys.stop(11, T0 + 4 * HOUR, T0 + 5 * HOUR, at=(0, 110))
    await journeys.trip(12, T0, fixes(T0, (-420, 150), (420, 150)), organ_id=2)
    body = await ask(client)
    standing, driving = body["items"]
    assert (standing["kind"], standing["stop_id"], standing["trip_id"]) == ("stop", stop, None)
    assert (standing["entered_at"], standing["left_at"]) == ("2026-03-02T01:00:00Z", "2026-03-02T03:00:00Z")
    assert standing["closest_m"] == pytest.approx(60, abs=0.2)
    assert (driving["kind"], driving["trip_id"], driving["plate"]) == ("trip", through, "云D00011")
    assert driving["closest_m"] == pytest.approx(30, abs=0.2)
    assert driving["evidence"] == "between_fixes"
    assert driving["closest_at"].startswith("2026-03-02T00:00:15")
    assert driving["entered_at"].startswith("2026-03-02T00:00:11.5")
    assert body["next_cursor"] is None
    wider = await ask(client, radius_m=160)
    assert {one["vehicle_id"] for one in wider["items"]} == {11, 12}
    assert len(wider["items"]) == 4


async def test_the_period_counts_at_the_place_not_on_the_way(journeys: Journeys, client: httpx.AsyncClient) -> None:
    """At the place from 00:01:40 on; the trip itself begins before."""
    places = [(-3000 + 300 * n, 0) for n in range(21)]
    await journeys.trip(11, T0, fixes(T0, *places))
    for begin, end, found in ((0, 90, 0), (0, 100, 1), (98, 99, 1), (105, 200, 0), (101, 102, 1)):
        query = {
            "from": (T0 + timedelta(seconds=begin)).isoformat(),
            "to": (T0 + timedelta(seconds=end)).isoformat(),
        }
        assert len((await ask(client, **query))["items"]) == found, (begin, end)


async def test_a_silence_proves_less(journeys: Journeys, client: httpx.AsyncClient) -> None:
    bridged = [{"from_us": us(T0), "to_us": us(T0 + timedelta(seconds=240)), "metres": 2000, "odometer_m": None}]
    await journeys.trip(11, T0, fixes(T0, (-1000, 0), (1000, 0), every_s=240), bridged=bridged, doubts=1)
    (only,) = (await ask(client))["items"]
    assert (only["evidence"], only["doubts"]) == ("bridged", ["bridged_gap"])


async def test_what_still_runs_is_found_too(journeys: Journeys, client: httpx.AsyncClient) -> None:
    """A running trip has no packed track: its good readings so far count. A jump that was set aside does not."""
    world = journeys.world
    so_far = fixes(T0, (-300, 0), (-20, 0), (300, 0))
    running = await journeys.trip(11, T0, so_far, running=True, distance_m=600)
    jump = fixes(T0, (5000, 0), (0, 0), (5000, 100))
    await journeys.trip(
        12,
        T0,
        jump,
        organ_id=2,
        running=True,
        distance_m=9_000,
        set_aside=[
            {"reason": "jump", "at_us": jump[1].at_us, "lat_e7": LAT_E7, "lon_e7": LON_E7, "kmh": 900},
        ],
    )
    for unit, track in ((11, so_far), (12, jump)):
        await world.positions(
            unit,
            [
                {"observed_at": T0 + timedelta(seconds=10 * n), "lat_e7": one.lat_e7, "lon_e7": one.lon_e7}
                for n, one in enumerate(track)
            ],
        )
    stop = await journeys.stop(13, T0 + HOUR, None, known_to=T0 + 2 * HOUR)
    standing, driving = (await ask(client))["items"]
    assert (driving["trip_id"], driving["running"], driving["evidence"]) == (running, True, "fix")
    assert (standing["stop_id"], standing["running"], standing["left_at"]) == (stop, True, None)


async def test_running_trips_whose_way_is_too_short_are_not_looked_at(
    journeys: Journeys, client: httpx.AsyncClient
) -> None:
    """From 3 km south of the place to 10 km east of there: 13.4 km by the place, 10 km without it."""
    south, east = LAT_E7 - round(3_000 * NORTH_E7), LON_E7 + round(10_000 * EAST_E7)
    ends: dict[str, Any] = {
        "origin_lat_e7": south,
        "origin_lon_e7": LON_E7,
        "destination_lat_e7": south,
        "destination_lon_e7": east,
        "destination_division": 530302,
    }
    straight = fixes(T0, (0, -3_000), (5_000, -3_000), (10_000, -3_000))
    around = fixes(T0, (0, -3_000), (0, 0), (10_000, -3_000))
    await journeys.trip(11, T0, straight, running=True, distance_m=10_000, **ends)
    by_the_place = await journeys.trip(12, T0, around, organ_id=2, running=True, distance_m=13_440, **ends)
    for unit, track in ((11, straight), (12, around)):
        rows = [
            {"observed_at": T0 + timedelta(seconds=10 * n), "lat_e7": one.lat_e7, "lon_e7": one.lon_e7}
            for n, one in enumerate(track)
        ]
        await journeys.world.positions(unit, rows)
    body = await ask(client)
    assert [one["trip_id"] for one in body["items"]] == [by_the_place]
    assert body["examined"] == 1


def random_drives(rng: np.random.Generator, count: int) -> list[tuple[TrackPoint, ...]]:
    """Drives of 5 to 30 fixes about the place, up to 300 m from one to the next, over a fortnight."""
    drives = []
    for n in range(count):
        start = rng.uniform(-900, 900, 2)
        steps = rng.uniform(-300, 300, (int(rng.integers(5, 30)), 2))
        places = [tuple(place) for place in (start + np.cumsum(steps, axis=0)).tolist()]
        drives.append(fixes(T0 + n * timedelta(hours=5, seconds=int(rng.integers(0, 600))), *places))
    return drives


async def test_the_index_finds_what_a_look_at_every_track_finds(journeys: Journeys, client: httpx.AsyncClient) -> None:
    rng = np.random.default_rng(3)
    drives = random_drives(rng, 60)
    for n, drive in enumerate(drives):
        await journeys.trip((11, 13)[n % 2], T0 + timedelta(microseconds=drive[0].at_us - us(T0)), drive)
    total = 0
    for _ in range(16):
        east, north = rng.uniform(-1_000, 1_000, 2).tolist()
        radius_m = float(rng.choice([40, 200, 900]))
        begin = T0 + timedelta(hours=float(rng.uniform(0, 300)))
        end = begin + timedelta(hours=float(rng.uniform(1, 200)))
        circle = Circle(
            lat_e7=LAT_E7 + round(north * NORTH_E7), lon_e7=LON_E7 + round(east * EAST_E7), radius_m=radius_m
        )
        expected = set()
        for drive in drives:
            rows = np.array([(one.at_us, one.lat_e7, one.lon_e7) for one in drive], dtype=np.int64).T
            for passage in passages(Way(*rows), circle):
                if passage.entered_us < us(end) and passage.left_us >= us(begin):
                    expected.add((drive[0].at_us, passage.entered_us))
        found: set[tuple[int, int]] = set()
        cursor: dict[str, str] = {}
        while True:
            body = await ask(
                client,
                lat=circle.lat_e7 / 1e7,
                lon=circle.lon_e7 / 1e7,
                radius_m=radius_m,
                limit=20,
                **{"from": begin.isoformat(), "to": end.isoformat()},
                **cursor,
            )
            for one in body["items"]:
                seconds = (one["trip_id"] & 0xFFFFFFFF) + int(datetime(2015, 1, 1, tzinfo=UTC).timestamp())
                key = (seconds * 1_000_000, us(datetime.fromisoformat(one["entered_at"])))
                assert key not in found, "an item of two pages"
                found.add(key)
            if body["next_cursor"] is None:
                break
            cursor = {"cursor": body["next_cursor"]}
        assert found == expected
        total += len(found)
    assert total > 50, "the test must not pass on empty answers"


async def test_pages_go_on_where_enough_was_looked_at(journeys: Journeys) -> None:
    """Nine trips pass 90 m beside a circle of 80 m, one went through it before them: pages without items come first."""
    hit = await journeys.trip(11, T0, fixes(T0, (-200, 0), (200, 0)))
    for n in range(1, 10):
        begin = T0 + n * HOUR
        await journeys.trip(11, begin, fixes(begin, (-200, 90), (200, 90)))
    circle = Circle(lat_e7=LAT_E7, lon_e7=LON_E7, radius_m=80)
    wanted = Search(circle=circle, begin=T0, end=T0 + 24 * HOUR)
    pages = []
    after = None
    async with journeys.world.engine.begin() as connection:
        while True:
            page = await find_visits(connection, wanted, scope=CITY, after=after, limit=100, most_examined=3)
            pages.append(page)
            if page.last is None:
                break
            after = page.last
    assert [len(page.items) for page in pages] == [0, 0, 0, 1]
    assert [page.examined for page in pages] == [3, 3, 3, 1]
    assert pages[-1].items[0].trip_id == hit


async def test_only_what_may_be_seen(journeys: Journeys, app: FastAPI) -> None:
    """Trips that have ended, running ones, and stops of all three vehicles; a token sees its period only."""
    world = journeys.world
    for vehicle, organ in ((11, 1), (12, 2), (13, 1)):
        await journeys.trip(vehicle, T0, fixes(T0, (-200, 0), (200, 0)), organ_id=organ)
        await journeys.stop(vehicle, T0 + HOUR, T0 + 2 * HOUR, organ_id=organ)
        begin = T0 + 3 * HOUR
        await journeys.trip(vehicle, begin, fixes(begin, (-20, 0), (20, 0)), organ_id=organ, running=True)
        await world.positions(vehicle, [{"observed_at": begin}])
    await world.account("ours", Role.ORGAN_DISPATCHER, organ=1)
    await world.account("boss", Role.SUPERVISOR, organ=1)
    account = await world.account("viewer", Role.VIEWER)
    expected = {"ours": {11: 3}, "boss": {11: 3, 13: 3}, "admin": {11: 3, 12: 3, 13: 3}}
    for username, seen in expected.items():
        async with connected(app, username) as client:
            items = (await ask(client))["items"]
            assert {one: sum(item["vehicle_id"] == one for item in items) for one in (11, 12, 13)} == {
                one: seen.get(one, 0) for one in (11, 12, 13)
            }
            if username != "ours":
                assert {one["vehicle_id"] for one in (await ask(client, organ=1))["items"]} == {11, 13}
    async with connected(app, "ours") as client:
        there = {"lat": 25.5, "lon": 103.8, "organ": 2}
        assert (await client.get("/api/v1/visits", params=there, headers=PURPOSE)).status_code == 404
    async with connected(app, "viewer") as client:
        assert account
        there = {"lat": 25.5, "lon": 103.8}
        assert (await client.get("/api/v1/visits", params=there, headers=PURPOSE)).status_code == 403
    auditor = await world.account("checker", Role.AUDITOR)
    token = await world.token_of(auditor, begin=T0 + HOUR, end=T0 + timedelta(hours=2.5))
    async with connected(app, None) as client:
        client.headers.update(token)
        assert {one["kind"] for one in (await ask(client))["items"]} == {"stop"}


async def test_the_question_is_on_record_with_whom_it_named(journeys: Journeys, client: httpx.AsyncClient) -> None:
    await journeys.trip(11, T0, fixes(T0, (-200, 0), (200, 0)))
    there: dict[str, Any] = {"lat": 25.5, "lon": 103.8, **DAY}
    assert (await client.get("/api/v1/visits", params=there)).status_code == 400
    await ask(client)
    (row,) = await journeys.world.rows("select subject, purpose, detail from audit_log where action = 'visits.read'")
    assert (row["subject"], row["purpose"]) == ("place:25.5000000,103.8000000", PURPOSE["X-Purpose"])
    assert row["detail"]["vehicles"] == [11]


async def test_a_place_given_in_gcj02(journeys: Journeys, client: httpx.AsyncClient) -> None:
    await journeys.trip(11, T0, fixes(T0, (-200, 0), (200, 0)))
    lat, lon = wgs84_to_gcj02(np.array([25.5]), np.array([103.8]))
    there = {"lat": float(lat[0]), "lon": float(lon[0])}
    assert len((await ask(client, **there, datum="gcj02"))["items"]) == 1
    assert (await ask(client, **there))["items"] == []


async def test_wrong_questions_are_refused(journeys: Journeys, client: httpx.AsyncClient) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"radius_m": 9},
        {"radius_m": 5_001},
        {"lat": 81},
        {"from": "2026-03-02T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
        {"from": "2026-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"},
    )
    for query in wrong:
        there: dict[str, Any] = {"lat": 25.5, "lon": 103.8, **query}
        assert (await client.get("/api/v1/visits", params=there, headers=PURPOSE)).status_code == 422, query
