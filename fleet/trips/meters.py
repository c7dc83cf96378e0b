"""Odometers, counters and levels: what was driven and used, whatever the meters do in between.

A meter belongs to its unit. A value below the last one, or one that no vehicle could reach in the time, begins the
meter anew: what was counted before stays, the step itself is not counted. So a reset, a replaced unit or one wrong
value costs at most one step, and nothing is ever negative.
"""

from __future__ import annotations

from fleet.model.trips import TripParameters, UsageReading
from fleet.trips.state import Halt, Meter, Odometer, State, Use

COARSEST_M = 1_000
_BACKWARDS_M = 500  # position and usage readings of one moment may differ by a few metres, never by this
_FUEL_ML, _FUEL_ML_H = 5_000, 150_000  # more than this, and so much an hour, no vehicle burns
_ENERGY_WH, _ENERGY_WH_H = 5_000, 400_000
_CHARGE_WH, _CHARGE_WH_H = 5_000, 600_000
_REFUELLED_ML = 8_000  # a full tank sloshes by less
_CHARGED_PERMILLE = 30  # a short descent regains less
_HOUR_US = 3_600_000_000


def see_odometer(state: State, unit_id: int, at_us: int, value_m: int, parameters: TripParameters) -> int:
    """Take a value; answers the metres driven since the last one, never negative."""
    odometer = state.odometer
    if odometer is None or odometer.unit_id != unit_id:
        _begin_odometer(state, unit_id, at_us, value_m)
        return 0
    step_m = odometer.step_m
    if step_m > 1 and value_m % step_m:
        odometer.step_m = _step_m(value_m, step_m)
    grown_m = value_m - odometer.value_m
    if grown_m > 0:
        if grown_m > 2 * COARSEST_M + parameters.jump_kmh * (at_us - odometer.at_us) // 3_600_000:
            _begin_odometer(state, unit_id, at_us, value_m)
            return 0
        odometer.value_m = value_m
    elif grown_m < 0:
        if grown_m <= -_BACKWARDS_M:
            _begin_odometer(state, unit_id, at_us, value_m)
        return 0
    odometer.at_us = at_us
    return grown_m


def grown_since(state: State, unit_id: int, value_m: int | None) -> int | None:
    """Metres from an earlier value of the odometer to its present one; None where they cannot be compared."""
    odometer = state.odometer
    if odometer is None or value_m is None or odometer.unit_id != unit_id or odometer.value_m < value_m:
        return None
    return odometer.value_m - value_m


def see_usage(state: State, reading: UsageReading) -> None:
    """Take counters and levels of a usage reading into the running trip or stop."""
    at_us, unit_id = reading.observed_at_us, reading.unit_id
    halt, journey = state.halt, state.journey
    use = None if journey is None else journey.use
    if reading.fuel_used_ml is not None:
        state.fuel, used_ml = _count(state.fuel, unit_id, at_us, reading.fuel_used_ml, _FUEL_ML, _FUEL_ML_H)
        if use is not None:
            use.fuel_ml = (use.fuel_ml or 0) + used_ml
    if reading.energy_used_wh is not None:
        state.energy, used_wh = _count(state.energy, unit_id, at_us, reading.energy_used_wh, _ENERGY_WH, _ENERGY_WH_H)
        if use is not None:
            use.energy_wh = (use.energy_wh or 0) + used_wh
    if reading.energy_charged_wh is not None:
        state.charged, charged_wh = _count(
            state.charged, unit_id, at_us, reading.energy_charged_wh, _CHARGE_WH, _CHARGE_WH_H
        )
        if halt is not None:
            halt.charged_wh = (halt.charged_wh or 0) + charged_wh
    if reading.charging is not None:
        state.charging = reading.charging
    _see_levels(state, reading)
    if journey is not None and journey.stand is not None and journey.stand.use is None:
        journey.stand.use = copied(journey.use)


def _see_levels(state: State, reading: UsageReading) -> None:
    halt = state.halt
    use = None if state.journey is None else state.journey.use
    if reading.fuel_level_ml is not None:
        state.tank_ml = reading.fuel_level_ml
        if use is not None:
            _see_tank(use, reading.fuel_level_ml)
        elif halt is not None and halt.tank_ml is None:
            halt.tank_ml = reading.fuel_level_ml
    if reading.soc_permille is not None:
        state.soc_permille = reading.soc_permille
        if use is not None:
            _see_soc(use, reading.soc_permille, state.charging)
        elif halt is not None and halt.soc_permille is None:
            halt.soc_permille = reading.soc_permille


