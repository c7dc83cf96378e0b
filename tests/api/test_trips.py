"""Trips as they are asked for: lists and filters, one with its reasons, versions, time lines, roll-ups."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select

from api.trips.schemas import Days, Months, Timeline, TripDetail, TripPage, TripVersions
from fleet.model.registry import Role
from fleet.model.trips import CutKind, Doubt
from fleet.store import tables
from tests.api.builders import World, connected
from tests.api.journeys import LAT_E7, LON_E7, Journeys, cut, fixes, segment_id, us

pytestmark = pytest.mark.store

T0 = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def journeys(world: World) -> Journeys:
    """Organs 1 and, below it, 2; vehicles 11 (of 1), 12 (of 2), 13 (of 1, confidential)."""
    await world.organ(1)
    await world.organ(2, parent_id=1)
    await world.organ(3)
    await world.vehicle(11, organ=1)
    await world.vehicle(12, organ=2)
    await world.vehicle(13, organ=1, confidential=True)
    return Journeys(world)


async def ids(client: httpx.AsyncClient, **query: Any) -> list[int]:
    answer = await client.get("/api/v1/trips", params=query)
    assert answer.status_code == 200, answer.text
    page = TripPage.model_validate(answer.json())
    return [one.id for one in page.items]


async def test_a_trip_says_all_that_checks_rely_on(journeys: Journeys, client: httpx.AsyncClient) -> None:
    trip_id = await journeys.trip(
        11,
        T0,
        origin_name="车库",
        origin_area_id=4,
        destination_lat_e7=LAT_E7,
        destination_lon_e7=LON_E7,
        destination_division=0,
        odometer_distance_m=12_500,
        max_speed_dkmh=873,
        fuel_ml=1_234,
        fuel_method="counter",
        doubts=int(Doubt.JUMP | Doubt.ENDS_IN_GAP),
        divisions=[
            {"division": 530302, "distance_m": 12_000, "seconds": 900},
            {"division": 0, "distance_m": 345, "seconds": 200},
        ],
    )
    (item,) = (await client.get("/api/v1/trips")).json()["items"]
    assert (item["id"], item["vehicle_id"], item["plate"]) == (trip_id, 11, "云D00011")
    assert (item["started_at"], item["ended_at"]) == ("2026-03-02T00:00:00Z", "2026-03-02T00:20:00Z")
    assert (item["distance_km"], item["odometer_distance_km"]) == (12.345, 12.5)
    assert item["verdict"] is None
    assert item["day"] == "2026-03-02"
    assert (item["max_speed_kmh"], item["fuel_l"], item["fuel_method"]) == (87.3, 1.234, "counter")
    assert item["doubts"] == ["jump", "ends_in_gap"]
    assert item["origin"] == {"lat": 25.5, "lon": 103.8, "division": 530302, "area_id": 4, "name": "车库"}
    assert item["destination"]["division"] is None
    assert item["divisions"][1] == {"division": None, "distance_km": 0.345, "seconds": 200}


async def test_newest_first_page_by_page(journeys: Journeys, client: httpx.AsyncClient) -> None:
    """Vehicles that start in the same second share a moment; none is lost at a border of pages."""
    expected = [await journeys.trip(vehicle, T0 + n * HOUR, organ_id=1) for n in range(7) for vehicle in (11, 12, 13)]
    expected.sort(key=lambda one: (one & 0xFFFFFFFF, one), reverse=True)
    found: list[int] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await client.get("/api/v1/trips", params={"limit": 4, **cursor})).json()
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == expected
    assert (await client.get("/api/v1/trips", params={"cursor": "nonsense"})).status_code == 400


async def test_filters(journeys: Journeys, client: httpx.AsyncClient) -> None:
    short = await journeys.trip(11, T0, distance_m=500, lasts=5 * MINUTE)
    far = await journeys.trip(
        12,
        T0 + HOUR,
        organ_id=2,
        distance_m=80_000,
        lasts=2 * HOUR,
        origin_division=530381,
        divisions=[{"division": 530381, "distance_m": 1, "seconds": 1}, {"division": 0, "distance_m": 1, "seconds": 1}],
        doubts=int(Doubt.JUMP),
    )
    late = await journeys.trip(11, T0 + 5 * HOUR, running=True)
    assert await ids(client) == [late, far, short]
    assert await ids(client, vehicle=11) == [late, short]
    assert await ids(client, plate="云D00012") == [far]
    assert await ids(client, plate="云D0001") == []
    assert await ids(client, organ=1) == [late, far, short]
    assert await ids(client, organ=2) == [far]
    assert await ids(client, organ=3) == []
    assert await ids(client, begun_in=530381) == [far]
    assert await ids(client, division=0) == [far]
    assert await ids(client, division=530302) == [late, short]
    assert await ids(client, **{"from": T0.isoformat(), "to": (T0 + HOUR).isoformat()}) == [short]
    assert await ids(client, **{"from": (T0 + HOUR).isoformat()}) == [late, far]
    assert await ids(client, least_km=0.5, most_km=12.344) == [short]
    assert await ids(client, least_s=300, most_s=300) == [short]
    assert await ids(client, least_s=3_600) == [far]
    assert await ids(client, running=True) == [late]
    assert await ids(client, running=False) == [far, short]
    assert await ids(client, doubt=["jump", "no_odometer"]) == [far]
    assert await ids(client, doubt="none") == [late, short]
    for path in ("vehicle=99", "organ=99"):
        assert (await client.get(f"/api/v1/trips?{path}")).status_code == 404
    for path in ("doubt=fear", "limit=0", "from=2026-03-02T00:00:00", "least_km=-1"):
        assert (await client.get(f"/api/v1/trips?{path}")).status_code == 422, path


async def test_confidential_and_foreign_trips_do_not_exist(journeys: Journeys, app: FastAPI) -> None:
    secret = await journeys.trip(13, T0)
    ours = await journeys.trip(12, T0, organ_id=2)
    above = await journeys.trip(11, T0)
    # Was of organ 2 when it drove, is of organ 1 now: seen by whom the vehicle belongs to.
    moved = await journeys.trip(11, T0 + HOUR, organ_id=2)
    await journeys.world.account("below", Role.ORGAN_DISPATCHER, organ=2)
    await journeys.world.account("city", Role.CITY_DISPATCHER)
    await journeys.world.account("viewer", Role.VIEWER)
    async with connected(app, "below") as client:
        assert await ids(client) == [ours]
        for trip_id in (secret, above, moved, 77):
            for path in ("", "/versions", "/track"):
                answer = await client.get(f"/api/v1/trips/{trip_id}{path}", headers={"X-Purpose": "test"})
                assert (answer.status_code, answer.json()["detail"]) == (404, f"There is no trip {trip_id}.")
        assert (await client.get(f"/api/v1/trips/{ours}")).status_code == 200
    async with connected(app, "city") as client:
        assert await ids(client) == [moved, ours, above]
    async with connected(app, "viewer") as client:
        assert (await client.get("/api/v1/trips")).status_code == 403


async def test_a_token_for_a_period_sees_trips_that_begin_in_it(journeys: Journeys, app: FastAPI) -> None:
    account = await journeys.world.account("checker", Role.AUDITOR)
    inside = await journeys.trip(11, T0 + HOUR)
    outside = await journeys.trip(11, T0 + 9 * HOUR)
    header = await journeys.world.token_of(account, begin=T0, end=T0 + 2 * HOUR)
    async with connected(app, None) as client:
        client.headers.update(header)
        assert await ids(client) == [inside]
        assert (await client.get(f"/api/v1/trips/{outside}")).status_code == 404
        query = {"from": T0.isoformat(), "to": (T0 + 24 * HOUR).isoformat()}
        line = (await client.get("/api/v1/vehicles/11/timeline", params=query)).json()
        assert [one["id"] for one in line["items"]] == [inside]


async def test_one_trip_with_its_reasons(journeys: Journeys, client: httpx.AsyncClient) -> None:
    stop_id = await journeys.stop(11, T0 - 2 * HOUR, T0)
    trip_id = await journeys.trip(
        11,
        T0,
        begin_cut=cut(CutKind.MOVEMENT, T0 + MINUTE, metres=120),
        end_cut=cut(CutKind.GAP, T0 + 34 * MINUTE, seconds=840, metres=3_100),
        bridged=[
            {"from_us": us(T0 + MINUTE), "to_us": us(T0 + 5 * MINUTE), "metres": 2_300, "odometer_m": 2_600},
        ],
        set_aside=[
            {"reason": "jump", "at_us": us(T0 + 2 * MINUTE), "lat_e7": 300000000, "lon_e7": 1100000000, "kmh": 812},
        ],
        set_aside_count=130,
        doubts=int(Doubt.BRIDGED_GAP | Doubt.JUMP),
    )
    gap_id = await journeys.gap(11, T0 + 20 * MINUTE, T0 + 34 * MINUTE)
    answer = await client.get(f"/api/v1/trips/{trip_id}")
    trip = TripDetail.model_validate(answer.json())
    assert trip.begin.text.model_dump() == {"zh": "车辆移动，120 米", "en": "movement, 120 m"}
    assert trip.end is not None
    assert trip.end.text.model_dump() == {"zh": "数据中断 14 分钟，相距 3.1 公里", "en": "gap 14 min, 3.1 km apart"}
    assert (trip.end.kind, trip.end.seconds, trip.end.metres) == (CutKind.GAP, 840, 3_100)
    assert trip.end.decided_at == T0 + 34 * MINUTE
    (bridged,) = trip.bridged
    assert (bridged.from_, bridged.seconds, bridged.straight_km, bridged.odometer_km) == (T0 + MINUTE, 240, 2.3, 2.6)
    assert bridged.text.en == "silent 4 min, 2.3 km straight, odometer 2.6 km"
    (aside,) = trip.set_aside
    assert (aside.reason, aside.needed_kmh, aside.lat, trip.set_aside_count) == ("jump", 812, 30.0, 130)
    assert aside.text.en == "the position jumped: 812 km/h would have been needed"
    assert [one.code for one in trip.doubt_texts] == ["bridged_gap", "jump"]
    assert trip.units == ["U11"]
    assert trip.before is not None
    assert trip.after is not None
    assert (trip.before.kind, trip.before.id) == ("stop", stop_id)
    assert (trip.after.kind, trip.after.id) == ("gap", gap_id)


async def test_neighbours_of_the_only_trip(journeys: Journeys, client: httpx.AsyncClient) -> None:
    trip_id = await journeys.trip(11, T0)
    await journeys.trip(12, T0 - HOUR, organ_id=2)
    trip = (await client.get(f"/api/v1/trips/{trip_id}")).json()
    assert (trip["before"], trip["after"]) == (None, None)


async def test_coordinates_leave_in_the_datum_asked_for(journeys: Journeys, client: httpx.AsyncClient) -> None:
    trip_id = await journeys.trip(11, T0)
    plain = (await client.get(f"/api/v1/trips/{trip_id}")).json()["origin"]
    shifted = (await client.get(f"/api/v1/trips/{trip_id}?datum=gcj02")).json()["origin"]
    assert 0.001 < abs(plain["lon"] - shifted["lon"]) < 0.01


async def test_versions_say_what_was_said_before_and_why_not_any_more(
    journeys: Journeys, client: httpx.AsyncClient
) -> None:
    trip_id = await journeys.trip(11, T0, version=2)
    gone = segment_id(11, T0 + 5 * HOUR)

    async def supersede(one: int, reason: str, **values: Any) -> None:
        async with journeys.world.engine.begin() as connection:
            row = (await connection.execute(select(tables.trip).where(tables.trip.c.id == trip_id))).mappings().one()
            kept = {**row, "id": one, "version": 1, "superseded_at": T0 + HOUR, "reason": reason, **values}
            await connection.execute(insert(tables.trip_version).values(kept))

    await supersede(trip_id, "late_readings", distance_m=9_000)
    await supersede(gone, "binding_changed", started_at=T0 + 5 * HOUR)
    versions = TripVersions.model_validate((await client.get(f"/api/v1/trips/{trip_id}/versions")).json())
    assert versions.exists
    assert [(one.version, one.distance_km, one.reason) for one in versions.items] == [
        (2, 12.345, None),
        (1, 9.0, "late_readings"),
    ]
    vanished = TripVersions.model_validate((await client.get(f"/api/v1/trips/{gone}/versions")).json())
    assert not vanished.exists
    assert [(one.version, one.reason) for one in vanished.items] == [(1, "binding_changed")]
    assert (await client.get(f"/api/v1/trips/{gone}")).status_code == 404
    line = (await client.get("/api/v1/vehicles/11/timeline", params=span(T0, T0 + 24 * HOUR))).json()
    assert line["superseded"] == 2


def span(begin: datetime | date, end: datetime | date) -> dict[str, str]:
    return {"from": begin.isoformat(), "to": end.isoformat()}


async def test_a_time_line_is_everything_that_touches_the_span_in_order(
    journeys: Journeys, client: httpx.AsyncClient
) -> None:
    await journeys.stop(11, T0 - 9 * HOUR, T0 - 8 * HOUR)
    first = await journeys.stop(11, T0 - 2 * HOUR, T0)
    second = await journeys.trip(11, T0)
    third = await journeys.gap(11, T0 + 20 * MINUTE, T0 + 50 * MINUTE)
    fourth = await journeys.trip(11, T0 + 50 * MINUTE)
    fifth = await journeys.stop(11, T0 + 70 * MINUTE, None)
    await journeys.trip(12, T0, organ_id=2)
    answer = await client.get("/api/v1/vehicles/11/timeline", params=span(T0 - HOUR, T0 + 3 * HOUR))
    line = Timeline.model_validate(answer.json())
    assert [(one.kind, one.id) for one in line.items] == [
        ("stop", first),
        ("trip", second),
        ("gap", third),
        ("trip", fourth),
        ("stop", fifth),
    ]
    stop, trip, gap = answer.json()["items"][:3]
    assert (stop["place"]["lat"], stop["radius_m"], stop["begin"]["text"]["en"]) == (25.5, 12, "ignition off 312 s")
    assert trip["end"]["text"]["zh"] == "熄火 312 秒"
    assert (gap["km_apart"], gap["undocumented_km"], gap["was_moving"]) == (3.1, 12.4, True)
    assert answer.json()["items"][-1]["ended_at"] is None
    for query in (span(T0, T0), span(T0, T0 + timedelta(days=32))):
        assert (await client.get("/api/v1/vehicles/11/timeline", params=query)).status_code == 422


async def test_days_and_months(journeys: Journeys, client: httpx.AsyncClient) -> None:
    sums = {
        "trips": 2,
        "distance_m": 100,
        "odometer_m": 110,
        "driving_s": 10,
        "idle_s": 1,
        "standing_s": 2,
        "stopped_s": 3,
        "silent_s": 4,
        "gap_s": 5,
        "gap_odometer_m": 6,
        "fuel_ml": 7,
        "energy_wh": 8,
    }
    for day in range(1, 4):
        values = {**sums, "vehicle_id": 11, "day": date(2026, 3, day), "max_speed_dkmh": 100 * day}
        await journeys.world.execute(insert(tables.vehicle_day).values(values))
        await journeys.world.execute(
            insert(tables.vehicle_day_division).values(
                vehicle_id=11, day=date(2026, 3, day), division=530302, distance_m=100, seconds=17
            )
        )
    for month in (1, 3):
        values = {**sums, "vehicle_id": 11, "month": date(2026, month, 1), "days_used": 3}
        await journeys.world.execute(insert(tables.vehicle_month).values(values))
    days = Days.model_validate(
        (await client.get("/api/v1/vehicles/11/days", params=span(date(2026, 3, 2), date(2026, 3, 31)))).json()
    )
    assert [one.day for one in days.items] == [date(2026, 3, 2), date(2026, 3, 3)]
    assert days.items[0].divisions[0].division == 530302
    assert (days.total.trips, days.total.distance_km, days.total.gap_odometer_km) == (4, 0.2, 0.012)
    assert (days.total.fuel_l, days.total.energy_kwh, days.total.max_speed_kmh) == (0.014, 0.016, 30.0)
    months = Months.model_validate(
        (await client.get("/api/v1/vehicles/11/months", params={"from": "2026-02", "to": "2026-03"})).json()
    )
    assert [(one.month, one.days_used, one.distance_km) for one in months.items] == [("2026-03", 3, 0.1)]
    nothing = (await client.get("/api/v1/vehicles/12/days")).json()
    assert (nothing["items"], nothing["total"]["trips"], nothing["total"]["max_speed_kmh"]) == ([], 0, None)
    for path in ("days?from=2026-03-02&to=2026-03-01", "days?from=2020-01-01&to=2026-03-01", "months?from=2026-13"):
        assert (await client.get(f"/api/v1/vehicles/11/{path}")).status_code == 422, path


async def test_a_token_for_a_period_sees_whole_days_only(journeys: Journeys, app: FastAPI) -> None:
    """The fleet's day begins at 04:00 local, 20:00 UTC of the day before."""
    account = await journeys.world.account("checker", Role.AUDITOR)
    zeros = dict.fromkeys(
        (
            *("trips", "distance_m", "odometer_m", "driving_s", "idle_s", "standing_s", "stopped_s", "silent_s"),
            *("gap_s", "gap_odometer_m", "fuel_ml", "energy_wh"),
        ),
        0,
    )
    for day in range(1, 6):
        values = {**zeros, "vehicle_id": 11, "day": date(2026, 3, day)}
        await journeys.world.execute(insert(tables.vehicle_day).values(values))
    begin, end = datetime(2026, 3, 1, 20, tzinfo=UTC), datetime(2026, 3, 4, 19, tzinfo=UTC)
    header = await journeys.world.token_of(account, begin=begin, end=end)
    async with connected(app, None) as client:
        query = span(date(2026, 3, 1), date(2026, 3, 31))
        answer = (await client.get("/api/v1/vehicles/11/days", params=query, headers=header)).json()
        assert [one["day"] for one in answer["items"]] == ["2026-03-02", "2026-03-03"]


