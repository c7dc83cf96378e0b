"""Cases over HTTP: who sees, who decides, what is refused with all its reasons, and the evidence file."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from fleet.model.registry import Role
from tests.api.builders import World, connected
from tests.api.case_rows import case
from tests.api.journeys import Journeys, fixes

pytestmark = pytest.mark.store

CITY, COUNTY, OFFICE, OTHER = 1, 2, 3, 4


@pytest.fixture
async def town(world: World) -> World:
    """City > county > office; another office; one case of the office's vehicle."""
    await world.organ(CITY, kind="city", division=530300)
    await world.organ(COUNTY, kind="county", parent_id=CITY)
    await world.organ(OFFICE, parent_id=COUNTY)
    await world.organ(OTHER, parent_id=CITY)
    await world.vehicle(1, organ=OFFICE)
    await case(world, 1, OFFICE)
    return world


class People:
    """Requests as somebody; accounts are made when they are first needed."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self._world = world
        self._client = client
        self._headers: dict[str, dict[str, str]] = {}

    async def add(self, name: str, role: Role, organ_id: int | None) -> None:
        self._headers[name] = await self._world.session_of(await self._world.account(name, role, organ_id))

    async def again(self) -> None:
        """Everybody logs in again: sessions do not last for days."""
        for row in await self._world.rows("select id, username from account"):
            if row["username"] in self._headers:
                self._headers[row["username"]] = await self._world.session_of(row["id"])

    async def step(self, name: str, command: str, why: str | None = "查实", case_id: int = 1) -> httpx.Response:
        path = f"/api/v1/cases/{case_id}/{command}"
        return await self._client.post(path, json={"why": why}, headers=self._headers[name])

    async def assign(self, name: str, to: str) -> httpx.Response:
        path = "/api/v1/cases/1/assign"
        return await self._client.post(path, json={"assignee": to}, headers=self._headers[name])

    async def get(self, name: str, path: str, **headers: str) -> httpx.Response:
        return await self._client.get(f"/api/v1{path}", headers=self._headers[name] | headers)


@pytest.fixture
async def people(town: World, app: FastAPI) -> AsyncIterator[People]:
    async with connected(app, None) as client:
        made = People(town, client)
        await made.add("city", Role.SUPERVISOR, CITY)
        await made.add("county", Role.SUPERVISOR, COUNTY)
        await made.add("inside", Role.SUPERVISOR, OFFICE)
        await made.add("manager", Role.ORGAN_MANAGER, OFFICE)
        await made.add("stranger", Role.ORGAN_MANAGER, OTHER)
        await made.add("auditor", Role.AUDITOR, CITY)
        await made.add("root", Role.ADMINISTRATOR, None)
        yield made


def codes(answer: httpx.Response) -> set[str]:
    return {one["code"] for one in answer.json()["reasons"]}


async def test_a_case_from_opening_to_its_end(people: People, town: World) -> None:
    assert (await people.assign("city", "county")).json()["assignee"] == "county"
    explained = await people.step("manager", "explain", "紧急送文件")
    assert explained.json()["state"] == "explained"
    confirmed = await people.step("county", "confirm")
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
    assert confirmed.json()["decided_at"] is not None
    assert (await people.step("county", "close", None)).json()["state"] == "closed"
    reopened = await people.step("city", "reopen", "新证据")
    assert (reopened.json()["state"], reopened.json()["decided_at"]) == ("open", None)
    whole = (await people.get("city", "/cases/1")).json()
    assert [one["command"] for one in whole["history"]] == ["assign", "explain", "confirm", "close", "reopen"]
    assert [one["by"] for one in whole["history"]] == ["city", "manager", "county", "county", "city"]
    assert whole["evidence"][0]["grounds"][0]["zh"].endswith("无用车单。")
    assert whole["evidence"][0]["readings"][0]["place"] == {"zh": "麒麟城区附近", "en": "near Qilin"}
    logged = await town.rows("select action, account from audit_log where subject = 'case:1' order by n")
    assert [one["action"] for one in logged][:2] == ["case.assign", "case.explain"]


async def test_who_may_not_decide(people: People) -> None:
    await people.assign("city", "county")
    assert codes(await people.step("inside", "confirm")) == {"own_organ"}
    assert (await people.step("manager", "confirm")).status_code == 403
    assert (await people.step("auditor", "confirm")).status_code == 403
    assert (await people.step("root", "confirm")).status_code == 403
    assert (await people.get("root", "/cases")).status_code == 403
    assert (await people.step("stranger", "explain")).status_code == 404  # it exists for those who answer for it
    assert (await people.step("city", "confirm", " ")).json()["reasons"][0]["code"] == "why_missing"


async def test_every_reason_is_said(people: People) -> None:
    refused = await people.step("inside", "confirm", None)
    assert refused.status_code == 409
    assert codes(refused) == {"wrong_state", "own_organ", "why_missing"}
    assert all(one["message_zh"] for one in refused.json()["reasons"])


async def test_it_is_assigned_to_a_supervisor_above_the_organ(people: People) -> None:
    for name in ("inside", "manager", "nobody"):
        assert (await people.assign("city", name)).status_code == 422
    assert (await people.assign("county", "city")).status_code == 200


async def test_many_at_once(people: People, town: World) -> None:
    await case(town, 2, OFFICE)
    await case(town, 3, OFFICE, state="closed")
    answer = await people._client.post(
        "/api/v1/cases/assign",
        json={"cases": [1, 2, 3, 99], "assignee": "county"},
        headers=people._headers["city"],
    )
    assert answer.json()["assigned"] == [1, 2]
    assert set(answer.json()["refused"]) == {"3", "99"}


async def test_lists_and_their_scope(people: People, town: World) -> None:
    await case(town, 2, OTHER, severity="blue", rules=["unit_silent"])
    assert [one["id"] for one in (await people.get("city", "/cases")).json()["items"]] == [2, 1]
    assert [one["id"] for one in (await people.get("county", "/cases")).json()["items"]] == [1]
    assert [one["id"] for one in (await people.get("stranger", "/cases")).json()["items"]] == [2]
    assert [one["id"] for one in (await people.get("city", "/cases?rule=unit_silent")).json()["items"]] == [2]
    assert [one["id"] for one in (await people.get("city", "/cases?severity=red")).json()["items"]] == [1]
    assert [one["id"] for one in (await people.get("county", "/alerts")).json()["items"]] == [1]
    page = (await people.get("city", "/cases?limit=1")).json()
    following = (await people.get("city", f"/cases?limit=1&cursor={page['next_cursor']}")).json()
    assert [one["id"] for one in following["items"]] == [1]


async def test_the_worst_first_page_by_page(people: People, town: World) -> None:
    for number, colour in enumerate(("blue", "red", "yellow", "red"), 2):
        await case(town, number, OFFICE, severity=colour)
    read: list[int] = []
    cursor = ""
    for _ in range(3):
        page = (await people.get("city", f"/cases?sort=worst&limit=2{cursor}")).json()
        read += [one["id"] for one in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert read == [5, 3, 1, 4, 2]
    assert page["next_cursor"] is None
    other = (await people.get("city", "/cases?limit=2")).json()["next_cursor"]
    assert (await people.get("city", f"/cases?sort=worst&cursor={other}")).status_code == 400


async def test_counts_are_of_what_is_listed(people: People, town: World) -> None:
    await case(town, 2, OFFICE, severity="blue", due_at=town.clock() - timedelta(hours=1))
    await case(town, 3, OTHER, state="closed")
    counted = (await people.get("city", "/cases/counts")).json()["items"]
    assert {(one["state"], one["severity"]): (one["cases"], one["overdue"]) for one in counted} == {
        ("closed", "red"): (1, 0),
        ("open", "blue"): (1, 1),
        ("open", "red"): (1, 0),
    }
    assert [one["severity"] for one in (await people.get("manager", "/cases/counts?severity=red")).json()["items"]] == [
        "red"
    ]
    assert (await people.get("stranger", "/cases/counts?state=open")).json()["items"] == []


async def test_who_may_be_given_cases(people: People) -> None:
    everybody = (await people.get("city", "/cases/assignees")).json()["items"]
    assert [one["username"] for one in everybody] == ["city", "county", "inside"]
    above = (await people.get("county", f"/cases/assignees?organ={OFFICE}")).json()["items"]
    assert [one["username"] for one in above] == ["city", "county"]
    assert (await people.get("county", f"/cases/assignees?organ={OTHER}")).status_code == 404
    assert (await people.get("auditor", "/cases/assignees")).status_code == 403


async def test_a_token_for_a_period_sees_what_began_in_it(people: People, town: World) -> None:
    await case(town, 2, OFFICE, begin_at=town.clock() - timedelta(days=9), end_at=town.clock() - timedelta(days=8))
    await town.execute_sql("update finding set begin_at = now() - interval '9 days' where id = 2")
    account_id = await town.account("checker", Role.AUDITOR, CITY)
    header = await town.token_of(account_id, begin=town.clock() - timedelta(days=1))
    for path, seen in (
        ("/cases", [1]),
        ("/alerts", [1]),
        ("/cases/1", 200),
        ("/cases/2", 404),
        ("/cases/2/evidence", 404),
    ):
        answer = await people._client.get(f"/api/v1{path}", headers={**header, "x-purpose": "audit"})
        found = [one["id"] for one in answer.json()["items"]] if isinstance(seen, list) else answer.status_code
        assert found == seen, path


async def test_the_evidence_file_proves_itself(people: People, town: World) -> None:
    assert (await people.get("auditor", "/cases/1/evidence")).status_code == 400  # without a purpose
    answer = await people.get("auditor", "/cases/1/evidence", **{"x-purpose": "audit 2026-11"})
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    lines = [line.split("  ") for line in archive.read("SHA256SUMS").decode().splitlines()]
    sums = {name: digest for digest, name in lines}
    assert set(sums) == set(archive.namelist()) - {"SHA256SUMS"}
    assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in sums.items())
    assert json.loads(archive.read("case.json"))["number"] == "XS-2026-000001"
    assert "无用车单" in archive.read("case.html").decode()
    (logged,) = await town.rows("select purpose, detail from audit_log where action = 'case.evidence'")
    assert logged["purpose"] == "audit 2026-11"
    assert logged["detail"]["sha256"] == hashlib.sha256(answer.content).hexdigest()


async def test_the_evidence_file_holds_the_whole_track(people: People, town: World) -> None:
    begun = town.clock().replace(microsecond=0) - timedelta(hours=2)
    driven = fixes(begun, (0, 0), (300, 3_000), (600, 9_000))
    trip_id = await Journeys(town).trip(1, begun, driven, organ_id=OFFICE)
    await town.execute_sql(f"update finding set subject_id = {trip_id} where id = 1")
    answer = await people.get("auditor", "/cases/1/evidence", **{"x-purpose": "audit 2026-11"})
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    track = json.loads(archive.read(f"track-{trip_id}.geojson"))
    (line, *points) = track["features"]
    assert track["type"] == "FeatureCollection"
    assert track["properties"]["trip_id"] == trip_id
    assert len(line["geometry"]["coordinates"]) == len(points) == len(driven)


async def test_the_organ_concerned_neither_reopens_nor_closes_nor_assigns(people: People) -> None:
    assert codes(await people.assign("inside", "county")) == {"own_organ"}
    await people.assign("city", "county")
    await people.step("county", "confirm")
    assert codes(await people.step("inside", "reopen", "我们不服")) == {"own_organ"}
    assert codes(await people.step("inside", "close")) == {"own_organ"}


async def test_whoever_explained_once_never_decides(people: People, town: World) -> None:
    await people.assign("city", "county")
    await people.step("manager", "explain", "first")
    await people.add("manager2", Role.ORGAN_MANAGER, OFFICE)
    await people.step("manager2", "explain", "second")
    await town.execute_sql(f"update account set role = 'supervisor', organ_id = {COUNTY} where username = 'manager'")
    account_id = await town.scalar("select id from account where username = 'manager'")
    people._headers["manager"] = await town.session_of(account_id)
    assert codes(await people.step("manager", "dismiss")) == {"explained_it"}


async def test_in_other_hands_an_explanation_stays_one(people: People) -> None:
    await people.assign("city", "county")
    await people.step("manager", "explain", "紧急送文件")
    assert (await people.assign("city", "city")).json()["state"] == "explained"


async def test_each_state_has_its_deadline(people: People, town: World) -> None:
    assigned = (await people.assign("city", "county")).json()
    five_days = town.clock() + timedelta(days=5)
    assert datetime.fromisoformat(assigned["due_at"]) == datetime.fromisoformat(assigned["explain_by"]) == five_days
    assert (await people.get("city", "/cases?overdue=true")).json()["items"] == []
    town.clock.advance(timedelta(days=6))
    await people.again()
    (late,) = (await people.get("city", "/cases?overdue=true")).json()["items"]
    assert (late["overdue"], late["state"]) == (True, "assigned")
    assert (await people.get("city", "/cases?overdue=false")).json()["items"] == []
    explained = (await people.step("manager", "explain", "补充说明")).json()
    assert datetime.fromisoformat(explained["due_at"]) == town.clock() + timedelta(days=10)
    decided = (await people.step("county", "dismiss")).json()
    assert (decided["due_at"], decided["overdue"]) == (None, False)


async def test_a_supervisors_own_date_counts_and_stays(people: People, town: World) -> None:
    path, headers = "/api/v1/cases/1/assign", people._headers["city"]
    by = (town.clock() + timedelta(days=1)).isoformat()
    form = {"assignee": "county", "explain_by": by}
    assigned = (await people._client.post(path, json=form, headers=headers)).json()
    assert datetime.fromisoformat(assigned["due_at"]) == town.clock() + timedelta(days=1)
    again = (await people.assign("city", "city")).json()
    assert again["explain_by"] == assigned["explain_by"], "in other hands the organ has no other date"
    past = {"assignee": "county", "explain_by": (town.clock() - timedelta(days=1)).isoformat()}
    assert (await people._client.post(path, json=past, headers=headers)).status_code == 422


async def test_rules_are_listed_with_their_parameters(people: People) -> None:
    items = (await people.get("manager", "/rules")).json()["items"]
    first = items[0]
    assert (first["slug"], first["parameters"][0]["value"]) == ("unapproved_trip", 50)
    assert len(items) == 11
