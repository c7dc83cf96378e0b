"""How far a vehicle gets with what it has, and with all it can have. Estimates, on the safe side, in metres.

Consumption is not in the registry; bodies stand for it. Electric range is the rated one, cut by what altitude and cold
take.
"""

from __future__ import annotations

from fleet.model.registry import Body, Energy

_ML_PER_100KM: dict[str, int] = {
    Body.SALOON: 8_500,
    Body.SUV: 11_000,
    Body.MPV: 11_500,
    Body.PICKUP: 11_500,
    Body.BUS: 22_000,
    Body.TRUCK: 24_000,
    Body.AMBULANCE: 13_500,
    Body.LABORATORY: 18_000,
    Body.COLD_CHAIN: 14_500,
    Body.DISINFECTION: 18_000,
}
_BURNS = frozenset({Energy.PETROL, Energy.DIESEL, Energy.HEV, Energy.PHEV, Energy.EREV})
_DRIVES_ON_CHARGE = frozenset({Energy.BEV, Energy.FCEV, Energy.PHEV, Energy.EREV})
CHARGE_ONLY = frozenset({Energy.BEV, Energy.FCEV})


def range_m(
    body: str,
    energy: str,
    fuel_ml: int | None,
    rated_range_km: int | None,
    charge_permille: int | None,
    rated_pct: int,
) -> int | None:
    """With so much fuel and charge; None where it cannot be told. Of two sources one known is enough for a least."""
    metres: int | None = None
    consumption = _ML_PER_100KM.get(body)
    if energy in _BURNS and fuel_ml is not None and consumption is not None:
        metres = fuel_ml * 100_000 // consumption
    if energy in _DRIVES_ON_CHARGE and rated_range_km is not None and charge_permille is not None:
        metres = (metres or 0) + rated_range_km * charge_permille * rated_pct // 100
    return metres


def fuel_in_tank_ml(tank_ml: int | None, level_ml: int | None, level_permille: int | None) -> int | None:
    """What the unit measured, or the level of the tank that the registry knows."""
    if level_ml is not None:
        return level_ml
    if tank_ml is not None and level_permille is not None:
        return tank_ml * level_permille // 1000
    return None
