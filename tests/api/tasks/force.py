"""The town of the orders with more vehicles, fitted and in known places, and what units answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.api.orders.town import OURS, THEIRS, Town

LAT, LON = 25.5, 103.8
NEAR_E7, FAR_E7 = 255_200_000, 262_000_000


class Force(Town):
    """Saloons 101–104 ours and near, 105 ours and far, buses 111 and 112 theirs, 121 the ambulance of ours."""

    __slots__ = ()

    async def fleet(self) -> None:
        for vehicle_id in (101, 102, 103, 104, 105):
            await self.world.vehicle(vehicle_id, organ=OURS)
        for vehicle_id in (111, 112):
            await self.world.vehicle(vehicle_id, organ=THEIRS, body="bus", seats=30)
        await self.world.vehicle(121, organ=OURS, body="ambulance", seats=4)
        far = {105, 112}
        await self.world.states(
            *(
                {
                    "unit_id": one,
                    "lat_e7": FAR_E7 if one in far else NEAR_E7,
                    "fuel_level_ml": 50_000,
                }
                for one in (101, 102, 103, 104, 105, 111, 112, 121)
            )
        )

    def task(self, *needs: dict[str, Any], **values: Any) -> dict[str, Any]:
        return {
            "title": "山洪抢险",
            "why": "指挥部第 3 号令",
            "place": {"name": "某乡", "lat": LAT, "lon": LON},
            "planned_to": (self.world.clock() + timedelta(days=2)).isoformat(),
            "needs": list(needs) or [{"count": 2, "bodies": ["saloon"]}],
            **values,
        }

    async def begun(self, *needs: dict[str, Any], who: str = "city", **values: Any) -> dict[str, Any]:
        return await self.ok(who, "POST", "tasks", self.task(*needs, **{"organ_id": OURS, **values}))

    async def unit_says(self, vehicle_id: int, said: str, reason: str | None = None) -> None:
        """As ingest writes it."""
        at = self.world.clock().isoformat()
        because = "null" if reason is None else f"'{reason}'"
        await self.world.execute_sql(
            f"update unit_command set state = '{said}', answer = '{said}', answered_at = '{at}', observed_at = '{at}',"
            f" reason = {because} where vehicle_id = {vehicle_id} and kind = 'task_call'"
        )

    async def states_of(self, task_id: int, who: str = "city") -> dict[int, str]:
        roster = await self.ok(who, "GET", f"tasks/{task_id}/roster")
        return {one["vehicle_id"]: one["state"] for one in roster["items"]}
