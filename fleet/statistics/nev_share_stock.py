"""The share of new-energy vehicles among those in use."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit


def _stock(row: Row) -> dict[str, int]:
    vehicles = row.figures["vehicles"]
    return {"vehicles": vehicles, "new_energy": vehicles if row.new_energy else 0}


NEV_SHARE_STOCK = Statistic(
    slug="nev_share_stock",
    title_zh="新能源汽车保有占比",
    title_en="New-energy share of the stock",
    definition_zh=(
        "期末在用（含维修）车辆中新能源汽车所占比例。新能源指插电混动、增程、纯电与燃料电池；油电混动（HEV）不计。"
    ),
    definition_en=(
        "New-energy vehicles among all vehicles in service or in repair on the last day of the period. New energy:"
        " plug-in hybrid, range-extended, battery and fuel-cell vehicles; hybrids that cannot be charged are not."
    ),
    unit=Unit.PERCENT,
    decimals=2,
    parts=(
        Part("new_energy", "vehicles", "新能源汽车", "New-energy vehicles"),
        Part("vehicles", "vehicles", "在用车辆", "Vehicles in use"),
    ),
    counts={Source.STOCK: _stock},
    quotient=lambda parts: (100 * parts["new_energy"], parts["vehicles"]),
)
