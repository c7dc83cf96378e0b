"""Kilometres driven."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit


def _days(row: Row) -> dict[str, int]:
    return {"distance_m": row.figures["distance_m"], "odometer_m": row.figures["odometer_m"]}


DISTANCE = Statistic(
    slug="distance",
    title_zh="行驶里程",
    title_en="Distance driven",
    definition_zh="期间内开始的行程按轨迹计算的里程之和；里程表里程并列，仅含里程表已知的行程。",
    definition_en=(
        "The distance along the tracks of all trips that began in the period. Beside it what odometers say, of the"
        " trips whose odometer is known."
    ),
    unit=Unit.KM,
    decimals=1,
    parts=(
        Part("distance_m", "m", "轨迹里程", "Distance along the tracks"),
        Part("odometer_m", "m", "里程表里程", "Distance by odometers"),
    ),
    counts={Source.DAYS: _days},
    quotient=lambda parts: (parts["distance_m"], 1_000),
)
