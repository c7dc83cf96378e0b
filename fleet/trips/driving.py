"""A running trip: legs, standing in between, and the arrival, which is known only minutes after it happened.

While the vehicle stands, everything goes into `Journey.stand`, nothing into the trip's sums; when it drives on, the
stand is added to the trip, and when it does not, the trip ends where the stand began.
"""

from __future__ import annotations

import msgspec

from fleet.model.trips import Cut, CutKind, Doubt, SetAside, TripParameters
from fleet.trips import halting, points
from fleet.trips.measure import distance_m, seconds_between
from fleet.trips.meters import grown_since
from fleet.trips.segments import MOST_ASIDE, Closed, add_seconds, bridge, trip_of
from fleet.trips.state import Fix, Journey, Stand, State

BRIDGE_US = 120_000_000
"""Twice the slowest interval of the reporting contract for a moving vehicle: beyond it, silence is noted."""
FINE_M = 100
"""An odometer that counts in steps up to this is a witness of standing."""
_ROLLED_M = 20  # the odometer grew by so much: the vehicle moved
_AWAY_M = 30  # so far from where it stood, at speed, it drives again
_BROKEN_WIRE = 3  # moving fixes with the ignition off, until the ignition is no longer believed
_FASTEST_M_S = 40  # of a vehicle about to stop with its engine off


def moves(fix: Fix, leg_us: int, leg_m: float, parameters: TripParameters) -> bool:
    """Whether the vehicle moves at this fix: what the receiver says, else how far it came since the fix before."""
    if fix.speed_dkmh is not None:
        return fix.speed_dkmh >= parameters.moving_dkmh
    if leg_m < 5:
        return False
    return leg_m > parameters.drift_m or leg_m * 36_000_000 >= parameters.moving_dkmh * leg_us


