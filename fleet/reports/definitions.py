"""What the figures of the energy sheets mean, in the words that stand beside them."""

from __future__ import annotations

from typing import NamedTuple

from fleet.reports.outliers import APART_PCT, DISTANCES, LEAST_M, LEAST_PEERS
from fleet.reports.usage import ENOUGH_PCT, LEAST_PURCHASES


class Definition(NamedTuple):
    slug: str
    title_zh: str
    title_en: str
    zh: str
    en: str


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "used",
        "测得用量",
        "Used",
        "终端计数器或液位（电量）测得的行程用量之和。汽油、柴油、燃气、电分别统计，互不相加。",
        "What counters or levels of the units tell of trips. Petrol, diesel, gas and electricity are never added.",
    ),
    Definition(
        "bought",
        "购入量",
        "Bought",
        "加油卡与充电记录之和（按加油卡当日所属车辆计；冲正记录为负）。",
        "Records of fuel cards and of charging, of the vehicle that held the card on that day; reversals below zero.",
    ),
    Definition(
        "per_100km",
        "百公里用量",
        "Per 100 km",
        f"逐车逐月取最可靠的方法：计数器、液位、购入记录；所取方法须覆盖里程的 {ENOUGH_PCT}% 以上，购入记录须有"
        f" {LEAST_PURCHASES} 次以上；均不满足时按已测得部分计（注明“部分”）。合计为用量之和除以里程之和，不取平均。",
        f"Of each vehicle and month the best method: counter, level, records. A measured one must cover {ENOUGH_PCT} %"
        f" of the distance, records must be {LEAST_PURCHASES} or more; failing all, the part that was measured. Totals"
        " are sums over sums, never averages.",
    ),
    Definition(
        "difference",
        "购用差",
        "Difference",
        f"购入量减测得用量，只计有购入记录且 {ENOUGH_PCT}% 以上里程已测得的车辆月份。"
        "期末油箱余量与未测得里程可解释一部分，差额本身不是结论。",
        f"Bought less used, of vehicles and months with a purchase and {ENOUGH_PCT} % of the distance measured. A"
        " fuller tank at the end and what was not measured explain some of it; a difference is no finding.",
    ),
    Definition(
        "outlier",
        "离群",
        "Outlier",
        f"与全市同能源类型、同车型车辆（至少 {LEAST_PEERS} 辆，各有 {LEAST_M // 1000} 公里以上，不含仅部分测得的车辆）"
        f"百公里用量的中位数相差超过 {APART_PCT}% 且超过 {DISTANCES} 倍绝对中位差的车辆。只作标注，不予剔除。",
        f"A vehicle whose use per 100 km lies more than {APART_PCT} % and more than {DISTANCES} median distances from"
        f" the median of the city's vehicles of its energy kind and body ({LEAST_PEERS} or more, {LEAST_M // 1000} km"
        " each, those told in part apart). Flagged, never left out.",
    ),
    Definition(
        "paid",
        "支出",
        "Paid",
        "加油卡与充电记录的金额之和；无金额的充电记录另列次数，不作零计。",
        "The amounts of the records. Charging records without an amount are counted beside it, not as nothing.",
    ),
    Definition(
        "calculated",
        "测算费用",
        "Calculated cost",
        "测得用量按当日所用单价（策略值）计算，不是实际支付的费用。",
        "Measured use at the prices that held on the day (policies); not what was paid.",
    ),
)
