"""The clerks against the real interface: a whole day of orders, a service that goes away, a clerk who comes again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fleet.model.registry import Role
from simulators.days.calendar import day_of
from simulators.days.model import Area, Purpose
from simulators.draws import Draws
from simulators.office.desk import Desk
from simulators.office.forms import order_form
from simulators.office.papers import Paper, Step
from simulators.office.posts import OfficeAccount, Post
from simulators.office.sessions import Offices
from simulators.truth import moment
from tests.api import builders
from tests.api.builders import PASSWORD, World
from tests.api.orders.town import OURS, Town

pytestmark = pytest.mark.store

HOME, THERE = (25.4900, 103.7960), (25.5200, 103.8100)
PEOPLE = {"clerk": Post.DISPATCHER, "approver": Post.APPROVER, "manager": Post.MANAGER}
ROLES = {"clerk": Role.ORGAN_DISPATCHER, "approver": Role.APPROVER, "manager": Role.ORGAN_MANAGER}


class Drawer:
    """Papers of the test, all of one organ and one day."""

    def __init__(self, papers: list[Paper], day: date) -> None:
        self._papers, self._day = papers, day
        self.numbers: tuple[int, ...] = (OURS,)

    def papers(self, organ: int, day: date) -> list[Paper]:
        assert organ == OURS
        return self._papers if day == self._day else []


class Line:
    """The way to the service; `fault` may answer in its stead, before or after it has heard."""

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx.ASGITransport(app)
        self.fault: Callable[[httpx.Request], str | None] = lambda _: None
        self.requests: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path}")
        fault = self.fault(request)
        if fault == "away":
            return httpx.Response(503, headers={"Retry-After": "7"}, request=request)
        answer = await self._inner.handle_async_request(request)
        if fault == "lost":
            raise httpx.ReadError("the answer is lost", request=request)
        return answer


class Transport(httpx.AsyncBaseTransport):
    def __init__(self, line: Line) -> None:
        self._line = line

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._line.handle_async_request(request)


class Office:
    """A town with its people; its clock runs as the test lets it."""

    def __init__(self, world: World, line: Line, town: Town) -> None:
        self.world, self.line, self.town = world, line, town
        self.began = world.clock().timestamp()
        self.accounts = [OfficeAccount(name, PASSWORD, 530302, post, OURS) for name, post in PEOPLE.items()]
        self.desks: list[Desk] = []

    def now(self) -> float:
        return self.world.clock().timestamp()

    def paper(self, number: int, leaves_s: float, vehicle_id: int = 11, **more: Any) -> Paper:
        """An order of one hour that leaves so many seconds after the beginning; filed half an hour before."""
        leaves, reference = self.began + leaves_s, f"模拟用车单 v{vehicle_id}/{number}"
        emergency = bool(more.pop("emergency", False))
        form = order_form(
            organ_id=OURS,
            purpose=Purpose.RESCUE if emergency else Purpose.MEETING,
            emergency=emergency,
            window=(leaves - 300, leaves + 5_400),
            area=Area.CITY,
            county=530302,
            origin=HOME,
            destinations=(("会议地点", THERE),),
            passengers=2,
            reference=reference,
            draws=Draws(number),
        )
        hours = {Step.WRITE: -1_800, Step.SUBMIT: -1_800, Step.APPROVE: -900, Step.ASSIGN: -600}
        hours |= {Step.DEPART: 60, Step.RETURN: 3_700, Step.SETTLE: 4_000}
        given = {"vehicle_id": vehicle_id}
        paper = Paper(
            reference=reference,
            division=530302,
            organ_id=OURS,
            vehicle_id=vehicle_id,
            driver_id=vehicle_id + 10,
            form=form,
            steps=tuple((step, leaves + after) for step, after in hours.items()),
            bodies={
                Step.ASSIGN: {**given, "driver_id": vehicle_id + 10},
                Step.DEPART: {**given, "at": moment(leaves), "odometer_km": 100.0},
                Step.RETURN: {**given, "at": moment(leaves + 3_600), "odometer_km": 142.5, "parking_yuan": 5.0},
                Step.SETTLE: {},
            },
            departs_at=leaves,
            in_time=True,
        )
        return replace(paper, **more)

    async def work(
        self, papers: list[Paper], for_s: float, *, opened_at: float | None = None, by_road: bool = False
    ) -> Desk:
        """A desk works for so long of the clock's time, then it is stopped."""
        until = self.now() + for_s
        async with httpx.AsyncClient(transport=Transport(self.line), base_url="http://fleet.test/api/v1/") as client:
            desk = Desk(
                Drawer(papers, day_of(self.began)),
                Offices(client, self.accounts),
                now=self.now,
                stop=lambda: self.now() >= until,
                opened_at=self.began if opened_at is None else opened_at,
                by_road=by_road,
                look_every_s=0.004,
            )
            await desk.open()
            running = asyncio.create_task(desk.run())
            while not running.done():
                await asyncio.sleep(0.008)
                if not desk.busy:
                    self.world.clock.advance(timedelta(seconds=120))
            await running
        return desk

    async def orders(self) -> list[dict[str, Any]]:
        found = await self.town.ok("clerk", "GET", "orders?limit=1000")
        items: list[dict[str, Any]] = found["items"]
        return sorted(items, key=lambda one: str(one["remarks"]))


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with builders.world(database_url) as world, builders.running(world) as app:
        world.clock.moment = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
        async with builders.connected(app, None) as client:
            yield Office(world, Line(app), await Town(world, client).build())


