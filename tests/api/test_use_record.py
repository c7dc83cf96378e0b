"""Use records as they are read and published: what for, where, how far, at what cost; and what is left out."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from api.use_record.routes import MOST_TRIPS
from fleet.model.registry import Role
from fleet.store import tables
from fleet.store.use_records import explained
from tests.api.builders import World, connected
from tests.api.journeys import Journeys
from tests.api.orders.town import CITY, OURS, THEIRS, Town

pytestmark = pytest.mark.store

PURPOSE = {"X-Purpose": "yearly publication"}
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAYS = {"from": "2026-03-01", "to": "2026-03-31"}


async def judged(world: World, trip_id: int, vehicle_id: int, *grants: dict[str, Any]) -> None:
    await world.execute(
        insert(tables.verdict).values(
            trip_id=trip_id,
            version=1,
            vehicle_id=vehicle_id,
            organ_id=OURS,
            started_at=MORNING,
            kind="approved" if grants else "unapproved",
            deviations=[],
            reasons=[],
            grants=[{"number": None, "version": 0, **one} for one in grants],
            uncovered=[],
            covered_late=[],
            provisional=False,
            judged_at=MORNING,
            why="test",
        )
    )


@pytest.fixture
async def town(world: World, app: FastAPI) -> Any:
    """Vehicle 11 drove two trips for an order, one for confidential mail, one for nothing; 31 is theirs."""
    async with connected(app, None) as client:
        made = await Town(world, client).build()
        await world.execute_sql("update vehicle set plate = '=云D' || id where id = 13")
        order = await made.assigned(11, 21)
        await made.ok("clerk", "POST", f"orders/{order}/depart")
        paid = {"odometer_km": 5, "fuel_yuan": 98.75, "tolls_yuan": 15}
        await made.ok("clerk", "POST", f"orders/{order}/return", paid)
        mail = await made.approved(purpose="confidential_mail", facts={"route": "三号线"}, **made.later(5))
        journeys = Journeys(world)
        places = {"origin_name": "办公区", "destination_lat_e7": 255000000, "destination_lon_e7": 1038000000}
        ends: dict[str, Any] = {**places, "destination_division": 530302, "fuel_ml": 1_500, "organ_id": OURS}
        for hours, name, grants in (
            (0, "沾益区政府", [{"kind": "order", "id": order}]),
            (1, "办公区", [{"kind": "order", "id": order}]),
            (3, "保密地点", [{"kind": "order", "id": mail}]),
            (5, "某处", []),
        ):
            at = MORNING + timedelta(hours=hours)
            trip_id = await journeys.trip(11, at, destination_name=name, **ends)
            await judged(world, trip_id, 11, *grants)
        await journeys.trip(13, MORNING, destination_name="=1+1", **ends)
        await journeys.trip(31, MORNING, destination_name="别处", **{**ends, "organ_id": THEIRS})
        yield made


async def read(town: Town, who: str, path: str = "vehicles/11/use-record", **query: Any) -> httpx.Response:
    return await town.call(who, "GET", path, params={**DAYS, **query}, headers=PURPOSE)


async def test_a_use_says_what_for_where_how_far_and_at_what_cost(town: Town) -> None:
    body = (await read(town, "clerk")).json()
    order, mail, alone = body["items"]
    assert (order["trips"], order["purpose"], order["purpose_zh"]) == (2, "official_reception", "公务接待")
    assert order["places"] == ["办公区", "沾益区政府", "办公区"]
    assert (order["distance_km"], order["fuel_l"], order["cost_yuan"]) == (24.69, 3.0, 113.75)
    assert (order["driver"], order["because"]) == ("驾驶员 0021", "order")
    assert order["number"].startswith(f"O{OURS}-")
    assert (mail["masked"], mail["places"], mail["number"], mail["driver"]) == (True, [], None, None)
    assert mail["purpose_zh"] == "机要通信"
    assert (alone["because"], alone["purpose_zh"], alone["places"][-1]) == (None, None, "某处")
    assert body["total"] == {
        "uses": 3,
        "trips": 4,
        "distance_km": 49.38,
        "fuel_l": 6.0,
        "energy_kwh": 0.0,
        "cost_yuan": 113.75,
    }


async def test_confidential_missions_are_told_to_who_may_know_and_published_to_nobody(town: Town) -> None:
    await town.world.execute_sql("update vehicle set confidential = true where id = 12")
    await Journeys(town.world).trip(12, MORNING, organ_id=OURS)
    for who, query, seen in (
        ("clerk", {}, False),
        ("supervisor", {}, True),
        ("supervisor", {"publication": True}, False),
    ):
        answer = await read(town, who, "use-record", organ=OURS, **query)
        assert ("保密地点" in answer.text) == seen, (who, query)
        assert ("云D00012" in answer.text) == seen, (who, query)
    hidden = await read(town, "supervisor", "vehicles/12/use-record", publication=True)
    assert hidden.status_code == 404


async def test_an_organ_sees_its_own_vehicles_and_a_role_without_the_right_none(town: Town) -> None:
    body = (await read(town, "clerk", "use-record")).json()
    assert {one["vehicle_id"] for one in body["items"]} == {11, 13}
    assert (await read(town, "clerk", "vehicles/31/use-record")).status_code == 404
    assert (await read(town, "clerk", "use-record", organ=THEIRS)).status_code == 404
    assert (await read(town, "viewer")).status_code == 403
    everything = (await read(town, "city", "use-record", organ=CITY)).json()
    assert everything["total"]["trips"] == 6 == (await read(town, "city", "use-record")).json()["total"]["trips"]


async def test_every_reading_needs_a_purpose_and_is_logged(town: Town) -> None:
    without = await town.call("clerk", "GET", "vehicles/11/use-record", params=DAYS)
    assert without.status_code == 400
    await read(town, "clerk", format="csv")
    await read(town, "clerk", "use-record", organ=OURS, format="xlsx", publication=True)
    log = (await town.ok("auditor", "GET", "audit/log?action=use_record.read"))["items"]
    told = [(one["subject"], one["purpose"], one["detail"]["format"], one["detail"]["publication"]) for one in log]
    assert told == [
        (f"organ:{OURS}", "yearly publication", "xlsx", True),
        ("vehicle:11", "yearly publication", "csv", False),
    ]
    assert log[1]["detail"]["from"] == "2026-03-01"
    assert len(log[1]["detail"]["sha256"]) == 64


async def test_sheets_hold_the_same_and_no_formulas(town: Town) -> None:
    answer = await read(town, "clerk", "use-record", format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[0]["号牌号码"] == "'=云D13"
    said = [lines[1][name] for name in ("用途", "出车时间", "费用（元）")]
    assert said == ["公务接待", "2026-03-02 09:00", "113.75"]
    assert lines[2]["行驶地点"] == "涉密任务，不予公示"
    assert all(not cell.startswith("=") for line in lines for cell in line.values())
    english = await read(town, "clerk", format="csv", headers="en")
    assert english.content.decode("utf-8-sig").startswith("plate,organ,from,to,purpose")
    book = await read(town, "clerk", "use-record", format="xlsx")
    cells = xlsx_cells(book.content)
    assert cells["A1"] == "号牌号码"
    assert (cells["E3"], cells["L3"]) == ("公务接待", 113.75)
    assert cells["G2"] == "办公区 → =1+1"
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(book.content)).read("xl/worksheets/sheet1.xml")


async def test_each_use_names_the_organ_that_had_the_vehicle_then(town: Town) -> None:
    await Journeys(town.world).trip(11, MORNING + timedelta(days=1), organ_id=THEIRS)
    items = (await read(town, "clerk")).json()["items"]
    assert [one["organ"]["id"] for one in items] == [OURS, OURS, OURS, THEIRS]


async def test_a_year_of_orders_fits_into_one_question(town: Town) -> None:
    order_id = await town.world.scalar("select id from dispatch_order where purpose = 'official_reception'")
    of_orders = [(order_id, 11), *((order_id + number, 11) for number in range(1, MOST_TRIPS))]
    async with town.world.engine.connect() as connection:
        known = await explained(connection, of_orders, [])
    assert known.paid_fen == {(order_id, 11): 11_375}


async def test_days_and_limits(town: Town) -> None:
    assert (await read(town, "clerk", **{"from": "2026-03-03"})).json()["items"] == []
    for query in ({"from": "2026-04-01"}, {"from": "2024-01-01"}, {"to": "9999-12-31"}):
        assert (await read(town, "clerk", **query)).status_code == 422, query


async def test_a_period_shows_trips_that_began_in_it(town: Town) -> None:
    account_id = await town.world.account("checker", Role.AUDITOR)
    header = await town.world.token_of(account_id, begin=MORNING + timedelta(hours=2), end=MORNING + timedelta(hours=4))
    for path in ("vehicles/11/use-record", "use-record"):
        answer = await town.client.get(f"/api/v1/{path}", params=DAYS, headers={**header, **PURPOSE})
        assert [one["trips"] for one in answer.json()["items"]] == [1], path
        assert "保密地点" in answer.text


def xlsx_cells(content: bytes) -> dict[str, str | float]:
    """Every cell of the first sheet, by its name."""
    space = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        texts = ["".join(part.text or "" for part in one.iterfind(".//s:t", space)) for one in shared]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    found: dict[str, str | float] = {}
    for cell in sheet.iterfind(".//s:c", space):
        value = cell.find("s:v", space)
        if value is not None and value.text is not None:
            found[cell.attrib["r"]] = texts[int(value.text)] if cell.attrib.get("t") == "s" else float(value.text)
    return found
