"""What became of orders."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit

_NAMES = ("submitted", "approved", "refused", "cancelled", "undecided", "approved_late", "assigned", "assign_s")


def _orders(row: Row) -> dict[str, int]:
    return {name: row.figures[name] for name in _NAMES}


ORDERS_SERVED = Statistic(
    slug="orders_served",
    title_zh="用车申请满足率",
    title_en="Orders served",
    definition_zh="期间内提交的用车申请中，已批准者占已有决定者的比例；驳回、撤销、迟批与派车用时并列。",
    definition_en=(
        "Approved orders among the decided ones of those submitted in the period. Beside it refused, cancelled and"
        " late ones (approved after their window began), and the time from approval to assignment."
    ),
    unit=Unit.PERCENT,
    decimals=2,
    parts=(
        Part("submitted", "orders", "提交", "Submitted"),
        Part("approved", "orders", "批准", "Approved"),
        Part("refused", "orders", "驳回", "Refused"),
        Part("cancelled", "orders", "撤销", "Cancelled"),
        Part("undecided", "orders", "未决", "Undecided"),
        Part("approved_late", "orders", "迟批", "Approved after the window began"),
        Part("assigned", "orders", "已派车", "Assigned"),
        Part("assign_s", "s", "派车用时合计", "From approval to assignment, in all"),
    ),
    counts={Source.ORDERS: _orders},
    quotient=lambda parts: (100 * parts["approved"], parts["approved"] + parts["refused"]),
)
