"""The share of kilometres that new-energy vehicles drove."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit


def _days(row: Row) -> dict[str, int]:
    distance_m = row.figures["distance_m"]
    return {"distance_m": distance_m, "new_energy_m": distance_m if row.new_energy else 0}


NEV_SHARE_DISTANCE = Statistic(
    slug="nev_share_distance",
    title_zh="新能源汽车里程占比",
    title_en="New-energy share of the distance",
    definition_zh="期间内全部行程里程中由新能源汽车行驶的比例，按行驶当日的能源种类计。",
    definition_en="The distance that new-energy vehicles drove within all distance, by the energy kind of the day.",
    unit=Unit.PERCENT,
    decimals=2,
    parts=(
        Part("new_energy_m", "m", "新能源汽车里程", "Distance of new-energy vehicles"),
        Part("distance_m", "m", "全部里程", "All distance"),
    ),
    counts={Source.DAYS: _days},
    quotient=lambda parts: (100 * parts["new_energy_m"], parts["distance_m"]),
)
