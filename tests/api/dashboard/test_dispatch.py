"""The dispatch desk, as an applicant, an approver and a dispatcher meet it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert

from fleet.store import tables
from tests.api.builders import World
from tests.api.dashboard.axe import violations
from tests.api.dashboard.conftest import PHONE, Person, Town, accounts
from tests.api.dashboard.others import Others

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await accounts(world)
    for vehicle_id, plate in ((11, "云D12345"), (12, "云D54321"), (13, "云D33333")):
        await world.vehicle(vehicle_id, organ=2, plate=plate)
    await world.vehicle(14, organ=2, plate="云D44444", status="repair")
    await world.states({"unit_id": 11}, {"unit_id": 12}, {"unit_id": 13})
    for driver_id in (21, 22):
        row = {"id": driver_id, "label": f"驾驶员 {driver_id:04d}", "organ_id": 2, "licence_class": "C1"}
        await world.execute(insert(tables.driver).values(**row, licence_expires_on=date(2040, 1, 1)))


def wall(moment: datetime) -> str:
    return (moment.astimezone(UTC) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M")


def test_an_order_from_the_application_to_the_vehicle(person: Person, town: Town) -> None:
    """Written and sent by the organ's dispatcher, approved on a telephone, assigned from the candidates."""
    page = person("organ_dispatcher", "/dispatch?tab=approve")
    expect(page.locator(".inbox")).to_contain_text("没有待审批的申请")
    page.keyboard.press("o")
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="提交申请").click()
    expect(form).to_contain_text("请选择用车事由。")
    form.get_by_label("用车事由").click()
    page.locator(".ant-select-item-option", has_text="公务接待").click()
    form.get_by_label("公函文号").fill("曲公函〔2026〕12号")
    form.get_by_label("来访单位").fill("某市机关事务管理局")
    begin = town.world.clock() + timedelta(minutes=10)
    for label, moment in (("计划出发", begin), ("计划返回", begin + timedelta(hours=3))):
        form.get_by_label(label).fill(wall(moment))
        form.get_by_label(label).press("Enter")
    form.get_by_label("出发地").fill("25.49834, 103.80273")
    form.get_by_label("目的地").fill("25.60359, 103.82034")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(".inbox")).to_contain_text("没有待审批的申请")
    page.keyboard.press("o")
    expect(form.get_by_label("公函文号")).to_have_value("曲公函〔2026〕12号")  # what was typed outlives a reload
    form.get_by_role("button", name="提交申请").click()
    expect(page.locator(".order-head .chip").first).to_have_text("待审批")
    order = page.url.split("?")[0].removeprefix(town.url)

    phone = person("approver", "/dispatch", size=PHONE)
    phone.locator(".order-row").click()
    phone.get_by_role("button", name="驳回").click()
    phone.get_by_role("dialog").get_by_role("button", name="驳回").click()
    expect(phone.get_by_role("dialog")).to_contain_text("请填写至少两个字的理由。")
    phone.keyboard.press("Escape")
    phone.get_by_role("button", name="同意").click()
    expect(phone.locator(".order-head .chip").first).to_have_text("待派车")

    page.goto(town.url + order)
    expect(page.locator(".ranked > li")).to_have_count(3)
    page.locator(".why-not summary").click()
    expect(page.locator(".why-not")).to_contain_text("维修中1")
    page.get_by_label("输入车牌查询原因").fill("d·444")
    expect(page.locator(".why-not .answer")).to_contain_text("维修中")
    page.locator(".order-head h1").click()
    page.keyboard.press("2")
    expect(page.locator(".ranked .chosen .assign-box .ant-select")).to_contain_text("驾驶员 0021")
    taken = page.locator(".ranked .chosen .name").inner_text()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".order-head .chip").first).to_have_text("待出车")
    expect(page.get_by_role("region", name="车辆", exact=True)).to_contain_text(taken.strip())
    page.get_by_role("button", name="登记出车").click()
    page.get_by_role("dialog").get_by_label("里程表读数").fill("84000.4")
    page.get_by_role("dialog").get_by_role("button", name="登记出车").click()
    expect(page.locator(".order-head .chip").first).to_have_text("在途")
    expect(page.locator(".order-history")).to_contain_text("出车")
    page.emulate_media(media="print")
    expect(page.locator(".paper")).to_contain_text("公务用车派车单")
    expect(page.locator(".shell")).to_be_hidden()


