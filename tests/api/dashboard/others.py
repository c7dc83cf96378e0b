"""What other people do over the API while a test looks at the page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from tests.api.dashboard.conftest import Town

HERE: dict[str, Any] = {"name": "麒麟区某办公区", "lat": 25.4983, "lon": 103.8027}
THERE: dict[str, Any] = {"name": "沾益区某乡镇", "lat": 25.60359, "lon": 103.82034}


class Others:
    """Steps of the API, each taken as somebody of `accounts`."""

    def __init__(self, town: Town) -> None:
        self._town = town

    def take(self, who: str, path: str, body: Any = None) -> dict[str, Any]:
        world = self._town.world
        account = self._town.run(world.scalar(f"select id from account where username = '{who}'"))
        headers = self._town.run(world.token_of(account))
        answer = httpx.post(f"{self._town.url}/api/v1/{path}", json=body or {}, headers=headers, timeout=30)
        assert answer.is_success, f"{path} as {who}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def submitted(self, goal: dict[str, Any] = THERE) -> int:
        """An order of the organ that may depart at once."""
        now = self._town.world.clock()
        form = {
            "purpose": "official_reception",
            "facts": {"letter_number": "曲公函〔2026〕9号", "guests": "某县机关事务服务中心"},
            "planned_from": (now - timedelta(hours=1)).isoformat(),
            "planned_to": (now + timedelta(hours=3)).isoformat(),
            "origin": HERE,
            "destinations": [goal],
            "passengers": 3,
        }
        order_id: int = self.take("organ_dispatcher", "orders", form)["id"]
        self.take("organ_dispatcher", f"orders/{order_id}/submit")
        return order_id

    def departed(self, vehicle_id: int, driver_id: int) -> int:
        order_id = self.submitted()
        self.take("approver", f"orders/{order_id}/approve")
        given = {"vehicle_id": vehicle_id, "driver_id": driver_id}
        self.take("organ_dispatcher", f"orders/{order_id}/assign", given)
        self.take("organ_dispatcher", f"orders/{order_id}/depart")
        return order_id
