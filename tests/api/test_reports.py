"""The monthly report over HTTP and on the command line: whose figures it holds, and under which policy."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from fleet.model.registry import Role
from fleet.reports.style import POLICY
from tests.api.builders import World, connected
from tests.api.test_energy_sheet import bought, town
from tests.services import ROOT

__all__ = ["bought", "town"]

pytestmark = pytest.mark.store

MAY = "/api/v1/reports/monthly?month=2026-05"


def words(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html.partition("</style>")[2])


async def test_a_page_of_the_city(town: World, client: httpx.AsyncClient, bought: httpx.AsyncClient) -> None:
    answer = await client.get(MAY)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await client.get(MAY)).text == answer.text, "asked twice, the same to the last digit"
    text = words(answer.text)
    assert "2026 年 5 月" in text
    assert "令牌期限" not in text
    assert "6,400" in text, "all that was driven"
    figure = (await client.get("/api/v1/statistics/distance?from=2026-05-01&to=2026-05-31")).json()["total"]
    assert f"{figure['parts']['distance_m']:,} / 500,000" in text, "the same whole numbers as the statistic tells"
    sheet = (await client.get("/api/v1/energy-sheet?from=2026-05&to=2026-05&all_organs=true")).json()["total"]
    assert f"{sheet['media']['petrol']['bought']:,.1f}" in text
    assert "报文入账率" in text
    english = words((await client.get(f"{MAY}&lang=en")).text)
    assert "May 2026" in english
    assert "Definitions, and how to recount" in english


async def test_an_organ_sees_its_own(town: World, app: FastAPI, client: httpx.AsyncClient) -> None:
    account = await town.account("viewer", Role.VIEWER, 2)
    await town.vehicle(15, organ=2, confidential=True)
    async with connected(app, "viewer") as viewer:
        text = words((await viewer.get(MAY)).text)
        assert "1,400" in text
        assert "6,400" not in text
        assert ("不含涉密车辆" in text, "报文入账率" in text) == (True, False)
        assert (await viewer.get(f"{MAY}&organ=3")).status_code == 404
        one = words((await viewer.get(f"{MAY}&organ=2")).text)
        assert "单位2" in one
    assert (await client.get("/api/v1/reports/monthly?month=2026-07")).status_code == 422
    assert (await client.get("/api/v1/reports/monthly?month=x")).status_code == 422
    header = await town.token_of(account, begin=datetime(2026, 5, 19, 20, tzinfo=UTC))
    async with connected(app, None) as script:
        part = words((await script.get(MAY, headers=header)).text)
        assert "仅含访问令牌期限内的数据" in part
        assert "1,400" not in part
    running = words((await client.get("/api/v1/reports/monthly?month=2026-06")).text)
    assert "截至 2026-06-30" in running


async def test_the_command_line(town: World, tmp_path: Path) -> None:
    def fleet(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fleet.cli", "report", *arguments],
            cwd=ROOT,
            env={"FLEET_DATABASE_URL": town.url, "FLEET_MQTT_URL": "mqtt://127.0.0.1:1", "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    file = tmp_path / "report.html"
    wrote = await asyncio.to_thread(fleet, "--month", "2026-05", "--organ", "O2", "--lang", "en", "--out", str(file))
    assert wrote.returncode == 0, wrote.stderr
    assert "1,400" in words(file.read_text(encoding="utf-8"))
    unknown = await asyncio.to_thread(fleet, "--month", "2026-05", "--organ", "O99")
    assert unknown.returncode != 0
    assert "There is no organ" in unknown.stderr
