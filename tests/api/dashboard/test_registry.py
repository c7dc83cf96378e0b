"""The registry: find, change with both versions side by side, import with a dry run, draw an area, be refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.api.builders import World
from tests.api.dashboard.axe import violations
from tests.api.dashboard.conftest import Person, Town, accounts

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]

SHEET = "plate,organ_code,division,use,management,energy,body,seats,status\n"


def look(page: Page, name: str) -> None:
    if where := os.environ.get("LOOK"):
        page.screenshot(path=f"{where}/{name}.png")


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局", code="530302-0012")
    await accounts(world)
    await world.vehicle(11, organ=2, plate="云D12345")
    await world.vehicle(12, organ=2, plate="云DD54321", energy="bev")


def test_a_vehicle_is_found_and_changed_with_both_versions_side_by_side(person: Person, town: Town) -> None:
    page = person("administrator", "/registry/vehicles")
    rows = page.locator(".registry-list tbody tr.ant-table-row")
    expect(rows).to_have_count(2)
    look(page, "list")
    page.get_by_label("车牌（部分即可）").fill("543")
    expect(rows).to_have_count(1)
    rows.first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("纯电动")
    expect(drawer).to_contain_text("麒麟区教育体育局")
    look(page, "record")
    page.keyboard.press("e")
    drawer.get_by_label("备注").fill("年检已过")
    look(page, "edit")
    town.run(town.world.execute_sql("update vehicle set remarks = '他人所改', version = version + 1 where id = 12"))
    drawer.get_by_role("button", name="保存").click()
    expect(drawer).to_contain_text("他人所改")
    look(page, "conflict")


def test_a_sheet_is_tried_before_it_is_stored(person: Person, town: Town, tmp_path: Path) -> None:
    page = person("administrator", "/registry/vehicles")
    page.get_by_role("button", name="导入").click()
    sheet = tmp_path / "vehicles.csv"
    good = "云D77777,530302-0012,530302,other,retained,petrol,saloon,5,in_service\n"
    sheet.write_text(SHEET + good + good.replace("云D77777", "nonsense"), encoding="utf-8")
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(sheet)
    look(page, "columns")
    dialog.get_by_role("button", name="试运行").click()
    expect(dialog).to_contain_text("拒绝")
    look(page, "dry")
    assert town.run(town.world.scalar("select count(*) from vehicle where plate = '云D77777'")) == 0
    dialog.get_by_text("跳过被拒的行，写入其余").click()
    dialog.get_by_role("button", name="确认写入").click()
    expect(dialog).to_contain_text("已写入。")
    assert town.run(town.world.scalar("select count(*) from vehicle where plate = '云D77777'")) == 1


def test_an_area_is_drawn_by_clicks(person: Person, town: Town) -> None:
    page = person("administrator", "/registry/areas")
    page.get_by_role("button", name="新增").click()
    page.get_by_label("名称", exact=True).fill("一号车场")
    canvas = page.locator(".area-map canvas")
    expect(canvas).to_be_visible()
    corners = page.locator(".area-editor")
    for count, (x, y) in enumerate(((120, 120), (220, 120), (220, 220)), 1):
        for _ in range(60):  # a map that is still being drawn takes no click
            canvas.click(position={"x": x, "y": y})
            page.wait_for_timeout(500)
            if f"顶点 {count} 个" in corners.inner_text():
                break
    look(page, "area")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("一号车场").first).to_be_visible()
    assert town.run(town.world.scalar("select count(*) from area where name = '一号车场'")) == 1


def test_who_may_only_read_has_no_way_to_write(person: Person) -> None:
    page = person("viewer", "/registry/vehicles")
    expect(page.locator(".registry-list tbody tr.ant-table-row").first).to_be_visible()
    expect(page.get_by_role("button", name="导入")).to_have_count(0)
    expect(page.get_by_role("button", name="新增")).to_have_count(0)


@pytest.mark.parametrize(("theme", "lang"), [("light", "zh"), ("dark", "en")])
def test_the_registry_can_be_used_by_everybody(person: Person, theme: str, lang: str) -> None:
    page = person("administrator", "/registry/vehicles/11", theme=theme, lang=lang, bypass_policy=True)
    expect(page.get_by_role("dialog")).to_contain_text("12345")
    look(page, f"record-{theme}-{lang}")
    assert violations(page) == []