def advance(
    state: State,
    journey: Journey,
    prev: Fix,
    fix: Fix,
    leg_m: float,
    parameters: TripParameters,
    out: list[Closed],
    bridged: bool = False,
) -> None:
    """Take the next good fix, `leg_m` from the one before; the trip may end by it.

    `bridged`: the leg is no drive that was watched, but the way to where the vehicle turned out to be.
    """
    at_us = fix.at_us
    stand = journey.stand
    moving = moves(fix, at_us - prev.at_us, leg_m, parameters)
    if stand is not None:
        away_m = distance_m(stand.lat_e7, stand.lon_e7, fix.lat_e7, fix.lon_e7)
        if not _left(state, stand, fix, away_m, leg_m, at_us - prev.at_us, moving, parameters):
            remain(state, journey, stand, fix, parameters, out)
            return
        resume(journey, stand)
        leg_m = away_m
    elif not moving and leg_m <= parameters.drift_m and at_us - journey.acc_us > BRIDGE_US:
        if journey.odometer_m is None or journey.odometer_m - journey.fix_odometer_m <= parameters.drift_m:
            # Silent, and then where it was: it had arrived.
            remain(state, journey, begin_stand(state, journey, journey.acc_us, prev), fix, parameters, out)
            return
    since_us = journey.acc_us
    seconds = at_us // 1_000_000 - since_us // 1_000_000
    journey.acc_us = at_us
    before_m = (journey.track_mm + 500) // 1_000
    journey.track_mm += int(leg_m * 1_000 + 0.5)
    grown_m = (journey.track_mm + 500) // 1_000 - before_m
    if bridged or at_us - since_us > BRIDGE_US:
        journey.silent_s += seconds
        odometer_m = None if journey.odometer_m is None else journey.odometer_m - journey.fix_odometer_m
        journey.bridged.append(bridge(since_us, at_us, leg_m, odometer_m))
        if bridged or leg_m > parameters.drift_m:
            journey.doubts |= Doubt.BRIDGED_GAP
    else:
        journey.driving_s += seconds
    parts = journey.parts
    last = parts[-1]
    division = fix.division
    if last[0] == division == prev.division:
        last[1] += grown_m
        last[2] += seconds
    else:
        # Where the border was crossed is not known: half of the leg to either side.
        _add(parts, prev.division, grown_m // 2, seconds // 2)
        _add(parts, division, grown_m - grown_m // 2, seconds - seconds // 2)
    journey.fix_odometer_m = journey.odometer_m or 0
    recent = journey.recent
    recent.append(fix)
    if len(recent) >= points.CHUNK:
        points.keep(journey, [])
    speed_dkmh = fix.speed_dkmh
    if speed_dkmh is not None and (journey.max_speed_dkmh is None or speed_dkmh > journey.max_speed_dkmh):
        journey.max_speed_dkmh = speed_dkmh
    if moving:
        if state.ignition is False:
            journey.off_moving += 1
            if journey.off_moving == _BROKEN_WIRE:
                journey.doubts |= Doubt.IGNITION
    else:
        begin_stand(state, journey, at_us, fix)


def begin_stand(state: State, journey: Journey, at_us: int, fix: Fix, provisional_m: int = 0) -> Stand:
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


def hear(
    state: State,
    journey: Journey,
    at_us: int,
    ignition: bool | None,
    odometer_said: bool,
    parameters: TripParameters,
    out: list[Closed],
    silent: bool,
) -> None:
    """Take what a reading without a place says; its odometer is in the state already, its ignition not yet."""
    stand = journey.stand
    good = state.good
    assert good is not None
    if stand is not None:
        _keep_time(state, journey, stand, at_us)
        grown_m = _grown(state, stand.odometer_m)
        if grown_m is not None and grown_m > 2 * _ROLLED_M + _step_m(state) + stand.provisional_m:
            resume(journey, stand)
        else:
            if odometer_said and state.odometer is not None and (stand.provisional_m or stand.odometer_m is None):
                stand.odometer_m = state.odometer.value_m
            if _arrive_if_over(state, journey, stand, at_us, parameters, out, silent):
                return
    elif ignition is False and state.ignition is not False and journey.off_moving < _BROKEN_WIRE:
        # The engine went off between two fixes: the vehicle stands from now on, where the next fix will tell.
        since_s = seconds_between(good.at_us, at_us)
        if since_s <= BRIDGE_US // 1_000_000:
            _add_time(journey, at_us, good.division)
            begin_stand(state, journey, at_us, good, parameters.drift_m + _FASTEST_M_S * (1 + since_s))
    elif (
        odometer_said
        and at_us - good.at_us > BRIDGE_US
        and journey.odometer_m == journey.heard_odometer_m
        and journey.heard_us > journey.acc_us
    ):
        # No fix, but the odometer says that the vehicle stands since the reading before.
        _fall_silent(journey, journey.heard_us, good.division)
        _keep_time(state, journey, begin_stand(state, journey, journey.acc_us, good), at_us)
    if odometer_said:
        journey.heard_odometer_m = journey.odometer_m
        journey.heard_us = at_us


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


def set_aside(journey: Journey, reading: SetAside, doubt: int) -> None:
    """Count a reading that is kept out, and keep the first ones."""
    keeper = journey.stand or journey
    keeper.aside_count += 1
    keeper.doubts |= doubt
    if len(keeper.aside) < MOST_ASIDE:
        keeper.aside.append(reading)


def break_off(
    state: State, journey: Journey, at_us: int, end: Cut, parameters: TripParameters, out: list[Closed]
) -> None:
    """End the trip at the last documented moment, because of what is not known after it."""
    good = state.good
    assert good is not None
    stand = journey.stand
    if stand is not None:
        resume(journey, stand)
    if at_us > journey.acc_us:
        _fall_silent(journey, at_us, good.division)
    journey.doubts |= Doubt.ENDS_IN_GAP
    out.append((trip_of(state, journey, at_us, end, parameters), points.track(journey)))
    state.journey = None


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


def _arrive_if_over(
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
    if ignition is False and journey.off_moving < _BROKEN_WIRE:
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
    _keep_time(state, journey, stand, fix.at_us)
    stand.fixes.append(fix)
    _arrive_if_over(state, journey, stand, fix.at_us, parameters, out, silent)


def stands_still(state: State, stand: Stand, fix: Fix, parameters: TripParameters) -> bool:
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


def _left(
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
        grown_m = _grown(state, stand.odometer_m)
        if grown_m is not None:
            if grown_m - odometer.step_m >= _ROLLED_M:
                return True
            return away_m > drift_m if moving else away_m > 10 * drift_m
    if fix.speed_dkmh is not None:
        return away_m > (_AWAY_M if moving else drift_m)
    if away_m > drift_m:
        return True
    return away_m > _AWAY_M and leg_us <= BRIDGE_US and leg_m * 18_000_000 >= parameters.moving_dkmh * leg_us


def _settle(state: State, journey: Journey, stand: Stand, fix: Fix, away_m: float) -> None:
    """The first fix after the engine went off says where the vehicle came to stand, and how far it still drove."""
    before_m = (journey.track_mm + 500) // 1_000
    journey.track_mm += int(away_m * 1_000 + 0.5)
    grown_m = (journey.track_mm + 500) // 1_000 - before_m
    _add(journey.parts, fix.division, grown_m, 0)
    stand.provisional_m = 0
    stand.odometer_m = None
    stand.lat_e7, stand.lon_e7, stand.division = fix.lat_e7, fix.lon_e7, fix.division
    if away_m >= 1:
        points.keep(journey, [msgspec.structs.replace(fix, at_us=stand.since_us, ignition=False)])


def _keep_time(state: State, journey: Journey, stand: Stand, at_us: int) -> None:
    """Account for the time up to `at_us` by what the ignition was."""
    seconds = at_us // 1_000_000 - stand.acc_us // 1_000_000
    stand.acc_us = at_us
    if state.ignition:
        stand.on_s += seconds
    elif state.ignition is None or journey.off_moving >= _BROKEN_WIRE:
        stand.unknown_s += seconds
    else:
        stand.off_s += seconds


def _fall_silent(journey: Journey, to_us: int, division: int) -> None:
    """Account for time without a fix, up to a moment of which no place is known."""
    seconds = seconds_between(journey.acc_us, to_us)
    journey.silent_s += seconds
    add_seconds(journey.parts, division, seconds)
    odometer_m = None if journey.odometer_m is None else journey.odometer_m - journey.fix_odometer_m
    journey.bridged.append(bridge(journey.acc_us, to_us, 0.0, odometer_m))
    journey.acc_us = to_us


def _add_time(journey: Journey, at_us: int, division: int) -> None:
    """Driving up to `at_us`, without a fix there."""
    seconds = seconds_between(journey.acc_us, at_us)
    journey.driving_s += seconds
    journey.acc_us = at_us
    add_seconds(journey.parts, division, seconds)


def _add(parts: list[list[int]], division: int, grown_m: int, seconds: int) -> None:
    for part in parts:
        if part[0] == division:
            part[1] += grown_m
            part[2] += seconds
            return
    parts.append([division, grown_m, seconds])


def _grown(state: State, value_m: int | None) -> int | None:
    return None if state.odometer is None else grown_since(state, state.odometer.unit_id, value_m)


def _step_m(state: State) -> int:
    return 0 if state.odometer is None else state.odometer.step_m


def _reach_m(stand: Stand) -> int:
    """How far the fixes of a stand scatter."""
    reach_m = 0.0
    for fix in stand.fixes:
        reach_m = max(reach_m, distance_m(stand.lat_e7, stand.lon_e7, fix.lat_e7, fix.lon_e7))
    return round(reach_m)
