"""Policy values: the thresholds of the rules and the factors of the statistics, by organ and by time.

The list below is the only one: a slug that is not in it does not exist. A value is a version (effective from a
moment, for one organ and everything below it or for the whole city); where no version says otherwise, the default
holds. Values are whole numbers in the unit that the policy names, `HH:MM` of Asia/Shanghai, or yes and no.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Value = int | str | bool

FACTORS = "statistics."
"""What the slugs of policies begin with that only statistics ask for."""


class PolicyKind(StrEnum):
    NUMBER = "number"
    CLOCK = "clock"  # HH:MM, Asia/Shanghai
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class Policy:
    """`least` and `most` bound a number, both included; `by_organ`: an organ may have its own value. `judged`: what was
    said of trips hangs on it, and is made again where a version reaches into the past.
    """

    slug: str
    kind: PolicyKind
    default: Value
    unit: str
    zh: str
    en: str
    least: int = 0
    most: int = 10**9
    by_organ: bool = True
    judged: bool = True

    def fault(self, value: object) -> str | None:
        """Why `value` is none of this policy, in English; None when it is one."""
        match self.kind:
            case PolicyKind.NUMBER:
                if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
                    return f"a whole number from {self.least} to {self.most} ({self.unit})"
            case PolicyKind.CLOCK:
                if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
                    return "a time of day, HH:MM"
            case PolicyKind.SWITCH:
                if not isinstance(value, bool):
                    return "true or false"
        return None


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One stored version; `organ_id` None = the whole city."""

    id: int
    slug: str
    organ_id: int | None
    value: Value
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class Resolved:
    """What holds, and where it comes from: the version and its organ, or neither for the default."""

    value: Value
    version: PolicyVersion | None


def _number(
    slug: str,
    default: int,
    unit: str,
    zh: str,
    en: str,
    *,
    least: int = 0,
    most: int,
    city: bool = False,
    judged: bool = True,
) -> Policy:
    return Policy(slug, PolicyKind.NUMBER, default, unit, zh, en, least, most, not city, judged)


def _cut(slug: str, default: int, unit: str, zh: str, en: str, *, least: int, most: int) -> Policy:
    """What trips are cut by: one for the whole city, and never so small that every reading would be a cut."""
    return _number(f"trips.{slug}", default, unit, f"行程切分：{zh}", en, least=least, most=most, city=True)


def _reporting(slug: str, default: int, zh: str, en: str) -> Policy:
    return _number(f"reporting.{slug}", default, "s", zh, en, least=10, most=_DAY_S, city=True)


def _factor(slug: str, default: int, unit: str, zh: str, en: str, *, most: int = 100_000) -> Policy:
    """What statistics calculate with; no trip and no finding hangs on it."""
    return _number(f"{FACTORS}{slug}", default, unit, f"统计：{zh}", en, most=most, judged=False)


def _deadline(slug: str, days: int, zh: str, en: str) -> Policy:
    """How long a case may stay in a state: for what is still to come."""
    return _number(
        *(f"cases.{slug}_within_s", days * _DAY_S, "s", zh, en), least=3_600, most=366 * _DAY_S, judged=False
    )


def _clock(slug: str, default: str, zh: str, en: str) -> Policy:
    return Policy(slug, PolicyKind.CLOCK, default, "HH:MM", zh, en)


_DAY_S = 86_400
_KM = 1_000

