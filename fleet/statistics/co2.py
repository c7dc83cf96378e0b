"""Carbon dioxide from fuel and from making the electricity."""

from __future__ import annotations

from fleet.model.fuels import fuel_kind
from fleet.statistics.base import Part, Row, Source, Statistic, Unit
from fleet.statistics.energy import ELECTRICITY_G_CO2_PER_KWH, FUEL_G_CO2_PER_L


def _days(row: Row) -> dict[str, int]:
    kind = fuel_kind(row.energy)
    return {
        "fuel_mg": 0 if kind is None else row.figures["fuel_ml"] * row.factors[FUEL_G_CO2_PER_L[kind]],
        "electricity_mg": row.figures["energy_wh"] * row.factors[ELECTRICITY_G_CO2_PER_KWH],
    }


CO2 = Statistic(
    slug="co2",
    title_zh="二氧化碳排放",
    title_en="Carbon dioxide",
    definition_zh="期间内已知燃料与电能消耗乘以排放因子（策略值）。燃料为车辆直接排放，电能为发电环节排放。",
    definition_en=(
        "Known use of fuel and electricity by their emission factors (policy values): what vehicles emit, and what"
        " making their electricity emits."
    ),
    unit=Unit.TONNES,
    decimals=3,
    parts=(
        Part("fuel_mg", "mg", "燃料", "From fuel"),
        Part("electricity_mg", "mg", "电能", "From electricity"),
    ),
    counts={Source.DAYS: _days},
    quotient=lambda parts: (parts["fuel_mg"] + parts["electricity_mg"], 10**9),
    factors=(*FUEL_G_CO2_PER_L.values(), ELECTRICITY_G_CO2_PER_KWH),
)