async def test_state_of_a_unit_and_what_is_undocumented(journeys: Journeys, client: httpx.AsyncClient) -> None:
    """37 positions and 12.4 km are missing between 18:02 and 21:40 local; one of 38 came another way."""
    world = journeys.world
    world.clock.moment = T0 + timedelta(days=2)
    begin, end = datetime(2026, 3, 2, 10, 2, tzinfo=UTC), datetime(2026, 3, 2, 13, 40, tzinfo=UTC)
    await world.positions(11, [{"observed_at": begin, "seq": 100}, {"observed_at": end, "seq": 139}])
    await world.received("U11", "{[0,101),[120,121),[139,200)}")
    await journeys.gap(11, begin, end)
    await journeys.gap(11, T0 + timedelta(days=1), None)
    await world.execute(
        insert(tables.unit_state).values(
            unit_id=11,
            vehicle_id=11,
            state="silent",
            since=T0,
            moving=True,
            last_observed_at=T0,
            last_received_at=T0,
            clock_offset_ms=-350,
            clock_samples=9,
            written_at=T0,
        )
    )
    state = (await client.get("/api/v1/units/11/state")).json()
    assert (state["code"], state["state"], state["plate"], state["clock_offset_ms"]) == (
        "U11",
        "silent",
        "云D00011",
        -350,
    )
    running, past = state["items"]
    assert (past["messages_missing"], past["undocumented_km"], past["seconds"]) == (37, 12.4, 13_080)
    assert past["text"] == {
        "en": "37 messages, 12.4 km undocumented between 2026-03-02 18:02 and 21:40",
        "zh": "2026-03-02 18:02 至 21:40 缺失37 条报文、12.4 公里",
    }
    assert (running["messages_missing"], running["ended_at"]) == (None, None)
    assert state["totals"] == {"gaps": 2, "seconds": 13_080, "messages_missing": 37, "undocumented_km": 12.4}
    fresh = (await client.get("/api/v1/units/12/state")).json()
    assert (fresh["state"], fresh["items"]) == (None, [])
    assert (await client.get("/api/v1/units/99/state")).status_code == 404


