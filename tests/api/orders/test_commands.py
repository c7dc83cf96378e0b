"""The order goes to the unit in the step that gives it, and what came of it is seen in the order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.api.orders.town import Town

pytestmark = pytest.mark.store


async def sent(town: Town, order_id: int) -> list[tuple[int, str, str]]:
    found = await town.ok("clerk", "GET", f"orders/{order_id}/commands")
    return [(one["vehicle"]["id"], one["kind"], one["state"]) for one in found["items"]]


async def tried(town: Town) -> None:
    """As the publisher does when it sends."""
    await town.world.execute(
        text(
            "update unit_command set tries = 1, tried_at = next_at, sent_at = next_at, state = 'sent'"
            " where state = 'queued'"
        )
    )


async def test_every_step_tells_what_it_changes(town: Town) -> None:
    order_id = await town.approved()
    path = f"orders/{order_id}"
    assert await sent(town, order_id) == []
    vehicles = {"vehicles": [{"vehicle_id": 11, "driver_id": 21}, {"vehicle_id": 12, "driver_id": 22}]}
    await town.ok("clerk", "POST", f"{path}/assign", vehicles)
    assert await sent(town, order_id) == [(11, "order", "queued"), (12, "order", "queued")]
    (command,) = await town.world.rows("select content, expires_at from unit_command where vehicle_id = 11")
    order = await town.ok("clerk", "GET", path)
    assert command["content"]["number"] == order["number"]
    assert command["content"]["destinations"] == [{"name": "沾益区某乡镇", "lat": 25.60359, "lon": 103.82034}]

    await tried(town)  # 11 has it; 12 is exchanged for 13, and then 13 before it was sent anything
    await town.ok(
        "clerk",
        "POST",
        f"{path}/assign",
        {"vehicles": [{"vehicle_id": 11, "driver_id": 21}, {"vehicle_id": 13, "driver_id": 22}]},
    )
    await town.ok("clerk", "POST", f"{path}/assign", {"vehicles": [{"vehicle_id": 11, "driver_id": 21}]})
    assert await sent(town, order_id) == [
        (11, "order", "sent"),
        (12, "order", "withdrawn"),
        (13, "order", "withdrawn"),
        (12, "order.withdrawn", "queued"),
    ]
    await town.ok("clerk", "POST", f"{path}/cancel", {"why": "不再需要"})
    assert (await sent(town, order_id))[-1] == (11, "order.withdrawn", "queued")


async def test_more_time_is_told_and_what_is_over_shows_as_expired(town: Town) -> None:
    order_id = await town.assigned()
    await tried(town)
    longer = {"planned_to": (town.world.clock() + timedelta(hours=5)).isoformat(), "why": "会议延长"}
    await town.ok("clerk", "POST", f"orders/{order_id}/amend", longer)
    assert await sent(town, order_id) == [(11, "order", "sent")]
    await town.ok("approver", "POST", f"orders/{order_id}/amendments/1/approve")
    assert await sent(town, order_id) == [(11, "order", "withdrawn"), (11, "order", "queued")]
    town.world.clock.advance(timedelta(hours=6))
    (_, late) = (await town.ok("clerk", "GET", f"orders/{order_id}/commands"))["items"]
    assert (late["state"], late["expired_at"], late["answered_late"]) == ("expired", late["expires_at"], False)


async def test_a_step_that_is_refused_sends_nothing(town: Town) -> None:
    await town.assigned()
    other = await town.approved()
    status, _ = await town.refused("clerk", "POST", f"orders/{other}/assign", {"vehicle_id": 11, "driver_id": 22})
    assert status == 409
    assert await sent(town, other) == []


async def test_who_does_not_see_the_order_does_not_see_what_was_sent(town: Town) -> None:
    order_id = await town.assigned()
    assert (await town.refused("their-clerk", "GET", f"orders/{order_id}/commands"))[0] == 404
    await town.world.execute(text("update vehicle set confidential = true where id = 11"))
    assert await sent(town, order_id) == []
    found = await town.ok("supervisor", "GET", f"orders/{order_id}/commands")
    assert [one["vehicle"]["id"] for one in found["items"]] == [11]
