"""Standing inside a trip: what may be a red light or the end of it, and how the two are told apart.

While the vehicle stands, everything goes into `Journey.stand`, nothing into the trip's sums; when it drives on, the
stand is added to the trip, and when it does not, the trip ends where the stand began.
"""

from __future__ import annotations

import msgspec

from fleet.model.trips import Cut, CutKind, TripParameters
from fleet.trips import halting, points
from fleet.trips.measure import distance_m, seconds_between
from fleet.trips.meters import grown_since
from fleet.trips.segments import MOST_ASIDE, Closed, trip_of
from fleet.trips.state import Fix, Journey, Stand, State
from fleet.trips.sums import add_seconds, roll

BRIDGE_US = 120_000_000
"""Twice the slowest interval of the reporting contract for a moving vehicle: beyond it, silence is noted."""
FINE_M = 100
"""An odometer that counts in steps up to this is a witness of standing."""
BROKEN_WIRE = 3
"""Moving fixes with the ignition off, until the ignition is no longer believed."""
ROLLED_M = 20
"""The odometer grew by so much: the vehicle moved."""
_AWAY_M = 30  # so far from where it stood, at speed, it drives again


def begin(state: State, journey: Journey, at_us: int, fix: Fix, provisional_m: int = 0) -> Stand:
    """The vehicle stands from `at_us` on, at `fix`."""
    odometer = state.odometer
    stand = journey.stand = Stand(
        at_us,
        fix.lat_e7,
        fix.lon_e7,
        fix.division,
        None if odometer is None or odometer.at_us < at_us else odometer.value_m,
        at_us,
        provisional_m,
    )
    if state.ignition is False:
        stand.off_us = at_us
    return stand


def resume(journey: Journey, stand: Stand) -> None:
    """The vehicle drives on: standing was part of the trip."""
    idle_s = stand.on_s + stand.unknown_s
    journey.idle_s += idle_s
    journey.standing_s += stand.off_s
    add_seconds(journey.parts, stand.division, idle_s + stand.off_s)
    if stand.fixes:
        points.keep(journey, stand.fixes)
    if stand.aside_count:
        journey.aside += stand.aside[: max(0, MOST_ASIDE - len(journey.aside))]
        journey.aside_count += stand.aside_count
    journey.doubts |= stand.doubts
    journey.acc_us = stand.acc_us
    journey.stand = None


def remain(
    state: State,
    journey: Journey,
    stand: Stand,
    fix: Fix,
    parameters: TripParameters,
    out: list[Closed],
    silent: bool = False,
) -> None:
    """A fix finds the vehicle where it stood; the trip may be over by that. `silent`: after too long a silence."""
    if stand.provisional_m:
        _settle(state, journey, stand, fix, distance_m(stand.lat_e7, stand.lon_e7, fix.lat_e7, fix.lon_e7))
    if stand.odometer_m is None and fix.odometer_m is not None and state.odometer is not None:
        stand.odometer_m = state.odometer.value_m
    keep_time(state, journey, stand, fix.at_us)
    stand.fixes.append(fix)
    arrive_if_over(state, journey, stand, fix.at_us, parameters, out, silent)


def stands_still(stand: Stand, fix: Fix, parameters: TripParameters) -> bool:
    """Whether a fix after a silence finds the vehicle where it stood."""
    if fix.speed_dkmh is not None and fix.speed_dkmh >= parameters.moving_dkmh:
        return False
    away_m = distance_m(stand.lat_e7, stand.lon_e7, fix.lat_e7, fix.lon_e7)
    grown_m = None
    if fix.odometer_m is not None and stand.odometer_m is not None:
        grown_m = fix.odometer_m - stand.odometer_m
    return away_m <= parameters.drift_m + stand.provisional_m and (
        grown_m is None or grown_m <= stand.provisional_m + 100
    )


def left(
    state: State,
    stand: Stand,
    fix: Fix,
    away_m: float,
    leg_m: float,
    leg_us: int,
    moving: bool,
    parameters: TripParameters,
) -> bool:
    """Whether the vehicle has left the place where it stood."""
    drift_m = parameters.drift_m
    if stand.provisional_m:
        return moving or away_m > stand.provisional_m
    odometer = state.odometer
    if odometer is not None and odometer.step_m <= FINE_M and odometer.at_us == fix.at_us:
        grown_m = grown(state, stand.odometer_m)
        if grown_m is not None:
            if grown_m - odometer.step_m >= ROLLED_M:
                return True
            return away_m > drift_m if moving else away_m > 10 * drift_m
    if fix.speed_dkmh is not None:
        return away_m > (_AWAY_M if moving else drift_m)
    if away_m > drift_m:
        return True
    return away_m > _AWAY_M and leg_us <= BRIDGE_US and leg_m * 18_000_000 >= parameters.moving_dkmh * leg_us


