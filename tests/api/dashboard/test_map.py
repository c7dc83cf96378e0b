"""The live map: its filters, its table, what lies on one spot, and that everybody can use it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.api.builders import World
from tests.api.case_rows import case
from tests.api.dashboard.axe import violations
from tests.api.dashboard.conftest import PHONE, Person, accounts

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await world.organ(3, parent_id=2, name="麒麟区第一小学")
    await world.organ(4, parent_id=1, name="宣威市水务局", division=530381)
    await accounts(world)
    for number, organ in ((11, 2), (12, 3), (13, 4)):
        await world.vehicle(number, organ=organ, energy="bev" if number == 12 else "petrol")
    await world.vehicle(14, organ=4, use="law_enforcement")
    spot = {"lat_e7": 255000000, "lon_e7": 1038000000}
    await world.states(
        {"unit_id": 11, **spot},
        {"unit_id": 12, **spot, "speed_dkmh": 300, "ignition": True, "soc_permille": 500},
        {"unit_id": 13, **spot},
        {"unit_id": 14, "lat_e7": 262000000, "lon_e7": 1041000000, "division": 530381},
    )
    await case(world, 1, 2, vehicle_id=11)
    await case(world, 2, 4, vehicle_id=13, severity="yellow")
    await case(world, 3, 4, vehicle_id=13, severity="blue")


def test_the_table_shows_what_the_filters_in_the_address_leave(person: Person) -> None:
    page = person("supervisor", "/map?view=table")
    rows = page.locator(".data-table tbody tr[data-row-key]")
    expect(rows).to_have_count(4)
    for query, left in (("organ=2", 2), ("energy=bev", 1), ("state=moving", 1), ("county=530381", 1)):
        page.goto(f"{page.url.split('?')[0]}?view=table&{query}")
        expect(rows).to_have_count(left)
    page.goto(f"{page.url.split('?')[0]}?view=table&use=law_enforcement")
    expect(rows).to_have_count(1)
    expect(page.locator(".filters .note")).to_contain_text("显示 1 / 4")
    page.get_by_role("button", name="清除筛选").first.click()
    expect(rows).to_have_count(4)
    rows.first.press("Enter")
    expect(page.locator(".side .plate")).to_be_visible()


def test_cases_are_walked_by_keyboard(person: Person) -> None:
    page = person("supervisor", "/map?view=table")
    items = page.locator(".list .items li")
    expect(items).to_have_count(3)
    expect(items.first).to_contain_text("00011")
    page.keyboard.press("n")
    expect(page.locator(".side .plate")).to_contain_text("00011")
    page.keyboard.press("n")
    expect(page.locator(".side .plate")).to_contain_text("00013")
    page.locator(".sev button").first.click()
    expect(items).to_have_count(2)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("键盘快捷键")


def test_vehicles_on_one_spot_are_told_apart(person: Person) -> None:
    page = person("viewer", "/map?at=103.8,25.5,17")
    expect(page.locator("[data-state=parked] b")).to_have_text("3")
    stack = page.locator(".stack-list")
    canvas = page.locator(".gl canvas")

    def opened() -> bool:
        box = canvas.bounding_box()
        if box is not None:
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(500)
        return stack.count() > 0

    assert any(opened() for _ in range(40)), "the stack never opened"
    expect(stack).to_contain_text("此处 3 辆")
    stack.get_by_role("button").nth(2).click()
    expect(page.locator(".side .plate")).to_be_visible()


@pytest.mark.parametrize(("lang", "theme"), [("zh", "light"), ("en", "dark")])
def test_everybody_can_use_it(person: Person, lang: str, theme: str) -> None:
    page = person("supervisor", "/map?vehicle=13", lang=lang, theme=theme, bypass_policy=True)
    expect(page.locator(".side .plate")).to_be_visible()
    expect(page.locator(".list .items li")).to_have_count(3)
    expect(page.locator(".side .steps, .side .quiet").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("v")
    expect(page.locator(".data-table tbody tr[data-row-key]")).to_have_count(4)
    assert violations(page) == []


def test_a_phone_shows_one_vehicle_without_sideways_scrolling(person: Person) -> None:
    page = person("supervisor", "/map?vehicle=13", size=PHONE)
    expect(page.locator(".side .plate")).to_be_visible()
    width = page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
    assert width == PHONE[0]


def test_the_log_in_can_be_used_by_everybody(person: Person) -> None:
    page = person(None, "/login", bypass_policy=True)
    expect(page.get_by_role("button", name="登录")).to_be_visible()
    assert violations(page) == []
