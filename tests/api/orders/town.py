"""A small town: two organs, their people, vehicles and drivers, and the way an order goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx
from sqlalchemy.dialects.postgresql import insert

from fleet.model.registry import Role
from fleet.store import tables
from tests.api.builders import World

CITY, OURS, THEIRS = 1, 2, 3

PEOPLE = {
    "clerk": (Role.ORGAN_DISPATCHER, OURS),
    "other-clerk": (Role.ORGAN_DISPATCHER, OURS),
    "approver": (Role.APPROVER, OURS),
    "manager": (Role.ORGAN_MANAGER, OURS),
    "their-clerk": (Role.ORGAN_DISPATCHER, THEIRS),
    "their-approver": (Role.APPROVER, THEIRS),
    "city": (Role.CITY_DISPATCHER, None),
    "supervisor": (Role.SUPERVISOR, None),
    "auditor": (Role.AUDITOR, None),
    "viewer": (Role.VIEWER, OURS),
    "administrator": (Role.ADMINISTRATOR, None),
}


@dataclass(slots=True)
class Town:
    """Every call is made as somebody; vehicles 11–13 and drivers 21–23 are ours, 31 and 41 theirs."""

    world: World
    client: httpx.AsyncClient
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    async def build(self) -> Town:
        world = self.world
        await world.organ(CITY, code="QJ", kind="city", division=530300)
        await world.organ(OURS, parent_id=CITY)
        await world.organ(THEIRS, parent_id=CITY)
        for vehicle_id in (11, 12, 13):
            await world.vehicle(vehicle_id, organ=OURS, fitted=False)
        await world.vehicle(31, organ=THEIRS, fitted=False)
        for driver_id, organ in ((21, OURS), (22, OURS), (23, OURS), (41, THEIRS)):
            await self.driver(driver_id, organ)
        for name, (role, home) in PEOPLE.items():
            account_id = await world.account(name, role, organ=home)
            self.headers[name] = await world.token_of(account_id)  # outlives the clock's steps
        return self

    async def driver(self, driver_id: int, organ: int, **values: Any) -> None:
        row = {
            "id": driver_id,
            "label": f"驾驶员 {driver_id:04d}",
            "organ_id": organ,
            "licence_class": "C1",
            "licence_expires_on": date(2040, 1, 1),
            "phone": "00000001234",
            **values,
        }
        await self.world.execute(insert(tables.driver).values(row))

    async def call(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = {**self.headers[who], **more.pop("headers", {})}
        answer = await self.client.request(method, f"/api/v1/{path}", json=body, headers=headers, **more)
        assert answer.status_code < 500, answer.text
        return answer

    async def ok(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        answer = await self.call(who, method, path, body, **more)
        assert answer.is_success, f"{method} {path} as {who}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    async def refused(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, list[str]]:
        """The status and the codes of all reasons."""
        answer = await self.call(who, method, path, body, **more)
        assert not answer.is_success, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        return answer.status_code, [one.get("code") for one in problem.get("errors", [])]

    def form(self, **values: Any) -> dict[str, Any]:
        """An order from an hour ago to three hours ahead: it may depart at once."""
        now = self.world.clock()
        return {
            "purpose": "official_reception",
            "facts": {"letter_number": "曲公函〔2026〕12号", "guests": "某市机关事务管理局"},
            "planned_from": (now - timedelta(hours=1)).isoformat(),
            "planned_to": (now + timedelta(hours=3)).isoformat(),
            "origin": {"name": "麒麟区某办公区", "lat": 25.49834, "lon": 103.80273},
            "destinations": [{"name": "沾益区某乡镇", "lat": 25.60359, "lon": 103.82034}],
            "passengers": 3,
            **values,
        }

    def later(self, hours: float, lasting: float = 2) -> dict[str, str]:
        """A window so many hours ahead."""
        begin = self.world.clock() + timedelta(hours=hours)
        return {"planned_from": begin.isoformat(), "planned_to": (begin + timedelta(hours=lasting)).isoformat()}

    async def submitted(self, who: str = "clerk", **values: Any) -> int:
        order = await self.ok(who, "POST", "orders", self.form(**values))
        order = await self.ok(who, "POST", f"orders/{order['id']}/submit")
        number: int = order["id"]
        return number

    async def approved(self, who: str = "clerk", **values: Any) -> int:
        order_id = await self.submitted(who, **values)
        await self.ok("approver", "POST", f"orders/{order_id}/approve")
        return order_id

    async def assigned(self, vehicle: int = 11, driver: int = 21, who: str = "clerk", **values: Any) -> int:
        order_id = await self.approved(who, **values)
        await self.ok("clerk", "POST", f"orders/{order_id}/assign", {"vehicle_id": vehicle, "driver_id": driver})
        return order_id
