"""The share of energy that new-energy vehicles used."""

from __future__ import annotations

from fleet.model.fuels import fuel_kind
from fleet.statistics.base import Part, Row, Source, Statistic, Unit
from fleet.statistics.energy import FUEL_WH_PER_L


def _days(row: Row) -> dict[str, int]:
    kind = fuel_kind(row.energy)
    fuel_mwh = 0 if kind is None else row.figures["fuel_ml"] * row.factors[FUEL_WH_PER_L[kind]]
    electricity_mwh = row.figures["energy_wh"] * 1_000
    energy_mwh = fuel_mwh + electricity_mwh
    return {
        "new_energy_mwh": energy_mwh if row.new_energy else 0,
        "energy_mwh": energy_mwh,
        "electricity_mwh": electricity_mwh,
    }


NEV_SHARE_ENERGY = Statistic(
    slug="nev_share_energy",
    title_zh="新能源汽车能耗占比",
    title_en="New-energy share of the energy",
    definition_zh="期间内车辆所耗全部能量（燃料按热值折算）中新能源汽车所耗的比例；电能并列。只计仪表或读数可知的消耗。",
    definition_en=(
        "The energy that new-energy vehicles used within all energy, fuel counted by its heating value; electricity"
        " alone stands beside it. Only use that counters or levels tell is counted."
    ),
    unit=Unit.PERCENT,
    decimals=2,
    parts=(
        Part("new_energy_mwh", "mWh", "新能源汽车能耗", "Energy of new-energy vehicles"),
        Part("energy_mwh", "mWh", "全部能耗", "All energy"),
        Part("electricity_mwh", "mWh", "其中电能", "Electricity within it"),
    ),
    counts={Source.DAYS: _days},
    quotient=lambda parts: (100 * parts["new_energy_mwh"], parts["energy_mwh"]),
    factors=tuple(FUEL_WH_PER_L.values()),
)
