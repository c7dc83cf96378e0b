"""Trips, and how long they were."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit

_NAMES = ("trips", "driving_s", "idle_s", "standing_s", "silent_s")


def _days(row: Row) -> dict[str, int]:
    return {name: row.figures[name] for name in _NAMES}


TRIPS = Statistic(
    slug="trips",
    title_zh="行程数",
    title_en="Trips",
    definition_zh="期间内开始的行程数；行驶、怠速、熄火停顿与行程中失联时间并列。",
    definition_en="How many trips began in the period; beside it the time they drove, idled, stood and were silent.",
    unit=Unit.TRIPS,
    decimals=0,
    parts=(
        Part("trips", "trips", "行程", "Trips"),
        Part("driving_s", "s", "行驶", "Driving"),
        Part("idle_s", "s", "怠速", "Idling"),
        Part("standing_s", "s", "途中熄火", "Standing within trips, engine off"),
        Part("silent_s", "s", "途中失联", "Silent within trips"),
    ),
    counts={Source.DAYS: _days},
    quotient=lambda parts: (parts["trips"], 1),
)
