"""The system page: which part works, which units do not, and what it says when the service is gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert

from fleet.store import tables
from tests.api.builders import World
from tests.api.dashboard.axe import violations
from tests.api.dashboard.conftest import Person, Town, accounts

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]


async def seed(world: World) -> None:
    now = world.clock()
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await accounts(world)
    for vehicle_id, state, offset_ms in ((11, "silent", 400), (12, "online", -90_000)):
        await world.vehicle(vehicle_id, organ=2)
        row = {"unit_id": vehicle_id, "vehicle_id": vehicle_id, "state": state, "since": now, "moving": False}
        row |= {"clock_offset_ms": offset_ms, "clock_samples": 9, "written_at": now}
        await world.execute(insert(tables.unit_state).values(row))
    await world.refused(1)


def test_a_person_sees_what_works_and_which_units_do_not(person: Person) -> None:
    page = person("city_dispatcher", "/map")
    page.locator(".live").get_by_text("实时").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("y")
    flow = page.locator(".flow li")
    expect(flow).to_have_count(7)
    expect(page.locator(".flow .store")).to_contain_text("正常")
    expect(page.locator(".flow .judge")).to_contain_text("未运行")
    sick = page.locator(".system-parts tbody tr", has=page.locator("a[href^='/registry/units']"))
    expect(sick).to_have_count(1)
    expect(sick).to_contain_text("U11")
    page.get_by_role("button", name="时钟偏差 1").click()
    expect(sick).to_contain_text("-90.0 s")
    expect(page.locator(".refused-by")).to_contain_text("不是 JSON")
    expect(page.locator(".rule")).to_have_count(11)


def test_when_the_service_is_gone_the_page_says_so_and_keeps_what_it_knew(person: Person, town: Town) -> None:
    page = person("auditor", "/system")
    expect(page.locator(".flow li")).to_have_count(7)
    page.route("**/api/v1/system*", lambda route: route.abort())
    page.keyboard.press("r")
    expect(page.get_by_role("alert").filter(has_text="服务没有应答")).to_be_visible()
    expect(page.locator(".flow li")).to_have_count(7)


@pytest.mark.parametrize(("theme", "lang"), [("light", "zh"), ("dark", "en")])
def test_the_system_page_can_be_used_by_everybody(person: Person, theme: str, lang: str) -> None:
    page = person("administrator", "/system", theme=theme, lang=lang, bypass_policy=True)
    expect(page.locator(".flow li")).to_have_count(7)
    expect(page.locator(".rule")).to_have_count(11)
    assert violations(page) == []