def begin_use(state: State, halt: Halt | None) -> Use:
    """What a trip that begins after `halt` has used up to now."""
    use = Use()
    if halt is not None:
        use.fuel_ml = _since(state.fuel, state.unit_id, halt.still_fuel_ml, _FUEL_ML)
        use.energy_wh = _since(state.energy, state.unit_id, halt.still_energy_wh, _ENERGY_WH)
    if state.tank_ml is not None:
        _see_tank(use, state.tank_ml)
    if state.soc_permille is not None:
        _see_soc(use, state.soc_permille, state.charging)
    return use


def fuel(use: Use) -> tuple[int | None, str | None]:
    """Millilitres, and how they were found: a counter where there is one, else the level."""
    if use.fuel_ml is not None:
        return use.fuel_ml, "counter"
    if use.tank_top_ml is None:
        return None, None
    return use.tank_used_ml + max(0, use.tank_top_ml - use.tank_ml), "level"


def energy(use: Use, battery_wh: int | None) -> tuple[int | None, str | None]:
    """Watt-hours, and how they were found; from the state of charge only where the battery's size is known."""
    if use.energy_wh is not None:
        return use.energy_wh, "counter"
    if use.soc_top_permille is None or battery_wh is None:
        return None, None
    permille = use.soc_used_permille + max(0, use.soc_top_permille - use.soc_permille)
    return permille * battery_wh // 1_000, "soc"


def copied(use: Use) -> Use:
    """Another one with the same figures."""
    return Use(
        use.fuel_ml,
        use.energy_wh,
        use.tank_top_ml,
        use.tank_low_ml,
        use.tank_ml,
        use.tank_used_ml,
        use.soc_top_permille,
        use.soc_low_permille,
        use.soc_permille,
        use.soc_used_permille,
    )


def _begin_odometer(state: State, unit_id: int, at_us: int, value_m: int) -> None:
    state.odometer = Odometer(unit_id, value_m, at_us, _step_m(value_m, COARSEST_M))
    # Nothing may be compared with a value of another odometer.
    if state.halt is not None:
        state.halt.still_odometer_m = None
    journey = state.journey
    if journey is not None and journey.stand is not None:
        journey.stand.odometer_m = None


def _step_m(value_m: int, step_m: int) -> int:
    while value_m % step_m:
        step_m //= 10
    return step_m


def _count(meter: Meter | None, unit_id: int, at_us: int, value: int, at_once: int, an_hour: int) -> tuple[Meter, int]:
    """The meter with its new value, and by how much it grew."""
    if meter is None or meter.unit_id != unit_id:
        return Meter(unit_id, value, at_us), 0
    grown = value - meter.value
    if not 0 <= grown <= at_once + an_hour * (at_us - meter.at_us) // _HOUR_US:
        grown = 0
    meter.value, meter.at_us = value, at_us
    return meter, grown


def _since(meter: Meter | None, unit_id: int, earlier: int | None, most: int) -> int | None:
    """What a counter grew since an earlier value of it; 0 where it was begun anew meanwhile."""
    if meter is None or earlier is None or meter.unit_id != unit_id:
        return None
    grown = meter.value - earlier
    return grown if 0 <= grown <= most else 0


def _see_tank(use: Use, level_ml: int) -> None:
    if use.tank_top_ml is None:
        use.tank_top_ml = use.tank_low_ml = level_ml
    elif level_ml - use.tank_low_ml >= _REFUELLED_ML:
        use.tank_used_ml += max(0, use.tank_top_ml - use.tank_low_ml)
        use.tank_top_ml = use.tank_low_ml = level_ml
    elif level_ml < use.tank_low_ml:
        use.tank_low_ml = level_ml
    use.tank_ml = level_ml


def _see_soc(use: Use, soc_permille: int, charging: bool | None) -> None:
    if use.soc_top_permille is None:
        use.soc_top_permille = use.soc_low_permille = soc_permille
    elif soc_permille - use.soc_low_permille >= _CHARGED_PERMILLE and charging is not False:
        use.soc_used_permille += max(0, use.soc_top_permille - use.soc_low_permille)
        use.soc_top_permille = use.soc_low_permille = soc_permille
    elif soc_permille < use.soc_low_permille:
        use.soc_low_permille = soc_permille
    use.soc_permille = soc_permille