async def test_tracks_of_trips_outlive_the_readings(journeys: Journeys, client: httpx.AsyncClient) -> None:
    """A morning whose readings are gone, an afternoon whose readings are kept: one track, each point once."""
    world = journeys.world
    morning = fixes(T0, (0, 0), (100, 0), (200, 0), (300, 50))
    afternoon = fixes(T0 + 6 * HOUR, (300, 50), (200, 50), (100, 0))
    trip_id = await journeys.trip(11, T0, morning)
    await journeys.trip(11, T0 + 6 * HOUR, afternoon)
    kept = [
        {"observed_at": T0 + 6 * HOUR + timedelta(seconds=10 * n), "lat_e7": point.lat_e7, "lon_e7": point.lon_e7}
        for n, point in enumerate(afternoon)
    ]
    await world.positions(11, [*kept, {"observed_at": T0 + 8 * HOUR}])
    purpose = {"X-Purpose": "Case 9"}
    query = span(T0, T0 + 24 * HOUR)
    track = (await client.get("/api/v1/vehicles/11/track", params=query, headers=purpose)).json()
    assert track["total"] == 4 + 3 + 1
    assert [(one["source"], one["points"]) for one in track["sources"]] == [("packed", 4), ("readings", 4)]
    assert track["points"][1]["lon"] == morning[1].lon_e7 / 1e7
    assert (track["points"][1]["unit"], track["points"][1]["division"]) == ("U11", 530302)
    own = (await client.get(f"/api/v1/trips/{trip_id}/track", headers=purpose)).json()
    assert (own["trip_id"], own["total"], own["points"][3]["speed_kmh"]) == (trip_id, 4, 36.0)
    assert (own["from"], own["to"]) == ("2026-03-02T00:00:00Z", "2026-03-02T00:00:30Z")
    cut_short = span(T0 + timedelta(seconds=10), T0 + timedelta(seconds=30))
    part = (await client.get("/api/v1/vehicles/11/track", params=cut_short, headers=purpose)).json()
    assert part["total"] == 2
    assert (await client.get(f"/api/v1/trips/{trip_id}/track")).status_code == 400
    rows = await world.rows("select subject, purpose from audit_log where action = 'track.read' order by n")
    assert rows[1] == {"subject": f"trip:{trip_id}", "purpose": "Case 9"}


