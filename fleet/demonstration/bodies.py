"""What a vehicle of each body is like: seats, engine, tank, battery, price; ranges that a registry would show."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.demonstration.draws import Mix
from fleet.model.registry import Body, Energy

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class BodyFacts:
    """`electric_share` scales how readily the body is bought as new energy; `diesel_share` is of the others."""

    seats: Mix[int]
    displacements_ml: tuple[int, ...]
    price_yuan: Range
    tank_l: Range
    battery_kwh: Range  # of a battery-electric one
    use_kwh_per_100km: float
    electric_share: float
    diesel_share: float
    new_energy: Mix[Energy]
    heavy: bool = False


_CAR = Mix({Energy.BEV: 60, Energy.PHEV: 26, Energy.EREV: 14})
_LIGHT = Mix({Energy.BEV: 80, Energy.PHEV: 12, Energy.EREV: 8})
_HEAVY = Mix({Energy.BEV: 86, Energy.PHEV: 6, Energy.FCEV: 8})

FACTS: dict[Body, BodyFacts] = {
    Body.SALOON: BodyFacts(
        seats=Mix({5: 1}),
        displacements_ml=(1398, 1498, 1598, 1798),
        price_yuan=(86_000, 165_000),
        tank_l=(45, 60),
        battery_kwh=(50, 72),
        use_kwh_per_100km=13,
        electric_share=1.35,
        diesel_share=0,
        new_energy=_CAR,
    ),
    Body.SUV: BodyFacts(
        seats=Mix({5: 8, 7: 2}),
        displacements_ml=(1498, 1798, 1967, 1998, 2393),
        price_yuan=(115_000, 235_000),
        tank_l=(52, 80),
        battery_kwh=(58, 85),
        use_kwh_per_100km=16,
        electric_share=1.0,
        diesel_share=0.08,
        new_energy=_CAR,
    ),
    Body.MPV: BodyFacts(
        seats=Mix({7: 8, 9: 2}),
        displacements_ml=(1498, 1798, 1998, 2378),
        price_yuan=(110_000, 245_000),
        tank_l=(55, 75),
        battery_kwh=(60, 90),
        use_kwh_per_100km=18,
        electric_share=1.1,
        diesel_share=0.1,
        new_energy=_CAR,
    ),
    Body.BUS: BodyFacts(
        seats=Mix({19: 4, 23: 2, 34: 2, 45: 1}),
        displacements_ml=(2771, 2982, 3760, 6494),
        price_yuan=(230_000, 620_000),
        tank_l=(80, 220),
        battery_kwh=(150, 290),
        use_kwh_per_100km=72,
        electric_share=1.2,
        diesel_share=0.65,
        new_energy=_HEAVY,
        heavy=True,
    ),
    Body.PICKUP: BodyFacts(
        seats=Mix({5: 1}),
        displacements_ml=(1967, 1998, 2378, 2499),
        price_yuan=(92_000, 178_000),
        tank_l=(65, 78),
        battery_kwh=(64, 88),
        use_kwh_per_100km=21,
        electric_share=0.5,
        diesel_share=0.75,
        new_energy=_LIGHT,
    ),
    Body.TRUCK: BodyFacts(
        seats=Mix({2: 3, 3: 5, 5: 1}),
        displacements_ml=(2499, 2982, 3767, 6692),
        price_yuan=(120_000, 460_000),
        tank_l=(90, 260),
        battery_kwh=(100, 282),
        use_kwh_per_100km=58,
        electric_share=0.6,
        diesel_share=0.95,
        new_energy=_HEAVY,
        heavy=True,
    ),
    Body.AMBULANCE: BodyFacts(
        seats=Mix({5: 1, 6: 2, 7: 2, 8: 1}),
        displacements_ml=(1995, 1998, 2179, 2198),
        price_yuan=(230_000, 490_000),
        tank_l=(70, 90),
        battery_kwh=(78, 110),
        use_kwh_per_100km=31,
        electric_share=0.5,
        diesel_share=0.7,
        new_energy=_LIGHT,
    ),
    Body.LABORATORY: BodyFacts(
        seats=Mix({3: 1, 6: 2}),
        displacements_ml=(2179, 2771, 2982, 3760),
        price_yuan=(680_000, 1_600_000),
        tank_l=(80, 160),
        battery_kwh=(110, 180),
        use_kwh_per_100km=52,
        electric_share=0.3,
        diesel_share=0.9,
        new_energy=Mix({Energy.BEV: 1}),
    ),
    Body.COLD_CHAIN: BodyFacts(
        seats=Mix({2: 2, 3: 1}),
        displacements_ml=(1998, 2198, 2499),
        price_yuan=(165_000, 350_000),
        tank_l=(65, 90),
        battery_kwh=(77, 110),
        use_kwh_per_100km=34,
        electric_share=0.9,
        diesel_share=0.8,
        new_energy=_HEAVY,
    ),
    Body.DISINFECTION: BodyFacts(
        seats=Mix({2: 1, 3: 2}),
        displacements_ml=(2179, 2499, 2982),
        price_yuan=(195_000, 480_000),
        tank_l=(65, 120),
        battery_kwh=(90, 160),
        use_kwh_per_100km=48,
        electric_share=0.5,
        diesel_share=0.9,
        new_energy=Mix({Energy.BEV: 9, Energy.FCEV: 1}),
    ),
}

CARS = frozenset({Body.SALOON, Body.SUV, Body.MPV})
"""What the price limits for official cars are about."""
