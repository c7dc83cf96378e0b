"""One day at the desk on the whole system: page, API, judge, monitor, ingest, broker, and units that drive."""

from __future__ import annotations

import csv
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range

from fleet.local.mosquitto import Mosquitto
from fleet.local.processes import spawn
from fleet.store import tables
from tests import services
from tests.api.builders import PASSWORD, World
from tests.api.dashboard.conftest import Person, Town, accounts
from tests.api.dashboard.others import HERE, Others
from tests.api.dashboard.street import Car, Street
from tests.ingest.stage import Stage
from tests.simulators.stage import wait_until

pytestmark = [pytest.mark.end_to_end, pytest.mark.store, pytest.mark.seam]

AT_HOME: dict[str, Any] = {"parking_lat_e7": round(HERE["lat"] * 1e7), "parking_lon_e7": round(HERE["lon"] * 1e7)}
NEARBY = {"name": "麒麟区某社区", "lat": HERE["lat"] + 0.0025, "lon": HERE["lon"]}
"""Some 280 m north of where the vehicles stand."""


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await accounts(world)
    for vehicle_id, plate, energy in ((11, "云D12345", "bev"), (12, "云D54321", "petrol")):
        begin = date(2024, 1, 1)
        await world.vehicle(vehicle_id, organ=2, plate=plate, energy=energy, registered_on=begin, **AT_HOME)
        values = {"use": "other", "management": "retained", "status": "in_service", "energy": energy}
        period = Range(begin, None, bounds="[)")
        history = insert(tables.vehicle_history)
        await world.execute(history.values(vehicle_id=vehicle_id, period=period, organ_id=2, division=530302, **values))
    row = {
        "id": 21,
        "label": "驾驶员 0021",
        "organ_id": 2,
        "licence_class": "C1",
        "licence_expires_on": date(2040, 1, 1),
    }
    await world.execute(insert(tables.driver).values(**row))


@pytest.fixture
def street(town: Town, broker: Mosquitto, tmp_path: Path) -> Iterator[Street]:
    """Everything behind the API, each in a process of its own, and two vehicles that stand in their yard."""
    Others(town).take(
        "administrator", "policies/trips.ignition_off_s/versions", {"value": 10, "why": "for a short day"}
    )
    url = town.world.url
    with ExitStack() as stack:
        stage = Stage(url, broker, tmp_path)
        stack.callback(stage.close)
        for part in ("monitor", "judge"):
            process = spawn(
                [sys.executable, "-m", f"fleet.{part}"],
                directory=services.ROOT,
                log=tmp_path / f"{part}.log",
                death=signal.SIGKILL,
                environment={**os.environ, "FLEET_DATABASE_URL": url},
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
        stage.start_ingest()
        cars = {code: Car(lat=HERE["lat"], lon=HERE["lon"]) for code in ("U11", "U12")}
        made = Street(broker.port, cars)
        stack.callback(made.close)
        yield made


def test_a_day_at_the_desk(person: Person, town: Town, street: Street) -> None:
    order = Others(town).submitted(NEARBY)

    approver = person(None, f"/dispatch/orders/{order}")
    approver.get_by_label("账号").fill("approver")
    approver.get_by_label("密码").fill(PASSWORD)
    approver.keyboard.press("Enter")
    approver.get_by_role("button", name="同意").click()
    expect(approver.locator(".order-head .chip").first).to_have_text("待派车")
    approver.context.close()

    desk = person("organ_dispatcher", f"/dispatch/orders/{order}")
    desk.get_by_role("button", name=re.compile("12345.*轿车")).click()
    expect(desk.locator(".assign-box .ant-select")).to_contain_text("驾驶员 0021")
    desk.get_by_role("button", name="派车", exact=True).click()
    expect(desk.locator(".order-head .chip").first).to_have_text("待出车")

    # One leaves with its order and waits where it was sent; the other just goes.
    supervisor = person("supervisor", "/map?vehicle=12")
    side = supervisor.get_by_role("complementary", name="车辆信息")
    expect(side).to_contain_text("停放")
    place = side.locator("dt:text-is('坐标') + dd")
    yard = place.inner_text()
    street.send_off("U11", 200, waits=True)
    street.send_off("U12", 600_000)
    expect(side).to_contain_text("108km/h")
    expect(side).to_contain_text("行驶")
    expect(place).not_to_have_text(yard)
    expect(desk.locator(".order-head .chip").first).to_have_text("在途")
    given = desk.get_by_role("region", name="车辆", exact=True)
    expect(given).to_contain_text("按轨迹")
    street.send_off("U11", -200)

    supervisor.get_by_role("navigation").get_by_role("link", name="线索").click()
    rows = supervisor.locator(".items li")
    expect(rows).to_have_count(1, timeout=60_000)
    expect(rows).to_contain_text("54321")
    rows.get_by_role("button").click()
    expect(supervisor.locator(".finding")).to_contain_text("没有派车单")
    expect(supervisor.locator("tr.proof")).to_contain_text("证明")
    supervisor.get_by_role("button", name="指派给我").click()
    expect(supervisor.locator(".side .steps .now")).to_have_text("已指派")
    supervisor.get_by_role("button", name="确认").click()
    supervisor.get_by_role("dialog").get_by_role("textbox").fill("行驶中核实,没有派车单")
    supervisor.keyboard.press("Control+Enter")
    expect(supervisor.locator(".side .steps .now")).to_have_text("已确认")

    supervisor.goto(f"{town.url}/statistics")
    expect(supervisor.locator(".board-figure")).to_have_count(5)
    expect(supervisor.locator(".board-figure").nth(2)).to_contain_text("50.0%1/2")

    viewer = person("viewer", "/cases")
    expect(viewer.locator("main")).to_contain_text("本账号无权查看此页")
    expect(viewer.get_by_role("navigation").get_by_role("link", name="线索")).to_have_count(0)
    refused = viewer.context.request.get(f"{town.url}/api/v1/cases")
    assert refused.status == 403

    # Its return and what its trip was are known from the road.
    expect(desk.locator(".order-head .chip").first).to_have_text("已回车", timeout=60_000)
    verdicts = "select kind from verdict where vehicle_id = 11 and not provisional"
    wait_until(lambda: bool(town.run(town.world.rows(verdicts))), 60, "the trip to be judged")
    supervisor.goto(f"{town.url}/history?vehicles=11")
    purpose = supervisor.get_by_role("dialog")
    purpose.get_by_role("textbox").fill("核对派车单")
    purpose.get_by_role("button", name="查阅").click()
    trip = supervisor.locator(".trip-lists li.trip")
    expect(trip).to_have_count(1)
    expect(trip).to_contain_text("有单")
    expect(trip).not_to_contain_text("偏离")
    trip.get_by_role("button").click()
    expect(supervisor.locator(".player .figures")).to_contain_text("km/h")
    clock = supervisor.locator(".player .clock")
    begun = clock.inner_text()
    supervisor.get_by_role("button", name="播放").click()
    expect(clock).not_to_have_text(begun)
    supervisor.get_by_role("button", name="导出").click()
    supervisor.get_by_role("menuitem", name="A 云D12345").hover()
    with supervisor.expect_download() as taken:
        supervisor.get_by_role("menuitem", name="CSV").click()
    assert len(list(csv.reader(taken.value.path().read_text().splitlines()))) > 20
