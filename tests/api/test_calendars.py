"""Calendars and duty rosters over HTTP: what each day is, who changes it, what is judged again, sheets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.registry.calendars.schemas import CalendarPage, CalendarShown, ListReport, YearShown
from fleet.model.registry import Role
from tests.api.builders import World, connected

pytestmark = pytest.mark.store

CITY, COUNTY, OFFICE, OTHER = 1, 2, 3, 4
FESTIVAL = "2026-03-03"


@pytest.fixture
async def town(world: World) -> World:
    world.clock.moment = datetime(2026, 6, 30, 8, tzinfo=UTC)
    await world.organ(CITY, kind="city", division=530300)
    await world.organ(COUNTY, kind="county", parent_id=CITY, division=530324)
    await world.organ(OFFICE, parent_id=COUNTY, division=530324)
    await world.organ(OTHER, parent_id=CITY)
    for vehicle_id, organ_id in ((11, OFFICE), (12, OTHER)):
        await world.vehicle(vehicle_id, organ=organ_id)
    return world


@pytest.fixture
async def boss(town: World, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A supervisor of the county."""
    await town.account("boss", Role.SUPERVISOR, COUNTY)
    async with connected(app, "boss") as client:
        yield client


def form(day: str = FESTIVAL, organ_id: int | None = COUNTY, *, worked: bool = False) -> dict[str, Any]:
    return {"organ_id": organ_id, "day": day, "worked": worked, "name": "油菜花节"}


async def marked(town: World) -> list[dict[str, Any]]:
    rows = await town.rows("select vehicle_id, reason, stage, period from recompute order by vehicle_id, id")
    await town.execute_sql("delete from recompute")
    return rows


async def kind_of(client: httpx.AsyncClient, day: str, **query: Any) -> tuple[str, str]:
    answer = (await client.get("/api/v1/calendar", params={"year": day[:4], **query})).json()
    YearShown.model_validate(answer)
    (found,) = (one for one in answer["days"] if one["day"] == day)
    return found["kind"], found["source"]


