"""Confirmed cases by distance."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit


def _days(row: Row) -> dict[str, int]:
    return {"distance_m": row.figures["distance_m"]}


def _cases(row: Row) -> dict[str, int]:
    return {name: row.figures[name] for name in ("confirmed", "undecided", "dismissed")}


MISUSE_RATE = Statistic(
    slug="misuse_rate",
    title_zh="违规率",
    title_en="Confirmed misuse",
    definition_zh="期间内发生并经认定的线索数，按每千公里计；待定与不成立的线索并列，不计入。",
    definition_en=(
        "Cases of what happened in the period that a supervisor confirmed, for every 1,000 km driven. Undecided and"
        " dismissed ones stand beside it and do not count."
    ),
    unit=Unit.PER_1000KM,
    decimals=4,
    parts=(
        Part("confirmed", "cases", "认定", "Confirmed"),
        Part("undecided", "cases", "待定", "Undecided"),
        Part("dismissed", "cases", "不成立", "Dismissed"),
        Part("distance_m", "m", "里程", "Distance"),
    ),
    counts={Source.DAYS: _days, Source.CASES: _cases},
    quotient=lambda parts: (10**6 * parts["confirmed"], parts["distance_m"]),
)
