"""A running trip: its legs, what is heard of it without a fix, and how it breaks off."""

from __future__ import annotations

from fleet.model.trips import Cut, Doubt, Place, SetAside, TripParameters
from fleet.trips import points, standing
from fleet.trips.measure import distance_m, seconds_between
from fleet.trips.segments import MOST_ASIDE, Closed, bridge, trip_of
from fleet.trips.standing import BRIDGE_US, BROKEN_WIRE, ROLLED_M
from fleet.trips.state import Fix, Journey, State
from fleet.trips.sums import add_seconds, roll

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
        if not standing.left(state, stand, fix, away_m, leg_m, at_us - prev.at_us, moving, parameters):
            standing.remain(state, journey, stand, fix, parameters, out)
            return
        standing.resume(journey, stand)
        leg_m = away_m
    elif not moving and _had_arrived(journey, fix, leg_m, parameters):
        standing.remain(state, journey, standing.begin(state, journey, journey.acc_us, prev), fix, parameters, out)
        return
    since_us = journey.acc_us
    seconds = at_us // 1_000_000 - since_us // 1_000_000
    journey.acc_us = at_us
    if bridged or at_us - since_us > BRIDGE_US:
        journey.silent_s += seconds
        journey.bridged.append(bridge(since_us, at_us, leg_m, _odometer_since_fix(journey)))
        if bridged or leg_m > parameters.drift_m:
            journey.doubts |= Doubt.BRIDGED_GAP
    else:
        journey.driving_s += seconds
    roll(journey, prev.division, fix.division, leg_m, seconds)
    journey.fix_odometer_m = journey.odometer_m or 0
    recent = journey.recent
    recent.append(fix)
    if len(recent) > points.CHUNK:
        points.keep(journey, [])
    speed_dkmh = fix.speed_dkmh
    if speed_dkmh is not None and (journey.max_speed_dkmh is None or speed_dkmh > journey.max_speed_dkmh):
        journey.max_speed_dkmh = speed_dkmh
    if not moving:
        standing.begin(state, journey, at_us, fix)
    elif state.ignition is False:
        journey.off_moving += 1
        if journey.off_moving == BROKEN_WIRE:
            journey.doubts |= Doubt.IGNITION


def _had_arrived(journey: Journey, fix: Fix, leg_m: float, parameters: TripParameters) -> bool:
    """Whether a vehicle that does not move now stood at the fix before already.

    A receiver without a speed tells of the way since then only; and after a silence it is found where it was seen.
    """
    if journey.acc_us <= journey.started_us:
        return False
    if fix.speed_dkmh is not None and fix.at_us - journey.acc_us <= BRIDGE_US:
        return False
    return leg_m <= parameters.drift_m and (_odometer_since_fix(journey) or 0) <= parameters.drift_m


def _odometer_since_fix(journey: Journey) -> int | None:
    return None if journey.odometer_m is None else journey.odometer_m - journey.fix_odometer_m


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
        standing.keep_time(state, journey, stand, at_us)
        grown_m = standing.grown(state, stand.odometer_m)
        if grown_m is not None and grown_m > 2 * ROLLED_M + _step_m(state) + stand.provisional_m:
            standing.resume(journey, stand)
            # The next leg begins at the last fix, not where the stand began.
            way_m = distance_m(stand.lat_e7, stand.lon_e7, good.lat_e7, good.lon_e7)
            roll(journey, stand.division, good.division, way_m, 0)
        else:
            if odometer_said and state.odometer is not None and (stand.provisional_m or stand.odometer_m is None):
                stand.odometer_m = state.odometer.value_m
            if standing.arrive_if_over(state, journey, stand, at_us, parameters, out, silent):
                return
    elif ignition is False and state.ignition is not False and journey.off_moving < BROKEN_WIRE:
        # The engine went off between two fixes: the vehicle stands from now on, where the next fix will tell.
        since_s = seconds_between(good.at_us, at_us)
        if since_s <= BRIDGE_US // 1_000_000:
            _add_time(journey, at_us, good.division)
            standing.begin(state, journey, at_us, good, parameters.drift_m + _FASTEST_M_S * (1 + since_s))
    elif (
        odometer_said
        and at_us - good.at_us > BRIDGE_US
        and journey.odometer_m == journey.heard_odometer_m
        and journey.heard_us > journey.acc_us
    ):
        # No fix, but the odometer says that the vehicle stands since the reading before.
        _fall_silent(journey, journey.heard_us, good.division)
        standing.keep_time(state, journey, standing.begin(state, journey, journey.acc_us, good), at_us)
    if odometer_said:
        journey.heard_odometer_m = journey.odometer_m
        journey.heard_us = at_us


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
    destination = None
    if stand is not None:
        destination = Place(lat_e7=stand.lat_e7, lon_e7=stand.lon_e7, division=stand.division)
        standing.resume(journey, stand)
    if at_us > journey.acc_us:
        _fall_silent(journey, at_us, good.division)
    journey.doubts |= Doubt.ENDS_IN_GAP
    out.append((trip_of(state, journey, at_us, end, parameters, destination), points.track(journey)))
    state.journey = None


def _fall_silent(journey: Journey, to_us: int, division: int) -> None:
    """Account for time without a fix, up to a moment of which no place is known."""
    seconds = seconds_between(journey.acc_us, to_us)
    journey.silent_s += seconds
    add_seconds(journey.parts, division, seconds)
    journey.bridged.append(bridge(journey.acc_us, to_us, 0.0, _odometer_since_fix(journey)))
    journey.acc_us = to_us


def _add_time(journey: Journey, at_us: int, division: int) -> None:
    """Driving up to `at_us`, without a fix there."""
    seconds = seconds_between(journey.acc_us, at_us)
    journey.driving_s += seconds
    journey.acc_us = at_us
    add_seconds(journey.parts, division, seconds)


def _step_m(state: State) -> int:
    return 0 if state.odometer is None else state.odometer.step_m
