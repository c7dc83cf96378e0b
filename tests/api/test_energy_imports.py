"""Fuel-card and charging records over HTTP and on the command line: added once, by whom, and never changed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range

from api.energy.schemas import RecordReport
from fleet.model.registry import Role
from fleet.store import tables
from tests.api.builders import World, connected
from tests.services import ROOT

pytestmark = pytest.mark.store

FUEL = "卡号,交易时间,油品,数量（升）,金额（元）,加油站,号牌号码,里程（公里）,流水号\n"
ONE = "9900-11,2026-05-01 10:00:05,92号汽油,40.25,313.95,某站,云D00011,10234.5,A1\n"
TWO = "9900-12,2026-05-02 10:00,0号柴油,60,444.00,,,,\n"
CHARGING = "plate,from,to,energy_kwh,cost_yuan,station,number\n"
CHARGED = "云DD00014,2026-05-01 22:00,2026-05-02 05:30,41.2,,depot,\n"


@pytest.fixture
async def town(world: World) -> World:
    """Organs 1 and, below it, 2 and 3; a vehicle and its card in each of the two, a confidential one in 2."""
    world.clock.moment = datetime(2026, 6, 30, 8, tzinfo=UTC)
    await world.organ(1, kind="city", division=530300)
    for organ_id in (2, 3):
        await world.organ(organ_id, parent_id=1)
    await world.vehicle(11, organ=2, tank_ml=50_000)
    await world.vehicle(12, organ=3, energy="diesel")
    await world.vehicle(13, organ=2, confidential=True)
    await world.vehicle(14, organ=2, energy="bev", plate="云DD00014")
    for vehicle_id in (11, 12, 13):
        period = Range(date(2026, 1, 1), None, bounds="[)")
        values = {"id": vehicle_id, "card": f"9900-{vehicle_id}", "vehicle_id": vehicle_id, "period": period}
        await world.execute(insert(tables.fuel_card).values(values))
    return world


async def imported(client: httpx.AsyncClient, kind: str, text: str, **query: Any) -> RecordReport:
    answer = await client.post(f"/api/v1/imports/{kind}", content=text.encode("gb18030"), params=query)
    assert answer.status_code == 200, answer.text
    return RecordReport.model_validate(answer.json())


def counts(report: RecordReport) -> tuple[int, ...]:
    """New, changed, unchanged, refused."""
    return tuple(report.counts.values())


async def test_once_and_never_again(town: World, client: httpx.AsyncClient) -> None:
    dry = await imported(client, "fuel", FUEL + ONE + TWO, dry_run=True)
    assert (dry.applied, counts(dry)) == (False, (2, 0, 0, 0))
    assert await town.scalar("select count(*) from fuel_record") == 0
    bad = TWO.replace("9900-12", "9900-77")
    mixed = await imported(client, "fuel", FUEL + ONE + bad)
    assert (mixed.applied, counts(mixed)) == (False, (1, 0, 0, 1))
    assert [(one.line, one.problems[0].code) for one in mixed.items if one.problems] == [(3, "unknown_card")]
    partly = await imported(client, "fuel", FUEL + ONE + bad, partial=True)
    assert (partly.applied, counts(partly)) == (True, (1, 0, 0, 1))
    whole = await imported(client, "fuel", FUEL + ONE + TWO)
    assert (whole.applied, counts(whole)) == (True, (1, 0, 1, 0))
    again = await imported(client, "fuel", FUEL + ONE + TWO)
    assert (again.applied, counts(again), again.items) == (False, (0, 0, 2, 0), [])
    rows = await town.rows(
        "select r.card, r.vehicle_id, r.fuel, r.ml, r.cost_fen, r.odometer_m, i.who, i.records"
        " from fuel_record r join energy_import i on i.id = r.import_id order by r.at"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("9900-11", 11, "petrol", 40_250, 31_395, 10_234_500, "admin", 1),
        ("9900-12", 12, "diesel", 60_000, 44_400, None, "admin", 1),
    ]
    changed = await imported(client, "fuel", FUEL + ONE.replace("313.95", "300"))
    assert [one.problems[0].code for one in changed.items] == ["differs"]
    log = await town.rows("select detail, organ_ids from audit_log where action = 'import.fuel' order by n")
    assert [(row["detail"]["quantity"], row["organ_ids"]) for row in log] == [(40_250, [2]), (60_000, [3])]


async def test_charging_without_an_amount(town: World, client: httpx.AsyncClient) -> None:
    assert counts(await imported(client, "charging", CHARGING + CHARGED)) == (1, 0, 0, 0)
    assert counts(await imported(client, "charging", CHARGING + CHARGED)) == (0, 0, 1, 0)
    later = await imported(client, "charging", CHARGING + CHARGED.replace("05:30", "06:30"))
    assert [one.problems[0].code for one in later.items] == ["differs"]
    (row,) = await town.rows("select vehicle_id, wh, cost_fen, end_at from charging_record")
    assert tuple(row.values()) == (14, 41_200, None, datetime(2026, 5, 1, 21, 30, tzinfo=UTC))


async def test_an_organ_imports_its_own_and_knows_no_others(town: World, app: FastAPI) -> None:
    await town.account("desk", Role.ORGAN_DISPATCHER, 2)
    secret = ONE.replace("9900-11", "9900-13").replace("云D00011", "")
    async with connected(app, "desk") as desk:
        report = await imported(desk, "fuel", FUEL + ONE + TWO + secret, partial=True)
        assert [(one.line, one.outcome.value, [p.code for p in one.problems]) for one in report.items] == [
            (2, "new", []),
            (3, "refused", ["unknown_card"]),
            (4, "refused", ["unknown_card"]),
        ]
        words = {one.problems[0].message.replace("9900-12", "").replace("9900-13", "") for one in report.items[1:]}
        assert len(words) == 1, "the words tell one that is there from one that is not"
    await town.account("reader", Role.AUDITOR, 2)
    async with connected(app, "reader") as reader:
        assert (await reader.post("/api/v1/imports/fuel", content=b"")).status_code == 403


async def test_what_cannot_be_read(town: World, client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/imports/fuel", content="颜色\n".encode())
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:one-network:problem:unreadable-sheet"


async def test_the_command_line(town: World, tmp_path: Path) -> None:
    def fleet(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fleet.cli", "import", *arguments],
            cwd=ROOT,
            env={"FLEET_DATABASE_URL": town.url, "FLEET_MQTT_URL": "mqtt://127.0.0.1:1", "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    sheet = tmp_path / "fuel.csv"
    sheet.write_text(FUEL + ONE + TWO.replace("9900-12", "9900-77"), encoding="utf-8", newline="")
    refused = await asyncio.to_thread(fleet, "fuel", str(sheet))
    assert refused.returncode == 1
    assert "line 3  refused  9900-77" in refused.stdout
    assert "nothing stored" in refused.stdout
    taken = await asyncio.to_thread(fleet, "refuels", str(sheet), "--partial")
    assert "1 new, 0 changed, 0 unchanged, 1 refused; stored" in taken.stdout
    assert await town.scalar("select who from energy_import") == "command line"