async def test_the_track_of_a_running_trip_is_its_good_readings_so_far(
    journeys: Journeys, client: httpx.AsyncClient
) -> None:
    so_far = fixes(T0, (0, 0), (100, 0), (200, 0))
    trip_id = await journeys.trip(
        11,
        T0,
        so_far,
        running=True,
        set_aside=[{"reason": "jump", "at_us": so_far[1].at_us, "lat_e7": 0, "lon_e7": 0, "kmh": 999}],
    )
    await journeys.world.positions(11, [{"observed_at": T0 + timedelta(seconds=10 * n)} for n in range(-1, 5)])
    track = (await client.get(f"/api/v1/trips/{trip_id}/track", headers={"X-Purpose": "test"})).json()
    assert [one["observed_at"] for one in track["points"]] == ["2026-03-02T00:00:00Z", "2026-03-02T00:00:20Z"]


async def test_a_trips_track_in_every_format(journeys: Journeys, client: httpx.AsyncClient) -> None:
    trip_id = await journeys.trip(11, T0, fixes(T0, (0, 0), (100, 0), (200, 0)))

    async def ask(output: str) -> httpx.Response:
        path = f"/api/v1/trips/{trip_id}/track?format={output}"
        answer = await client.get(path, headers={"X-Purpose": "test"})
        assert answer.status_code == 200
        return answer

    shapes = (await ask("geojson")).json()
    assert len(shapes["features"][0]["geometry"]["coordinates"]) == 3
    assert shapes["properties"]["trip_id"] == trip_id
    gpx = await ask("gpx")
    assert gpx.headers["content-disposition"] == f'attachment; filename="trip-{trip_id}.gpx"'
    root = ElementTree.fromstring(gpx.content)
    assert len(root.findall(".//{http://www.topografix.com/GPX/1/1}trkseg/{*}trkpt")) == 3
    table = list(csv.DictReader(io.StringIO((await ask("csv")).content.decode("utf-8-sig"))))
    assert [row["odometer_km"] for row in table] == ["50000.0", "50000.1", "50000.2"]
