"""Checks of forms that need the geography or the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller
from fleet.geography.divisions import DIVISION_CODES
from fleet.registry.problems import Problem, error
from fleet.store.rulings import visible_vehicles
from fleet.store.scoped import is_visible_organ

D = TypeVar("D", datetime, date)


def division_problems(code: int) -> list[Problem]:
    if code in DIVISION_CODES:
        return []
    return [error("division", "division_unknown", f"{code} 不是曲靖市的区划代码", f"{code} is no division of the city")]


def period_problems(begin: D, end: D | None, field: str = "to") -> list[Problem]:
    """Both of one kind; a period ends after it begins."""
    if end is None or begin < end:
        return []
    return [error(field, "period_empty", "结束应晚于开始", "The end lies after the beginning")]


async def vehicle_reference(
    connection: AsyncConnection, caller: Caller, vehicle_ids: Iterable[int], field: str = "vehicle_id"
) -> list[Problem]:
    """What may not be seen is answered like what does not exist."""
    wanted = sorted(set(vehicle_ids))
    visible = await visible_vehicles(connection, wanted, scope=caller.scope)
    return [
        error(field, "unknown_reference", f"编号 {vehicle_id} 不存在", f"There is nothing with the number {vehicle_id}")
        for vehicle_id in wanted
        if vehicle_id not in visible
    ]


async def organ_reference(
    connection: AsyncConnection, caller: Caller, organ_id: int | None, field: str = "organ_id"
) -> list[Problem]:
    """None stands for the whole city, which only those may touch who see all of it."""
    if organ_id is None:
        if caller.scope.everywhere:
            return []
        return [
            error(field, "whole_city", "全市范围需市级权限，请填写单位", "The whole city is not yours: name an organ")
        ]
    if await is_visible_organ(connection, organ_id, scope=caller.scope):
        return []
    return [
        error(field, "unknown_reference", f"编号 {organ_id} 不存在", f"There is nothing with the number {organ_id}")
    ]
