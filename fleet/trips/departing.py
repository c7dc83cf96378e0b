"""A standing vehicle: whether what its fixes do is drift, a few metres in a yard, or the beginning of a trip.

Fixes outside the radius are held back in `Halt.lead` until enough speaks for movement. How much is enough depends on
who else bears witness: an odometer that grew settles it at once; one that did not grow, an engine known to be off, a
charging cable or a receiver in doubt ask for more. What comes back before that was drift.
"""

from __future__ import annotations

from fleet.model.trips import Cut, CutKind, Doubt, TripParameters
from fleet.trips import driving, halting, points
from fleet.trips.driving import moves
from fleet.trips.measure import distance_m, seconds_between
from fleet.trips.meters import begin_use, grown_since
from fleet.trips.segments import Closed, gap_of
from fleet.trips.silence import STILL_M
from fleet.trips.standing import BRIDGE_US, FINE_M
from fleet.trips.state import Dark, Fix, Halt, Journey, State

_LEAD = 120
_STRONG, _WEAK = 2, 1  # a fix with speed; a fix further out than the ones before
_FURTHER_M = 30
_UNSEEN_M = 500  # an odometer that is read late catches up with less when the vehicle stands already
_UNSEEN_M_S = 8.3  # 30 km/h, as the crow flies: how fast a departure that nobody watched is taken to have been
_LEAST_US = 2_000_000  # no trip is shorter, so that no two begin in one second
_FROZEN_M = 1_000  # so far the odometer is believed against the receiver

# (metres from where it stood, score): what has to be reached
_NEED_IGNITION = 4
_NEED_UNKNOWN = 6
_NEED_OFF, _NEED_OFF_M = 8, 500
_NEED_AGAINST, _NEED_AGAINST_M = 10, 1_000


def watch(state: State, halt: Halt, fix: Fix, leg_m: float, parameters: TripParameters, out: list[Closed]) -> None:
    """Take the next good fix of a standing vehicle; its ignition and odometer are in the state already."""
    prev = state.good
    assert prev is not None
    leg_us = fix.at_us - prev.at_us
    away_m = distance_m(halt.lat_e7, halt.lon_e7, fix.lat_e7, fix.lon_e7)
    moving = moves(fix, leg_us, leg_m, parameters)
    inside = away_m <= parameters.drift_m
    _forget_wandering(halt, prev, leg_us)
    if inside and not moving:
        if len(halt.lead) == 1 and _driven_unseen(state, halt, fix, parameters, out):
            return
        halting.remain(state, halt, fix, away_m)
        return
    lead = halt.lead
    lead.append(fix)
    halt.poor += fix.poor
    if len(lead) == 2:
        halt.seen = leg_us <= BRIDGE_US
    elif len(lead) > _LEAD:
        del lead[2::2]
    grown_m = _grown_m(state, halt)
    if grown_m is not None and grown_m >= parameters.least_trip_m:
        if fix.at_us - lead[0].at_us >= _LEAST_US:
            depart(state, halt, max(away_m, grown_m), parameters, out)
        return
    if inside:
        return
    if moving and fix.speed_dkmh is not None:
        halt.score += _STRONG
        halt.far_m = max(halt.far_m, int(away_m))
    elif leg_us <= BRIDGE_US and away_m >= halt.far_m + _FURTHER_M and moves_by_place(leg_us, leg_m, parameters):
        halt.score += _WEAK
        halt.far_m = int(away_m)
    against = _odometer_stands(state, lead, grown_m, away_m)
    need, need_m = _need(state, halt, against, parameters)
    if halt.score >= need and away_m >= need_m and fix.at_us - lead[0].at_us >= _LEAST_US:
        depart(state, halt, away_m, parameters, out)
    elif moving:
        halt.away = None
    else:
        _stay(state, halt, fix, against, parameters, out)


def moves_by_place(leg_us: int, leg_m: float, parameters: TripParameters) -> bool:
    """Whether the way since the fix before was made at a moving vehicle's speed, whatever the receiver says."""
    return leg_m * 36_000_000 >= parameters.moving_dkmh * leg_us


def _need(state: State, halt: Halt, against: bool, parameters: TripParameters) -> tuple[int, int]:
    """(score, metres) from which on the vehicle is taken to have departed."""
    if against or 2 * halt.poor > len(halt.lead):
        return _NEED_AGAINST, _NEED_AGAINST_M
    if state.ignition is False or state.charging:
        return _NEED_OFF, _NEED_OFF_M
    if state.ignition:
        return _NEED_IGNITION, parameters.least_trip_m
    return _NEED_UNKNOWN, 2 * parameters.least_trip_m


def _odometer_stands(state: State, lead: list[Fix], grown_m: int | None, away_m: float) -> bool:
    """Whether an odometer that counts finely, read since the vehicle would have left, says that it did not."""
    odometer = state.odometer
    if grown_m is None or odometer is None or odometer.step_m > FINE_M or len(lead) < 2:
        return False
    return odometer.at_us > lead[1].at_us and 4 * (grown_m + odometer.step_m) < away_m


