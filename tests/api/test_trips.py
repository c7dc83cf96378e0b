"""Trips as they are asked for: lists and filters, one with its reasons, what it was before."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select

from api.trips.schemas import TripDetail, TripPage, TripVersions
from fleet.model.registry import Role
from fleet.model.trips import CutKind, Doubt
from fleet.store import tables
from tests.api.builders import connected
from tests.api.journeys import HOUR, LAT_E7, LON_E7, MINUTE, T0, Journeys, cut, segment_id, span, us

pytestmark = pytest.mark.store


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
    assert item["origin"] == {
        "lat": 25.5,
        "lon": 103.8,
        "division": 530302,
        "area_id": 4,
        "name": "车库",
        "name_en": None,
    }
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


async def test_a_place_in_no_area_is_named_after_the_nearest_town(
    journeys: Journeys, client: httpx.AsyncClient
) -> None:
    """At the edge, from the coordinates: so what was stored before there were names has them, and earlier versions."""
    trip_id = await journeys.trip(
        11,
        T0,
        origin_area_id=4,
        origin_name="车库",
        destination_lat_e7=265_500_000,
        destination_lon_e7=1_032_954_500,
        destination_division=530326,
    )
    async with journeys.world.engine.begin() as connection:
        row = (await connection.execute(select(tables.trip).where(tables.trip.c.id == trip_id))).mappings().one()
        before = {**row, "origin_name": None, "superseded_at": T0 + HOUR, "reason": "area"}
        await connection.execute(insert(tables.trip_version).values(before))
    still = await journeys.trip(
        12, T0, running=True, destination_lat_e7=LAT_E7, destination_lon_e7=LON_E7, destination_division=530302
    )
    for datum in ("wgs84", "gcj02"):
        trip = (await client.get(f"/api/v1/trips/{trip_id}?datum={datum}")).json()
        assert (trip["origin"]["name"], trip["origin"]["name_en"]) == ("车库", None)
        names = trip["destination"]["name"], trip["destination"]["name_en"]
        assert names == ("会泽县五星乡以东约 4 公里", "4 km east of Wuxing (Huize)")
    running = (await client.get(f"/api/v1/trips/{still}")).json()
    assert running["origin"]["name_en"] == "near Qilin"
    assert (running["destination"]["name"], running["destination"]["name_en"]) == (None, None)
    versions = (await client.get(f"/api/v1/trips/{trip_id}/versions")).json()["items"]
    assert [(one["origin_name"], one["destination_name"]) for one in versions] == [
        ("车库", "会泽县五星乡以东约 4 公里"),
        ("麒麟城区附近", "会泽县五星乡以东约 4 公里"),
    ]


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
