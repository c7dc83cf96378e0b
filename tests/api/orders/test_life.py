"""An order over HTTP: written, submitted, approved, assigned, driven, settled; and everything that is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.dispatch.commands import Name
from fleet.dispatch.history import Event, plain, replay
from fleet.model.orders import OrderState
from fleet.model.registry import Role
from fleet.model.scope import CITY
from fleet.store import orders
from tests.api.orders.town import Town

pytestmark = pytest.mark.store


async def test_the_whole_way(town: Town) -> None:
    written = await town.call("clerk", "POST", "orders", town.form(contact_name="某同志", contact_phone="00000001234"))
    assert written.status_code == 201
    order = written.json()
    path = f"orders/{order['id']}"
    assert written.headers["location"] == f"/api/v1/{path}"
    assert (order["state"], order["number"], order["warnings"]) == ("draft", None, [])
    assert (order["contact_name"], order["contact_phone"]) == ("某**", "000****1234")
    assert order["next"] == ["edit", "submit", "cancel"]

    order = await town.ok("clerk", "POST", f"{path}/submit")
    year = (town.world.clock() + timedelta(hours=8)).year
    assert (order["state"], order["number"], order["levels"]) == ("submitted", f"O2-{year}-0001", 1)
    order = await town.ok("approver", "POST", f"{path}/approve", {"why": "同意"})
    assert (order["state"], order["decision"], order["approvals"][0]["approver"]["username"]) == (
        *("approved", "approved"),
        "approver",
    )
    order = await town.ok("clerk", "POST", f"{path}/assign", {"vehicle_id": 11, "driver_id": 21})
    assert (order["state"], order["vehicle_id"], order["driver_id"]) == ("assigned", 11, 21)
    assert order["vehicles"][0]["vehicle"] == {"id": 11, "plate": "云D00011"}
    order = await town.ok("clerk", "POST", f"{path}/depart", {"odometer_km": 84_000.4})
    assert (order["state"], order["vehicles"][0]["odometer_out_km"]) == ("departed", 84_000.4)
    town.world.clock.advance(timedelta(hours=1))
    back = {"odometer_km": 84_050.4, "fuel_l": 12.5, "fuel_yuan": 98.75, "tolls_yuan": 15, "remarks": "正常"}
    order = await town.ok("clerk", "POST", f"{path}/return", back)
    outing = order["vehicles"][0]
    assert (order["state"], outing["driven_km"], outing["total_yuan"], outing["fuel_l"]) == (
        *("returned", 50.0, 113.75),
        12.5,
    )
    order = await town.ok("clerk", "POST", f"{path}/settle")
    assert (order["state"], order["next"]) == ("settled", ["correct"])

    history = (await town.ok("auditor", "GET", f"{path}/history"))["items"]
    assert [one["command"] for one in history] == [
        *("create", "submit", "approve", "assign", "depart", "return", "settle")
    ]
    assert history[0]["after"]["contact_phone"] == "***"
    assert history[2]["why"] == "同意"
    assert await town.world.rows("select action, account from audit_log where action like 'order.%' order by n") == [
        {"action": f"order.{one['command']}", "account": one["account"]["username"]} for one in history
    ]


async def test_the_stored_history_tells_the_stored_order(town: Town) -> None:
    order_id = await town.assigned(11, 21)
    path = f"orders/{order_id}"
    longer = (town.world.clock() + timedelta(hours=9)).isoformat()
    await town.ok("clerk", "POST", f"{path}/amend", {"planned_to": longer, "why": "会议延长"})
    await town.ok("approver", "POST", f"{path}/amendments/1/approve")
    await town.ok("clerk", "POST", f"{path}/depart")
    both = [{"vehicle_id": 11, "driver_id": 22}, {"vehicle_id": 12, "driver_id": 23}]
    await town.ok("clerk", "POST", f"{path}/assign", {"vehicles": both, "why": "换人并加车"})
    await town.ok("clerk", "POST", f"{path}/return", {"vehicle_id": 11, "odometer_km": 10})
    await town.ok("clerk", "POST", f"{path}/correct", {"returned_at": None, "odometer_in_km": None, "why": "误登记"})
    await town.ok("clerk", "POST", f"{path}/return", {"vehicle_id": 11, "odometer_km": 12, "tolls_yuan": 3.5})
    async with town.world.engine.begin() as connection:
        stored = await orders.find_order(connection, order_id, scope=CITY)
        rows = await orders.history(connection, order_id)
    assert stored is not None
    events = [
        Event(
            **{name: row[name] for name in ("n", "at", "account_id", "why", "before", "after")},
            role=Role(row["role"]),
            command=Name(row["command"]),
            state_before=None if row["state_before"] is None else OrderState(row["state_before"]),
            state_after=OrderState(row["state_after"]),
        )
        for row in rows
    ]
    assert replay(events) == plain(stored.order)
