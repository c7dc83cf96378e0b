"""How much waits at the desk, and the orders of several vehicles at once."""

from __future__ import annotations

import pytest

from tests.api.orders.test_emergencies import EMERGENCY
from tests.api.orders.town import Town

pytestmark = pytest.mark.store


async def test_the_desk_is_told_how_much_waits(town: Town) -> None:
    await town.submitted()
    await town.submitted(**EMERGENCY)
    await town.approved()
    assigned = await town.assigned()
    await town.ok("clerk", "POST", f"orders/{assigned}/amend", {"passengers": 2, "why": "多一人"})
    found = await town.ok("clerk", "GET", "orders/inbox")
    assert {name: count for name, count in found["states"].items() if count} == {
        "submitted": 2,
        "approved": 1,
        "assigned": 1,
    }
    # Two orders and the change of a third wait for a decision; an emergency may be given a vehicle before it.
    assert (found["undecided"], found["to_assign"], found["overdue"]) == (3, 2, 0)
    assert (found["given_today"], found["open_tasks"]) == (1, 0)


async def test_orders_of_several_vehicles_are_one_question(town: Town) -> None:
    first = await town.assigned(11, 21)
    second = await town.assigned(12, 22)
    listed = (await town.ok("clerk", "GET", "orders?vehicle=11&vehicle=12"))["items"]
    assert [one["id"] for one in listed] == [second, first]
    assert [one["id"] for one in (await town.ok("clerk", "GET", "orders?vehicle=11"))["items"]] == [first]
