"""Organs, vehicles, units: shapes, every filter, pages, plate search."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.registry.organs.schemas import OrganPage
from api.registry.units.schemas import UnitPage
from api.registry.vehicles.schemas import VehicleDetail, VehiclePage
from fleet.model.registry import Role
from tests.api.builders import LONG_AGO, World, connected

pytestmark = pytest.mark.store


@pytest.fixture
async def city(world: World) -> World:
    """City -> county 530302 -> bureau (2 vehicles); county 530381 -> court (2 vehicles); one spare unit."""
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, kind="county", parent_id=1)
    await world.organ(3, parent_id=2, name="麒麟区教育体育局", energy_saving=True, vehicle_quota=4)
    await world.organ(4, kind="county", parent_id=1, division=530381)
    await world.organ(5, kind="court", parent_id=4, division=530381)
    await world.vehicle(
        11,
        organ=3,
        plate="云D12345",
        tank_ml=55_500,
        parking_lat_e7=255000000,
        parking_lon_e7=1038000000,
        registered_on=date(2022, 3, 4),
    )
    await world.vehicle(12, organ=3, plate="云DD12345", energy="bev", battery_wh=60_500, use="emergency")
    await world.vehicle(
        13, organ=5, plate="云D·A1B_9", energy="hev", division=530381, management="leased", status="repair"
    )
    await world.vehicle(14, organ=5, energy="phev", division=530381, confidential=True)
    await world.unit(99, division=530381)
    return world


async def ids(client: httpx.AsyncClient, path: str, **query: Any) -> list[int]:
    answer = await client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_shapes_are_as_documented(city: World, client: httpx.AsyncClient) -> None:
    organs = OrganPage.model_validate((await client.get("/api/v1/organs")).json(), strict=False)
    assert [organ.id for organ in organs.items] == [1, 2, 3, 4, 5]
    vehicles = VehiclePage.model_validate((await client.get("/api/v1/vehicles")).json())
    first = vehicles.items[0]
    assert (first.plate, first.organ.name, first.tank_l, first.unit) == ("云D12345", "麒麟区教育体育局", 55.5, "U11")
    assert first.parking is not None
    assert first.parking.lat == 25.5
    assert first.registered_on == date(2022, 3, 4)
    assert [vehicle.new_energy for vehicle in vehicles.items] == [False, True, False, True]
    units = UnitPage.model_validate((await client.get("/api/v1/units")).json())
    assert [unit.vehicle_id for unit in units.items] == [11, 12, 13, 14, None]
    detail = VehicleDetail.model_validate((await client.get("/api/v1/vehicles/11")).json())
    assert detail.bindings[0].unit == "U11"
    assert detail.bindings[0].bound_from == LONG_AGO
    assert detail.bindings[0].bound_to is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"division": 530302}, [2, 3]),
        ({"kind": "county"}, [2, 4]),
        ({"kind": ["county", "court"]}, [2, 4, 5]),
        ({"energy_saving": "true"}, [3]),
        ({"parent": 1}, [2, 4]),
        ({"q": "教育"}, [3]),
        ({"q": "o5"}, [5]),
        ({"q": "%"}, []),
    ],
)
async def test_organs_are_filtered(
    city: World, client: httpx.AsyncClient, query: dict[str, Any], expected: list[int]
) -> None:
    assert await ids(client, "organs", **query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"organ": 1}, [11, 12, 13, 14]),
        ({"organ": 2}, [11, 12]),
        ({"organ": 5}, [13, 14]),
        ({"division": 530381}, [13, 14]),
        ({"use": "emergency"}, [12]),
        ({"management": "leased"}, [13]),
        ({"energy": ["hev", "bev"]}, [12, 13]),
        ({"new_energy": "true"}, [12, 14]),
        ({"new_energy": "false"}, [11, 13]),
        ({"status": "repair"}, [13]),
        ({"organ": 1, "new_energy": "true", "division": 530302}, [12]),
        ({"q": "12345"}, [11, 12]),
        ({"q": "云D·12345"}, [11]),
        ({"q": "云d 12345"}, [11]),
        ({"q": "云D•D12345"}, [12]),
        ({"q": "云DA1B"}, [13]),
        ({"q": "1b_"}, [13]),
        ({"q": "_"}, [13]),
        ({"q": "%"}, []),
    ],
)
async def test_vehicles_are_filtered(
    city: World, client: httpx.AsyncClient, query: dict[str, Any], expected: list[int]
) -> None:
    assert await ids(client, "vehicles", **query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"division": 530381}, [99]),
        ({"online": "true"}, [11]),
        ({"online": "false"}, [12, 13, 14, 99]),
        ({"bound": "true"}, [11, 12, 13, 14]),
        ({"bound": "false"}, [99]),
        ({"q": "u1"}, [11, 12, 13, 14]),
    ],
)
async def test_units_are_filtered(
    city: World, client: httpx.AsyncClient, query: dict[str, Any], expected: list[int]
) -> None:
    await city.states({"unit_id": 11})
    assert await ids(client, "units", **query) == expected


async def test_a_unit_tells_when_it_was_seen(city: World, client: httpx.AsyncClient) -> None:
    await city.states({"unit_id": 11, "online_at": city.clock() - timedelta(minutes=5)})
    unit = (await client.get("/api/v1/units", params={"q": "U11"})).json()["items"][0]
    assert unit["online"] is True
    assert unit["last_seen"].startswith(city.clock().strftime("%Y-%m-%dT%H:%M"))


async def test_pages_give_everything_once(city: World, client: httpx.AsyncClient) -> None:
    for path, expected in (
        ("vehicles", [11, 12, 13, 14]),
        ("organs", [1, 2, 3, 4, 5]),
        ("units", [11, 12, 13, 14, 99]),
    ):
        seen: list[int] = []
        cursor: str | None = None
        while True:
            query = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
            page = (await client.get(f"/api/v1/{path}", params=query)).json()
            assert len(page["items"]) <= 2
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == expected


@pytest.mark.parametrize("cursor", ["nonsense!", "bm9uc2Vuc2U", "WzEsMl0", "", "é"])
async def test_a_foreign_cursor_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/api/v1/vehicles", params={"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:one-network:problem:bad-cursor"


async def test_confidential_vehicles_do_not_exist_for_others(city: World, app: FastAPI) -> None:
    await city.account("looker", Role.VIEWER)
    async with connected(app, "looker") as client:
        assert await ids(client, "vehicles") == [11, 12, 13]
        assert (await client.get("/api/v1/vehicles/14")).status_code == 404
        assert await ids(client, "units", q="U14") == []  # its unit would lead to it


async def test_parking_leaves_in_the_datum_asked_for(city: World, client: httpx.AsyncClient) -> None:
    wgs = (await client.get("/api/v1/vehicles/11")).json()["parking"]
    gcj = (await client.get("/api/v1/vehicles/11", params={"datum": "gcj02"})).json()["parking"]
    assert 0.0005 < abs(wgs["lat"] - gcj["lat"]) < 0.01


async def test_a_refit_shows_in_the_vehicle(city: World, client: httpx.AsyncClient) -> None:
    await city.vehicle(21, organ=3, fitted=False)
    await city.unit(22)
    await city.bind(99, 21, LONG_AGO, city.clock() - timedelta(days=1))
    await city.bind(22, 21, city.clock() - timedelta(days=1))
    detail = (await client.get("/api/v1/vehicles/21")).json()
    assert detail["unit"] == "U22"
    assert [binding["unit"] for binding in detail["bindings"]] == ["U22", "U99"]


@pytest.mark.parametrize("vehicle", ["0", "-1", "2147483648", "99999999999999999999", "abc", "1%00"])
async def test_impossible_ids_are_refused_not_failed(client: httpx.AsyncClient, vehicle: str) -> None:
    assert (await client.get(f"/api/v1/vehicles/{vehicle}")).status_code in {400, 404, 422}
