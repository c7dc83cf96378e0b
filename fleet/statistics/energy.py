"""Kinds of fuel, and the policies that say what a litre of each holds, costs and emits."""

from __future__ import annotations

from enum import StrEnum

from fleet.model.registry import Energy


class Fuel(StrEnum):
    PETROL = "petrol"
    DIESEL = "diesel"
    GAS = "gas"


FUEL_WH_PER_L = {fuel: f"statistics.{fuel.value}_wh_per_l" for fuel in Fuel}
FUEL_FEN_PER_L = {fuel: f"statistics.{fuel.value}_fen_per_l" for fuel in Fuel}
FUEL_G_CO2_PER_L = {fuel: f"statistics.{fuel.value}_g_co2_per_l" for fuel in Fuel}
ELECTRICITY_FEN_PER_KWH = "statistics.electricity_fen_per_kwh"
ELECTRICITY_G_CO2_PER_KWH = "statistics.electricity_g_co2_per_kwh"

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