def _stay(state: State, halt: Halt, fix: Fix, against: bool, parameters: TripParameters, out: list[Closed]) -> None:
    """The vehicle stands outside the radius; when it has done so for long enough, that is where it is."""
    away = halt.away
    if away is None or distance_m(away.lat_e7, away.lon_e7, fix.lat_e7, fix.lon_e7) > parameters.drift_m:
        halt.away = fix
        return
    wait_s = parameters.ignition_off_s if state.ignition is False else parameters.stop_after_s
    if fix.at_us - away.at_us < wait_s * 1_000_000:
        return
    moved_m = distance_m(halt.lat_e7, halt.lon_e7, away.lat_e7, away.lon_e7)
    doubtful = against or 2 * halt.poor > len(halt.lead)
    if moved_m < (_FROZEN_M if doubtful else 2 * parameters.least_trip_m):
        halting.move_to(state, halt, away, fix)
    elif halt.seen and halt.score >= _STRONG and not doubtful:
        depart(state, halt, moved_m, parameters, out)
    else:
        _moved_unseen(state, halt, fix, parameters, out)


def _forget_wandering(halt: Halt, prev: Fix, leg_us: int) -> None:
    """Before a silence the odometer of the last fix may say that the vehicle had not moved until then, wherever the
    receiver saw it: what it grew by since was driven in the silence, and `lead` is not its beginning."""
    if len(halt.lead) == 1 or leg_us <= BRIDGE_US or prev.odometer_m is None or halt.still_odometer_m is None:
        return
    if abs(prev.odometer_m - halt.still_odometer_m) <= STILL_M:
        halting.remain_until(halt, prev)


def _driven_unseen(state: State, halt: Halt, fix: Fix, parameters: TripParameters, out: list[Closed]) -> bool:
    """Whether the odometer grew by more than a trip while no fix showed it: then a gap says so."""
    odometer = state.odometer
    if odometer is None or fix.at_us - halt.still_us <= BRIDGE_US:
        return False
    grown_m = grown_since(state, odometer.unit_id, halt.still_odometer_m)
    if grown_m is None or grown_m - odometer.step_m < max(_UNSEEN_M, parameters.least_trip_m):
        return False
    return _moved_unseen(state, halt, fix, parameters, out)


def _moved_unseen(state: State, halt: Halt, fix: Fix, parameters: TripParameters, out: list[Closed]) -> bool:
    """The vehicle was moved, and no reading shows how: a gap from when it last stood here until this fix."""
    from_us = max(halt.still_us, halt.started_us)
    if fix.at_us // 1_000_000 <= from_us // 1_000_000:
        return False
    odometer_m = None
    if state.odometer is not None:
        odometer_m = grown_since(state, state.odometer.unit_id, halt.still_odometer_m)
        if odometer_m is not None and fix.odometer_m is not None and halt.still_odometer_m is not None:
            odometer_m = min(odometer_m, max(0, fix.odometer_m - halt.still_odometer_m))
    away_m = distance_m(halt.lat_e7, halt.lon_e7, fix.lat_e7, fix.lon_e7)
    end = Cut(
        kind=CutKind.GAP,
        seconds=seconds_between(from_us, fix.at_us),
        metres=round(away_m),
        decided_at_us=fix.at_us,
    )
    if not _close_at(state, halt, from_us, end, parameters, out):
        from_us = halt.started_us
    dark = Dark(from_us, 0, None, False)
    out.append((gap_of(state, dark, fix.at_us, fix, odometer_m, heard=True), ()))
    cut = Cut(kind=CutKind.GAP_ENDED, seconds=end.seconds, metres=end.metres, decided_at_us=fix.at_us)
    fresh = halting.begin(state, fix, fix.at_us, cut, Doubt.STARTS_IN_GAP)
    if odometer_m is not None and halt.still_odometer_m is not None:
        fresh.still_odometer_m = halt.still_odometer_m + odometer_m
    return True


def _close_at(state: State, halt: Halt, ended_us: int, end: Cut, parameters: TripParameters, out: list[Closed]) -> bool:
    """Close the stop at a moment that may lie before the last reading."""
    if ended_us < halt.still_us:
        on_s = halt.still_on_s - seconds_between(ended_us, halt.still_us)
    elif state.ignition:
        on_s = halt.still_on_s + seconds_between(min(ended_us, max(halt.still_us, state.ignition_us)), ended_us)
    else:
        on_s = halt.still_on_s
    halt.ignition_on_s = max(0, on_s)
    return halting.close(state, halt, ended_us, end, parameters, out)