async def test_a_day_of_orders_from_the_form_to_the_settlement(office: Office) -> None:
    papers = [office.paper(1, 3_600), office.paper(2, 10_000), office.paper(3, 3_600, vehicle_id=12)]
    desk = await office.work(papers, 20_000)
    assert desk.waiting == 0
    assert desk.counts["settle"] == 3
    for order, paper in zip(await office.orders(), papers, strict=True):
        assert order["state"] == "settled"
        assert order["remarks"] == paper.reference
        assert order["applicant"]["username"] == "clerk"
        assert [one["approver"]["username"] for one in order["approvals"]] == ["approver"]
        [vehicle] = order["vehicles"]
        assert vehicle["vehicle"]["id"] == paper.vehicle_id
        assert vehicle["driver"]["id"] == paper.driver_id
        assert vehicle["driven_km"] == 42.5
        assert vehicle["total_yuan"] == 5.0
        assert datetime.fromisoformat(order["decided_at"]).timestamp() < paper.departs_at


async def test_two_levels_are_two_people(office: Office) -> None:
    answer = await office.town.call(
        "supervisor",
        "POST",
        "policies/orders.approval_levels/versions",
        {"value": 2, "effective_from": "2026-01-01T00:00:00Z", "organ_id": OURS, "why": "两级审批"},
    )
    assert answer.status_code == 201, answer.text
    await office.work([office.paper(1, 3_600)], 6_000)
    [order] = await office.orders()
    assert order["levels"] == 2
    assert [one["approver"]["username"] for one in order["approvals"]] == ["approver", "manager"]
    assert order["state"] == "departed"


async def test_who_comes_again_finds_what_was_filed_and_files_nothing_twice(office: Office) -> None:
    papers = [office.paper(1, 3_600), office.paper(2, 12_000)]
    for for_s in (2_000, 1_000, 700, 4_000, 14_000):  # each time another one, without any memory
        desk = await office.work(papers, for_s)
    assert desk.waiting == 0
    orders = await office.orders()
    assert [order["remarks"] for order in orders] == [paper.reference for paper in papers]
    assert {order["state"] for order in orders} == {"settled"}


async def test_a_service_that_goes_away_and_answers_that_are_lost(office: Office) -> None:
    """Every third request fails; of every write of an order the first answer is lost."""
    heard: set[str] = set()

    def fault(request: httpx.Request) -> str | None:
        if request.method == "POST" and request.url.path.endswith("/orders") and str(request.content) not in heard:
            heard.add(str(request.content))
            return "lost"
        return "away" if len(office.line.requests) % 3 == 0 else None

    office.line.fault = fault
    papers = [office.paper(1, 5_000), office.paper(2, 5_000, vehicle_id=12)]
    desk = await office.work(papers, 16_000)
    assert len(heard) == 2
    assert desk.counts["waited"] > 5
    assert desk.waiting == 0
    orders = await office.orders()
    assert [order["remarks"] for order in orders] == [paper.reference for paper in papers]
    assert {order["state"] for order in orders} == {"settled"}


