"""What was: trips with their cuts, a replay that is scrubbed and played, a file, and who was at a place."""

from __future__ import annotations

import csv
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.api.builders import World
from tests.api.dashboard.axe import violations
from tests.api.dashboard.conftest import Person, Town, accounts
from tests.api.journeys import Journeys, fixes

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await accounts(world)
    await world.vehicle(11, organ=2, plate="云D12345")
    begin = world.clock() - timedelta(hours=2)
    way = fixes(begin, *((80 * step, 0) for step in range(60)), every_s=30)
    await Journeys(world).trip(11, begin, way, organ_id=2)


def address(town: Town, more: str = "") -> str:
    begin = town.world.clock() - timedelta(hours=3)
    moments = [(begin + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (0, 3)]
    return f"/history?vehicles=11&from={moments[0]}&to={moments[1]}{more}"


def read_tracks(page: Page, purpose: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(purpose)
    dialog.locator(".ant-btn-primary").click()
    expect(dialog).to_be_hidden()


def test_a_trip_is_replayed_and_taken_along(person: Person, town: Town) -> None:
    page = person("supervisor", address(town))
    read_tracks(page, "核对行程")
    trip = page.locator(".trip-lists li.trip")
    expect(trip).to_contain_text("12.3 km")
    expect(trip).to_contain_text("熄火 312 秒")
    trip.get_by_role("button").click()
    figures = page.locator(".player .figures")
    expect(figures).to_contain_text("36 km/h")
    clock = page.locator(".player .clock")
    begun = clock.inner_text()
    page.get_by_role("slider").press("ArrowRight")
    expect(clock).not_to_have_text(begun)
    scrubbed = clock.inner_text()
    page.get_by_role("button", name="播放").click()
    expect(clock).not_to_have_text(scrubbed)
    page.get_by_role("button", name="暂停").click()
    expect(page).to_have_url(re.compile("at="))
    page.get_by_role("button", name="导出").click()
    page.get_by_role("menuitem", name="A 云D12345").hover()
    with page.expect_download() as taken:
        page.get_by_role("menuitem", name="CSV").click()
    assert len(list(csv.reader(taken.value.path().read_text().splitlines()))) == 61
    read = town.run(town.world.rows("select purpose from audit_log where action = 'track.read'"))
    assert {row["purpose"] for row in read} == {"核对行程"}


def test_who_was_at_a_place(person: Person, town: Town) -> None:
    page = person("auditor", address(town, "&tab=visits&lat=25.5&lon=103.81&radius=300"), lang="en")
    page.get_by_role("button", name="Search").click()
    read_tracks(page, "complaint of a neighbour")
    expect(page.locator(".visits tbody tr")).to_have_count(1)
    expect(page.locator(".visits")).to_contain_text("a fix within")


@pytest.mark.parametrize(("theme", "lang"), [("light", "zh"), ("dark", "en")])
def test_history_holds_to_the_rules_of_access(person: Person, town: Town, theme: str, lang: str) -> None:
    page = person("supervisor", address(town), theme=theme, lang=lang, bypass_policy=True)
    read_tracks(page, "axe")
    expect(page.locator(".trip-lists li.trip")).to_be_visible()
    assert violations(page) == []
