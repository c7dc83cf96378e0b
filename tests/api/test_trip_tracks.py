"""Tracks of trips: packed, joined with readings, running, in every format."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from xml.etree import ElementTree

import httpx
import pytest

from tests.api.journeys import HOUR, T0, Journeys, fixes, span

pytestmark = pytest.mark.store


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


async def test_where_all_readings_are_kept_nothing_else_is_shown(journeys: Journeys, client: httpx.AsyncClient) -> None:
    """A trip's track begins at a moment at which nothing was read: that point is no reading of the vehicle."""
    way = fixes(T0, (0, 0), (100, 0), (200, 0), (300, 0))
    trip_id = await journeys.trip(11, T0, way, positions=3)
    await journeys.world.positions(11, [{"observed_at": T0 + timedelta(seconds=10 * n)} for n in (1, 2, 3)])
    purpose = {"X-Purpose": "test"}
    query = span(T0 - HOUR, T0 + HOUR)
    track = (await client.get("/api/v1/vehicles/11/track", params=query, headers=purpose)).json()
    assert [(one["source"], one["points"]) for one in track["sources"]] == [("readings", 3)]
    own = (await client.get(f"/api/v1/trips/{trip_id}/track", headers=purpose)).json()
    assert own["total"] == 4


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
