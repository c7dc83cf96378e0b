"""A task force from its beginning to its end: chosen, called, answered, on the road, on site, released."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from api import access
from fleet.identity.permissions import TABLE
from fleet.model.registry import Role
from tests.api.journeys import Journeys
from tests.api.orders.town import OURS, PEOPLE
from tests.api.tasks.force import Force

pytestmark = pytest.mark.store


def ids(roster: list[dict[str, Any]]) -> set[int]:
    return {one["vehicle_id"] for one in roster}


async def test_vehicles_are_chosen_by_need_booked_and_called(force: Force) -> None:
    await force.assigned(101, 21)
    needs = ({"name": "转运", "count": 2, "bodies": ["saloon"]}, {"name": "撤离", "count": 2, "seats": 20})
    task = await force.begun(*needs)
    assert task["number"].endswith("-T001")
    by_need = {n: {one["vehicle_id"] for one in task["roster"] if one["need"] == n} for n in (1, 2)}
    assert by_need[2] == {111, 112}, "an emergency takes another organ's"
    assert by_need[1] < {102, 103, 104}, "near ones, and none that an order has"
    assert task["states"]["called"] == 4
    assert [one["missing"] for one in task["needs"]] == [0, 0]
    assert task["selection"][0]["not_offered"] == {"other_body": 3, "taken": 1}
    booked = await force.world.rows(f"select vehicle_id, period from booking where task_id = {task['id']}")
    assert {row["vehicle_id"] for row in booked} == by_need[1] | by_need[2]
    commands = await force.world.rows("select content, vehicle_id from unit_command where kind = 'task_call'")
    assert {row["vehicle_id"] for row in commands} == by_need[1] | by_need[2]
    assert commands[0]["content"]["number"] == task["number"]
    log = await force.ok("auditor", "GET", "audit/log?action=task.begin")
    assert log["items"][0]["detail"]["called"] == 4


async def test_who_answers_and_who_does_not_is_shown_in_time(force: Force) -> None:
    task = await force.begun({"count": 4, "bodies": ["saloon"]})
    one, two, three, four = sorted(ids(task["roster"]))
    assert set((await force.states_of(task["id"])).values()) == {"called"}
    roster = await force.ok("city", "GET", f"tasks/{task['id']}/roster")
    assert roster["answers_due_at"] == roster["items"][0]["answer_by"]
    await force.unit_says(one, "acknowledged")
    await force.unit_says(two, "refused", "故障")
    force.world.clock.advance(timedelta(seconds=24))
    assert (await force.states_of(task["id"]))[three] == "called"
    force.world.clock.advance(timedelta(seconds=2))
    states = await force.states_of(task["id"])
    assert (states[one], states[two], states[three], states[four]) == (
        *("acknowledged", "refused"),
        *("timed_out", "timed_out"),
    )
    by_phone = {"vehicle_id": three, "answer": "acknowledged", "driver_id": 22}
    shown = await force.ok("clerk", "POST", f"tasks/{task['id']}/answer", by_phone)
    assert shown["states"]["acknowledged"] == 2
    roster = await force.ok("city", "GET", f"tasks/{task['id']}/roster?state=refused")
    (refused,) = roster["items"]
    assert (refused["vehicle_id"], refused["why"], refused["answered_by"]) == (two, "故障", "unit")
    assert roster["needs"][0]["missing"] == 2
    again = await force.call("clerk", "POST", f"tasks/{task['id']}/answer", {**by_phone, "vehicle_id": four})
    assert again.status_code == 409, "the driver drives another one"
    order = await force.approved()
    taken = await force.call("clerk", "POST", f"orders/{order}/assign", {"vehicle_id": 11, "driver_id": 22})
    assert taken.status_code == 409
    assert taken.json()["conflicts"][0]["task_id"] == task["id"]
    assert task["number"] in taken.json()["detail"]


async def test_others_are_called_in_place_of_those_who_do_not_come(force: Force) -> None:
    task = await force.begun({"count": 2, "bodies": ["saloon"]})
    first, second = sorted(ids(task["roster"]))
    await force.unit_says(first, "acknowledged")
    await force.unit_says(second, "refused")
    after = await force.ok("city", "POST", f"tasks/{task['id']}/call")
    assert after["history"][-1]["detail"] == {"called": 1, "short": 0, "released": 1}
    there = ids(after["roster"])
    assert first in there
    assert second not in there
    assert (await force.states_of(task["id"]))[second] == "released"
    for _ in range(9):
        force.world.clock.advance(timedelta(seconds=30))
        last = await force.ok("city", "POST", f"tasks/{task['id']}/call")
    assert last["needs"][0]["missing"] == 1
    calls = await force.world.rows("select vehicle_id, count(*) as times from task_call group by 1")
    assert all(row["times"] == 1 for row in calls), "nobody is called twice by one task"
    more = await force.ok("city", "POST", f"tasks/{task['id']}/call", {"needs": [{"count": 1, "bodies": ["bus"]}]})
    assert [(one["n"], one["missing"]) for one in more["needs"]] == [(1, 1), (2, 0)]


async def test_how_far_each_has_come_is_read_off_its_trips_and_stops(force: Force) -> None:
    task = await force.begun({"count": 4, "bodies": ["saloon"]})
    one, two, three, four = sorted(ids(task["roster"]))
    for vehicle_id in (one, two, three):
        await force.unit_says(vehicle_id, "acknowledged")
    journeys = Journeys(force.world)
    now = force.world.clock()
    await journeys.trip(one, now + timedelta(minutes=1), running=True)
    await journeys.trip(two, now + timedelta(minutes=1))
    await journeys.stop(two, now + timedelta(minutes=21), None)
    await journeys.trip(four, now - timedelta(hours=3))
    force.world.clock.advance(timedelta(minutes=30))
    await force.world.states({"unit_id": two, "lat_e7": 255000000 + 100})
    roster = await force.ok("city", "GET", f"tasks/{task['id']}/roster")
    found = {member["vehicle_id"]: member for member in roster["items"]}
    assert [found[number]["state"] for number in (one, two, three, four)] == [
        *("departed", "on_site", "acknowledged"),
        "timed_out",
    ]
    assert found[one]["departed_at"] is not None
    assert found[two]["arrived_at"] is not None
    assert (found[three]["departed_at"], found[four]["departed_at"]) == (None, None), "a trip before the call is not it"
    here = next(county for county in roster["coverage"] if county["division"] == 530302)
    assert (here["vehicles"], here["states"]["on_site"]) == (4, 1)
    assert len(roster["coverage"]) == 9


async def test_release_and_close_free_vehicles_and_tell_them(force: Force) -> None:
    task = await force.begun({"count": 3, "bodies": ["saloon"]})
    one = min(ids(task["roster"]))
    await force.world.execute_sql(f"update unit_command set tries = 1 where vehicle_id = {one}")
    force.world.clock.advance(timedelta(minutes=5))
    await force.ok("city", "POST", f"tasks/{task['id']}/release", {"vehicle_ids": [one], "why": "够了"})
    assert (await force.states_of(task["id"]))[one] == "released"
    told = await force.world.rows("select vehicle_id from unit_command where kind = 'task_release'")
    assert [row["vehicle_id"] for row in told] == [one], "whoever never heard of the call is not told"
    order = await force.approved()
    await force.ok("clerk", "POST", f"orders/{order}/assign", {"vehicle_id": one, "driver_id": 21})
    assert await force.refused("city", "POST", f"tasks/{task['id']}/release", {"vehicle_ids": [one]}) == (
        422,
        ["not_called"],
    )
    closed = await force.ok("city", "POST", f"tasks/{task['id']}/close")
    assert closed["closed_at"] is not None
    assert closed["states"]["released"] == 3
    assert await force.world.scalar("select count(*) from booking where task_id is not null") == 0
    assert await force.refused("city", "POST", f"tasks/{task['id']}/call") == (409, ["task_closed"])


async def test_it_is_approved_by_another_person_and_late_stays_late(force: Force) -> None:
    await force.world.execute_sql(
        "insert into policy_value (slug, organ_id, value, effective_from, who, why)"
        " values ('emergency.approve_within_s', null, '3600', '2024-01-01Z', 'x', 'why')"
    )
    task = await force.begun(who="clerk")
    assert (task["decision"], task["overdue"]) == ("pending", False)
    approve = f"tasks/{task['id']}/approve"
    assert (await force.call("clerk", "POST", approve)).status_code == 403
    assert (await force.call("their-approver", "POST", approve)).status_code == 404
    force.world.clock.advance(timedelta(hours=1, minutes=1))
    assert (await force.ok("city", "GET", f"tasks/{task['id']}"))["overdue"]
    waiting = await force.ok("approver", "GET", "tasks?undecided=true")
    assert [one["id"] for one in waiting["items"]] == [task["id"]]
    approved = await force.ok("approver", "POST", approve, {"why": "情况属实"})
    assert (approved["decision"], approved["decider"]) == ("approved", "approver")
    assert [one["code"] for one in approved["warnings"]] == ["approved_late"]
    assert await force.refused("manager", "POST", f"tasks/{task['id']}/reject") == (409, ["decided_already"])
    marked = await force.world.rows("select vehicle_id from recompute where reason = 'task.approved'")
    assert {row["vehicle_id"] for row in marked} == ids(task["roster"])


async def test_a_word_that_comes_after_its_time_is_kept(force: Force) -> None:
    end = (force.world.clock() + timedelta(hours=1)).isoformat()
    task = await force.begun({"count": 2, "bodies": ["saloon"]}, planned_to=end)
    one, two = sorted(ids(task["roster"]))
    force.world.clock.advance(timedelta(hours=1, minutes=1))
    path = f"tasks/{task['id']}/answer"
    shown = await force.ok("city", "POST", path, {"vehicle_id": one, "answer": "acknowledged", "driver_id": 21})
    assert shown["states"]["acknowledged"] == 1
    shown = await force.ok("city", "POST", path, {"vehicle_id": two, "answer": "refused", "why": "没有出车"})
    assert shown["states"]["refused"] == 1


async def test_a_rejected_task_calls_nobody_any_more(force: Force) -> None:
    task = await force.begun()
    await force.ok("approver", "POST", f"tasks/{task['id']}/reject", {"why": "无此指令"})
    assert await force.refused("city", "POST", f"tasks/{task['id']}/call") == (409, ["task_rejected"])
    assert len(await force.states_of(task["id"])) == 2, "what is on the road is not forgotten"


async def test_who_lends_vehicles_sees_those_and_answers_for_them(force: Force) -> None:
    task = await force.begun({"count": 2, "bodies": ["bus"]}, {"count": 2, "bodies": ["saloon"]})
    assert set(await force.states_of(task["id"], "their-clerk")) == {111, 112}
    assert (await force.ok("their-clerk", "GET", f"tasks/{task['id']}"))["history"] == []
    refuses = {"vehicle_id": 111, "answer": "refused", "why": "送修"}
    await force.ok("their-clerk", "POST", f"tasks/{task['id']}/answer", refuses)
    assert (await force.states_of(task["id"]))[111] == "refused"
    ours = min(set(await force.states_of(task["id"])) - {111, 112})
    not_theirs = {"vehicle_id": ours, "answer": "refused"}
    assert await force.refused("their-clerk", "POST", f"tasks/{task['id']}/answer", not_theirs) == (422, ["not_called"])
    assert (await force.call("their-clerk", "POST", f"tasks/{task['id']}/close")).status_code == 403
    assert await force.world.scalar("select count(*) from booking where vehicle_id = 111") == 0


async def test_confidential_vehicles_are_neither_called_nor_shown_to_who_may_not_see_them(force: Force) -> None:
    await force.world.vehicle(130, organ=OURS, confidential=True)
    task = await force.begun({"count": 99, "bodies": ["saloon"]})
    assert 130 not in ids(task["roster"])
    await force.world.execute_sql("update vehicle set confidential = true where id = 101")
    assert 101 not in await force.states_of(task["id"])
    assert 101 in await force.states_of(task["id"], "supervisor")


async def test_nobody_is_called_by_two_tasks_at_once(force: Force) -> None:
    forms = [force.task({"count": 3, "bodies": ["saloon"]}, organ_id=OURS) for _ in range(3)]
    answers = await asyncio.gather(*(force.call("city", "POST", "tasks", form) for form in forms))
    called = [one["vehicle_id"] for answer in answers if answer.is_success for one in answer.json()["roster"]]
    assert len(called) == len(set(called)) == 9, "all saloons, each once"


async def test_what_cannot_be_begun_is_said(force: Force) -> None:
    none = await force.call("city", "POST", "tasks", force.task({"count": 1, "equipment": ["直升机"]}, organ_id=OURS))
    assert (none.status_code, none.json()["selection"][0]["offered"]) == (409, 0)
    over = (force.world.clock() - timedelta(hours=1)).isoformat()
    assert await force.refused("city", "POST", "tasks", force.task(organ_id=OURS, planned_to=over)) == (
        409,
        ["over_already"],
    )
    crowd = force.task({"count": 600}, {"count": 600}, organ_id=OURS)
    assert await force.refused("city", "POST", "tasks", crowd) == (422, ["too_many_vehicles"])
    assert await force.world.scalar("select count(*) from task") == 0


async def test_nothing_happens_to_another_organs_task(force: Force, app: FastAPI) -> None:
    """By every route that does something to a task, as somebody of another organ who may do that and lends nothing."""
    task = await force.begun({"count": 1, "bodies": ["saloon"]})
    forms = {"answer": {"vehicle_id": 101, "answer": "refused"}, "release": {"vehicle_ids": [101]}}
    routes = [one for one in access.declared(app) if "{task_id}" in one.path]
    for route in routes:
        path = route.path.removeprefix("/api/v1/").format(task_id=task["id"])
        people = ("their-clerk", "their-approver")
        who = next(one for one in people if PEOPLE[one][0] in TABLE[next(iter(route.permissions))])
        body = None if route.method == "GET" else forms.get(path.rsplit("/", 1)[1], {})
        answer = await force.call(who, route.method, path, body)
        assert answer.status_code == 404, f"{route.method} {path}: {answer.status_code} {answer.text}"
    assert len(routes) >= 8
    assert (await force.ok("their-clerk", "GET", "tasks"))["items"] == []


async def test_a_period_shows_tasks_that_reach_into_it(force: Force) -> None:
    task = await force.begun()
    now = force.world.clock()
    account_id = await force.world.account("checker", Role.AUDITOR)
    for begin, status in ((now - timedelta(days=9), 404), (now - timedelta(days=1), 200)):
        header = await force.world.token_of(account_id, begin=begin, end=begin + timedelta(days=2))
        for path in ("", "/roster"):
            answer = await force.client.get(f"/api/v1/tasks/{task['id']}{path}", headers=header)
            assert answer.status_code == status, path
        listed = await force.client.get("/api/v1/tasks", headers=header)
        assert len(listed.json()["items"]) == (status == 200)