async def test_steps_that_others_took_are_taken(office: Office) -> None:
    """Somebody else approves and records the departure; the clerk goes on from there."""
    papers = [office.paper(1, 3_600)]
    await office.work(papers, 1_860)  # written and handed in
    [order] = await office.orders()
    number = order["id"]
    await office.town.ok("manager", "POST", f"orders/{number}/approve")
    office.world.clock.moment = datetime.fromtimestamp(papers[0].departs_at - 500, UTC)
    await office.town.ok("other-clerk", "POST", f"orders/{number}/assign", {"vehicle_id": 12, "driver_id": 22})
    await office.town.ok("other-clerk", "POST", f"orders/{number}/depart", {"odometer_km": 5.0})
    desk = await office.work(papers, 3_000)
    [order] = await office.orders()
    assert order["state"] == "departed"
    assert order["vehicle_id"] == 12
    assert desk.counts["assign"] == desk.counts["depart"] == 0


async def test_what_is_refused_for_good_is_given_up(office: Office) -> None:
    """A vehicle that does not exist, a form that says nothing."""
    empty = office.paper(2, 3_600)
    papers = [
        office.paper(1, 3_600, vehicle_id=99),
        replace(empty, form={**empty.form, "facts": {}}),
        office.paper(3, 3_600),
    ]
    desk = await office.work(papers, 9_000)
    assert desk.waiting == 0
    assert desk.counts["assign refused"] == 1
    assert desk.counts["submit refused"] == 1
    assert [order["state"] for order in await office.orders() if order["remarks"] == papers[2].reference] == ["settled"]


async def test_a_driver_who_is_taken_leaves_the_order_standing(office: Office) -> None:
    first, second = office.paper(1, 3_600), office.paper(2, 3_600, vehicle_id=12, driver_id=21)
    taken: dict[str, object] = {"vehicle_id": 12, "driver_id": 21}
    bodies = {**second.bodies, Step.ASSIGN: taken}
    desk = await office.work([first, replace(second, bodies=bodies)], 12_000)
    assert desk.waiting == 0
    assert desk.counts["without a driver"] == 1
    assert sorted(order["state"] for order in await office.orders()) == ["assigned", "settled"]


async def test_what_left_before_the_office_opened_has_no_order_unless_it_goes_on(office: Office) -> None:
    gone, leaves = office.paper(1, -60), office.paper(2, 30)
    mission = office.paper(3, -3_600, vehicle_id=12)
    goes_on = office.began + 9_000
    mission = replace(
        mission,
        form={**mission.form, "planned_to": moment(goes_on + 20_000)},
        goes_on_at=goes_on,
        steps=(*mission.steps[:-2], (Step.RETURN, goes_on + 1_200), (Step.SETTLE, goes_on + 2_000)),
        bodies={
            **mission.bodies,
            Step.RETURN: {"vehicle_id": 12, "at": moment(goes_on + 1_000), "odometer_km": 500.0},
        },
    )
    desk = await office.work([gone, leaves, mission], 15_000)
    [order] = await office.orders()
    assert desk.counts["left while the office opened"] == 1
    assert order["remarks"] == mission.reference
    assert order["state"] == "settled"
    assert datetime.fromisoformat(order["planned_from"]).timestamp() >= office.began - 600
    assert datetime.fromisoformat(order["decided_at"]).timestamp() < goes_on


async def test_departures_may_be_left_to_the_road(office: Office) -> None:
    papers = [office.paper(1, 3_600)]
    desk = await office.work(papers, 4_000, by_road=True)
    [order] = await office.orders()
    assert order["state"] == "assigned"
    assert desk.counts["depart"] == 0


async def test_sessions_are_renewed_and_refused_ones_wait(office: Office) -> None:
    await office.work([office.paper(1, 3_600), office.paper(2, 12_000)], 20_000)
    log_ins = [one for one in office.line.requests if one.endswith("/auth/token")]
    # Five and a half hours of sessions that last a quarter of an hour, for few requests.
    assert 2 <= len(log_ins) < 40
    office.accounts = [replace(one, password="wrong") for one in office.accounts]
    before = len(office.line.requests)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(office.work([office.paper(9, 3_600)], 10**9), 1.0)
    assert len(office.line.requests) - before < 20
