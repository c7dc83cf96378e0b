"""The statistics page: quotas, what replacing would change, a figure, and the vehicles behind it."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range

from fleet.store import tables
from tests.api.builders import World
from tests.api.dashboard.conftest import Person, accounts
from tests.api.journeys import day_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]

FUEL = {31: "云D10001", 32: "云D10002", 33: "云D10003"}
ELECTRIC = {41: "云DD20001"}


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, division=530302, name="麒麟区教育体育局")
    await accounts(world)
    year = day_of(world.clock()).year
    for vehicle_id, plate in {**FUEL, **ELECTRIC}.items():
        energy = "petrol" if vehicle_id in FUEL else "bev"
        begin = date(year, 1, 1) if vehicle_id in ELECTRIC else date(year - 6, 1, vehicle_id - 30)
        await world.vehicle(vehicle_id, organ=2, plate=plate, energy=energy, registered_on=begin)
        values = {"use": "other", "management": "retained", "status": "in_service", "energy": energy}
        period = Range(begin, None, bounds="[)")
        history = insert(tables.vehicle_history)
        await world.execute(history.values(vehicle_id=vehicle_id, period=period, organ_id=2, division=530302, **values))


def test_quotas_what_replacing_would_change_and_the_vehicles_behind(person: Person) -> None:
    page = person("supervisor", "/statistics")
    figures = page.locator(".board-figure")
    expect(figures).to_have_count(5)
    expect(figures.nth(0)).to_contain_text("100.0%1/1")
    expect(figures.nth(0)).to_contain_text("高于指标 70.0 个百分点")
    expect(figures.nth(2)).to_contain_text("25.0%1/4")
    what_if = page.locator(".what-if")
    expect(what_if.locator(".then")).to_contain_text("25.0 % → 100.0 %")
    what_if.get_by_role("spinbutton").fill("2")
    expect(what_if.locator(".then")).to_contain_text("25.0 % → 75.0 %")
    expect(what_if.locator("tbody tr")).to_have_count(2)
    expect(page).to_have_url(re.compile("replace=2"))

    page.locator(".board-table").get_by_role("link", name="麒麟区").click()
    expect(page.locator(".statistic-total .value b")).to_have_text("25.0%")
    page.locator(".board-table .as-link").get_by_text("麒麟区教育体育局").click()
    behind = page.locator(".board-table")
    for plate in ("10001", "10003", "D20001"):
        expect(behind).to_contain_text(plate)
    page.goto(page.url.split("/statistics")[0] + "/statistics?replace=2")
    expect(what_if.locator(".then")).to_contain_text("75.0 %")


def test_a_sheet_is_the_server_s_and_english_is_complete(person: Person) -> None:
    page = person("auditor", "/statistics/nev_share_stock?by=energy&lang=en")
    expect(page.locator(".board-table")).to_contain_text("Battery electric")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="CSV").click()
    with download.value.path().open(encoding="utf-8-sig") as sheet:
        assert "25" in sheet.read()