async def test_the_nearest_entry_says_what_a_day_is(
    town: World, boss: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    before = await kind_of(client, FESTIVAL, organ=OFFICE)
    assert before[0] == "working"
    city = await client.post("/api/v1/calendar-entries", json=form(organ_id=None, worked=True))
    assert city.status_code == 201, city.text
    county = await boss.post("/api/v1/calendar-entries", json=form())
    entry = CalendarShown.model_validate(county.json()).id
    assert await kind_of(boss, FESTIVAL, organ=OFFICE) == ("holiday", f"calendar entry {entry}")
    assert (await kind_of(client, FESTIVAL, organ=OTHER)) == ("working", f"calendar entry {city.json()['id']}")
    assert (await boss.get(f"/api/v1/calendar?organ={OTHER}")).status_code == 404


async def test_a_year_that_was_not_announced_is_shown_as_such(client: httpx.AsyncClient, town: World) -> None:
    known = (await client.get("/api/v1/calendar?year=2025")).json()
    assert known["announced"] is True
    assert len(known["days"]) == 365
    later = (await client.get("/api/v1/calendar?year=2040")).json()
    assert (later["announced"], len(later["days"])) == (False, 366)
    doubtful = {one["day"] for one in later["days"] if one["kind"] == "doubtful"}
    assert "2040-02-12" in doubtful  # about the Spring Festival
    assert all(one["worked"] is None for one in later["days"] if one["day"] in doubtful)


async def test_a_change_has_the_day_judged_again(town: World, boss: httpx.AsyncClient) -> None:
    created = await boss.post("/api/v1/calendar-entries", json=form())
    assert [one["code"] for one in created.json()["warnings"]] == ["acts_on_the_past"]
    (mark,) = await marked(town)
    assert (mark["vehicle_id"], mark["reason"], mark["stage"]) == (11, "calendar", "trips")
    assert mark["period"].lower == datetime(2026, 3, 2, 20, tzinfo=UTC)  # 04:00 in Asia/Shanghai
    assert mark["period"].upper == datetime(2026, 3, 3, 20, tzinfo=UTC)
    path = f"/api/v1{created.headers['location'].removeprefix('/api/v1')}"
    moved = await boss.patch(path, json={"day": "2026-03-05"}, headers={"If-Match": created.headers["etag"]})
    assert moved.status_code == 200, moved.text
    assert [one["period"].lower.day for one in await marked(town)] == [2, 4]
    assert (await boss.delete(path, headers={"If-Match": moved.headers["etag"]})).status_code == 204
    assert [one["period"].lower.day for one in await marked(town)] == [4]
    logged = await town.rows("select action from audit_log where subject like 'calendar entry:%' order by n")
    assert [one["action"].split(".")[1] for one in logged] == ["create", "change", "remove"]
    ahead = await boss.post("/api/v1/calendar-entries", json=form("2026-12-30"))
    assert ahead.json()["warnings"] == []
    assert await marked(town) == []


async def test_lists_by_organ_county_and_year(town: World, boss: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    for day, organ_id in ((FESTIVAL, None), (FESTIVAL, COUNTY), ("2027-03-04", OFFICE), (FESTIVAL, OTHER)):
        assert (await client.post("/api/v1/calendar-entries", json=form(day, organ_id))).status_code == 201

    async def seen(who: httpx.AsyncClient, **query: Any) -> list[tuple[int | None, int]]:
        body = (await who.get("/api/v1/calendar-entries", params=query)).json()
        CalendarPage.model_validate(body)
        return [(one["organ_id"], date.fromisoformat(one["day"]).year) for one in body["items"]]

    assert await seen(boss) == [(None, 2026), (COUNTY, 2026), (OFFICE, 2027)]
    assert await seen(client, organ=COUNTY) == [(COUNTY, 2026), (OFFICE, 2027)]
    assert await seen(client, division=530324, year=2027) == [(OFFICE, 2027)]
    assert (await client.post("/api/v1/calendar-entries", json=form())).status_code == 409


async def test_a_sheet_of_days(town: World, boss: httpx.AsyncClient) -> None:
    async def send(text: str, **query: Any) -> dict[str, Any]:
        answer = await boss.post("/api/v1/imports/calendar", content=text.encode("gb18030"), params=query)
        assert answer.status_code == 200, answer.text
        ListReport.model_validate(answer.json())
        body: dict[str, Any] = answer.json()
        return body

    head = "日期,单位编码,上班,名称\n"
    good = head + f"2026年3月3日,O{COUNTY},否,油菜花节\n2026-03-07,O{OFFICE},是,补班\n"
    dry = await send(good, dry_run=True)
    assert (dry["counts"]["new"], dry["applied"]) == (2, False)
    assert await town.scalar("select count(*) from calendar_entry") == 0
    whole = await send(good + f"2026-03-08,,否,全市\n2026-03-08,O{OTHER},否,别人\n")
    assert (whole["counts"]["refused"], whole["applied"]) == (2, False)
    codes = {one["line"]: one["problems"][0]["code"] for one in whole["items"] if one["problems"]}
    assert codes == {4: "whole_city", 5: "unreadable"}
    assert (await send(good))["applied"]
    assert {one["vehicle_id"] for one in await marked(town)} == {11}
    again = await send(good)
    assert (again["counts"]["unchanged"], again["applied"]) == (2, False)
    changed = await send(head + f"2026-03-03,O{COUNTY},是,照常\n2026-03-03,O{COUNTY},是,照常\n", partial=True)
    assert (changed["counts"]["changed"], changed["counts"]["refused"]) == (1, 1)
    assert await town.scalar("select worked from calendar_entry where day = '2026-03-03'") is True
    logged = await town.rows("select detail from audit_log where action = 'import.calendar' order by n")
    assert [one["detail"]["counts"]["new"] for one in logged] == [2, 0]


async def test_a_duty_roster_becomes_exemptions(town: World, boss: httpx.AsyncClient) -> None:
    head = "号牌号码,开始时间,结束时间,事由\n"
    sheet = head + "云D·00011,2026-06-20 18:00,2026-06-21 08:00,值班\n"
    answer = (await boss.post("/api/v1/imports/duty-roster", content=sheet.encode())).json()
    assert (answer["counts"]["new"], answer["applied"]) == (1, True)
    (listed,) = (await boss.get(f"/api/v1/exemptions?kind=duty&organ={COUNTY}")).json()["items"]
    assert (listed["vehicle_id"], listed["kind"]) == (11, "duty")
    assert datetime.fromisoformat(listed["from"]) == datetime(2026, 6, 20, 10, tzinfo=UTC)
    assert (await boss.get("/api/v1/exemptions?kind=rescue")).json()["items"] == []
    assert [one["reason"] for one in await marked(town)] == ["exemption"]
    longer = head + "云D00011,2026-06-20 18:00,2026-06-21 12:00,值班\n"
    assert (await boss.post("/api/v1/imports/duty-roster", content=longer.encode())).json()["counts"]["changed"] == 1
    assert await town.scalar("select count(*) from exemption") == 1
    wrong = head + "云D00012,2026-06-20 18:00,2026-06-21 12:00,别人\n云D00011,2026-06-22 18:00,2026-06-22 17:00,反了\n"
    refused = (await boss.post("/api/v1/imports/duty-roster", content=wrong.encode())).json()
    assert [one["problems"][0]["code"] for one in refused["items"]] == ["unreadable", "period_empty"]


async def test_who_may_not(town: World, app: FastAPI) -> None:
    await town.account("desk", Role.ORGAN_DISPATCHER, OFFICE)
    async with connected(app, "desk") as client:
        assert (await client.get("/api/v1/calendar-entries")).status_code == 200
        for path, content in (("calendar-entries", "{}"), ("imports/calendar", ""), ("imports/duty-roster", "")):
            assert (await client.post(f"/api/v1/{path}", content=content)).status_code == 403
