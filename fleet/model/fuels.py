"""What vehicles burn."""

from __future__ import annotations

from enum import StrEnum

from fleet.model.registry import Energy


class Fuel(StrEnum):
    PETROL = "petrol"
    DIESEL = "diesel"
    GAS = "gas"


_BURNS = {
    Energy.PETROL: Fuel.PETROL,
    Energy.DIESEL: Fuel.DIESEL,
    Energy.GAS: Fuel.GAS,
    Energy.HEV: Fuel.PETROL,
    Energy.PHEV: Fuel.PETROL,
    Energy.EREV: Fuel.PETROL,
}


def fuel_kind(energy: Energy | None) -> Fuel | None:
    """What a vehicle burns; hybrids burn petrol. None = nothing that is measured in litres."""
    return None if energy is None else _BURNS.get(energy)


def chargeable(energy: Energy) -> bool:
    """Whether it has a battery that is charged from the grid."""
    return energy in (Energy.PHEV, Energy.EREV, Energy.BEV)
