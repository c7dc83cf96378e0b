"""Statistics over HTTP: definitions, figures that add up, what is behind them, and who sees what."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any, cast

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range

from api.statistics.board_schemas import Board, WhatIf
from api.statistics.schemas import Answer, DefinitionList, VehiclePage
from fleet.model.registry import Role
from fleet.statistics.registry import STATISTICS
from fleet.store import tables
from fleet.store.rollups import MONTHS
from tests.api.builders import World, connected

pytestmark = pytest.mark.store

OCTOBER = {"from": "2025-10-01", "to": "2025-10-31"}
ZEROS = dict.fromkeys(
    (
        *("odometer_m", "driving_s", "idle_s", "standing_s", "stopped_s", "silent_s", "gap_s", "gap_odometer_m"),
        *("fuel_ml", "energy_wh"),
    ),
    0,
)


@pytest.fixture
async def fleet(world: World) -> World:
    """Two organs below the city's. Vehicle 21 moved from organ 2 to 3 on 16 October and became electric."""
    await world.organ(1, kind="city", division=530300)
    await world.organ(2, parent_id=1, division=530302)
    await world.organ(3, parent_id=1, division=530303)
    await world.vehicle(21, organ=3, energy="bev", registered_on=date(2025, 10, 5), division=530303)
    await world.vehicle(22, organ=2, energy="petrol", registered_on=date(2024, 1, 1))
    await world.vehicle(23, organ=2, energy="phev", registered_on=date(2025, 10, 6), confidential=True)
    now = {"use": "other", "management": "retained", "status": "in_service"}
    petrol, electric = {**now, "energy": "petrol"}, {**now, "energy": "bev"}
    moved = date(2025, 10, 16)
    for vehicle_id, begin, end, values in (
        (21, date(2025, 10, 5), moved, {**petrol, "organ_id": 2, "division": 530302}),
        (21, moved, None, {**electric, "organ_id": 3, "division": 530303}),
        (22, date(2024, 1, 1), None, {**petrol, "organ_id": 2, "division": 530302}),
        (23, date(2025, 10, 6), None, {**now, "energy": "phev", "organ_id": 2, "division": 530302}),
    ):
        period = Range(begin, end, bounds="[)")
        await world.execute(insert(tables.vehicle_history).values(vehicle_id=vehicle_id, period=period, **values))
    for vehicle_id, day, distance_m in (
        *((21, date(2025, 10, 10), 10_000), (21, date(2025, 10, 20), 30_000), (22, date(2025, 10, 10), 5_000)),
        *((23, date(2025, 10, 10), 7_000), (22, date(2024, 10, 10), 4_000), (22, date(2025, 11, 1), 99_000)),
    ):
        values = {**ZEROS, "vehicle_id": vehicle_id, "day": day, "trips": 1, "distance_m": distance_m}
        await world.execute(insert(tables.vehicle_day).values(values))
    async with world.engine.begin() as connection:
        driver = cast(asyncpg.Connection, (await connection.get_raw_connection()).driver_connection)
        days = await driver.fetch("select vehicle_id, day from vehicle_day")
        months = sorted({(one["vehicle_id"], one["day"].replace(day=1)) for one in days})
        await driver.execute(MONTHS, *(list(column) for column in zip(*months, strict=True)))
    return world