_ALL: tuple[Policy, ...] = (
    _number("unapproved_trip.radius_m", 50, "m", "无单出车：驻地半径", "Around the designated place", most=10 * _KM),
    _clock("after_hours.work_from", "08:00", "上班时间", "Working hours begin"),
    _clock("after_hours.work_to", "18:00", "下班时间", "Working hours end"),
    _number("after_hours.grace_s", 1_800, "s", "非工作时间：宽限", "Grace beyond working hours", most=_DAY_S),
    _number("holiday_use.least_m", 500, "m", "节假日用车：最短里程", "Least distance that counts", most=100 * _KM),
    _number("sealed_vehicle_moved.least_m", 100, "m", "封存动车：最短位移", "Least move that counts", most=100 * _KM),
    _number("sealed_vehicle_moved.silent_s", 7_200, "s", "封存动车：失联时长", "Silence that hides", most=30 * _DAY_S),
    _number("outside_area.least_s", 120, "s", "越界：最短时长", "Least time outside", most=_DAY_S),
    _number("outside_area.buffer_m", 300, "m", "越界：边界缓冲", "Buffer along the border", most=50 * _KM),
    _number("destination_deviation.radius_m", 500, "m", "偏离目的地：半径", "Near the destination", most=50 * _KM),
    _number("destination_deviation.detour_pct", 50, "%", "偏离目的地：绕行比例", "Detour beyond", most=1_000),
    _number("destination_deviation.detour_m", 10 * _KM, "m", "偏离目的地：绕行里程", "and beyond", most=1_000 * _KM),
    _number("overdue_return.grace_s", 3_600, "s", "超时未归：宽限", "Grace after the planned end", most=7 * _DAY_S),
    _number("overdue_return.radius_m", 200, "m", "超时未归：驻地半径", "Back means within", most=50 * _KM),
    _clock("overnight_parking.from", "22:00", "夜间停放：开始", "The night begins"),
    _clock("overnight_parking.to", "06:00", "夜间停放：结束", "The night ends"),
    _number("overnight_parking.radius_m", 200, "m", "夜间停放：半径", "Around the designated place", most=50 * _KM),
    _number("overnight_parking.least_s", 10_800, "s", "夜间停放：最短时长", "Least time parked", most=_DAY_S),
    _number("commuting_pattern.radius_m", 150, "m", "疑似通勤：半径", "The same place", most=5 * _KM),
    _number("commuting_pattern.days", 5, "days", "疑似通勤：天数", "On at least so many working days", most=60),
    _number("commuting_pattern.of_days", 10, "days", "疑似通勤：观察天数", "of so many", most=60),
    _number("restricted_place.least_s", 600, "s", "敏感场所：最短停留", "Least stay", most=_DAY_S),
    _number("speeding.limit_kmh", 120, "km/h", "超速：限速", "Limit where no road says otherwise", most=250),
    _number("speeding.least_s", 30, "s", "超速：最短持续", "For at least", most=3_600),
    _number("long_idle.least_s", 1_200, "s", "长时间怠速：时长", "Engine on, standing, for", most=_DAY_S),
    _number("fuel_drop.least_ml", 8_000, "ml", "油量骤降：最小降幅", "Least drop", most=1_000_000),
    _number("fuel_drop.within_s", 1_200, "s", "油量骤降：时窗", "Within", most=_DAY_S),
    _number("refuel_mismatch.apart_s", 7_200, "s", "加油异常：两次间隔", "Two refuels within", most=_DAY_S),
    _number("refuel_mismatch.station_m", 300, "m", "加油异常：站点半径", "At the station means within", most=10 * _KM),
    _number("refuel_mismatch.tolerance_pct", 15, "%", "加油异常：容差", "Tolerance of litres", most=100),
    _number(
        "odometer_gap.least_m", 5 * _KM, "m", "里程缺口：最小缺口", "Least distance not explained", most=1_000 * _KM
    ),
    _number("odometer_gap.tolerance_pct", 10, "%", "里程缺口：容差", "Tolerance of the track", most=100),
    _number("unit_silent.moving_s", 900, "s", "终端失联：行驶中", "Silent while moving for", most=30 * _DAY_S),
    _number("unit_silent.parked_s", 7_200, "s", "终端失联：停放中", "Silent while parked for", most=30 * _DAY_S),
    _number("unit_tampered.grace_s", 300, "s", "拆除断电：宽限", "Power back within is a repair", most=_DAY_S),
    _number("unit_tampered.exchange_s", 14_400, "s", "拆除断电：换装时限", "Another unit fitted within", most=_DAY_S),
    _number(
        *("reconciliation.attribute_within_s", _DAY_S, "s", "对账：超时归因时限", "An order explains its outing for"),
        most=30 * _DAY_S,
    ),
    _number("emergency.approve_within_s", 2 * _DAY_S, "s", "应急补批时限", "Approve within", most=30 * _DAY_S),
    _number("tasks.answer_within_s", 25, "s", "任务征调：答复时限", "The called answer within", least=5, most=3_600),
    _number("tasks.return_within_s", 14_400, "s", "任务征调：返程时限", "Time to drive home after it", most=7 * _DAY_S),
    _number("orders.approval_levels", 1, "levels", "用车审批：级数", "Levels of approval", least=1, most=2),
    _number("orders.longest_s", 30 * _DAY_S, "s", "用车：最长时间", "Longest order", least=3_600, most=366 * _DAY_S),
    _number("orders.early_departure_s", 1_800, "s", "出车：可提前", "Departs at most so early", most=_DAY_S),
    _number(
        "orders.amend_within_s", _DAY_S, "s", "变更：回车后时限", "Amended after the return within", most=30 * _DAY_S
    ),
    _number(
        *("orders.correct_within_s", 30 * _DAY_S, "s", "更正：结算后时限", "Corrected after settling within"),
        most=366 * _DAY_S,
    ),
    _number("candidates.road_pct", 140, "%", "派车：道路与直线之比", "Road over straight line", least=100, most=500),
    _number("candidates.reserve_pct", 20, "%", "派车：能源余量", "Reserve of fuel or charge", most=200),
    _number("candidates.rated_range_pct", 75, "%", "派车：续航折算", "Of the rated range", least=10, most=100),
    _number("candidates.refill_s", 7_200, "s", "派车：补能所需时间", "Time to charge", most=_DAY_S),
    _number("candidates.stale_s", 1_800, "s", "派车：位置过时", "A position is stale after", most=30 * _DAY_S),
    _number(
        "candidates.fair_days", 30, "days", "派车：均衡使用统计天数", "Fair use is counted over", least=1, most=366
    ),
    _number(
        *("standards.communications_price_fen", 12_000_000, "fen", "机要通信用车价格上限", "Communications, price"),
        most=10**11,
        city=True,
    ),
    _number(
        *("standards.communications_displacement_ml", 1_600, "ml", "机要通信用车排量上限", "Communications, engine"),
        most=20_000,
        city=True,
    ),
    _number(
        *("standards.new_energy_price_fen", 18_000_000, "fen", "新能源轿车价格上限", "New-energy cars, price"),
        most=10**11,
        city=True,
    ),
    _number("silent_long.days", 7, "days", "长期失联：天数", "Silent for long means", most=3_650),
    _cut("stop_after_s", 300, "s", "静止时长", "No movement that ends a trip", least=60, most=3_600),
    _cut("ignition_off_s", 120, "s", "熄火时长", "Ignition off that ends a trip", least=10, most=3_600),
    _cut("idle_stop_s", 1_200, "s", "怠速时长", "Standing with the engine on that ends it", least=60, most=_DAY_S),
    _cut("gap_s", 600, "s", "行驶中失联", "Silence while moving that is a gap", least=60, most=_DAY_S),
    _cut("gap_parked_s", 1_800, "s", "停放中失联", "Silence while parked that is a gap", least=60, most=_DAY_S),
    _cut("drift_m", 80, "m", "漂移半径", "Around a stop, drift of the receiver", least=10, most=1_000),
    _cut("least_trip_m", 150, "m", "最短行程", "Least distance of a trip", least=0, most=5 * _KM),
    _cut("moving_dkmh", 50, "0.1 km/h", "行驶速度", "From this speed on it moves", least=10, most=300),
    _cut("jump_kmh", 250, "km/h", "跳点速度", "A fix that would need more is set aside", least=100, most=1_000),
    _reporting("late_moving_s", 60, "上报迟到：行驶中", "A unit is late while moving after"),
    _reporting("late_parked_s", 660, "上报迟到：停放中", "A unit is late while parked after"),
    _reporting("silent_moving_s", 180, "失联：行驶中", "A unit is silent while moving after"),
    _reporting("silent_parked_s", 1_800, "失联：停放中", "A unit is silent while parked after"),
    _deadline("assign", 3, "线索：分派时限", "Assigned within"),
    _deadline("explain", 5, "线索：单位说明时限", "Explained by the organ within"),
    _deadline("decide", 10, "线索：认定时限", "Decided, once explained, within"),
    _factor("nev_purchases_target_pct", 30, "%", "新能源购置占比目标", "New-energy purchases, target", most=100),
    _factor(
        "nev_communications_target_pct", 100, "%", "机要通信新能源目标", "New-energy communications, target", most=100
    ),
    # Heating values by China's general rules for the calculation of energy (GB/T 2589), a litre at its usual density.
    _factor("petrol_wh_per_l", 8_740, "Wh/L", "汽油热值", "Petrol, heating value"),
    _factor("diesel_wh_per_l", 9_960, "Wh/L", "柴油热值", "Diesel, heating value"),
    _factor("gas_wh_per_l", 6_800, "Wh/L", "燃气热值", "Gas, heating value"),
    _factor("petrol_fen_per_l", 780, "fen/L", "汽油单价", "Petrol, price"),
    _factor("diesel_fen_per_l", 740, "fen/L", "柴油单价", "Diesel, price"),
    _factor("gas_fen_per_l", 450, "fen/L", "燃气单价", "Gas, price"),
    _factor("electricity_fen_per_kwh", 80, "fen/kWh", "电价", "Electricity, price"),
    _factor("petrol_g_co2_per_l", 2_120, "g/L", "汽油排放因子", "Petrol, carbon dioxide"),
    _factor("diesel_g_co2_per_l", 2_600, "g/L", "柴油排放因子", "Diesel, carbon dioxide"),
    _factor("gas_g_co2_per_l", 1_500, "g/L", "燃气排放因子", "Gas, carbon dioxide"),
    _factor("electricity_g_co2_per_kwh", 537, "g/kWh", "电力排放因子", "Electricity, carbon dioxide"),
    Policy("reconciliation.orders_kept", PolicyKind.SWITCH, True, "", "对账：本系统管理用车单", "Orders are kept here"),
    Policy("holiday_use.enabled", PolicyKind.SWITCH, True, "", "节假日用车：启用", "Judged at all"),
)

POLICIES: dict[str, Policy] = {policy.slug: policy for policy in _ALL}


def lineage(organ_id: int | None, parents: Mapping[int, int | None]) -> list[int]:
    """The organ, then the organs above it; `parents`: the organ above each."""
    found: list[int] = []
    current = organ_id
    while current is not None and current not in found:
        found.append(current)
        current = parents.get(current)
    return found


def resolve(policy: Policy, versions: Iterable[PolicyVersion], lineage: Sequence[int], at: datetime) -> Resolved:
    """What holds at `at` for the organ `lineage[0]`; `lineage` goes from the organ up to the root.

    The nearest organ with a version in force wins, then the city (None), then the default. Of one organ's versions
    the one with the latest beginning holds; of two with the same beginning, the one entered later: a correction.
    """
    distance: dict[int | None, int] = {organ: steps for steps, organ in enumerate(lineage)}
    distance[None] = len(lineage)
    in_force = [
        version
        for version in versions
        if version.slug == policy.slug and version.organ_id in distance and version.effective_from <= at
    ]
    if not in_force:
        return Resolved(policy.default, None)
    nearest = min(in_force, key=lambda one: (distance[one.organ_id], -one.effective_from.timestamp(), -one.id))
    return Resolved(nearest.value, nearest)