def test_an_emergency_goes_first_and_a_taken_vehicle_names_the_other_order(person: Person, town: Town) -> None:
    under_way = Others(town).departed(vehicle_id=11, driver_id=21)
    page = person("organ_dispatcher", "/dispatch")
    expect(page.get_by_role("tab", name="待派车")).to_be_visible()
    page.keyboard.press("e")
    form = page.get_by_role("dialog")
    expect(form.get_by_label("用车事由")).to_be_focused()
    form.get_by_label("用车事由").click()
    page.locator(".ant-select-item-option", has_text="抢险救灾").click()
    form.get_by_label("险情或事件").fill("某地山体滑坡")
    form.get_by_label("地点").fill("25.5, 103.8")
    form.get_by_label("联系人").fill("某人")
    form.get_by_label("联系电话").fill("13800000417")
    form.get_by_role("button", name="提交并选车").click()
    expect(page.locator(".ranked > li")).to_have_count(2)
    page.keyboard.press("1")
    plate = page.locator(".ranked .chosen .name").inner_text().strip()
    expect(page.locator(".ranked .chosen .assign-box .ant-select")).to_contain_text("驾驶员")
    # Somebody takes that vehicle in the moment before the press.
    world = town.world
    vehicle = town.run(world.scalar(f"select id from vehicle where plate = '{plate.replace('·', '')}'"))
    now = world.clock()
    span = f"tstzrange('{now.isoformat()}', '{(now + timedelta(hours=1)).isoformat()}')"
    town.run(
        world.execute_sql(f"insert into booking (order_id, vehicle_id, period) values ({under_way}, {vehicle}, {span})")
    )
    page.keyboard.press("Control+Enter")
    other = page.locator(".ranked .chosen .problem")
    expect(other).to_contain_text("已有安排")
    other.get_by_role("link").click()
    expect(page).to_have_url(f"{town.url}/dispatch/orders/{under_way}")
    expect(page.locator(".order-head .chip")).to_have_text(["在途"])


def test_a_task_force_is_called_answered_and_released(person: Person, town: Town) -> None:
    page = person("city_dispatcher", "/dispatch?tab=tasks")
    page.get_by_role("button", name="新建编组").click()
    form = page.get_by_role("dialog")
    form.get_by_label("用车单位").fill("教育")
    page.locator(".ant-select-item-option", has_text="麒麟区教育体育局").click()
    form.get_by_label("任务名称").fill("某镇山洪转移")
    form.get_by_label("事由与依据").fill("市防汛指挥部第 3 号令")
    form.get_by_label("地点").fill("26.4, 103.3")
    form.get_by_label("需要").fill("5")
    form.get_by_role("button", name="立即调车").click()
    expect(page.locator(".roster tbody tr.ant-table-row").first).to_be_visible()
    expect(page.get_by_role("button", name="补调")).to_be_visible()  # fewer may go than were asked for
    page.get_by_role("button", name="代为应答").first.click()
    expect(
        page.locator(".roster-state.acknowledged, .roster-state.on_site, .roster-state.departed").first
    ).to_be_visible()
    page.locator(".roster").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="释放 1 辆").click()
    expect(page.locator(".roster-state.released")).to_have_count(1)


@pytest.mark.parametrize(("theme", "lang"), [("light", "zh"), ("dark", "en")])
def test_the_desk_can_be_used_by_everybody(person: Person, town: Town, theme: str, lang: str) -> None:
    order_id = Others(town).departed(vehicle_id=11, driver_id=21)
    Others(town).submitted()
    address = f"/dispatch/orders/{order_id}?tab=all"
    page = person("organ_dispatcher", address, theme=theme, lang=lang, bypass_policy=True)
    expect(page.locator(".order-row")).to_have_count(2)
    expect(page.locator(".timeline .own")).to_be_visible()
    expect(page.locator(".order-history li")).to_have_count(5)
    assert violations(page) == []
