"""Tracks: bindings, purpose and audit row, thinning, formats."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from api.tracks.schemas import TrackAnswer
from fleet.model.readings import GroundFlag
from fleet.model.registry import Role
from tests.api.builders import LONG_AGO, World, connected

T0 = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
PURPOSE = {"X-Purpose": "Case 7: check of the trip"}
SPAN = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}


@pytest.fixture
async def driven(world: World) -> World:
    """Vehicle 11: unit 11 until 06:00, unit 12 after; a fix each minute from 05:58 on; one of them at 0, 0."""
    await world.organ(1)
    await world.vehicle(11, organ=1, fitted=False)
    await world.vehicle(13, organ=1, confidential=True)
    refit = T0 + timedelta(hours=6)
    for unit in (11, 12):
        await world.unit(unit)
    await world.bind(11, 11, LONG_AGO, refit)
    await world.bind(12, 11, refit)
    before = [{"observed_at": refit - timedelta(minutes=n), "lat_e7": 255000000 - n * 1000} for n in (2, 1)]
    # What the first unit says after it was taken out is not of this vehicle.
    after = [{"observed_at": refit + timedelta(minutes=n), "lat_e7": 300000000} for n in (1, 2)]
    await world.positions(11, before + after)
    await world.positions(
        12,
        [
            {
                "observed_at": refit,
                "lat_e7": 255000000,
                "speed_dkmh": 425,
                "heading_deg": 87,
                "altitude_m": 1881,
                "ignition": True,
                "odometer_m": 12_345_600,
            },
            {
                "observed_at": refit + timedelta(minutes=1),
                "lat_e7": 0,
                "lon_e7": 0,
                "flags": int(GroundFlag.NULL_ISLAND),
            },
            {"observed_at": refit + timedelta(minutes=2), "lat_e7": 255002000, "altitude_m": 1890},
        ],
    )
    return world


@pytest.mark.store
async def test_a_track_follows_the_vehicle_through_its_units(driven: World, client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/vehicles/11/track", params=SPAN, headers=PURPOSE)
    track = TrackAnswer.model_validate(answer.json())
    assert [point.unit for point in track.points] == ["U11", "U11", "U12", "U12", "U12"]
    assert (track.total, track.returned, track.implausible, track.thinned) == (5, 5, 1, False)
    assert track.points[0].lat == 25.4998
    third = track.points[2]
    assert (third.speed_kmh, third.heading_deg, third.altitude_m, third.ignition) == (42.5, 87, 1881, True)
    assert (third.odometer_km, third.division, third.flags) == (12345.6, 530302, [])
    assert track.points[3].plausible is False


@pytest.mark.store
async def test_the_span_is_half_open_and_defaults_to_the_last_day(driven: World, client: httpx.AsyncClient) -> None:
    path = "/api/v1/vehicles/11/track"
    exact = {"from": "2026-03-02T13:58:00+08:00", "to": "2026-03-02T14:00:00+08:00"}
    assert (await client.get(path, params=exact, headers=PURPOSE)).json()["returned"] == 2
    driven.clock.moment = T0 + timedelta(hours=30)
    assert (await client.get(path, headers=PURPOSE)).json()["returned"] == 3


@pytest.mark.store
async def test_without_a_purpose_nothing_is_read_and_with_one_it_is_on_record(
    driven: World, client: httpx.AsyncClient
) -> None:
    path = "/api/v1/vehicles/11/track"
    for purpose in ({}, {"X-Purpose": ""}, {"X-Purpose": " x "}, {"X-Purpose": "y" * 501}):
        refused = await client.get(path, params=SPAN, headers=purpose)
        assert refused.status_code == 400
        assert refused.json()["type"] == "urn:one-network:problem:purpose-required"
        assert "X-Purpose" in refused.json()["detail"]
    assert await driven.scalar("select count(*) from audit_log where action = 'track.read'") == 0
    for header in (quote("核查线索七").encode(), "核查线索七".encode()):
        assert (await client.get(path, params=SPAN, headers=[(b"X-Purpose", header)])).status_code == 200
    row = await driven.scalar(
        "select jsonb_agg(jsonb_build_array(account, action, subject, purpose, detail ->> 'positions'))"
        " from audit_log where action = 'track.read'"
    )
    assert row == [["admin", "track.read", "vehicle:11", "核查线索七", "5"]] * 2


@pytest.mark.store
async def test_who_may_not_see_a_vehicle_cannot_tell_that_it_exists(driven: World, app: FastAPI) -> None:
    await driven.account("looker", Role.CITY_DISPATCHER)
    async with connected(app, "looker") as client:
        hidden = await client.get("/api/v1/vehicles/13/track", headers=PURPOSE)
        absent = await client.get("/api/v1/vehicles/999/track", headers=PURPOSE)
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.json()["detail"].replace("13", "999") == absent.json()["detail"]


@pytest.mark.store
@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-02T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
        {"from": "2026-01-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
        {"from": "2026-03-02T00:00:00", "to": "2026-03-03T00:00:00"},
        {"from": "yesterday"},
        {"max_points": 1},
        {"format": "kml"},
        {"format": "gpx", "datum": "gcj02"},
    ],
)
async def test_wrong_questions_are_explained(driven: World, client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    answer = await client.get("/api/v1/vehicles/11/track", params=query, headers=PURPOSE)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.store
async def test_formats(driven: World, client: httpx.AsyncClient) -> None:
    async def ask(output: str) -> httpx.Response:
        answer = await client.get("/api/v1/vehicles/11/track", params={**SPAN, "format": output}, headers=PURPOSE)
        assert answer.status_code == 200
        return answer

    geojson = await ask("geojson")
    assert geojson.headers["content-type"] == "application/geo+json"
    line, *points = geojson.json()["features"]
    assert line["geometry"]["type"] == "LineString"
    assert len(line["geometry"]["coordinates"]) == len(points) == 4  # without the one at 0, 0
    assert line["geometry"]["coordinates"][2] == [103.8, 25.5, 1881]
    assert points[0]["properties"]["observed_at"] == "2026-03-02T05:58:00Z"

    gpx = await ask("gpx")
    assert gpx.headers["content-type"] == "application/gpx+xml"
    root = ElementTree.fromstring(gpx.content)
    space = {"g": "http://www.topografix.com/GPX/1/1"}
    assert [len(part) for part in root.findall(".//g:trkseg", space)] == [2, 2]
    fix = root.findall(".//g:trkpt", space)[2]
    assert (fix.get("lat"), fix.findtext("g:ele", namespaces=space)) == ("25.5000000", "1881")
    assert fix.findtext("g:time", namespaces=space) == "2026-03-02T06:00:00Z"

    table = await ask("csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert len(rows) == 5
    assert (rows[2]["plate"], rows[2]["speed_kmh"], rows[2]["ignition"]) == ("云D00011", "42.5", "true")
    assert rows[3]["flags"] == "null_island"


@pytest.mark.store
async def test_an_empty_track_is_an_answer_in_every_format(driven: World, client: httpx.AsyncClient) -> None:
    for output in ("json", "geojson", "gpx", "csv"):
        query = {"from": "2025-01-01T00:00:00Z", "to": "2025-01-02T00:00:00Z", "format": output}
        answer = await client.get("/api/v1/vehicles/11/track", params=query, headers=PURPOSE)
        assert answer.status_code == 200


@pytest.mark.store
async def test_long_tracks_are_thinned_to_the_wanted_number(driven: World, client: httpx.AsyncClient) -> None:
    begin = T0 + timedelta(days=3)
    await driven.positions(
        12,
        [
            {
                "observed_at": begin + timedelta(seconds=10 * n),
                "lat_e7": 255000000 + 5000 * (n % 7),
                "lon_e7": 1038000000 + n,
            }
            for n in range(3000)
        ],
    )
    query = {"from": begin.isoformat(), "to": (begin + timedelta(days=1)).isoformat(), "max_points": "100"}
    track = (await client.get("/api/v1/vehicles/11/track", params=query, headers=PURPOSE)).json()
    assert (track["total"], track["returned"], track["thinned"]) == (3000, 100, True)
    assert track["points"][0]["observed_at"] == begin.isoformat().replace("+00:00", "Z")
    times = [point["observed_at"] for point in track["points"]]
    assert times == sorted(times)
