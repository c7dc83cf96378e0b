"""How many of the days that vehicles were there they were used."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit

_TIMES = ("driving_s", "idle_s", "standing_s", "silent_s", "stopped_s", "gap_s")


def _days(row: Row) -> dict[str, int]:
    return {"days_used": row.figures["days_used"]} | {name: row.figures[name] for name in _TIMES}


def _fleet(row: Row) -> dict[str, int]:
    return {"days_available": row.figures["days_in_service"]}


UTILISATION = Statistic(
    slug="utilisation",
    title_zh="车辆利用率",
    title_en="Utilisation",
    definition_zh="有行程的车日占在用车日的比例；行驶、怠速、停放与失联时间并列。",
    definition_en=(
        "Vehicle-days with a trip among vehicle-days in service. Beside it the time vehicles drove, idled, stood and"
        " did not communicate."
    ),
    unit=Unit.PERCENT,
    decimals=2,
    parts=(
        Part("days_used", "days", "有行程车日", "Vehicle-days with a trip"),
        Part("days_available", "days", "在用车日", "Vehicle-days in service"),
        Part("driving_s", "s", "行驶", "Driving"),
        Part("idle_s", "s", "怠速", "Idling"),
        Part("standing_s", "s", "途中熄火", "Standing within trips, engine off"),
        Part("silent_s", "s", "途中失联", "Silent within trips"),
        Part("stopped_s", "s", "停放", "Parked"),
        Part("gap_s", "s", "失联", "Not communicating"),
    ),
    counts={Source.DAYS: _days, Source.FLEET: _fleet},
    quotient=lambda parts: (100 * parts["days_used"], parts["days_available"]),
)
