"""Energy sheets and records over HTTP: figures with their methods, a year before, who sees whose."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range

from api.energy.schemas import ChargingRecordPage, EnergySheet, FuelRecordPage, VehicleUsePage
from fleet.model.registry import Role
from fleet.reports.usage import Medium
from fleet.store import tables
from tests.api.builders import World, connected
from tests.api.journeys import Journeys
from tests.api.test_energy_imports import CHARGING, FUEL, imported

pytestmark = pytest.mark.store

MAY = date(2026, 5, 1)
SUMS = {
    **dict.fromkeys(("trips", "odometer_m", "driving_s", "idle_s", "standing_s", "stopped_s", "silent_s"), 0),
    **dict.fromkeys(("gap_s", "gap_odometer_m", "fuel_ml", "energy_wh"), 0),
}


async def drove(world: World, vehicle_id: int, month: date, distance_m: int, **sums: int) -> None:
    """A month of a vehicle, and its one day."""
    values = {**SUMS, "vehicle_id": vehicle_id, "distance_m": distance_m, **sums}
    await world.execute(insert(tables.vehicle_month).values({**values, "month": month, "days_used": 1}))
    await world.execute(insert(tables.vehicle_day).values({**values, "day": month + timedelta(days=9)}))


@pytest.fixture
async def town(world: World) -> World:
    """Two certified organs and one that is not, a petrol vehicle in each, a battery one in the first."""
    world.clock.moment = datetime(2026, 6, 30, 8, tzinfo=UTC)
    await world.organ(1, kind="city", division=530300)
    for organ_id, flag in ((2, True), (3, True), (4, False)):
        await world.organ(organ_id, parent_id=1, energy_saving=flag)
    for vehicle_id, organ_id in ((11, 2), (12, 3), (13, 4)):
        await world.vehicle(vehicle_id, organ=organ_id, tank_ml=50_000)
        period = Range(date(2020, 1, 1), None, bounds="[)")
        values = {"card": f"9900-{vehicle_id}", "vehicle_id": vehicle_id, "period": period}
        await world.execute(insert(tables.fuel_card).values(values))
    await world.vehicle(14, organ=2, energy="bev", plate="云DD00014")
    counted = {"fuel_counter_ml": 80_000, "fuel_counter_m": 1_000_000}
    await drove(world, 11, MAY, 1_000_000, fuel_ml=80_000, fuel_distance_m=1_000_000, **counted)
    await drove(world, 11, MAY.replace(year=2025), 500_000, fuel_ml=45_000, fuel_distance_m=500_000)
    await drove(world, 12, MAY, 2_000_000)
    await drove(world, 13, MAY, 3_000_000)
    await drove(world, 14, MAY, 400_000, energy_wh=60_000, energy_distance_m=400_000)
    return world


@pytest.fixture
async def bought(town: World, client: httpx.AsyncClient) -> httpx.AsyncClient:
    await imported(
        client,
        "fuel",
        FUEL
        + "9900-11,2026-05-05 10:00,92号汽油,45,351.00,,,,\n9900-11,2026-05-25 10:00,92号汽油,45,351.00,,,,\n"
        + "9900-12,2026-05-05 10:00,92号汽油,90,702.00,,,,\n9900-12,2026-05-25 10:00,92号汽油,90,702.00,,,,\n",
    )
    await imported(client, "charging", CHARGING + "云DD00014,2026-05-05 22:00,2026-05-06 04:00,70,,,\n")
    return client


async def sheet(client: httpx.AsyncClient, **query: Any) -> EnergySheet:
    answer = await client.get("/api/v1/energy-sheet", params={"from": "2026-05", "to": "2026-05", **query})
    assert answer.status_code == 200, answer.text
    return EnergySheet.model_validate(answer.json())


async def test_each_kind_for_itself_with_its_method(bought: httpx.AsyncClient) -> None:
    found = await sheet(bought)
    assert [(row.organ.id, row.distance_km) for row in found.items if row.organ] == [(2, 1_400.0), (3, 2_000.0)]
    first, second = (row.media for row in found.items)
    petrol, power = first["petrol"], first["electricity"]  # type: ignore[index]
    assert (petrol.used, petrol.bought, petrol.paid_yuan) == (80.0, 90.0, 702.0)
    assert (petrol.per_100km.value, petrol.per_100km.method) == (8.0, "counter")
    assert petrol.compared is not None
    assert petrol.compared.difference == 10.0
    assert (power.unit, power.used, power.bought, power.unpriced, power.paid_yuan) == ("kWh", 60.0, 70.0, 1, 0.0)
    assert (power.per_100km.value, power.per_100km.method) == (15.0, "level")
    other = second["petrol"]  # type: ignore[index]
    assert (other.used, other.per_100km.value, other.per_100km.method, other.compared) == (0.0, 9.0, "records", None)
    total = found.total.media["petrol"]  # type: ignore[index]
    assert total.per_100km.value == round((80 + 180) / 30, 2), "sums over sums, not the average of 8 and 9"
    assert total.per_100km.by_method_m.model_dump() == {
        "counter": 1_000_000,
        "level": 0,
        "records": 2_000_000,
        "partial": 0,
    }
    assert sum(row.parts["distance_m"] for row in found.items) == found.total.parts["distance_m"]
    assert {one["slug"] for one in found.definitions} >= {"used", "bought", "per_100km", "difference", "outlier"}


async def test_a_year_before_and_all_organs(bought: httpx.AsyncClient) -> None:
    (row,) = [one for one in (await sheet(bought)).items if one.organ and one.organ.id == 2]
    assert (row.previous.distance_km, row.change.distance_km) == (500.0, 900.0)
    assert row.change.media["petrol"] == {"used": 35.0, "bought": 90.0, "per_100km": -1.0}  # type: ignore[index]
    every = await sheet(bought, all_organs=True, by_month=True)
    assert [(one.organ.id, one.month) for one in every.items if one.organ] == [
        (2, "2026-05"),
        (3, "2026-05"),
        (4, "2026-05"),
    ]
    table = await bought.get("/api/v1/energy-sheet?from=2026-05&to=2026-05&format=csv")
    lines = table.text.splitlines()
    assert len(lines) == 4
    assert len({line.count(",") for line in lines}) == 1
    book = await bought.get("/api/v1/energy-sheet/vehicles?from=2026-05&to=2026-05&format=xlsx")
    assert book.content.startswith(b"PK")


async def test_the_vehicles_behind_it_and_who_is_odd(town: World, client: httpx.AsyncClient) -> None:
    await town.vehicle(15, organ=3, energy="phev")
    used = {"fuel_ml": 30_000, "fuel_distance_m": 600_000, "energy_wh": 50_000, "energy_distance_m": 600_000}
    await drove(town, 15, MAY, 600_000, **used)
    for number in range(20, 30):
        await town.vehicle(number, organ=3)
        ml = 240_000 if number == 29 else 80_000 + number * 100
        await drove(town, number, MAY, 1_000_000, fuel_ml=ml, fuel_distance_m=1_000_000)
    answer = await client.get("/api/v1/energy-sheet/vehicles", params={"from": "2026-05", "to": "2026-05", "limit": 5})
    page = VehicleUsePage.model_validate(answer.json())
    items = page.items
    while page.next_cursor:
        query: dict[str, Any] = {"from": "2026-05", "to": "2026-05", "limit": 5, "cursor": page.next_cursor}
        page = VehicleUsePage.model_validate((await client.get("/api/v1/energy-sheet/vehicles", params=query)).json())
        items = [*items, *page.items]
    assert [one.vehicle["id"] for one in items] == [11, 12, 14, 15, 15, *range(20, 30)]
    whole = await sheet(client)
    one_of_media = {medium.value for medium in Medium}
    summed: dict[str, int] = defaultdict(int)
    for one in items:
        for name, value in one.parts.items():
            summed[name] += value
    whole_parts = {name: value for name, value in whole.total.parts.items() if name.split("_")[0] in one_of_media}
    assert summed == whole_parts, "the vehicles are the sheet"
    odd = {one.vehicle["id"]: one.outlier for one in items if one.outlier is not None}
    assert list(odd) == [29]
    assert (odd[29].side, odd[29].peers) == ("high", 11)
    assert (whole.total.outliers, [one.outliers for one in whole.items]) == (1, [0, 1])
    only = await client.get("/api/v1/energy-sheet/vehicles?from=2026-05&to=2026-05&outliers=true")
    assert [one["vehicle"]["id"] for one in only.json()["items"]] == [29]


async def test_records_beside_what_the_unit_saw(town: World, bought: httpx.AsyncClient) -> None:
    journeys = Journeys(town)
    began = datetime(2026, 5, 5, 1, 40, tzinfo=UTC)
    await journeys.stop(11, began, began + timedelta(minutes=30), organ_id=2, fuel_change_ml=31_000)
    span = {"from": "2026-05-01T00:00:00+08:00", "to": "2026-06-01T00:00:00+08:00"}
    answer = await bought.get("/api/v1/fuel-records", params={**span, "vehicle": 11})
    first, second = FuelRecordPage.model_validate(answer.json()).items
    assert (first.litres, first.tank_rise_l, second.tank_rise_l) == (45.0, 31.0, None)
    assert (first.imported_by, len(first.sha256)) == ("admin", 64)
    charged = ChargingRecordPage.model_validate((await bought.get("/api/v1/charging-records", params=span)).json())
    assert [(one.energy_kwh, one.cost_yuan, one.charged_kwh) for one in charged.items] == [(70.0, None, None)]
    pages = [(await bought.get("/api/v1/fuel-records", params={**span, "limit": 3})).json()]
    query = {**span, "limit": 3, "cursor": pages[0]["next_cursor"]}
    pages.append((await bought.get("/api/v1/fuel-records", params=query)).json())
    assert [len(page["items"]) for page in pages] == [3, 1]


async def test_a_card_that_is_handed_on_late_takes_its_records_along(town: World, bought: httpx.AsyncClient) -> None:
    await town.execute_sql("delete from fuel_card where card in ('9900-11', '9900-12')")
    await town.execute_sql("insert into fuel_card (card, vehicle_id, period) values ('9900-11', 12, '[2026-05-20,)')")
    span = {"from": "2026-05-01T00:00:00+08:00", "to": "2026-06-01T00:00:00+08:00"}
    items = (await bought.get("/api/v1/fuel-records", params=span)).json()["items"]
    assert [(one["card"], one["vehicle_id"]) for one in items] == [
        ("9900-11", 11),  # nobody's now: it stays with whom it was imported for
        ("9900-11", 12),
        ("9900-12", 12),
        ("9900-12", 12),
    ]
    found = await sheet(bought)
    assert [row.media["petrol"].bought for row in found.items] == [45.0, 225.0]  # type: ignore[index]


async def test_an_organ_and_a_period_see_their_own(town: World, app: FastAPI, bought: httpx.AsyncClient) -> None:
    account = await town.account("desk", Role.ORGAN_DISPATCHER, 2)
    span = {"from": "2026-05-01T00:00:00+08:00", "to": "2026-06-01T00:00:00+08:00"}
    async with connected(app, "desk") as desk:
        found = await sheet(desk, all_organs=True)
        assert [row.organ.id for row in found.items if row.organ] == [2]
        assert (await desk.get("/api/v1/energy-sheet?organ=3")).status_code == 404
        records = (await desk.get("/api/v1/fuel-records", params=span)).json()["items"]
        assert {one["card"] for one in records} == {"9900-11"}
        assert (await desk.get("/api/v1/fuel-records", params={**span, "organ": 3})).status_code == 404
    begin = datetime(2026, 5, 19, 20, tzinfo=UTC)
    header = await town.token_of(account, begin=begin, end=begin + timedelta(days=9))
    async with connected(app, None) as script:
        records = (await script.get("/api/v1/fuel-records", params=span, headers=header)).json()["items"]
        assert [one["at"][:10] for one in records] == ["2026-05-25"]
        query = {"from": "2026-05", "to": "2026-05"}
        body = (await script.get("/api/v1/energy-sheet", params=query, headers=header)).json()
        assert body["total"]["media"]["petrol"]["bought"] == 45.0
        assert body["total"]["distance_km"] == 0.0, "the day of the trips lies before it"
        charged = (await script.get("/api/v1/charging-records", params=span, headers=header)).json()
        assert charged["items"] == []


@pytest.mark.parametrize(
    "query", ["from=2026-13", "to=x", "from=2026-05&to=2026-04", "from=2020-01&to=2026-01", "from=2026-5"]
)
async def test_what_is_no_span_of_months(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/api/v1/energy-sheet?{query}")).status_code == 422
