"""The audit page: who read what, whether the books add up, where the city is blind, what was refused, the check."""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast

import asyncpg
import httpx
import pytest
from playwright.sync_api import expect
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range

from fleet.model.readings import Kind
from fleet.store import tables
from fleet.store.rollups import MONTHS
from tests import services
from tests.api.builders import World
from tests.api.dashboard.axe import violations
from tests.api.dashboard.conftest import Person, Town, accounts
from tests.api.journeys import Journeys, day_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]

ZERO = ("trips", "distance_m", "odometer_m", "driving_s", "idle_s", "standing_s", "fuel_ml", "energy_wh", "silent_s")


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await accounts(world)
    await world.vehicle(11, organ=2, plate="云D12345")
    state = {"use": "other", "management": "retained", "status": "in_service", "energy": "petrol"}
    period = Range(date(2024, 1, 1), None, bounds="[)")
    history = insert(tables.vehicle_history)
    await world.execute(history.values(vehicle_id=11, period=period, organ_id=2, division=530302, **state))
    hour = world.clock().replace(minute=0, second=0, microsecond=0)
    await world.booked(hour - timedelta(hours=3), 11, Kind.POSITION, 1200, 1150, 38, 12)
    await world.booked(hour - timedelta(hours=2), 11, Kind.POSITION, 800, 800, 0, 0)
    await world.booked(hour - timedelta(hours=2), 11, Kind.EVENT, 5, 4, 1, 0)
    await world.received("U11", "{[1,100),[137,200)}")
    await world.refused(1, b'{"time":"2026-11-23T00:00:00Z"}', reason="unknown_unit", reasons=[UNKNOWN], unit_id=0)
    await world.refused(2, b"\xff\x00fleet", received_at=hour - timedelta(hours=3))
    silent_from = world.clock() - timedelta(days=2)
    await Journeys(world).gap(11, silent_from, silent_from + timedelta(hours=3), organ_id=2)
    day = {**dict.fromkeys(ZERO, 0), "stopped_s": 75_600, "gap_s": 10_800, "gap_odometer_m": 12_400}
    await world.execute(insert(tables.vehicle_day).values(vehicle_id=11, day=day_of(silent_from), organ_id=2, **day))
    async with world.engine.begin() as connection:
        driver = cast(asyncpg.Connection, (await connection.get_raw_connection()).driver_connection)
        await driver.execute(MONTHS, [11], [day_of(silent_from).replace(day=1)])


UNKNOWN = {"code": "unknown_unit", "field": None, "detail": "No unit U1 is registered."}


@pytest.fixture
def looked_up(town: Town) -> None:
    """Somebody has read a track and changed a record: both are in the log."""
    world = town.world
    account = town.run(world.scalar("select id from account where username = 'administrator'"))
    with httpx.Client(base_url=f"{town.url}/api/v1", headers=town.run(world.session_of(account))) as client:
        read = client.get("/vehicles/11/track", headers={"X-Purpose": "case 17"})
        changed = client.patch("/vehicles/11", json={"use": "law_enforcement"}, headers={"If-Match": '"1"'})
    assert (read.status_code, changed.status_code) == (200, 200), changed.text


@pytest.mark.usefixtures("looked_up")
def test_who_read_what_and_what_was_so_before(person: Person) -> None:
    page = person("auditor", "/audit")
    body = page.locator(".audit-body")
    expect(body).to_contain_text("查阅轨迹")
    expect(body).to_contain_text("case 17")
    page.get_by_label("操作", exact=True).click()
    page.keyboard.type("全部车辆")
    page.keyboard.press("Enter")
    expect(body.locator("tr.ant-table-row")).to_have_count(1)
    page.keyboard.press("Escape")
    body.locator("tr.ant-table-row").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".entry-versions")).to_contain_text("其他公务")
    expect(drawer.locator(".entry-versions")).to_contain_text("执法执勤")
    expect(drawer).to_contain_text("麒麟区教育体育局")
    page.goto(page.url.split("/audit")[0] + "/audit/log?action=audit.")
    expect(body.locator("tr.ant-table-row").first).to_contain_text("查看日志")
    page.get_by_role("button", name="导出日志").click()
    page.get_by_label("事由（2 至 500 字）").fill("年度审计")
    with page.expect_download() as download:
        page.get_by_role("button", name="查阅", exact=True).click()
    assert '"audit.read"' in download.value.path().read_text()


