"""What driving costs: fuel and charge by kind of vehicle and speed. Pure; nothing is created or lost.

The balance holds at every moment: level = first level + taken in - used, never below zero, never above full.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.model.registry import Body, Energy

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

_AUXILIARIES_KW = 0.7
_RESERVE = 0.18  # share of the battery at which a plug-in hybrid starts its engine
_HYDROGEN_RANGE_KM = 420.0


@dataclass(slots=True)
class Powertrain:
    """Levels and counters of one vehicle. A fuel-cell vehicle's hydrogen is kept as the kWh it will give."""

    energy: Energy
    body: Body
    tank_l: float  # 0 where there is none
    battery_kwh: float  # 0 where there is none that drives alone
    fuel_l: float
    charge_kwh: float
    fuel_used_l: float = 0.0
    energy_used_kwh: float = 0.0
    energy_charged_kwh: float = 0.0
    fuel_filled_l: float = 0.0
    engine_s: float = 0.0

    @classmethod
    def build(
        cls, energy: Energy, body: Body, tank_l: float | None, battery_kwh: float | None, fill: float
    ) -> Powertrain:
        """A powertrain filled to the share `fill`; what the registry does not know gets a common size."""
        burns = energy in _FUEL_FACTOR
        drives_electric = energy in (Energy.PHEV, Energy.EREV, Energy.BEV, Energy.FCEV)
        tank = (tank_l or 55.0) if burns else 0.0
        battery = (battery_kwh or (60.0 if energy is Energy.BEV else 18.0)) if drives_electric else 0.0
        if energy is Energy.FCEV:
            battery = _HYDROGEN_RANGE_KM * _BODIES[body][1] / 100
        return cls(energy, body, tank, battery, tank * fill, battery * fill)

    @property
    def plugs_in(self) -> bool:
        return self.battery_kwh > 0 and self.energy is not Energy.FCEV

    @property
    def refuels(self) -> bool:
        """Whether a filling station helps."""
        return self.tank_l > 0 or self.energy is Energy.FCEV

    @property
    def missing_kwh(self) -> float:
        return self.battery_kwh - self.charge_kwh

    @property
    def level(self) -> float:
        """Share left of what the vehicle depends on: the battery without an engine, else the tank."""
        return self.fuel_l / self.tank_l if self.tank_l else self.charge_kwh / self.battery_kwh

    def range_km(self) -> float:
        """Distance that is left at a careful estimate (80 km/h, a fifth on top)."""
        distance_km = 0.0
        if self.tank_l:
            distance_km += self.fuel_l / (self._litres_a_km(80.0) * 1.2)
        if self.battery_kwh:
            distance_km += self.charge_kwh / (self._kwh_a_km(80.0) * 1.2)
        return distance_km

    def drive(self, distance_m: float, seconds: float, speed_kmh: float) -> None:
        """Use what a part of a drive costs; `speed_kmh` is the mean of the whole drive, standing times included.

        Linear in distance and time, so that a drive costs the same in many steps as in one.
        """
        if seconds <= 0:
            return
        distance_km = distance_m / 1_000
        electric = 0.0
        if self.battery_kwh:
            floor_kwh = self.battery_kwh * _RESERVE if self.tank_l else 0.0
            wanted_kwh = distance_km * self._kwh_a_km(speed_kmh) + _AUXILIARIES_KW * seconds / 3_600
            given_kwh = min(wanted_kwh, max(0.0, self.charge_kwh - floor_kwh))
            electric = given_kwh / wanted_kwh
            self.charge_kwh -= given_kwh
            self.energy_used_kwh += given_kwh
        if self.tank_l and electric < 1.0:
            self._burn(distance_km * (1 - electric) * self._litres_a_km(speed_kmh))
            self.engine_s += seconds * (1 - electric)

    def idle(self, seconds: float) -> None:
        """Stand with the ignition on."""
        if self.battery_kwh:
            given_kwh = min(self.charge_kwh, _AUXILIARIES_KW * seconds / 3_600)
            self.charge_kwh -= given_kwh
            self.energy_used_kwh += given_kwh
            return
        self._burn(_BODIES[self.body][2] * _FUEL_FACTOR[self.energy] * seconds / 3_600)
        self.engine_s += seconds

    def refuel(self, litres: float) -> float:
        """Fill in at most `litres`; answers what went in. Hydrogen is filled to the brim and counts as charged."""
        if not self.tank_l:
            return self.charge(self.battery_kwh)
        filled_l = min(litres, self.tank_l - self.fuel_l)
        self.fuel_l += filled_l
        self.fuel_filled_l += filled_l
        return filled_l

    def charge(self, kwh: float) -> float:
        """Take in at most `kwh`; answers what went in."""
        taken_kwh = min(kwh, self.missing_kwh)
        self.charge_kwh += taken_kwh
        self.energy_charged_kwh += taken_kwh
        return taken_kwh

    def usage(self) -> dict[str, object]:
        """The counters and levels as the wire names them."""
        fields: dict[str, object] = {}
        if self.tank_l:
            fields["fuel_level_pct"] = round(100 * self.fuel_l / self.tank_l, 1)
            fields["fuel_level_l"] = round(self.fuel_l, 2)
            fields["fuel_used_l"] = round(self.fuel_used_l, 3)
            fields["engine_hours_h"] = round(self.engine_s / 3_600, 3)
        if self.energy is Energy.FCEV:
            fields["fuel_level_pct"] = round(100 * self.charge_kwh / self.battery_kwh, 1)
        elif self.battery_kwh:
            fields["soc_pct"] = round(100 * self.charge_kwh / self.battery_kwh, 1)
            fields["energy_charged_kwh"] = round(self.energy_charged_kwh, 3)
        if self.battery_kwh:
            fields["energy_used_kwh"] = round(self.energy_used_kwh, 3)
        return fields

    def _burn(self, litres: float) -> None:
        burnt_l = min(litres, self.fuel_l)
        self.fuel_l -= burnt_l
        self.fuel_used_l += burnt_l

    def _litres_a_km(self, speed_kmh: float) -> float:
        """Much in slow traffic, least near 50 km/h, rising with the square of the speed."""
        shape = 0.55 + 9 / max(speed_kmh, 8.0) + 0.6 * (speed_kmh / 100) ** 2
        return _BODIES[self.body][0] / 100 * _FUEL_FACTOR[self.energy] * shape / 0.916

    def _kwh_a_km(self, speed_kmh: float) -> float:
        return _BODIES[self.body][1] / 100 * (0.75 + 0.6 * (speed_kmh / 100) ** 2) / 0.966