def ignite(journey: Journey, at_us: int, ignition: bool) -> None:
    """The ignition changed; time up to `at_us` is accounted for."""
    stand = journey.stand
    if stand is None:
        return
    if ignition:
        stand.off_us = None
    else:
        stand.off_us = at_us
        stand.off_marks = (stand.on_s, stand.unknown_s, stand.off_s)
        stand.use = None


def keep_time(state: State, journey: Journey, stand: Stand, at_us: int) -> None:
    """Account for the time up to `at_us` by what the ignition was."""
    seconds = at_us // 1_000_000 - stand.acc_us // 1_000_000
    stand.acc_us = at_us
    if state.ignition:
        stand.on_s += seconds
    elif state.ignition is None or journey.off_moving >= BROKEN_WIRE:
        stand.unknown_s += seconds
    else:
        stand.off_s += seconds


def _settle(state: State, journey: Journey, stand: Stand, fix: Fix, away_m: float) -> None:
    """The first fix after the engine went off says where the vehicle came to stand, and how far it still drove."""
    roll(journey, fix.division, fix.division, away_m, 0)
    stand.provisional_m = 0
    stand.odometer_m = None
    stand.lat_e7, stand.lon_e7, stand.division = fix.lat_e7, fix.lon_e7, fix.division
    if journey.recent[-1].at_us < stand.since_us < fix.at_us:
        points.keep(journey, [msgspec.structs.replace(fix, at_us=stand.since_us, ignition=False)])
        journey.made += 1


def arrive_if_over(
    state: State,
    journey: Journey,
    stand: Stand,
    at_us: int,
    parameters: TripParameters,
    out: list[Closed],
    silent: bool,
) -> bool:
    """End the trip if the vehicle has stood for long enough, as its ignition was up to now.

    After too long a silence the ignition is not known to have stayed on.
    """
    ignition = state.ignition
    since_us = stand.since_us
    if ignition is False and journey.off_moving < BROKEN_WIRE:
        since_us = at_us if stand.off_us is None else stand.off_us
        if at_us - since_us < parameters.ignition_off_s * 1_000_000:
            return False
        kind = CutKind.IGNITION_OFF
    elif ignition and not silent:
        if at_us - since_us < parameters.idle_stop_s * 1_000_000:
            return False
        kind = CutKind.LONG_IDLE
    else:
        if at_us - since_us < parameters.stop_after_s * 1_000_000:
            return False
        kind = CutKind.NO_MOVEMENT
    cut = Cut(kind=kind, seconds=seconds_between(since_us, at_us), metres=_reach_m(stand), decided_at_us=at_us)
    arrive(state, journey, stand, cut, parameters, out)
    return True


def arrive(
    state: State, journey: Journey, stand: Stand, cut: Cut, parameters: TripParameters, out: list[Closed]
) -> None:
    """End the trip where the stand began, or where the engine went off in it; what came after is a stop."""
    ended_us = stand.since_us
    on_s, unknown_s, off_s = 0, 0, 0
    if cut.kind is CutKind.IGNITION_OFF:
        assert stand.off_us is not None
        ended_us = stand.off_us
        on_s, unknown_s, off_s = stand.off_marks
        journey.idle_s += on_s + unknown_s
        journey.standing_s += off_s
        add_seconds(journey.parts, stand.division, on_s + unknown_s + off_s)
        points.keep(journey, [fix for fix in stand.fixes if fix.at_us <= ended_us])
        aside = [reading for reading in stand.aside if reading.at_us <= ended_us]
        journey.aside += aside[: max(0, MOST_ASIDE - len(journey.aside))]
        journey.aside_count += len(aside)
        if aside:
            journey.doubts |= stand.doubts
    out.append((trip_of(state, journey, ended_us, cut, parameters), points.track(journey)))
    state.journey = None
    halting.begin_after(state, stand, ended_us, cut, stand.on_s - on_s)


def grown(state: State, value_m: int | None) -> int | None:
    return None if state.odometer is None else grown_since(state, state.odometer.unit_id, value_m)


def _reach_m(stand: Stand) -> int:
    """How far the fixes of a stand scatter."""
    reach_m = 0.0
    for fix in stand.fixes:
        reach_m = max(reach_m, distance_m(stand.lat_e7, stand.lon_e7, fix.lat_e7, fix.lon_e7))
    return round(reach_m)