def test_the_books_add_up_hour_by_hour_and_gaps_are_told(person: Person) -> None:
    page = person("auditor", "/audit/ledger")
    equation = page.locator(".equation")
    expect(equation).to_contain_text("收到2,005")
    expect(equation).to_contain_text("入库1,954")
    expect(equation.locator(".difference")).to_contain_text("差额0")
    expect(equation.get_by_role("alert")).to_have_count(0)
    table = page.locator(".audit-two .data-table tr.ant-table-row")
    expect(table).to_have_count(2)
    table.first.click()
    expect(page.locator(".kinds")).to_contain_text("事件")
    page.get_by_label("终端编码").fill("U11")
    page.keyboard.press("Enter")
    expect(page.locator(".audit-body")).to_contain_text("100–136")

    page.get_by_role("link", name="数据缺口").click()
    page.locator(".audit-body tr.ant-table-row").filter(has_text="12.4 km").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("12.4 km")
    expect(drawer.get_by_role("link", name="回放")).to_have_count(1)


def test_what_was_refused_is_shown_with_its_bytes_and_tried_again(person: Person, town: Town) -> None:
    page = person("administrator", "/audit/quarantine")
    page.locator("tr.ant-table-row").filter(has_text="不是 JSON").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".raw")).to_contain_text("ff 00 66 6c 65 65 74")
    expect(drawer).to_contain_text("请厂家修正")
    page.keyboard.press("Escape")
    page.locator("tr.ant-table-row").filter(has_text="终端未登记").click()
    expect(drawer).to_contain_text("在台账中登记该终端")
    drawer.get_by_role("button", name="重试这条").click()
    page.get_by_role("button", name="重试隔离数据").click()
    expect(page.locator("tr.ant-table-row").filter(has_text="等待重试")).to_have_count(1)
    asked = "select array_agg(id) from quarantine where retry_requested_at is not null"
    assert town.run(town.world.scalar(asked)) == [1]


def test_an_organ_s_people_see_its_books_and_nothing_else(person: Person) -> None:
    page = person("viewer", "/audit/log")
    expect(page.locator(".equation")).to_be_visible()
    expect(page.locator(".audit-tabs a")).to_have_text(["收存对账"])


@pytest.mark.parametrize(("theme", "lang"), [("light", "zh"), ("dark", "en")])
def test_the_audit_page_can_be_used_by_everybody(person: Person, theme: str, lang: str) -> None:
    page = person("auditor", "/audit/ledger", theme=theme, lang=lang, bypass_policy=True)
    expect(page.locator(".equation")).to_be_visible()
    found = violations(page)
    for tab, shown in (("log", "tr.ant-table-row"), ("quarantine", "tr.ant-table-row"), ("verify", ".verify")):
        page.locator(f".audit-tabs a[href='/audit/{tab}']").click()
        expect(page.locator(f".audit-page {shown}").first).to_be_visible()
        if tab == "quarantine":
            page.locator("tr.ant-table-row").first.click()
            expect(page.get_by_role("dialog")).to_be_visible()
        found += violations(page)
    assert found == []


@pytest.mark.usefixtures("looked_up")
def test_the_check_says_whether_the_log_is_whole_and_prints_it(
    person: Person, town: Town, cluster: services.Cluster
) -> None:
    page = person("auditor", "/audit/log")
    expect(page.locator(".chain-state")).to_have_text("尚未校验")
    page.locator("tr.ant-table-row").first.wait_for()
    page.keyboard.press("y")
    expect(page.locator(".check-verdict")).to_contain_text("日志完整")
    page.emulate_media(media="print")
    certificate = page.locator(".certificate")
    expect(certificate).to_be_visible()
    expect(certificate).to_contain_text("与写入时一致")
    expect(page.locator(".check-verdict")).to_be_hidden()
    page.emulate_media(media="screen")
    superuser = f"{cluster.superuser_url.rpartition('/')[0]}/{town.world.url.rpartition('/')[2]}"
    services.execute(
        superuser,
        "alter table audit_log disable trigger all",
        "update audit_log set purpose = 'none' where purpose = 'case 17'",
    )
    page.get_by_role("button", name="重新校验").click()
    expect(page.locator(".check-verdict.bad")).to_contain_text("日志不完整")
    expect(page.locator(".audit-body")).to_contain_text("被修改")
