"""What driving costs: fuel and charge by body, speed, slope, load and temperature; and how tanks are filled. Pure.

Costs are in whole millilitres, watt-hours and seconds, so that days add up exactly. What is in a tank follows from
what has been used in all: each time the use passes the next mark of a `Reservoir`, the same amount is filled in.
Nothing needs to be remembered from day to day, and nothing is created or lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.model.registry import Body, Energy
from simulators.days.model import NOTHING, Cost
from simulators.draws import key_of
from simulators.routing import Way

# Litres of petrol and kilowatt-hours for 100 km at 60 km/h, litres an hour when idling.
_BODIES: dict[Body, tuple[float, float, float]] = {
    Body.SALOON: (7.2, 14.0, 0.8),
    Body.SUV: (9.0, 17.5, 1.0),
    Body.MPV: (10.0, 20.0, 1.0),
    Body.BUS: (22.0, 65.0, 1.9),
    Body.PICKUP: (10.5, 21.0, 1.1),
    Body.TRUCK: (20.0, 55.0, 1.8),
    Body.AMBULANCE: (11.5, 26.0, 1.3),
    Body.LABORATORY: (13.5, 32.0, 1.5),
    Body.COLD_CHAIN: (14.5, 34.0, 1.6),
    Body.DISINFECTION: (17.0, 42.0, 1.7),
}

# Litres used for each litre of petrol; gas is counted as litres of petrol equivalent.
_FUEL_FACTOR = {
    Energy.PETROL: 1.0,
    Energy.DIESEL: 0.85,
    Energy.GAS: 1.1,
    Energy.HEV: 0.64,
    Energy.PHEV: 0.72,
    Energy.EREV: 0.78,
}

_AUXILIARIES_KW = 0.5
_HEATING_KW_A_DEGREE = 0.08  # below 16 °C
_COOLING_KW_A_DEGREE = 0.1  # above 24 °C
_RESERVE = 0.18  # share of the battery at which a plug-in hybrid starts its engine
_FULL = 0.95  # share to which batteries are charged
_HYDROGEN_RANGE_KM = 420.0
_CLIMB_L_A_METRE = 0.0016  # of a vehicle that needs 7.2 l for 100 km
_CLIMB_KWH_A_METRE = 0.0047  # of one that needs 14 kWh
_DOWN_SAVES = 0.5
_COLD_START_L = 0.05  # at 0 °C


@dataclass(frozen=True, slots=True)
class Reservoir:
    """A tank or battery that is filled up in portions: when the use in all passes mark k, portion k goes in.

    Marks lie about `portion` apart. Just before a mark is passed the level is `top` less one portion, more or less.
    """

    key: int
    capacity: int
    top: int
    portion: int

    @classmethod
    def tank(cls, key: int, capacity: int) -> Reservoir:
        """Filled before it is a quarter full. A drive that passes a mark is preceded by the filling."""
        return cls(key, capacity, round(0.75 * capacity), round(0.45 * capacity))

    @classmethod
    def battery(cls, key: int, capacity: int) -> Reservoir:
        """Charged in the evening of the day on which a mark was passed."""
        return cls(key, capacity, round(_FULL * capacity), round(0.38 * capacity))

    def mark(self, number: int) -> int:
        """The use in all at which portion `number` goes in."""
        return self.portion * number + key_of(self.key, number) % max(1, self.portion // 10)

    def passed(self, used: int) -> int:
        """The number of the last mark not above `used`."""
        number = used // self.portion
        return number if self.mark(number) <= used else number - 1

    def filled(self, used: int) -> int:
        """All that went in until then, counted so that `level` holds."""
        return self.mark(self.passed(used))

    def level(self, used: int, filled: int) -> int:
        """What is in it."""
        return min(self.capacity, max(0, self.top + filled - used))


@dataclass(frozen=True, slots=True)
class Powertrain:
    """What never changes of one vehicle's drive. A fuel-cell vehicle's hydrogen is counted as the Wh it will give."""

    energy: Energy
    body: Body
    tank: Reservoir | None  # millilitres
    battery: Reservoir | None  # watt-hours; of what drives on the battery alone, or on hydrogen
    hydrogen: bool
    hybrid: bool  # has both and is charged to the full every night

    @classmethod
    def build(cls, key: int, energy: Energy, body: Body, tank_l: float | None, battery_kwh: float | None) -> Powertrain:
        """What the registry does not know gets a common size."""
        burns = energy in _FUEL_FACTOR
        hydrogen = energy is Energy.FCEV
        tank = Reservoir.tank(key_of(key, "tank"), round(1_000 * (tank_l or 55.0))) if burns else None
        battery = None
        if hydrogen:
            capacity_wh = round(_HYDROGEN_RANGE_KM * _BODIES[body][1] * 10)
            battery = Reservoir.tank(key_of(key, "hydrogen"), capacity_wh)
        elif energy in (Energy.PHEV, Energy.EREV, Energy.BEV):
            common_kwh = _BODIES[body][1] * 4.2 if energy is Energy.BEV else 18.0
            battery = Reservoir.battery(key_of(key, "battery"), round(1_000 * (battery_kwh or common_kwh)))
        return cls(energy, body, tank, battery, hydrogen, battery is not None and tank is not None)

    @property
    def plugs_in(self) -> bool:
        return self.battery is not None and not self.hydrogen

    @property
    def usable_wh(self) -> int:
        """What a plug-in hybrid drives on its battery after a night at the plug."""
        if not self.hybrid or self.battery is None:
            return 0
        return self.battery.top - round(_RESERVE * self.battery.capacity)

    @property
    def litres_100km(self) -> float:
        """A careful estimate for a tank."""
        return _BODIES[self.body][0] * _FUEL_FACTOR.get(self.energy, 1.0) * 1.35

    def drive(self, way: Way, seconds: float, temperature_c: float, cold: bool, load: float, left_wh: int) -> Cost:
        """A whole drive of `seconds`; `left_wh`: what a plug-in hybrid may still take from its battery."""
        km, hours = way.distance_m / 1_000, seconds / 3_600
        speed_kmh = max(5.0, km / hours)
        litres_100, kwh_100, _ = _BODIES[self.body]
        climb_m = way.up_m - _DOWN_SAVES * way.down_m
        electric, energy_wh = 0.0, 0
        if self.battery is not None:
            flat_kwh = km * kwh_100 / 100 * load * (0.75 + 0.6 * (speed_kmh / 100) ** 2) / 0.966
            climb_kwh = climb_m * _CLIMB_KWH_A_METRE * kwh_100 / 14.0 * load
            wanted_wh = round(
                1_000 * (max(0.35 * flat_kwh, flat_kwh + climb_kwh) + self._comfort_kw(temperature_c) * hours)
            )
            energy_wh = min(wanted_wh, left_wh) if self.hybrid else wanted_wh
            electric = energy_wh / wanted_wh if wanted_wh else 1.0
        if self.tank is None or electric >= 1.0:
            return Cost(0, energy_wh, 0)
        shape = (0.55 + 9 / max(speed_kmh, 8.0) + 0.6 * (speed_kmh / 100) ** 2) / 0.916
        flat_l = km * litres_100 / 100 * load * shape
        climb_l = climb_m * _CLIMB_L_A_METRE * litres_100 / 7.2 * load
        cold_l = _COLD_START_L * max(0.0, 1 - temperature_c / 25) * litres_100 / 7.2 if cold else 0.0
        litres = (max(0.35 * flat_l, flat_l + climb_l) + cold_l) * _FUEL_FACTOR[self.energy]
        return Cost(round(1_000 * litres * (1 - electric)), energy_wh, round(seconds * (1 - electric)))

    def idle(self, seconds: float, temperature_c: float) -> Cost:
        """Standing with the ignition on."""
        if seconds <= 0:
            return NOTHING
        if self.tank is None or self.hybrid:
            return Cost(0, round(1_000 * self._comfort_kw(temperature_c) * seconds / 3_600), 0)
        litres_hour = _BODIES[self.body][2] * _FUEL_FACTOR[self.energy]
        return Cost(round(1_000 * litres_hour * seconds / 3_600), 0, round(seconds))

    @staticmethod
    def _comfort_kw(temperature_c: float) -> float:
        heating = max(0.0, 16 - temperature_c) * _HEATING_KW_A_DEGREE
        return _AUXILIARIES_KW + heating + max(0.0, temperature_c - 24) * _COOLING_KW_A_DEGREE
