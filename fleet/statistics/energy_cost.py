"""What fuel and electricity cost at the prices that held."""

from __future__ import annotations

from fleet.model.fuels import fuel_kind
from fleet.statistics.base import Part, Row, Source, Statistic, Unit
from fleet.statistics.energy import ELECTRICITY_FEN_PER_KWH, FUEL_FEN_PER_L


def _days(row: Row) -> dict[str, int]:
    kind = fuel_kind(row.energy)
    return {
        "fuel_mfen": 0 if kind is None else row.figures["fuel_ml"] * row.factors[FUEL_FEN_PER_L[kind]],
        "electricity_mfen": row.figures["energy_wh"] * row.factors[ELECTRICITY_FEN_PER_KWH],
    }


ENERGY_COST = Statistic(
    slug="energy_cost",
    title_zh="能源费用",
    title_en="Cost of energy",
    definition_zh="期间内已知燃料与电能消耗按当日所用单价（策略值）计算的费用，不是实际支付的费用。",
    definition_en=(
        "Known use of fuel and electricity at the prices that held on the day (policy values); not what was paid."
    ),
    unit=Unit.YUAN,
    decimals=2,
    parts=(
        Part("fuel_mfen", "1/1000 fen", "燃料费用", "Fuel"),
        Part("electricity_mfen", "1/1000 fen", "电费", "Electricity"),
    ),
    counts={Source.DAYS: _days},
    quotient=lambda parts: (parts["fuel_mfen"] + parts["electricity_mfen"], 100_000),
    factors=(*FUEL_FEN_PER_L.values(), ELECTRICITY_FEN_PER_KWH),
)
