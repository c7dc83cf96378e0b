"""Imports and exports over HTTP and on the command line, and what the network does not know."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from api.registry.sheets.schemas import ImportReport
from api.registry.unknowns.routes import UnknownPage
from fleet.demonstration.city import build_city
from fleet.store.city import load_city
from tests.api.builders import World
from tests.services import ROOT

pytestmark = pytest.mark.store

PURPOSE = {"X-Purpose": "test of the sheets"}
HEADER = "号牌号码,车辆识别代号,单位编码,区划代码,用途,管理方式,能源类型,车型,座位数,登记日期\r\n"
GOOD = "云D·12345,1M8GDM9AXKP042788,O3,530302,机要通信,平台,汽油,轿车,5,2020/1/2\r\n"
BAD = "云DD12345,,O3,530302,其他,平台,汽油,轿车,5,\r\n"


async def imported(client: httpx.AsyncClient, kind: str, content: bytes | str, **query: Any) -> ImportReport:
    body = content if isinstance(content, bytes) else content.encode()
    answer = await client.post(f"/api/v1/imports/{kind}", content=body, params=query)
    assert answer.status_code == 200, answer.text
    return ImportReport.model_validate(answer.json())


def counts(report: ImportReport) -> tuple[int, ...]:
    """New, changed, unchanged, refused."""
    return tuple(report.counts.values())


async def test_dry_run_import_and_again(world: World, client: httpx.AsyncClient) -> None:
    await world.organ(3)
    dry = await imported(client, "vehicles", HEADER + GOOD, dry_run="true")
    assert (dry.applied, counts(dry)) == (False, (1, 0, 0, 0))
    assert await world.scalar("select count(*) from vehicle") == 0
    mixed = await imported(client, "vehicles", HEADER + GOOD + BAD)
    assert (mixed.applied, counts(mixed)) == (False, (1, 0, 0, 1))
    assert [(item.line, item.problems[0].field) for item in mixed.items if item.problems] == [(3, "plate")]
    assert await world.scalar("select count(*) from vehicle") == 0
    partly = await imported(client, "vehicles", HEADER + GOOD + BAD, partial="true")
    assert (partly.applied, counts(partly)) == (True, (1, 0, 0, 1))
    again = await imported(client, "vehicles", (HEADER + GOOD).encode("gb18030"))
    assert (again.applied, counts(again), again.items) == (False, (0, 0, 1, 0), [])
    moved = await imported(client, "vehicles", HEADER + GOOD.replace("平台", "租赁"), effective_on="2026-01-01")
    assert moved.items[0].changes[0].model_dump() == {"field": "management", "old": "platform", "new": "leased"}
    kept = await world.rows("select period::text, management from vehicle_history order by lower(period)")
    assert [tuple(row.values()) for row in kept] == [
        ("[2020-01-02,2026-01-01)", "platform"),
        ("[2026-01-01,)", "leased"),
    ]
    assert await world.scalar("select count(*) from recompute") == 1
    log = await world.rows("select detail from audit_log where action = 'import.vehicles' order by n")
    assert [row["detail"]["counts"]["new"] for row in log] == [1, 0]
    assert log[1]["detail"]["changed"][0]["before"] == {"management": "platform"}
    unreadable = await client.post("/api/v1/imports/vehicles", content="颜色\r\n".encode())
    assert unreadable.status_code == 422
    assert unreadable.json()["type"] == "urn:one-network:problem:unreadable-sheet"
    assert (await client.post("/api/v1/imports/elephants", content=b"")).status_code == 422


async def test_a_tree_of_organs_and_its_drivers(world: World, client: httpx.AsyncClient) -> None:
    await world.organ(1, kind="city", division=530300, code="530300")
    sheet = "单位编码,单位名称,单位性质,区划代码,上级单位编码,车辆编制\nb,乙,政府,530302,a,3\na,甲,县,530302,530300,\n"
    await world.execute_sql("select setval(pg_get_serial_sequence('organ', 'id'), 10)")
    assert counts(await imported(client, "organs", sheet)) == (2, 0, 0, 0)
    tree = await world.rows("select o.code, p.code above from organ o join organ p on p.id = o.parent_id order by 1")
    assert [tuple(row.values()) for row in tree] == [("a", "530300"), ("b", "a")]
    drivers = "驾驶员编号,单位编码,准驾车型,驾驶证有效期至,电话\n驾驶员 0001,b,c1,2030-01-01,00000000017\n"
    assert counts(await imported(client, "drivers", drivers)) == (1, 0, 0, 0)
    export = await client.get("/api/v1/exports/drivers.csv", headers=PURPOSE)
    assert "000****0017" in export.text
    assert counts(await imported(client, "drivers", export.content)) == (0, 0, 1, 0)
    assert await world.scalar("select phone from driver") == "00000000017"


async def test_a_whole_fleet_leaves_and_comes_back(world: World, client: httpx.AsyncClient) -> None:
    connection = await asyncpg.connect(world.url)
    await load_city(connection, build_city())
    await connection.close()
    for kind, many in (("organs", 520), ("vehicles", 6_000), ("drivers", None)):
        export = await client.get(f"/api/v1/exports/{kind}.csv", headers=PURPOSE)
        assert export.headers["content-type"].startswith("text/csv")
        rows = list(csv.reader(io.StringIO(export.content.decode("utf-8-sig"))))
        assert many is None or len(rows) == many + 1
        report = await imported(client, kind, export.content)
        assert counts(report)[:2] == (0, 0)
        assert counts(report)[3] == 0
    english = (await client.get("/api/v1/exports/vehicles.csv", params={"headers": "en"}, headers=PURPOSE)).text
    raised = english.replace(",in_service,", ",sealed,")
    began = time.perf_counter()
    report = await imported(client, "vehicles", raised)
    took_s = time.perf_counter() - began
    assert report.applied
    assert counts(report)[1] > 5_700
    assert took_s < 10
    await world.execute_sql("truncate vehicle cascade")
    began = time.perf_counter()
    report = await imported(client, "vehicles", english)
    took_s = time.perf_counter() - began
    assert counts(report) == (6_000, 0, 0, 0)
    assert took_s < 10
    assert await world.scalar("select count(*) from vehicle_history") == 6_000


async def test_the_command_line_says_the_same(world: World, tmp_path: Path) -> None:
    await world.organ(3)
    sheet = tmp_path / "vehicles.csv"
    sheet.write_text(HEADER + GOOD + BAD, encoding="utf-8", newline="")

    def fleet(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fleet.cli", "import", *arguments],
            cwd=ROOT,
            env={"FLEET_DATABASE_URL": world.url, "FLEET_MQTT_URL": "mqtt://127.0.0.1:1", "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    refused = await asyncio.to_thread(fleet, "vehicles", str(sheet))
    assert refused.returncode == 1
    assert "line 3  refused  云DD12345" in refused.stdout
    assert "nothing stored" in refused.stdout
    sheet.write_text(HEADER + GOOD, encoding="utf-8", newline="")
    dry = await asyncio.to_thread(fleet, "vehicles", str(sheet), "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    assert json.loads(dry.stdout)["counts"]["new"] == 1
    assert await world.scalar("select count(*) from vehicle") == 0
    stored = await asyncio.to_thread(fleet, "vehicles", str(sheet))
    assert stored.returncode == 0, stored.stdout
    assert await world.scalar("select plate from vehicle") == "云D12345"
    sheet.write_text("颜色\n", encoding="utf-8")
    assert (await asyncio.to_thread(fleet, "vehicles", str(sheet))).returncode == 1


async def test_what_the_network_does_not_know(world: World, client: httpx.AsyncClient) -> None:
    await world.organ(1, kind="city", division=530300)
    await world.organ(3, parent_id=1, vehicle_quota=2)
    await world.organ(4, parent_id=1, vehicle_quota=9)
    now = world.clock()
    await world.vehicle(11, organ=3, marked=False)
    await world.vehicle(12, organ=3, fitted=False)
    await world.vehicle(13, organ=3, use="communications", price_fen=12_000_001)
    await world.vehicle(14, organ=4, lender_organ_id=3)
    await world.vehicle(15, organ=4, status="retired", marked=False, fitted=False)
    await world.vehicle(16, organ=4, confidential=True, marked=False)
    long_ago = now - timedelta(days=8)
    await world.states(
        {"unit_id": 11},
        {"unit_id": 13, "position_received_at": long_ago, "online_at": long_ago},
        {"unit_id": 14, "position_received_at": now - timedelta(days=3), "online_at": None},
    )

    async def found(kind: str, **query: Any) -> tuple[list[int], dict[int, int]]:
        answer = await client.get("/api/v1/registry/unknowns", params={"kind": kind, **query})
        page = UnknownPage.model_validate(answer.json())
        assert page.total == len(page.items)
        return [one.id for one in page.items], {one.organ_id: one.count for one in page.by_organ}

    assert await found("never_seen") == ([12, 16], {3: 1, 4: 1})
    assert await found("unbound") == ([12], {3: 1})
    assert await found("unmarked") == ([11], {3: 1})
    assert await found("over_quota") == ([11, 12, 13], {3: 3})
    assert await found("over_standard") == ([13], {3: 1})
    assert await found("long_silent") == ([13], {3: 1})
    assert await found("long_silent", days=2) == ([13, 14], {3: 1, 4: 1})
    assert await found("borrowed") == ([14], {4: 1})
    assert await found("never_seen", organ=4) == ([16], {4: 1})
    assert (await client.get("/api/v1/registry/unknowns", params={"kind": "ghost"})).status_code == 422
