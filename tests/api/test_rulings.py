"""Drivers, areas, policies, fuel cards, sealing lists, exemptions over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from api.registry.areas.schemas import AreaPage, AreaShown
from api.registry.drivers.schemas import DriverPage, DriverShown
from api.registry.lists.schemas import CardShown, ExemptionShown, SealingPage, SealingShown
from api.registry.policies.schemas import PolicyList, VersionPage, VersionShown
from fleet.model.policies import POLICIES
from fleet.model.registry import Role
from tests.api.builders import World, connected

pytestmark = pytest.mark.store

NOW = datetime(2026, 6, 30, 8, tzinfo=UTC)
PAST = "2026-06-01T00:00:00Z"
DRIVER = {
    "label": "驾驶员 0001",
    "organ_id": 3,
    "licence_class": "C1",
    "licence_expires_on": "2030-01-01",
    "phone": "00000000017",
}
SQUARE = [{"lat": lat, "lon": lon} for lat, lon in ((25.5, 103.8), (25.51, 103.8), (25.51, 103.81), (25.5, 103.81))]


@pytest.fixture
async def city(world: World) -> World:
    """City 1 -> county 2 -> bureau 3 (vehicles 11, 12) and court 4 (vehicle 13)."""
    world.clock.moment = NOW
    await world.organ(1, kind="city", division=530300)
    await world.organ(2, kind="county", parent_id=1)
    await world.organ(3, parent_id=2)
    await world.organ(4, kind="court", parent_id=2)
    await world.vehicle(11, organ=3)
    await world.vehicle(12, organ=3)
    await world.vehicle(13, organ=4)
    return world


async def write(
    client: httpx.AsyncClient, method: str, path: str, body: Any = None, etag: str | None = None
) -> httpx.Response:
    headers = {} if etag is None else {"If-Match": etag}
    return await client.request(method, f"/api/v1/{path}", json=body, headers=headers)


async def marked(city: World) -> list[tuple[int, str]]:
    """Vehicles and reasons of the spans to recompute, which are taken away."""
    rows = await city.rows("select vehicle_id, reason, period from recompute order by vehicle_id, id")
    await city.execute_sql("delete from recompute")
    return [(row["vehicle_id"], row["reason"]) for row in rows]


async def test_phones_are_masked_and_every_look_is_logged(city: World, app: FastAPI, client: httpx.AsyncClient) -> None:
    answer = await write(client, "POST", "drivers", DRIVER)
    assert answer.status_code == 201, answer.text
    driver = DriverShown.model_validate(answer.json())
    assert driver.phone == "000****0017"
    path = f"drivers/{driver.id}"
    sent_back = await write(client, "PATCH", path, {"phone": driver.phone, "licence_class": "B2"}, '"1"')
    assert sent_back.json()["licence_class"] == "B2"
    assert await city.scalar("select phone from driver") == "00000000017"
    assert (await write(client, "PATCH", path, {"phone": "999****0017"}, '"2"')).status_code == 422
    assert (await client.get(f"/api/v1/{path}", params={"unmask": "true"})).status_code == 403  # an administrator

    await city.account("watcher", Role.SUPERVISOR)
    async with connected(app, "watcher") as supervisor:
        assert (await supervisor.get(f"/api/v1/{path}", params={"unmask": "true"})).status_code == 400
        headers = {"X-Purpose": quote("核对线索 17")}
        seen = await supervisor.get(f"/api/v1/{path}", params={"unmask": "true"}, headers=headers)
        assert seen.json()["phone"] == "00000000017"
        page = await supervisor.get("/api/v1/drivers", params={"unmask": "true", "organ": 2}, headers=headers)
        assert DriverPage.model_validate(page.json()).items[0].phone == "00000000017"
    log = await city.rows(
        "select action, subject, purpose, detail::text from audit_log where subject like 'driver%' order by n"
    )
    assert [(row["action"], row["purpose"]) for row in log] == [
        ("driver.create", None),
        ("driver.change", None),
        ("driver.unmask", "核对线索 17"),
        ("driver.unmask", "核对线索 17"),
    ]
    assert not any("00000000017" in row["detail"] for row in log)


async def test_drivers_are_checked_and_listed(city: World, client: httpx.AsyncClient) -> None:
    answer = await write(client, "POST", "drivers", {**DRIVER, "licence_expires_on": "2026-06-01"})
    assert [one["code"] for one in answer.json()["warnings"]] == ["licence_expired"]
    assert (await write(client, "POST", "drivers", DRIVER)).status_code == 409
    assert (await write(client, "POST", "drivers", {**DRIVER, "licence_class": "Z"})).status_code == 422
    for query, count in (({"organ": 3}, 1), ({"organ": 4}, 0), ({"q": "0001"}, 1), ({"retired": "true"}, 0)):
        assert len((await client.get("/api/v1/drivers", params=query)).json()["items"]) == count


async def test_areas_are_drawn_and_corrected(city: World, client: httpx.AsyncClient) -> None:
    form = {"name": "停车场", "purpose": "parking", "organ_id": 3, "polygon": [*SQUARE, SQUARE[0]], "from": PAST}
    answer = await write(client, "POST", "areas", form)
    assert answer.status_code == 201, answer.text
    area = AreaShown.model_validate(answer.json())
    assert [place.model_dump() for place in area.polygon or []] == SQUARE  # the last point joins the first
    assert await marked(city) == [(11, "area"), (12, "area")]
    path = f"areas/{area.id}"
    circle = {"polygon": None, "circle": {"lat": 25.5, "lon": 103.8, "radius_m": 80}}
    changed = await write(client, "PATCH", path, circle, '"1"')
    assert changed.status_code == 200, changed.text
    assert (changed.json()["polygon"], changed.json()["circle"]["radius_m"]) == (None, 80)
    assert len(await marked(city)) == 4  # before and after
    assert (await write(client, "PATCH", path, {"name": "新停车场"}, '"2"')).status_code == 200
    assert await marked(city) == []
    crossed = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]]
    for wrong, location in (
        ({"polygon": crossed, "circle": None}, "body.polygon"),
        ({"circle": {"lat": 25.5, "lon": 103.8, "radius_m": 1}}, "body.circle"),
        ({"to": PAST}, "body.to"),
        ({"organ_id": 99}, "body.organ_id"),
    ):
        refused = await write(client, "PATCH", path, wrong, '"3"')
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["location"] == location
    whole = await write(client, "POST", "areas", {**form, "organ_id": None, "purpose": "restricted", "name": "景区"})
    assert await marked(city) == [(11, "area"), (12, "area"), (13, "area")]
    await city.execute_sql(f"update vehicle set parking_area_id = {area.id} where id = 11")
    assert (await write(client, "DELETE", path, etag='"3"')).status_code == 409
    assert (await write(client, "DELETE", f"areas/{whole.json()['id']}", etag='"1"')).status_code == 204
    page = AreaPage.model_validate((await client.get("/api/v1/areas", params={"purpose": "parking"})).json())
    assert [one.name for one in page.items] == ["新停车场"]
    assert (await client.get("/api/v1/areas", params={"at": "2026-05-01T00:00:00Z"})).json()["items"] == []


async def test_policies_by_organ_and_time(city: World, client: httpx.AsyncClient) -> None:
    slug = "unapproved_trip.radius_m"

    async def holds(**query: Any) -> tuple[Any, Any]:
        answer = await client.get("/api/v1/policies", params=query)
        shown = next(one for one in PolicyList.model_validate(answer.json()).items if one.slug == slug)
        return shown.value, shown.organ_id

    assert len((await client.get("/api/v1/policies")).json()["items"]) == len(POLICIES)
    assert await holds(organ=3) == (50, None)
    add = f"policies/{slug}/versions"
    first = await write(client, "POST", add, {"value": 60, "why": "试点"})
    version = VersionShown.model_validate(first.json())
    assert (first.status_code, version.who, version.warnings) == (201, "admin", [])
    assert await marked(city) == []
    late = await write(client, "POST", add, {"organ_id": 2, "value": 70, "why": "县里", "effective_from": PAST})
    assert [one["code"] for one in late.json()["warnings"]] == ["acts_on_the_past"]
    assert [vehicle for vehicle, _ in await marked(city)] == [11, 12, 13]
    assert await holds() == (60, None)
    assert await holds(organ=3) == (70, 2)
    assert await holds(organ=3, at="2026-05-31T00:00:00Z") == (50, None)
    versions = VersionPage.model_validate((await client.get(f"/api/v1/{add}")).json()).items
    assert [(one.value, one.organ_id) for one in versions] == [(60, None), (70, 2)]
    for path, body, status in (
        (add, {"value": True, "why": "不对"}, 422),
        (add, {"value": -1, "why": "不对"}, 422),
        (add, {"value": 10}, 422),
        (add, {"value": 10, "why": "不对", "organ_id": 99}, 422),
        ("policies/nothing/versions", {"value": 10, "why": "不对"}, 404),
        ("policies/standards.new_energy_price_fen/versions", {"value": 1, "why": "不对", "organ_id": 3}, 422),
    ):
        assert (await write(client, "POST", path, body)).status_code == status
    # The standard that holds is the one a vehicle is measured by.
    await write(client, "POST", "policies/standards.communications_price_fen/versions", {"value": 100, "why": "测试"})
    seen = await write(client, "PATCH", "vehicles/11", {"price_yuan": 2, "use": "communications"}, '"1"')
    assert [one["code"] for one in seen.json()["warnings"]] == ["over_standard_price"]


async def test_one_card_one_vehicle(city: World, client: httpx.AsyncClient) -> None:
    form = {"card": "9900-0001", "vehicle_id": 11, "from": "2026-01-01"}
    answer = await write(client, "POST", "fuel-cards", form)
    card = CardShown.model_validate(answer.json())
    assert (card.plate, card.begin.isoformat()) == ("云D00011", "2026-01-01")
    for other in ({"vehicle_id": 12}, {"card": "9900-0002"}):
        refused = await write(client, "POST", "fuel-cards", {**form, **other})
        assert refused.status_code == 409
        assert refused.json()["conflicts"][0]["id"] == card.id
    ended = await write(client, "PATCH", f"fuel-cards/{card.id}", {"to": "2026-03-01"}, '"1"')
    assert ended.json()["to"] == "2026-03-01"
    handed_on = await write(client, "POST", "fuel-cards", {**form, "vehicle_id": 12, "from": "2026-03-01"})
    assert handed_on.status_code == 201
    shown = (await client.get("/api/v1/fuel-cards", params={"on": "2026-03-01"})).json()["items"]
    assert [one["vehicle_id"] for one in shown] == [12]
    assert (await write(client, "DELETE", f"fuel-cards/{card.id}", etag='"2"')).status_code == 204


async def test_sealing_lists(city: World, client: httpx.AsyncClient) -> None:
    form = {
        "organ_id": 3,
        "name": "端午节封存",
        "from": PAST,
        "to": "2026-06-05T00:00:00Z",
        "why": "节假日",
        "vehicle_ids": [12, 11, 11],
    }
    answer = await write(client, "POST", "sealing-lists", form)
    assert answer.status_code == 201, answer.text
    sealed = SealingShown.model_validate(answer.json())
    assert sealed.vehicle_ids == [11, 12]
    assert await marked(city) == [(11, "sealing_list"), (12, "sealing_list")]
    path = f"sealing-lists/{sealed.id}"
    changed = await write(client, "PATCH", path, {"vehicle_ids": [11, 13]}, '"1"')
    assert (changed.json()["vehicle_ids"], changed.headers["ETag"]) == ([11, 13], '"2"')
    assert await marked(city) == [(12, "sealing_list"), (13, "sealing_list")]
    assert (await write(client, "PATCH", path, {"vehicle_ids": [4711]}, '"2"')).status_code == 422
    page = SealingPage.model_validate((await client.get("/api/v1/sealing-lists", params={"organ": 2})).json())
    assert page.items[0].vehicle_ids == [11, 13]
    assert (await write(client, "DELETE", path, etag='"2"')).status_code == 204
    assert await marked(city) == [(11, "sealing_list"), (13, "sealing_list")]
    assert (await client.get(f"/api/v1/{path}")).status_code == 404


async def test_exemptions(city: World, client: httpx.AsyncClient) -> None:
    ahead = (NOW + timedelta(days=1)).isoformat()
    form = {"vehicle_id": 11, "kind": "duty", "from": ahead, "why": "值班用车"}
    answer = await write(client, "POST", "exemptions", form)
    exempt = ExemptionShown.model_validate(answer.json())
    assert await marked(city) == []
    assert (await write(client, "POST", "exemptions", {**form, "organ_id": 3})).status_code == 422
    changed = await write(
        client, "PATCH", f"exemptions/{exempt.id}", {"vehicle_id": None, "organ_id": 3, "from": PAST}, '"1"'
    )
    assert changed.status_code == 200, changed.text
    assert await marked(city) == [(11, "exemption"), (12, "exemption")]  # after the fact: it is seen that it was
    assert len((await client.get("/api/v1/exemptions", params={"at": NOW.isoformat()})).json()["items"]) == 1


async def test_a_county_sees_and_touches_its_own(city: World, app: FastAPI, client: httpx.AsyncClient) -> None:
    await write(client, "POST", "drivers", DRIVER)
    await write(client, "POST", "drivers", {**DRIVER, "label": "驾驶员 0002", "organ_id": 4})
    await city.account("clerk", Role.ORGAN_DISPATCHER)
    await city.execute_sql("update account set organ_id = 4 where username = 'clerk'")
    async with connected(app, "clerk") as clerk:
        page = (await clerk.get("/api/v1/drivers")).json()["items"]
        assert [one["label"] for one in page] == ["驾驶员 0002"]
        other = (await client.get("/api/v1/drivers")).json()["items"][0]["id"]
        assert (await clerk.get(f"/api/v1/drivers/{other}")).status_code == 404
        assert (await write(clerk, "PATCH", f"drivers/{other}", {"phone": None}, '"1"')).status_code == 404
        taken = await write(clerk, "POST", "drivers", {**DRIVER, "label": "驾驶员 0003"})
        assert taken.json()["errors"][0]["code"] == "unknown_reference"
        given = await write(clerk, "PATCH", f"drivers/{page[0]['id']}", {"organ_id": 3}, '"1"')
        assert given.status_code == 422
        assert [one["id"] for one in (await clerk.get("/api/v1/vehicles")).json()["items"]] == [13]
