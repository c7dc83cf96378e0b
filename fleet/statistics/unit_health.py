"""How much of the time onboard units told where their vehicle was."""

from __future__ import annotations

from collections.abc import Mapping

from fleet.statistics.base import Part, Row, Source, Statistic, Unit

_HEARD = ("driving_s", "idle_s", "standing_s", "stopped_s")


def _days(row: Row) -> dict[str, int]:
    figures = row.figures
    return {
        "communicating_s": sum(figures[name] for name in _HEARD),
        "silent_s": figures["silent_s"] + figures["gap_s"],
        "undocumented_m": figures["gap_odometer_m"],
    }


def _share(parts: Mapping[str, int]) -> tuple[int, int]:
    return 100 * parts["communicating_s"], parts["communicating_s"] + parts["silent_s"]


UNIT_HEALTH = Statistic(
    slug="unit_health",
    title_zh="终端在线率",
    title_en="Health of onboard units",
    definition_zh="车辆有记录的时间中，终端按约定上报的时间所占比例；失联期间里程表增长的里程并列。",
    definition_en=(
        "Of the time that is accounted for, the part in which units reported as agreed. Beside it the distance that"
        " odometers grew while units were silent."
    ),
    unit=Unit.PERCENT,
    decimals=2,
    parts=(
        Part("communicating_s", "s", "上报时间", "Time with reports"),
        Part("silent_s", "s", "失联时间", "Time without"),
        Part("undocumented_m", "m", "失联期间里程", "Distance while silent"),
    ),
    counts={Source.DAYS: _days},
    quotient=_share,
)
