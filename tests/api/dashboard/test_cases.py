"""The cases as people work on them: found by keyboard, weighed on evidence, decided by whom may, refused in words."""

from __future__ import annotations

import zipfile
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from fleet.model.registry import Role
from tests.api.builders import World
from tests.api.case_rows import case
from tests.api.dashboard.axe import violations
from tests.api.dashboard.conftest import PHONE, Person, Town, accounts
from tests.api.journeys import Journeys, fixes

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await accounts(world)
    await world.account("inside", Role.SUPERVISOR, 2)
    await world.vehicle(11, organ=2, plate="云D12345")
    begin = world.clock() - timedelta(hours=2)
    way = fixes(begin, *((80 * step, 0) for step in range(60)), every_s=30)
    await Journeys(world).trip(11, begin, way, organ_id=2)
    await case(world, 1, 2, vehicle_id=11, severity="blue", rules=["speeding"])
    await case(world, 2, 2, vehicle_id=11)
    await case(world, 3, 2, vehicle_id=11, severity="yellow", state="assigned")


def test_a_case_is_found_weighed_and_decided_by_keyboard(person: Person, town: Town) -> None:
    page = person("supervisor", "/cases")
    rows = page.locator(".items li")
    expect(rows).to_have_count(3)
    assert [row.get_attribute("data-case") for row in rows.all()] == ["2", "3", "1"]  # the worst first
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{town.url}/cases/2")
    expect(page.locator(".finding")).to_contain_text("没有派车单")
    expect(page.locator("tr.proof")).to_contain_text("证明")
    # Map, time axis and table stand at one moment, and move together.
    readout = page.locator(".readout b")
    before = readout.inner_text()
    page.get_by_role("slider").press("ArrowRight")
    expect(readout).not_to_have_text(before)
    page.get_by_role("tab", name="规则与参数").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("50 m")
    page.get_by_role("tab", name="可排除情形").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("没有本车的派车单")
    expect(page.get_by_role("button", name="确认")).to_be_disabled()
    expect(page.locator(".nots")).to_contain_text("当前为“待受理”，不能确认")
    page.keyboard.press("i")
    expect(page.locator(".side .steps .now")).to_have_text("已指派")
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(dialog).to_contain_text("请填写理由")
    page.keyboard.type("核实无误")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".case-history")).to_contain_text("核实无误")
    expect(page.locator(".side .steps .now")).to_have_text("已确认")
    page.keyboard.press("u")
    expect(page.locator(".side .steps .now")).to_have_text("待受理")
    expect(page.locator(".case-history")).to_contain_text("撤销误操作")
    read = town.run(town.world.rows("select purpose from audit_log where action = 'track.read'"))
    assert {row["purpose"] for row in read} == {"线索 XS-2026-000002"}


def test_what_changed_meanwhile_is_compared_before_it_is_decided(person: Person, town: Town) -> None:
    page = person("supervisor", "/cases/3")
    page.get_by_role("button", name="排除").click()
    town.run(town.world.execute_sql("update misuse_case set version = version + 1, state = 'explained' where id = 3"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("有出车记录")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_contain_text("您查看时此线索已被改动")
    expect(dialog.get_by_role("row", name="状态")).to_contain_text("已指派")
    expect(dialog.get_by_role("row", name="状态")).to_contain_text("已说明")
    dialog.get_by_role("button", name="已核对，仍要执行").click()
    expect(page.locator(".side .steps .now")).to_have_text("已排除")


def test_nobody_decides_on_their_own_organ(person: Person) -> None:
    page = person("inside", "/cases/2", lang="en")
    expect(page.locator(".nots")).to_contain_text("The organ concerned does not decide on its own case")
    for name in ("Confirm", "Dismiss", "Assign to me"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
    manager = person("organ_manager", "/cases/2")
    expect(manager.get_by_role("button", name="添加备注")).to_be_enabled()
    expect(manager.get_by_role("button", name="确认")).to_have_count(0)
    viewer = person("viewer", "/cases/2")
    expect(viewer.locator("main")).to_contain_text("本账号无权查看此页")


def test_the_evidence_file_is_taken_for_a_purpose(person: Person, town: Town) -> None:
    page = person("auditor", "/cases/2")
    page.get_by_role("button", name="下载证据包").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("年度抽查")
    with page.expect_download() as taken:
        page.get_by_role("button", name="查阅").click()
    assert taken.value.suggested_filename == "XS-2026-000002.zip"
    assert "SHA256SUMS" in zipfile.ZipFile(taken.value.path()).namelist()


@pytest.mark.parametrize(("theme", "lang"), [("light", "zh"), ("dark", "en")])
def test_the_cases_hold_to_the_rules_of_access(person: Person, theme: str, lang: str) -> None:
    page = person("supervisor", "/cases/2", theme=theme, lang=lang, bypass_policy=True)
    expect(page.locator("tr.proof")).to_be_visible()
    assert violations(page) == []


def test_a_case_on_a_phone(person: Person) -> None:
    page = person("supervisor", "/cases/2", size=PHONE)
    expect(page.locator(".finding")).to_be_visible()
    expect(page.get_by_role("button", name="确认")).to_be_hidden()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE[0]