async def ask(client: httpx.AsyncClient, slug: str, **query: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/statistics/{slug}", params={**OCTOBER, **query})
    assert answer.status_code == 200, answer.text
    Answer.model_validate(answer.json())
    shown: dict[str, Any] = answer.json()
    return shown


async def test_every_definition_and_every_figure_is_there(fleet: World, client: httpx.AsyncClient) -> None:
    listed = DefinitionList.model_validate((await client.get("/api/v1/statistics")).json())
    assert [one.slug for one in listed.items] == [one.slug for one in STATISTICS]
    for one in listed.items:
        shown = await ask(client, one.slug, group_by=[dimension.value for dimension in one.group_by[:3]])
        assert shown["definition_zh"] == one.definition_zh
        for part, value in shown["total"]["parts"].items():
            if one.slug != "nev_share_stock":
                assert value == sum(item["parts"][part] for item in shown["items"]), (one.slug, part)


async def test_a_vehicle_counts_for_what_it_was_on_the_day(fleet: World, client: httpx.AsyncClient) -> None:
    shown = await ask(client, "distance", group_by=["organ", "energy"])
    assert [(one["organ"]["id"], one["energy"], one["value"]) for one in shown["items"]] == [
        *((2, "petrol", 15.0), (2, "phev", 7.0), (3, "bev", 30.0)),
    ]
    assert shown["total"]["value"] == 52.0
    share = await ask(client, "nev_share_distance")
    assert share["total"] == {"value": 71.15, "parts": {"new_energy_m": 37_000, "distance_m": 52_000}}
    subtree = await ask(client, "distance", organ=2)
    assert subtree["total"]["value"] == 22.0
    assert (await ask(client, "distance", division=530303))["total"]["value"] == 30.0


async def test_stock_and_purchases_with_their_target(fleet: World, client: httpx.AsyncClient) -> None:
    assert (await ask(client, "nev_share_stock"))["total"]["parts"] == {"new_energy": 2, "vehicles": 3}
    earlier = await ask(client, "nev_share_stock", to="2025-10-15")
    assert earlier["total"]["parts"] == {"new_energy": 1, "vehicles": 3}
    bought = await ask(client, "nev_share_purchases")
    assert bought["total"]["value"] == 50.0
    assert bought["target"] == {
        "slug": "statistics.nev_purchases_target_pct",
        "value": 30,
        "version_id": None,
        "met": True,
    }


async def test_a_year_before(fleet: World, client: httpx.AsyncClient) -> None:
    shown = await ask(client, "distance", group_by="month", year_on_year=True)
    assert (shown["total"]["previous"]["value"], shown["total"]["change"]) == (4.0, 48.0)
    (october,) = shown["items"]
    assert (october["month"], october["value"], october["previous"]["value"]) == ("2025-10", 52.0, 4.0)


async def test_a_figure_is_recounted_from_its_vehicles(fleet: World, client: httpx.AsyncClient) -> None:
    shown = await ask(client, "distance", organ=2)
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        query: dict[str, Any] = {**OCTOBER, "organ": 2, "limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = await client.get("/api/v1/statistics/distance/vehicles", params=query)
        page = VehiclePage.model_validate(answer.json())
        found += answer.json()["items"]
        cursor = page.next_cursor
    assert [one["vehicle"]["plate"] for one in found] == ["云D00021", "云D00022", "云D00023"]
    assert sum(one["parts"]["distance_m"] for one in found) == shown["total"]["parts"]["distance_m"]


async def test_the_board_of_quotas(fleet: World, client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/nev-board", params={"year": 2025})
    Board.model_validate(answer.json())
    shown = answer.json()
    assert (shown["to"], shown["stock"]["parts"]) == ("2025-12-31", {"new_energy": 2, "vehicles": 3})
    assert (shown["purchases"]["value"], shown["purchases"]["target"]["met"]) == (50.0, True)
    assert (shown["communications"]["value"], shown["communications"]["target"]["value"]) == (None, 100)
    assert [(one["division"], one["stock"]["parts"]["vehicles"]) for one in shown["counties"]] == [
        *((530302, 2), (530303, 1)),
    ]
    assert [one["organ"]["id"] for one in shown["organs"]] == [2, 3]
    assert [(one["year"], one["parts"]["registered"]) for one in shown["by_purchase_year"]] == [(2024, 1), (2025, 2)]
    assert (await client.get("/api/v1/nev-board", params={"year": 2100})).status_code == 422
    assert (await client.get("/api/v1/nev-board", params={"organ": 99})).status_code == 404


async def test_what_if_these_were_replaced(fleet: World, client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/nev-board/what-if?year=2025", json={"vehicles": [22, 21, 4711, 22]})
    WhatIf.model_validate(answer.json())
    shown = answer.json()
    assert [one["plate"] for one in shown["replaced"]] == ["云D00022"]
    assert shown["left"] == [{"vehicle_id": 21, "why": "new_energy"}, {"vehicle_id": 4711, "why": "not_in_stock"}]
    assert (shown["stock"]["now"]["value"], shown["stock"]["then"]["value"]) == (66.67, 100.0)
    now, then = (shown["distance"][name]["parts"] for name in ("now", "then"))
    assert (now["new_energy_m"], then["new_energy_m"]) == (37_000, 37_000 + 5_000 + 99_000)
    assert then["distance_m"] == now["distance_m"]


async def test_as_a_sheet(fleet: World, client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/api/v1/statistics/distance", params={**OCTOBER, "group_by": ["organ", "month"], "format": "csv"}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["organ"], row["month"], row["value"]) for row in rows] == [
        *(("单位2", "2025-10", "22.0"), ("单位3", "2025-10", "30.0"), ("", "", "52.0")),
    ]
    assert rows[0]["distance_m"] == "22000"
    query: dict[str, Any] = {**OCTOBER, "group_by": "organ", "year_on_year": True, "format": "xlsx"}
    answer = await client.get("/api/v1/statistics/distance", params=query)
    assert answer.headers["content-disposition"].endswith('.xlsx"')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        strings, sheet = (book.read(f"xl/{name}.xml").decode() for name in ("sharedStrings", "worksheets/sheet1"))
    assert "单位2" in strings
    assert "<v>22</v>" in sheet
    assert "<v>4000</v>" not in sheet, "of the year before only the figure"


async def test_only_ones_own_organs_and_no_confidential_vehicle(fleet: World, app: FastAPI) -> None:
    await fleet.account("two", Role.ORGAN_MANAGER, organ=2)
    async with connected(app, "two") as client:
        shown = await ask(client, "distance", group_by="organ")
        assert [(one["organ"]["id"], one["value"]) for one in shown["items"]] == [(2, 15.0)]
        assert (await client.get("/api/v1/statistics/distance", params={"organ": 3})).status_code == 404
        refused = await client.get("/api/v1/statistics/message_accounting")
        assert refused.status_code == 403
        assert "/ledger" in refused.json()["detail"]


async def test_a_token_for_a_period_counts_its_whole_days(fleet: World, app: FastAPI) -> None:
    account = await fleet.account("checker", Role.AUDITOR)
    begin, end = datetime(2025, 10, 9, 20, tzinfo=UTC), datetime(2025, 10, 19, 19, tzinfo=UTC)
    header = await fleet.token_of(account, begin=begin, end=end)
    async with connected(app, None) as client:
        for slug, value in (("distance", 22.0), ("trips", 3.0)):
            answer = await client.get(f"/api/v1/statistics/{slug}", params=OCTOBER, headers=header)
            assert answer.json()["total"]["value"] == value
        stock = await client.get("/api/v1/statistics/nev_share_stock", params=OCTOBER, headers=header)
        assert stock.json()["total"]["parts"] == {"new_energy": 2, "vehicles": 3}
        nothing = {"from": "2025-11-01", "to": "2025-11-30"}
        stock = await client.get("/api/v1/statistics/nev_share_stock", params=nothing, headers=header)
        assert stock.json()["total"] == {"value": None, "parts": {"new_energy": 0, "vehicles": 0}}


async def test_questions_that_have_no_answer(fleet: World, client: httpx.AsyncClient) -> None:
    questions: tuple[tuple[str, dict[str, Any], int, str], ...] = (
        ("nothing", {}, 404, "GET /statistics"),
        ("distance", {"from": "2025-11-01", "to": "2025-10-01"}, 422, "from"),
        ("distance", {"from": "1990-01-01"}, 422, "days"),
        ("distance", {"from": "0001-01-01", "to": "0001-01-02"}, 422, "2000"),
        ("distance", {"from": "9999-12-30", "to": "9999-12-31", "year_on_year": True}, 422, "2100"),
        ("orders_served", {"group_by": "energy"}, 422, "energy"),
        ("orders_served", {"use": "other"}, 422, "use"),
        ("message_accounting", {"organ": 2}, 422, "organ"),
        ("distance", {"organ": 99}, 404, "organ 99"),
        ("distance", {"group_by": "vehicle"}, 422, "group_by"),
    )
    for slug, query, status, word in questions:
        answer = await client.get(f"/api/v1/statistics/{slug}", params={**OCTOBER, **query})
        assert answer.status_code == status, (slug, query, answer.text)
        assert word in answer.text, answer.text
    answer = await client.get("/api/v1/statistics/orders_served/vehicles")
    assert answer.status_code == 422
