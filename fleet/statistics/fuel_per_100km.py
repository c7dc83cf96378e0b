"""Fuel per 100 km, of the trips that tell it."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit


def _days(row: Row) -> dict[str, int]:
    return {name: row.figures[name] for name in ("fuel_ml", "fuel_distance_m", "distance_m")}


FUEL_PER_100KM = Statistic(
    slug="fuel_per_100km",
    title_zh="百公里油耗",
    title_en="Fuel per 100 km",
    definition_zh=(
        "已知燃料消耗的行程：消耗除以其里程。全部里程并列，以示已知部分的多少。"
        "汽油、柴油、燃气的升数合并计算，须分别看时按能源类型分组。"
    ),
    definition_en=(
        "Of the trips whose fuel is known from a counter or a level: what they used by the distance they drove."
        " All distance stands beside it, so that it is seen how much is known."
        " Litres of petrol, diesel and gas are added alike: grouped by energy kind, each stands for itself."
    ),
    unit=Unit.L_PER_100KM,
    decimals=2,
    parts=(
        Part("fuel_ml", "ml", "燃料", "Fuel used"),
        Part("fuel_distance_m", "m", "消耗已知的里程", "Distance of trips that tell it"),
        Part("distance_m", "m", "全部里程", "All distance"),
    ),
    counts={Source.DAYS: _days},
    quotient=lambda parts: (100 * parts["fuel_ml"], parts["fuel_distance_m"]),
)
