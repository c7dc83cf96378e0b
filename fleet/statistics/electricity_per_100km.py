"""Electricity per 100 km, of the trips that tell it."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit


def _days(row: Row) -> dict[str, int]:
    return {name: row.figures[name] for name in ("energy_wh", "energy_distance_m", "distance_m")}


ELECTRICITY_PER_100KM = Statistic(
    slug="electricity_per_100km",
    title_zh="百公里电耗",
    title_en="Electricity per 100 km",
    definition_zh="已知电能消耗的行程：消耗除以其里程。全部里程并列，以示已知部分的多少。",
    definition_en=(
        "Of the trips whose electricity is known from a counter or a level: what they used by the distance they drove."
        " All distance stands beside it, so that it is seen how much is known."
    ),
    unit=Unit.KWH_PER_100KM,
    decimals=2,
    parts=(
        Part("energy_wh", "Wh", "电能", "Electricity used"),
        Part("energy_distance_m", "m", "消耗已知的里程", "Distance of trips that tell it"),
        Part("distance_m", "m", "全部里程", "All distance"),
    ),
    counts={Source.DAYS: _days},
    quotient=lambda parts: (100 * parts["energy_wh"], parts["energy_distance_m"]),
)
