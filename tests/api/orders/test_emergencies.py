"""An emergency that nobody decides in time is shown as overdue, and can be listed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.orders.town import Town

pytestmark = pytest.mark.store

EMERGENCY: dict[str, Any] = {
    "purpose": "emergency_rescue",
    "facts": {"incident": "某地山体滑坡"},
    "emergency": True,
}


async def test_what_is_not_decided_in_time_is_overdue_until_it_is(town: Town) -> None:
    await town.world.execute_sql(
        "insert into policy_value (slug, organ_id, value, effective_from, who, why)"
        " values ('emergency.approve_within_s', null, '3600', '2024-01-01Z', 'x', 'why')"
    )
    await town.submitted(**EMERGENCY)  # never departed: its time does not run
    order_id = await town.submitted(**EMERGENCY)
    await town.ok("clerk", "POST", f"orders/{order_id}/assign", {"vehicle_id": 11, "driver_id": 21})
    departed = await town.ok("clerk", "POST", f"orders/{order_id}/depart")
    assert (departed["overdue"], departed["approve_by"] is None) == (False, False)
    assert (await town.ok("approver", "GET", "orders?overdue=true"))["items"] == []
    town.world.clock.advance(timedelta(hours=1, seconds=1))
    listed = (await town.ok("approver", "GET", "orders?overdue=true"))["items"]
    assert [(one["id"], one["overdue"]) for one in listed] == [(order_id, True)]
    assert (await town.ok("clerk", "GET", f"orders/{order_id}"))["overdue"]
    approved = await town.ok("approver", "POST", f"orders/{order_id}/approve")
    assert (approved["overdue"], [one["code"] for one in approved["warnings"]]) == (False, ["after_deadline"])
    assert (await town.ok("approver", "GET", "orders?overdue=true"))["items"] == []
