"""Two clerks, one record: nothing is lost, everything is explained, and what was true then stays true then."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.registry.organs.schemas import OrganShown
from api.registry.units.schemas import BindingShown, UnitShown
from api.registry.vehicles.schemas import History, VehicleDetail
from fleet.model.registry import Role
from fleet.store.recompute import today
from tests.api.builders import World, connected

pytestmark = pytest.mark.store

NOW = datetime(2026, 6, 30, 8, tzinfo=UTC)
VEHICLE = {
    "plate": "云Ｄ·12345",
    "vin": "1m8gdm9a-xkp042788",
    "organ_id": 3,
    "division": 530302,
    "use": "communications",
    "management": "platform",
    "energy": "petrol",
    "body": "saloon",
    "seats": 5,
    "equipment": ["警示灯"],
    "displacement_ml": 1598,
    "price_yuan": 119_999.99,
    "tank_l": 55.5,
    "purchased_on": "2022-03-01",
    "registered_on": "2022-03-04",
    "parking": {"lat": 25.5, "lon": 103.8},
}


@pytest.fixture
async def city(world: World) -> World:
    """City 1 -> county 2 -> bureau 3 and court 4."""
    world.clock.moment = NOW
    await world.organ(1, kind="city", division=530300)
    await world.organ(2, kind="county", parent_id=1)
    await world.organ(3, parent_id=2, vehicle_quota=4)
    await world.organ(4, kind="court", parent_id=2, vehicle_quota=1)
    for table in ("organ", "vehicle", "unit", "binding"):
        await world.execute_sql(f"select setval(pg_get_serial_sequence('{table}', 'id'), 1000)")
    return world


async def write(
    client: httpx.AsyncClient, method: str, path: str, body: Any = None, etag: str | None = None, **query: Any
) -> httpx.Response:
    headers = {} if etag is None else {"If-Match": etag}
    return await client.request(method, f"/api/v1/{path}", json=body, headers=headers, params=query)


async def created(client: httpx.AsyncClient, path: str, body: dict[str, Any], **query: Any) -> httpx.Response:
    answer = await write(client, "POST", path, body, **query)
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_vehicle_from_entry_to_change(city: World, client: httpx.AsyncClient) -> None:
    answer = await created(client, "vehicles", VEHICLE)
    shown = VehicleDetail.model_validate(answer.json())
    assert (shown.plate, shown.vin, shown.version) == ("云D12345", "1M8GDM9AXKP042788", 1)
    assert (shown.price_yuan, shown.tank_l, shown.equipment) == (119_999.99, 55.5, ["警示灯"])
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/api/v1/vehicles/{shown.id}"
    read = await client.get(f"/api/v1/vehicles/{shown.id}")
    assert read.headers["ETag"] == '"1"'
    assert {**read.json(), "warnings": []} == answer.json()

    changed = await write(client, "PATCH", f"vehicles/{shown.id}", {"seats": 7, "parking": {"lat": 25.6}}, '"1"')
    assert changed.status_code == 200, changed.text
    assert changed.headers["ETag"] == '"2"'
    assert changed.json()["seats"] == 7
    assert changed.json()["parking"] == {"lat": 25.6, "lon": 103.8}
    same = await write(client, "PATCH", f"vehicles/{shown.id}", {"seats": 7}, '"2"')
    assert same.headers["ETag"] == '"2"'  # what changes nothing is no change
    log = await city.rows("select action, subject, detail from audit_log where action like 'vehicle.%' order by n")
    assert [row["action"] for row in log] == ["vehicle.create", "vehicle.change"]
    assert log[0]["detail"]["after"]["price_fen"] == 11_999_999
    assert log[1]["detail"]["before"]["seats"] == 5
    assert log[1]["detail"]["after"]["seats"] == 7
    assert "plate" not in log[1]["detail"]["after"]


async def test_the_second_of_two_clerks_is_told(city: World, client: httpx.AsyncClient) -> None:
    vehicle = (await created(client, "vehicles", VEHICLE)).json()["id"]
    answers = await asyncio.gather(
        *(write(client, "PATCH", f"vehicles/{vehicle}", {"seats": seats}, '"1"') for seats in (6, 7, 8, 9))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    kept = next(answer.json()["seats"] for answer in answers if answer.status_code == 200)
    refused = next(answer for answer in answers if answer.status_code == 412)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["current"]["seats"] == kept
    assert refused.json()["current"]["version"] == 2
    assert refused.headers["ETag"] == '"2"'
    assert await city.scalar(f"select seats from vehicle where id = {vehicle}") == kept
    for etag, status in ((None, 428), ("*", 428), ("2", 412), ('W/"2"', 412), ('"99"', 412)):
        assert (await write(client, "PATCH", f"vehicles/{vehicle}", {"seats": 3}, etag)).status_code == status
    assert (await write(client, "DELETE", f"vehicles/{vehicle}", etag='"1"')).status_code == 412
    assert (await write(client, "PATCH", "vehicles/4711", {"seats": 3}, '"1"')).status_code == 404


@pytest.mark.parametrize(
    ("changes", "location", "code"),
    [
        ({"plate": "云DD12345"}, "body.plate", "plate_energy"),
        ({"vin": "1M8GDM9A1KP042788"}, "body.vin", "vin_check_digit"),
        ({"price_yuan": 1e11}, "body.price_yuan", None),
        ({"organ_id": 999}, "body.organ_id", "unknown_reference"),
        ({"lender_organ_id": 999}, "body.lender_organ_id", "unknown_reference"),
        ({"division": 530999}, "body.division", "division_unknown"),
        ({"parking": {"lat": 5, "lon": 103}}, "body.parking", "out_of_range"),
        ({"tank_l": 0}, "body.tank_l", "out_of_range"),
        ({"energy": "steam"}, "body.energy", None),
        ({"colour": "red"}, "body.colour", None),
        ({"seats": None}, "body.seats", None),
    ],
)
async def test_refusals_name_the_field_and_the_rule(
    city: World, client: httpx.AsyncClient, changes: dict[str, Any], location: str, code: str | None
) -> None:
    new = await write(client, "POST", "vehicles", {**VEHICLE, **changes})
    vehicle = (await created(client, "vehicles", VEHICLE)).json()["id"]
    changed = await write(client, "PATCH", f"vehicles/{vehicle}", changes, '"1"')
    for answer in (new, changed):
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        first = answer.json()["errors"][0]
        assert first["location"] == location
        if code is not None:
            assert first["code"] == code
            assert first["message_zh"]
    assert await city.scalar("select count(*) from vehicle") == 1


async def test_what_is_beyond_a_standard_is_stored_and_said(city: World, client: httpx.AsyncClient) -> None:
    answer = await created(client, "vehicles", {**VEHICLE, "price_yuan": 130_000, "displacement_ml": 1998})
    said = {one["field"]: one["code"] for one in answer.json()["warnings"]}
    assert said == {"price_yuan": "over_standard_price", "displacement_ml": "over_standard_displacement"}


async def test_a_plate_or_vin_is_registered_once(city: World, client: httpx.AsyncClient) -> None:
    first = (await created(client, "vehicles", VEHICLE)).json()["id"]
    again = await write(client, "POST", "vehicles", {**VEHICLE, "vin": None})
    assert again.status_code == 409
    assert again.json()["type"] == "urn:one-network:problem:conflict-taken"
    assert again.json()["conflicts"] == [{"id": first}]
    assert "云D12345" in again.json()["detail"]


async def test_the_history_is_kept_by_day(city: World, client: httpx.AsyncClient) -> None:
    vehicle = (await created(client, "vehicles", VEHICLE)).json()["id"]
    path = f"vehicles/{vehicle}"
    assert (
        await write(client, "PATCH", path, {"status": "repair"}, '"1"', effective_on="2026-03-01")
    ).status_code == 200
    # Entered later, effective earlier: the repair that was entered before stays as it was.
    moved = await write(client, "PATCH", path, {"organ_id": 4}, '"2"', effective_on="2026-02-01")
    assert moved.json()["organ"]["id"] == 4
    back = await write(client, "PATCH", path, {"status": "in_service"}, '"3"')
    assert back.status_code == 200, back.text
    entries = History.model_validate((await client.get(f"/api/v1/{path}/history")).json()).items
    now = today(city.clock())
    assert [(one.begin, one.end, one.organ_id, one.status.value) for one in entries] == [
        (date(2022, 3, 4), date(2026, 2, 1), 3, "in_service"),
        (date(2026, 2, 1), date(2026, 3, 1), 4, "in_service"),
        (date(2026, 3, 1), now, 4, "repair"),
        (now, None, 4, "in_service"),
    ]

    async def as_of(day: str, **query: Any) -> list[tuple[int, str]]:
        answer = await client.get("/api/v1/vehicles", params={"as_of": day, **query})
        return [(one["organ"]["id"], one["status"]) for one in answer.json()["items"]]

    assert await as_of("2022-03-03") == []
    assert await as_of("2026-01-31") == [(3, "in_service")]
    assert await as_of("2026-02-01") == [(4, "in_service")]
    assert await as_of("2026-03-01") == [(4, "repair")]
    assert await as_of("2026-03-01", status="in_service") == []
    assert await as_of("2026-01-31", organ=3) == [(3, "in_service")]
    spans = await city.rows("select vehicle_id, lower(period) began, reason from recompute order by id")
    assert [(row["vehicle_id"], row["reason"], row["began"]) for row in spans[:2]] == [
        (vehicle, "vehicle.history", datetime(2026, 2, 28, 16, tzinfo=UTC)),
        (vehicle, "vehicle.history", datetime(2026, 1, 31, 16, tzinfo=UTC)),
    ]
    ahead = (now + timedelta(days=1)).isoformat()
    assert (await write(client, "PATCH", path, {"organ_id": 3}, '"4"', effective_on=ahead)).status_code == 422


async def test_a_change_before_the_first_day_extends_the_history(city: World, client: httpx.AsyncClient) -> None:
    vehicle = (await created(client, "vehicles", VEHICLE)).json()["id"]
    await write(client, "PATCH", f"vehicles/{vehicle}", {"use": "emergency"}, '"1"', effective_on="2022-01-01")
    entries = History.model_validate((await client.get(f"/api/v1/vehicles/{vehicle}/history")).json()).items
    assert [(one.begin, one.end, one.use.value) for one in entries] == [(date(2022, 1, 1), None, "emergency")]


async def test_retiring_notes_the_day_and_deleting_is_for_mistakes(city: World, client: httpx.AsyncClient) -> None:
    vehicle = (await created(client, "vehicles", VEHICLE)).json()["id"]
    await city.unit(1)
    binding = (
        await created(client, "bindings", {"unit_id": 1, "vehicle_id": vehicle, "from": "2026-01-01T00:00:00Z"})
    ).json()
    used = await write(client, "DELETE", f"vehicles/{vehicle}", etag='"1"')
    assert used.status_code == 409
    assert used.json()["type"] == "urn:one-network:problem:conflict-in-use"
    retired = await write(
        client, "PATCH", f"vehicles/{vehicle}", {"status": "retired"}, '"1"', effective_on="2026-05-06"
    )
    assert retired.json()["retired_on"] == "2026-05-06"
    assert (await write(client, "DELETE", f"bindings/{binding['id']}", etag='"1"')).status_code == 204
    assert (await write(client, "DELETE", f"vehicles/{vehicle}", etag='"2"')).status_code == 204
    assert (await client.get(f"/api/v1/vehicles/{vehicle}")).status_code == 404
    log = await city.rows("select detail from audit_log where action = 'vehicle.remove'")
    assert log[0]["detail"]["before"]["plate"] == "云D12345"


async def test_an_overlap_is_explained(city: World, client: httpx.AsyncClient) -> None:
    await city.vehicle(11, organ=3)
    await city.unit(12)
    answer = await write(
        client, "POST", "bindings", {"unit_id": 12, "vehicle_id": 11, "from": "2026-05-01T00:00:00+08:00"}
    )
    assert answer.status_code == 409
    body = answer.json()
    assert body["type"] == "urn:one-network:problem:conflict-overlap"
    assert body["conflicts"][0]["unit_id"] == 11
    assert body["conflicts"][0]["from"] == "2024-01-01T00:00:00Z"
    assert body["conflicts"][0]["to"] is None
    assert str(body["conflicts"][0]["id"]) in body["detail"]
    empty = {"unit_id": 12, "vehicle_id": 11, "from": "2026-05-01T00:00:00Z", "to": "2026-05-01T00:00:00Z"}
    assert (await write(client, "POST", "bindings", empty)).json()["errors"][0]["code"] == "period_empty"
    unknown = {"unit_id": 4711, "vehicle_id": 11, "from": "2020-05-01T00:00:00Z", "to": "2020-05-02T00:00:00Z"}
    assert (await write(client, "POST", "bindings", unknown)).json()["errors"][0]["location"] == "body.unit_id"


async def test_a_refit_entered_two_weeks_late_is_made_again(city: World, client: httpx.AsyncClient) -> None:
    await city.vehicle(11, organ=3)
    await city.vehicle(12, organ=3, fitted=False)
    binding = (await client.get("/api/v1/bindings", params={"vehicle": 11})).json()["items"][0]
    moved_at = (city.clock() - timedelta(days=14)).replace(microsecond=0)
    ended = await write(client, "PATCH", f"bindings/{binding['id']}", {"to": moved_at.isoformat()}, '"1"')
    BindingShown.model_validate(ended.json())
    assert ended.status_code == 200, ended.text
    await created(client, "bindings", {"unit_id": 11, "vehicle_id": 12, "from": moved_at.isoformat()})
    spans = await city.rows("select vehicle_id, lower(period) began, upper(period) ended from recompute order by id")
    assert [(row["vehicle_id"], row["began"]) for row in spans] == [(11, moved_at), (12, moved_at)]
    assert all(row["ended"] == city.clock() for row in spans)
    # Moved to the vehicle it truly sat in: both are touched, for the whole time.
    wrong = (await client.get("/api/v1/bindings", params={"vehicle": 12})).json()["items"][0]
    await city.vehicle(13, organ=4, fitted=False)
    await write(client, "PATCH", f"bindings/{wrong['id']}", {"vehicle_id": 13}, '"1"')
    spans = await city.rows("select vehicle_id, lower(period) began from recompute where id > 2 order by id")
    assert [(row["vehicle_id"], row["began"]) for row in spans] == [(12, moved_at), (13, moved_at)]
    ahead = (city.clock() + timedelta(days=1)).isoformat()
    await city.vehicle(14, organ=4, fitted=False)
    await city.unit(99)
    await created(client, "bindings", {"unit_id": 99, "vehicle_id": 14, "from": ahead})
    assert await city.scalar("select count(*) from recompute") == 4  # what lies ahead needs nothing


async def test_units_keep_their_code_and_retire_when_free(city: World, client: httpx.AsyncClient) -> None:
    before = await city.scalar("select revision from registry_revision")
    unit = UnitShown.model_validate((await created(client, "units", {"code": "QJ-9", "division": 530302})).json())
    assert await city.scalar("select revision from registry_revision") > before  # ingest notices
    path = f"units/{unit.id}"
    renamed = await write(client, "PATCH", path, {"code": "QJ-10"}, '"1"')
    assert renamed.json()["errors"][0]["code"] == "code_fixed"
    await city.vehicle(12, organ=3, fitted=False)
    await city.bind(unit.id, 12)
    now = city.clock().isoformat()
    assert (await write(client, "PATCH", path, {"retired_at": now}, '"1"')).json()["errors"][0]["code"] == "still_bound"
    binding = (await client.get("/api/v1/bindings", params={"unit": unit.id})).json()["items"][0]
    assert (await write(client, "PATCH", f"bindings/{binding['id']}", {"to": now}, '"1"')).status_code == 200
    assert (await write(client, "PATCH", path, {"retired_at": now}, '"1"')).status_code == 200
    later = {"unit_id": unit.id, "vehicle_id": 12, "from": now}
    assert (await write(client, "POST", "bindings", later)).json()["errors"][0]["code"] == "unit_retired"


async def test_organs_form_a_tree(city: World, client: httpx.AsyncClient) -> None:
    form = {"code": "530302-009", "name": "新局", "kind": "government", "division": 530302, "parent_id": 2}
    answer = await created(client, "organs", form)
    organ = OrganShown.model_validate(answer.json())
    assert organ.warnings is not None
    assert [one.code for one in organ.warnings] == ["quota_unknown"]
    assert (await write(client, "POST", "organs", form)).status_code == 409
    await write(client, "PATCH", f"organs/{organ.id}", {"parent_id": 3}, '"1"')
    circle = await write(client, "PATCH", "organs/3", {"parent_id": organ.id}, '"1"')
    assert circle.status_code == 409
    itself = await write(client, "PATCH", "organs/3", {"parent_id": 3}, '"1"')
    assert itself.status_code == 409
    assert (await write(client, "DELETE", "organs/3", etag='"1"')).status_code == 409
    assert (await write(client, "DELETE", f"organs/{organ.id}", etag='"2"')).status_code == 204


async def test_only_those_may_who_may(city: World, app: FastAPI) -> None:
    await city.account("looker", Role.VIEWER)
    await city.vehicle(11, organ=3)
    async with connected(app, "looker") as client:
        assert (await write(client, "POST", "vehicles", VEHICLE)).status_code == 403
        assert (await write(client, "PATCH", "vehicles/11", {"seats": 4}, '"1"')).status_code == 403
        assert (await write(client, "DELETE", "organs/3", etag='"1"')).status_code == 403
        assert (await client.get("/api/v1/vehicles/11")).headers["ETag"] == '"1"'


def test_every_write_is_described(app: FastAPI) -> None:
    document = app.openapi()
    assert json.dumps(document).count("#/components/schemas/VehicleForm") >= 2
    patch = document["paths"]["/api/v1/vehicles/{vehicle_id}"]["patch"]
    assert "application/merge-patch+json" in patch["requestBody"]["content"]
    assert {"412", "428"} <= set(patch["responses"])
