"""The share of new-energy vehicles among those newly registered."""

from __future__ import annotations

from fleet.model.registry import VehicleUse
from fleet.statistics.base import Part, Row, Source, Statistic, Unit


def _purchases(row: Row) -> dict[str, int]:
    vehicles = row.figures["vehicles"]
    communications = vehicles if row.use is VehicleUse.COMMUNICATIONS else 0
    return {
        "registered": vehicles,
        "new_energy": vehicles if row.new_energy else 0,
        "communications": communications,
        "communications_new_energy": communications if row.new_energy else 0,
    }


NEV_SHARE_PURCHASES = Statistic(
    slug="nev_share_purchases",
    title_zh="新增及更新车辆新能源占比",
    title_en="New-energy share of purchases",
    definition_zh=(
        "期间内首次登记的车辆中新能源汽车所占比例，按登记当日的能源种类计。机要通信用车另列（固定线路者应全部为新能源）。"
    ),
    definition_en=(
        "New-energy vehicles among all vehicles first registered in the period, by their energy kind on that day."
        " Communications vehicles are shown besides: those on fixed routes should all be new-energy ones."
    ),
    unit=Unit.PERCENT,
    decimals=2,
    parts=(
        Part("new_energy", "vehicles", "新能源汽车", "New-energy vehicles"),
        Part("registered", "vehicles", "新登记车辆", "Vehicles registered"),
        Part("communications_new_energy", "vehicles", "机要通信新能源汽车", "New-energy communications vehicles"),
        Part("communications", "vehicles", "机要通信新登记车辆", "Communications vehicles registered"),
    ),
    counts={Source.PURCHASES: _purchases},
    quotient=lambda parts: (100 * parts["new_energy"], parts["registered"]),
    target="statistics.nev_purchases_target_pct",
)
