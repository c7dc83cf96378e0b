"""No vehicle and no driver twice at a time: refused by the database, explained, and free again as soon as may be."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from fleet.store.orders_changes import next_number
from fleet.store.pool import split_url
from tests.api.orders.town import OURS, THEIRS, Town

pytestmark = pytest.mark.store


def pair(vehicle: int, driver: int | None = None) -> dict[str, Any]:
    return {"vehicle_id": vehicle, "driver_id": driver}


async def assign(town: Town, order_id: int, *pairs: dict[str, Any], who: str = "clerk", **more: Any) -> httpx.Response:
    return await town.call(who, "POST", f"orders/{order_id}/assign", {"vehicles": list(pairs), **more})


async def test_a_refusal_names_the_order_and_until_when(town: Town) -> None:
    first = await town.assigned(11, 21)
    second = await town.approved()
    answer = await assign(town, second, pair(11, 22))
    assert answer.status_code == 409
    problem = answer.json()
    held = (await town.ok("clerk", "GET", f"orders/{first}"))["number"]
    (conflict,) = problem["conflicts"]
    assert (conflict["vehicle_id"], conflict["name"], conflict["order_id"], conflict["number"]) == (
        *(11, "云D00011", first),
        held,
    )
    until = (town.world.clock() + timedelta(hours=3)).isoformat(timespec="milliseconds")[:23]
    assert conflict["until"].startswith(until)
    assert held in problem["detail"]
    answer = await assign(town, second, pair(12, 21))
    assert [(one["driver_id"], one["order_id"]) for one in answer.json()["conflicts"]] == [(21, first)]
    assert (await town.ok("clerk", "GET", f"orders/{second}"))["state"] == "approved", "nothing was changed"


async def test_what_may_not_be_seen_is_not_named(town: Town) -> None:
    await town.world.vehicle(14, organ=OURS, fitted=False, management="platform")
    form = town.form(organ_id=THEIRS)
    theirs = (await town.ok("city", "POST", "orders", form))["id"]
    await town.ok("city", "POST", f"orders/{theirs}/submit")
    await town.ok("their-approver", "POST", f"orders/{theirs}/approve")
    assert (await assign(town, theirs, pair(14, 41), who="city")).status_code == 200
    answer = await assign(town, await town.approved(), pair(14, 21))
    assert answer.status_code == 409
    assert answer.json()["conflicts"] == [{"vehicle_id": 14, "name": "云D00014"}]
    assert "not free" in answer.json()["detail"]


async def test_a_cancellation_and_an_early_return_free_the_vehicle(town: Town) -> None:
    first = await town.assigned(11, 21)
    await town.ok("clerk", "POST", f"orders/{first}/cancel", {"why": "行程取消"})
    second = await town.assigned(11, 21)
    await town.ok("clerk", "POST", f"orders/{second}/depart")
    third = await town.approved()
    assert (await assign(town, third, pair(11, 21))).status_code == 409
    town.world.clock.advance(timedelta(minutes=30))
    await town.ok("clerk", "POST", f"orders/{second}/return", {"odometer_km": 5})
    later = await town.approved(**town.later(0.1))
    assert (await assign(town, later, pair(11, 21))).status_code == 200


async def test_a_vehicle_taken_off_and_a_driver_who_changes_vehicles(town: Town) -> None:
    order_id = await town.approved()
    assert (await assign(town, order_id, pair(11, 21), pair(12, 22))).status_code == 200
    assert (await assign(town, order_id, pair(11, 22), pair(12, 21))).status_code == 200, "they swap"
    assert (await assign(town, order_id, pair(12, 21))).status_code == 200
    assert (await assign(town, await town.approved(), pair(11, 22))).status_code == 200
    back = await assign(town, order_id)
    assert (back.json()["state"], back.json()["vehicles"]) == ("approved", [])
    assert await town.world.scalar(f"select count(*) from booking where order_id = {order_id}") == 0


async def test_more_time_moves_the_booking_or_is_refused(town: Town) -> None:
    first = await town.assigned(11, 21)
    longer = {"planned_to": (town.world.clock() + timedelta(hours=5)).isoformat(), "why": "会议延长"}
    await town.ok("clerk", "POST", f"orders/{first}/amend", longer)
    second = await town.approved(**town.later(4))
    assert (await assign(town, second, pair(11, 22))).status_code == 200
    answer = await town.call("approver", "POST", f"orders/{first}/amendments/1/approve")
    assert answer.status_code == 409
    assert answer.json()["conflicts"][0]["order_id"] == second
    await town.ok("clerk", "POST", f"orders/{second}/cancel", {"why": "让路"})
    await town.ok("approver", "POST", f"orders/{first}/amendments/1/approve")
    third = await town.approved(**town.later(4))
    assert (await assign(town, third, pair(11, 22))).status_code == 409


async def test_an_emergency_of_the_past_is_not_refused_for_what_was_planned(town: Town) -> None:
    await town.assigned(11, 21)
    now = town.world.clock()
    over: dict[str, Any] = {
        "purpose": "emergency_rescue",
        "facts": {"incident": "某地山体滑坡"},
        "emergency": True,
        "planned_from": (now - timedelta(hours=1)).isoformat(),
        "planned_to": (now - timedelta(minutes=10)).isoformat(),
    }
    order_id = await town.submitted(**over)
    assert (await assign(town, order_id, pair(11, 21))).status_code == 200
    present = await town.submitted(**{**over, "planned_to": (now + timedelta(hours=1)).isoformat()})
    assert (await assign(town, present, pair(11, 21))).status_code == 409


async def test_many_at_once_for_one_vehicle(town: Town) -> None:
    order_ids = [await town.approved() for _ in range(6)]
    answers = await asyncio.gather(*(assign(town, one, pair(11, 21)) for one in order_ids))
    assert sorted(one.status_code for one in answers) == [200] + [409] * 5
    assert await town.world.scalar("select count(*) from booking") == 1
    assert await town.world.scalar("select count(*) from order_assignment") == 1, "a refusal leaves nothing behind"


async def test_many_at_once_for_several_vehicles_in_any_order(town: Town) -> None:
    order_ids = [await town.approved() for _ in range(6)]
    lists = [(11, 12), (12, 11), (12, 13), (13, 12), (13, 11), (11, 13)]
    answers = await asyncio.gather(
        *(assign(town, one, *(pair(each) for each in wanted)) for one, wanted in zip(order_ids, lists, strict=True))
    )
    assert sorted(one.status_code for one in answers) == [200] + [409] * 5
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    booked = await town.world.rows("select distinct order_id from booking")
    assert booked == [{"order_id": winner["id"]}]


async def test_what_the_database_ends_as_a_deadlock_is_tried_again(town: Town) -> None:
    """Ours holds a driver and wants another; somebody else holds that one and wants ours.

    Who waits for a second without a circle being there is not looked at again: on a slow machine the other one may be
    ended instead, so it is made to happen until it is ours.
    """
    mine, other = await town.approved(), await town.approved()
    for _ in range(10):
        answer = await crossing(town, mine, other)
        if answer is not None:
            break
    assert answer is not None
    assert answer.status_code == 409, answer.text
    assert {one["order_id"] for one in answer.json()["conflicts"]} == {other}


async def crossing(town: Town, mine: int, other: int) -> httpx.Response | None:
    """The answer to ours when it was ended and tried again; None when the rival was ended, and all is as before."""
    begin, end = town.world.clock() - timedelta(hours=1), town.world.clock() + timedelta(hours=1)
    statement = "insert into booking (order_id, vehicle_id, driver_id, period) values ($1, $2, $3, tstzrange($4, $5))"
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'api'"
    rival = await asyncpg.connect(split_url(town.world.url)[0])
    try:
        transaction = rival.transaction()
        await transaction.start()
        await rival.execute(statement, other, 13, 23, begin, end)
        request = asyncio.create_task(assign(town, mine, pair(11, 22), pair(12, 23)))
        while not await town.world.scalar(waiting):  # noqa: ASYNC110 what is waited for is in the database
            await asyncio.sleep(0.01)
        try:
            await rival.execute(statement, other, 31, 22, begin, end)  # the circle closes
        except asyncpg.DeadlockDetectedError:
            await transaction.rollback()
            assert (await request).status_code == 200
            assert (await assign(town, mine)).status_code == 200
            return None
        await transaction.commit()
        return await request
    finally:
        await rival.close()


async def test_numbers_have_no_gap_whoever_comes_first(town: Town) -> None:
    drafts = [(await town.ok("clerk", "POST", "orders", town.form()))["id"] for _ in range(6)]
    bad = [
        (await town.ok("clerk", "POST", "orders", town.form(facts={"letter_number": "1234567"})))["id"]
        for _ in range(2)
    ]
    mixed = [one for trio in zip(drafts[:2], bad, drafts[2:4], strict=True) for one in trio] + drafts[4:]
    answers = await asyncio.gather(*(town.call("clerk", "POST", f"orders/{one}/submit") for one in mixed))
    assert sorted(one.status_code for one in answers) == [200] * 6 + [422] * 2
    numbers = sorted(one.json()["number"] for one in answers if one.status_code == 200)
    year = (town.world.clock() + timedelta(hours=8)).year
    assert numbers == [f"O2-{year}-{n:04d}" for n in range(1, 7)]
    theirs = (await town.ok("their-clerk", "POST", "orders", town.form()))["id"]
    other = await town.ok("their-clerk", "POST", f"orders/{theirs}/submit")
    assert other["number"] == f"O3-{year}-0001", "each organ counts for itself"


async def test_a_number_goes_back_with_its_transaction(town: Town) -> None:
    now = town.world.clock()
    async with town.world.engine.connect() as connection:
        assert (await next_number(connection, OURS, now)).n == 1
        await connection.rollback()
    async with town.world.engine.begin() as connection:
        assert (await next_number(connection, OURS, now)).n == 1
        assert (await next_number(connection, OURS, now)).n == 2
        assert (await next_number(connection, OURS, now + timedelta(days=400))).n == 1, "each year begins anew"
