"""A vehicle's time line, its days and months; the state of a unit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from api.trips.schemas import Days, Months, Timeline
from fleet.model.registry import Role
from fleet.store import tables
from tests.api.builders import connected
from tests.api.journeys import HOUR, MINUTE, T0, Journeys, span

pytestmark = pytest.mark.store


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
    judged = {"trip_id": second, "version": 1, "vehicle_id": 11, "organ_id": 1, "started_at": T0, "kind": "approved"}
    lists: dict[str, list[str]] = {"deviations": [], "reasons": [], "grants": [], "uncovered": [], "covered_late": []}
    verdict = insert(tables.verdict).values(**judged, **lists, provisional=False, judged_at=T0, why="test")
    await journeys.world.execute(verdict)
    answer = await client.get("/api/v1/vehicles/11/timeline", params=span(T0 - HOUR, T0 + 3 * HOUR))
    line = Timeline.model_validate(answer.json())
    assert [(one.kind, one.id) for one in line.items] == [
        ("stop", first),
        ("trip", second),
        ("gap", third),
        ("trip", fourth),
        ("stop", fifth),
    ]
    stop, trip, gap, unjudged = answer.json()["items"][:4]
    assert (trip["verdict"]["kind"], unjudged["verdict"]) == ("approved", None)
    assert (stop["place"]["lat"], stop["radius_m"], stop["begin"]["text"]["en"]) == (25.5, 12, "ignition off 312 s")
    assert (stop["place"]["name"], stop["place"]["name_en"]) == ("麒麟城区附近", "near Qilin")
    assert "name" not in gap["before"]
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


@pytest.mark.parametrize(
    "path",
    [
        "vehicles/11/timeline?to=0001-01-01T00:00:00Z",
        "vehicles/11/timeline?from=0001-01-01T00:00:00%2B08:00&to=0001-01-02T00:00:00%2B08:00",
        "vehicles/11/timeline?from=9999-12-31T00:00:00Z&to=9999-12-31T23:00:00-08:00",
        "units/11/state?to=0001-01-02T00:00:00Z",
        "vehicles/11/track?to=0001-01-01T01:00:00Z",
        "visits?lat=25&lon=103&to=0001-01-01T01:00:00Z",
        "vehicles/11/months?from=0000-05",
        "vehicles/11/months?to=0001-01",
    ],
)
async def test_the_ends_of_the_calendar_are_refused(journeys: Journeys, client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/api/v1/{path}", headers={"X-Purpose": "test"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text


@pytest.mark.parametrize("query", ["to=0001-01-05", "from=9999-12-01&to=9999-12-31", "from=0001-01-01&to=0001-01-02"])
async def test_days_at_the_ends_of_the_calendar(journeys: Journeys, client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/v1/vehicles/11/days?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == []
