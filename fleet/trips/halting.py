"""A running stop: where the vehicle stands, how far its fixes scatter, and since when it is known to stand."""

from __future__ import annotations

from fleet.model.trips import Cut, TripParameters
from fleet.trips.measure import distance_m
from fleet.trips.segments import Closed, median, stop_of
from fleet.trips.state import Fix, Halt, Stand, State

_SAMPLE = 16
_RECENTRED = frozenset((3, 8))  # after so many fixes the median is better than the first of them


def begin(state: State, fix: Fix, started_us: int, cut: Cut, doubts: int = 0) -> Halt:
    """A stop that begins with this fix."""
    halt = Halt(
        started_us,
        cut,
        fix.lat_e7,
        fix.lon_e7,
        fix.division,
        started_us,
        started_us,
        base_lat_e7=fix.lat_e7,
        base_lon_e7=fix.lon_e7,
        tank_ml=state.tank_ml,
        soc_permille=state.soc_permille,
        units=[state.unit_id],
        doubts=doubts,
        lead=[fix],
    )
    state.halt = halt
    _remember(state, halt)
    _sample(halt, fix)
    return halt


def begin_after(state: State, stand: Stand, ended_us: int, cut: Cut, ignition_on_s: int) -> None:
    """The stop that a stand in a trip turned out to be."""
    good = state.good
    fixes = stand.fixes
    last = fixes[-1] if fixes else good
    assert last is not None
    halt = begin(state, last, ended_us, cut, stand.doubts)
    halt.lat_e7, halt.lon_e7, halt.division = stand.lat_e7, stand.lon_e7, stand.division
    halt.base_lat_e7, halt.base_lon_e7 = stand.lat_e7, stand.lon_e7
    halt.sample, halt.positions = [0, 0], 0
    halt.acc_us = halt.still_us = stand.acc_us
    halt.ignition_on_s = halt.still_on_s = ignition_on_s
    for fix in fixes:
        _sample(halt, fix)
        halt.reach_m = max(halt.reach_m, round(distance_m(halt.lat_e7, halt.lon_e7, fix.lat_e7, fix.lon_e7)))
    halt.early = sum(fix.at_us < ended_us for fix in fixes)
    if state.ignition:
        halt.on_positions = sum(fix.at_us < state.ignition_us for fix in fixes)
    _recentre(halt, halt.division)


def remain(state: State, halt: Halt, fix: Fix, away_m: float) -> None:
    """The vehicle stands within the radius: whatever `lead` held was no departure."""
    halt.positions += len(halt.lead) - 1
    halt.lead = [fix]
    if halt.score or halt.poor or halt.away is not None or halt.far_m:
        forget_excursion(halt)
    halt.still_us = fix.at_us
    _remember(state, halt)
    if away_m > halt.reach_m:
        halt.reach_m = int(away_m + 0.5)
    _sample(halt, fix)
    if halt.positions in _RECENTRED:
        _recentre(halt, fix.division)


def remain_until(halt: Halt, fix: Fix) -> None:
    """It stood up to this fix, whatever `lead` held; what the meters said then is remembered already."""
    halt.positions += len(halt.lead) - 1
    halt.lead = [fix]
    forget_excursion(halt)
    halt.still_us = max(halt.still_us, fix.at_us)


def move_to(state: State, halt: Halt, place: Fix, fix: Fix) -> None:
    """The vehicle stands elsewhere, near enough that no trip is made of it: drift, or a few metres in a yard."""
    halt.positions += len(halt.lead) - 1
    halt.lat_e7, halt.lon_e7, halt.division = place.lat_e7, place.lon_e7, place.division
    halt.base_lat_e7, halt.base_lon_e7 = place.lat_e7, place.lon_e7
    halt.sample, halt.stride, halt.skipped = [0, 0], 1, 0
    halt.lead = [fix]
    forget_excursion(halt)
    halt.still_us = fix.at_us
    _remember(state, halt)


def known_still(state: State, halt: Halt, at_us: int) -> None:
    """A reading without a place says that the vehicle has not moved."""
    halt.still_us = at_us
    _remember(state, halt)


def keep_time(state: State, halt: Halt, at_us: int) -> None:
    """Account for the engine's time up to `at_us`."""
    if state.ignition:
        halt.ignition_on_s += at_us // 1_000_000 - halt.acc_us // 1_000_000
    halt.acc_us = at_us


def close(state: State, halt: Halt, ended_us: int, end: Cut, parameters: TripParameters, out: list[Closed]) -> bool:
    """End the stop; one that lasted less than a second was none. Answers whether there was one."""
    state.halt = None
    if ended_us // 1_000_000 <= halt.started_us // 1_000_000:
        return False
    out.append((stop_of(state, halt, ended_us, end, parameters), ()))
    return True


def forget_excursion(halt: Halt) -> None:
    """What is outside the radius is measured anew."""
    halt.score = halt.poor = halt.far_m = 0
    halt.seen = False
    halt.away = None


def _remember(state: State, halt: Halt) -> None:
    halt.still_on_s = halt.ignition_on_s
    odometer, fuel, energy = state.odometer, state.fuel, state.energy
    if odometer is not None and odometer.at_us >= halt.started_us:
        # A value from before the stop says nothing of what was driven since it was read.
        halt.still_odometer_m = odometer.value_m
    if fuel is not None:
        halt.still_fuel_ml = fuel.value
    if energy is not None:
        halt.still_energy_wh = energy.value


def _sample(halt: Halt, fix: Fix) -> None:
    """Keep every `stride`-th fix; when there are too many, every second of them, and the stride doubles."""
    halt.positions += 1
    halt.skipped += 1
    if halt.skipped < halt.stride:
        return
    halt.skipped = 0
    sample = halt.sample
    sample += (fix.lat_e7 - halt.base_lat_e7, fix.lon_e7 - halt.base_lon_e7)
    if len(sample) > 2 * _SAMPLE:
        halt.sample = [step for k in range(0, len(sample), 4) for step in sample[k : k + 2]]
        halt.stride *= 2
        _recentre(halt, halt.division)


def _recentre(halt: Halt, division: int) -> None:
    halt.lat_e7, halt.lon_e7 = median(halt)
    halt.division = division