def depart(state: State, halt: Halt, way_m: float, parameters: TripParameters, out: list[Closed]) -> None:
    """Turn `lead` into a trip; `way_m`: how far the vehicle is known to have come.

    The trip begins when the engine was switched on, if that is known and was not long before; else with the last
    standing fix; and if that was too long before the first moving one, with the moment from which on 30 km/h would
    have sufficed. What stays unseen for longer than a gap may be, is a gap.
    """
    lead = halt.lead
    _drop_standing(halt, parameters)
    stood, first = lead[0], lead[1]
    decided_us = lead[-1].at_us
    unseen_m = distance_m(stood.lat_e7, stood.lon_e7, first.lat_e7, first.lon_e7)
    if first.odometer_m is not None and halt.still_odometer_m is not None:
        unseen_m = max(unseen_m, min(way_m, first.odometer_m - halt.still_odometer_m))
    still_us = min(max(stood.at_us, halt.still_us), first.at_us - 1)
    doubts = 0
    on_us = state.ignition_us
    if state.ignition and halt.started_us <= on_us and 0 < first.at_us - on_us <= parameters.idle_stop_s * 1_000_000:
        started_us = on_us
        kind = CutKind.IGNITION_ON
        halt.positions = halt.on_positions
    else:
        kind = CutKind.MOVEMENT
        started_us = still_us
        if first.at_us - still_us > BRIDGE_US:
            started_us = max(still_us, first.at_us - 1_000_000 - int(unseen_m / _UNSEEN_M_S * 1e6))
            doubts = Doubt.STARTS_IN_GAP
    rest = lead[1:]
    if seconds_between(halt.started_us, started_us) <= 0:
        started_us = halt.started_us
        if first.at_us <= started_us:
            stood, rest = first, lead[2:]
            if not rest:
                return
    if first.at_us - max(started_us, still_us) > parameters.gap_s * 1_000_000:
        state.good = stood
        _moved_unseen(state, halt, first, parameters, out)
        _replay(state, first, lead[2:], parameters, out)
        return
    begin = Cut(
        kind=kind,
        seconds=seconds_between(started_us, decided_us),
        metres=round(way_m),
        decided_at_us=decided_us,
    )
    if not _close_at(state, halt, started_us, begin, parameters, out):
        begin, doubts = halt.begin, doubts | halt.doubts
    journey = state.journey = Journey(
        started_us,
        begin,
        stood.lat_e7,
        stood.lon_e7,
        stood.division,
        started_us,
        parts=[[stood.division, 0, 0]],
        units=[state.unit_id],
        doubts=int(doubts),
        odometer_m=_driven_m(state, halt),
        use=begin_use(state, halt),
    )
    _set_out(journey, stood, started_us)
    _replay(state, stood, rest, parameters, out)


def _drop_standing(halt: Halt, parameters: TripParameters) -> None:
    """Leave out of `lead` what still stood where the fix before stood: at the rim of the radius that is no way."""
    lead = halt.lead
    while len(lead) > 2:
        before, fix = lead[0], lead[1]
        leg_m = distance_m(before.lat_e7, before.lon_e7, fix.lat_e7, fix.lon_e7)
        if leg_m > _FURTHER_M or moves(fix, fix.at_us - before.at_us, leg_m, parameters):
            return
        halt.still_us = max(halt.still_us, fix.at_us)
        halt.positions += 1
        del lead[0]


def _replay(state: State, prev: Fix, fixes: list[Fix], parameters: TripParameters, out: list[Closed]) -> None:
    """Take the fixes that were held back into what has begun; the last of them is the one that decided."""
    for fix in fixes:
        state.good = prev
        leg_m = distance_m(prev.lat_e7, prev.lon_e7, fix.lat_e7, fix.lon_e7)
        if state.journey is not None:
            driving.advance(state, state.journey, prev, fix, leg_m, parameters, out)
        elif state.halt is not None:
            watch(state, state.halt, fix, leg_m, parameters, out)
        prev = fix


def _set_out(journey: Journey, stood: Fix, started_us: int) -> None:
    """The first point of the track: the place it stood at, at the moment the trip begins."""
    origin = Fix(
        started_us,
        stood.lat_e7,
        stood.lon_e7,
        stood.speed_dkmh if stood.at_us == started_us else None,
        stood.altitude_m,
        stood.odometer_m,
        stood.ignition,
        stood.division,
        stood.poor,
    )
    points.keep(journey, [origin])
    journey.made += stood.at_us != started_us
    if stood.at_us > started_us:
        points.keep(journey, [stood])
        seconds = seconds_between(started_us, stood.at_us)
        journey.idle_s += seconds
        journey.parts[0][2] += seconds
        journey.acc_us = stood.at_us


def _grown_m(state: State, halt: Halt) -> int | None:
    """How far the odometer says at least that the vehicle came since it was last known to stand."""
    odometer = state.odometer
    if odometer is None:
        return None
    grown_m = grown_since(state, odometer.unit_id, halt.still_odometer_m)
    return grown_m if grown_m is None or odometer.step_m == 1 else max(0, grown_m - odometer.step_m)


def _driven_m(state: State, halt: Halt) -> int | None:
    """What the odometer says of the trip up to now."""
    odometer = state.odometer
    if odometer is None or odometer.unit_id != state.unit_id:
        return None
    return grown_since(state, odometer.unit_id, halt.still_odometer_m) or 0
