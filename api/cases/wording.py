"""Sentences about findings and verdicts, in Chinese and English, made from their data at the edge.

A ground or reason without a template is a fault of this file, and a test over the rules finds it; at run time its
code is shown rather than nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fleet.model.moments import LOCAL

TEMPLATES: dict[str, tuple[str, str]] = {
    "no_order": ("{from} 出车，无用车单。", "Left at {from} without an order."),
    "orders_not_kept": ("该单位当时的用车单不在本系统。", "The organ's orders of that time are not kept here."),
    "task_not_decided": (
        "任务 {number} 未在 {decide_by} 前补批。",
        "The task {number} was not decided by {decide_by}.",
    ),
    "emergency_not_decided": (
        "应急用车 {number} 在 {decide_by} 前未补批。",
        "The emergency order {number} was not decided by {decide_by}.",
    ),
    "approved_after_departure": (
        "{departed_at} 出车，{known_at} 才批准。",
        "Left at {departed_at}; approved only at {known_at}.",
    ),
    "vehicle_given_after_departure": (
        "出车后（{given_at}）才派此车。",
        "The vehicle was assigned afterwards, at {given_at}.",
    ),
    "outside_window": ("{from} 至 {to} 不在批准时间内。", "From {from} to {to} outside the approved time."),
    "outside_area": (
        "在 {division} 行驶 {seconds} 秒、{distance_m} 米，不在批准区域内。",
        "{seconds} s and {distance_m} m in {division}, outside the permitted area.",
    ),
    "destination_not_reached": (
        "未到达目的地 {destination}（{radius_m} 米内）。",
        "Destination {destination} was never reached (within {radius_m} m).",
    ),
    "destination_not_known": (
        "数据中断，无法确定是否到达目的地 {destination}。",
        "Whether destination {destination} was reached cannot be known: data are missing.",
    ),
    "other_vehicle": ("用车单 {number} 派的是本单位另一辆车。", "Order {number} names another vehicle of the organ."),
    "perhaps_other_vehicle": (
        "可能是代用车单 {number} 的车辆出行，无法确定。",
        "It may have driven in place of the vehicle of order {number}; that cannot be known.",
    ),
    "other_driver": ("驾驶员与批准的不同。", "Another driver than the one named."),
    "clock_may_err": (
        "终端时钟误差可达 {seconds} 秒，无法确定。",
        "The unit's clock may err by {seconds} s: undecided.",
    ),
    "may_have_run_into_window": (
        "行程后数据中断，可能延续到用车单时段。",
        "A silence follows the trip: it may have gone on into the order's time.",
    ),
    "within_designated_place": (
        "未离开停放地点（最远 {farthest_m} 米）。",
        "Stayed at its designated place ({farthest_m} m at most).",
    ),
    "exempted_afterwards": (
        "免单登记于 {known_at}，晚于出车。",
        "The exemption was entered afterwards, at {known_at}.",
    ),
    "covered_by_order": ("用车单 {number}：{from} 至 {to}。", "Order {number}: {from} to {to}."),
    "covered_by_amendment": ("用车单 {number} 的变更：至 {to}。", "Amendment of order {number}: until {to}."),
    "covered_by_emergency_open": ("应急用车 {number}，待补批。", "Emergency order {number}, not decided yet."),
    "covered_by_task": ("任务 {number} 征调车辆：{from} 至 {to}。", "Called for task {number}: {from} to {to}."),
    "covered_by_task_open": ("任务 {number} 征调车辆，待补批。", "Called for task {number}, not decided yet."),
    "covered_by_exemption": ("值班免单车辆。", "On the list of duty vehicles."),
    "after_hours": ("{from} 至 {to} 非工作时间用车。", "Driven after hours from {from} to {to}."),
    "day_off": ("{day} 休息日，{from} 至 {to} 用车。", "Driven on {day}, a day off, from {from} to {to}."),
    "day_not_announced": ("{day} 的放假安排尚未公布。", "Whether {day} is a day off has not been announced."),
    "moved_while_sealed": ("封存期间（{list}）行驶 {distance_m} 米。", "Driven {distance_m} m while sealed ({list})."),
    "moved_in_silence_while_sealed": (
        "封存期间失联后位置或里程变化（相距 {metres_apart} 米，里程 {odometer_m} 米）。",
        "Moved in a silence while sealed: {metres_apart} m apart, odometer {odometer_m} m.",
    ),
    "may_have_moved": ("失联跨封存边界，无法确定何时移动。", "When it moved, before or in the sealing, is not known."),
    "silent_while_sealed": ("封存期间失联。", "Silent while sealed."),
    "outside_permitted_divisions": (
        "{from} 至 {to} 在批准区域外。",
        "Outside the permitted area from {from} to {to}.",
    ),
    "outside_home_county": (
        "{from} 至 {to} 在本县以外，无用车单。",
        "Outside its county from {from} to {to}, no order.",
    ),
    "out_at_deadline": (
        "计划 {planned_end} 回车，{deadline} 仍未归。",
        "Due back at {planned_end}; still out at {deadline}.",
    ),
    "silent_at_deadline": (
        "计划 {planned_end} 回车，{deadline} 时失联，无法确定。",
        "Due back at {planned_end}; silent at {deadline}: undecided.",
    ),
    "back_in_silence": (
        "计划 {planned_end} 回车，{deadline} 在外，但此前失联期间可能已回，无法确定。",
        "Due back at {planned_end}; out at {deadline}, but it may have come back while it was silent: undecided.",
    ),
    "parked_elsewhere": (
        "{night_from} 夜间停放在距指定地点 {metres_from_place} 米处。",
        "Parked {metres_from_place} m from its designated place in the night of {night_from}.",
    ),
    "above_limit": (
        "{from} 起 {seconds} 秒超过限速，最高 {highest_dkmh} (0.1 km/h)。",
        "Above the limit for {seconds} s from {from}; highest {highest_dkmh} (0.1 km/h).",
    ),
    "odometer_exceeds_track": (
        "里程表 {odometer_m} 米，轨迹 {track_m} 米，相差 {undocumented_m} 米。",
        "Odometer {odometer_m} m, track {track_m} m: {undocumented_m} m undocumented.",
    ),
    "odometer_grew_in_silence": (
        "失联期间里程增加 {undocumented_m} 米。",
        "The odometer grew by {undocumented_m} m in a silence.",
    ),
    "silent_while_moving": ("行驶中失联超过 {limit_s} 秒。", "Silent for more than {limit_s} s while moving."),
    "silent_while_parked": ("停放中失联超过 {limit_s} 秒。", "Silent for more than {limit_s} s while parked."),
    "power_cut": ("终端断电。", "The unit's power was cut."),
    "antenna_cut": ("天线被断开。", "The antenna was cut."),
    "unit_removed": ("终端被拆除。", "The unit was removed."),
}


def sentences(code: str, data: Mapping[str, Any]) -> dict[str, str]:
    """`{"zh": …, "en": …}`; moments are shown in Asia/Shanghai."""
    template = TEMPLATES.get(code)
    if template is None:
        return {"zh": code, "en": code}
    values = _Values({name: _shown(value) for name, value in data.items()})
    zh, en = (text.format_map(values) for text in template)
    return {"zh": zh, "en": en}


class _Values(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, str) and len(value) >= 19 and value[10:11] == "T":
        return datetime.fromisoformat(value).astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S")
    return str(value)
