"""The policies that say what a litre of each fuel holds, costs and emits, and what a kilowatt-hour does."""

from __future__ import annotations

from fleet.model.fuels import Fuel

FUEL_WH_PER_L = {fuel: f"statistics.{fuel.value}_wh_per_l" for fuel in Fuel}
FUEL_FEN_PER_L = {fuel: f"statistics.{fuel.value}_fen_per_l" for fuel in Fuel}
FUEL_G_CO2_PER_L = {fuel: f"statistics.{fuel.value}_g_co2_per_l" for fuel in Fuel}
ELECTRICITY_FEN_PER_KWH = "statistics.electricity_fen_per_kwh"
ELECTRICITY_G_CO2_PER_KWH = "statistics.electricity_g_co2_per_kwh"
