"""What official vehicles may cost and how large their engines may be: warnings, for the asset exists all the same."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.model.policies import POLICIES
from fleet.model.records import VehicleRecord
from fleet.model.registry import Body, VehicleUse
from fleet.registry.problems import Problem, warning

CARS = frozenset({Body.SALOON, Body.SUV, Body.MPV})
"""What the limit for new-energy vehicles is about: a bus or an ambulance has prices of its own."""


def _default(slug: str) -> int:
    value = POLICIES[slug].default
    assert isinstance(value, int)
    return value


@dataclass(frozen=True, slots=True)
class Standards:
    """The limits, both included. The defaults are those of the policies of the same names."""

    communications_price_fen: int = _default("standards.communications_price_fen")
    communications_displacement_ml: int = _default("standards.communications_displacement_ml")
    new_energy_price_fen: int = _default("standards.new_energy_price_fen")


def standard_problems(vehicle: VehicleRecord, limits: Standards) -> list[Problem]:
    """Warnings where the vehicle is beyond what its class may be; what is not known is not judged."""
    found: list[Problem] = []
    communications = vehicle.use is VehicleUse.COMMUNICATIONS
    limit_fen = None
    if vehicle.energy.new_energy and vehicle.body in CARS:
        limit_fen = limits.new_energy_price_fen
    elif communications and not vehicle.energy.new_energy:
        limit_fen = limits.communications_price_fen
    if limit_fen is not None and vehicle.price_fen is not None and vehicle.price_fen > limit_fen:
        yuan, most = vehicle.price_fen / 100, limit_fen / 100
        zh = f"价格 {yuan:,.0f} 元超过标准 {most:,.0f} 元"
        found.append(
            warning("price_fen", "over_standard_price", zh, f"{yuan:,.0f} yuan is above the {most:,.0f} allowed")
        )
    size, largest = vehicle.displacement_ml, limits.communications_displacement_ml
    if communications and size is not None and size > largest:
        zh = f"排量 {size} 毫升超过机要通信用车标准 {largest} 毫升"
        found.append(
            warning("displacement_ml", "over_standard_displacement", zh, f"{size} ml is above the {largest} allowed")
        )
    return found
