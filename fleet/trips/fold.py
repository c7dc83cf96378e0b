"""The fold: one vehicle's readings, in the order of their keys, become trips, stops and gaps.

The law of the fold:

1. **One reading at a time, in the order of `ReadingKey`, each once.** What the fold answers depends on the readings
   and the parameters alone. Late readings are `timeline`'s business.
2. **Segments follow each other without a hole.** From the first good fix on, each moment lies in exactly one trip,
   stop or gap; each ends where the next begins. No two of one kind begin in the same second.
3. **A cut is made when the data show it, and set where it happened.** A stop is known minutes after it began; the
   trip then ends where the vehicle came to stand. `Cut.decided_at_us` says when it was known.
4. **Witnesses.** A fine odometer speaks loudest, then the engine's ignition, then the receiver's speed, then places.
   A witness that is refuted is not believed further: an ignition that is off while the vehicle drives.
5. **Nothing is assumed of silence** but what a departure needs (`departing`). A moving vehicle's silence beyond
   `gap_s` is a gap, a parked one's beyond `gap_parked_s`. Documented is a moment with a good fix, or with a reading
   that tells the odometer or the ignition; a trip through a tunnel is one trip.
6. **What is set aside moves nothing**: implausible places, other fixes of one moment, fixes that would need more than
   `jump_kmh`. It is counted. A jump that stays is believed after five fixes in agreement: bridged inside a trip where
   a vehicle could have come that far since it last moved, else a gap.
7. **Sums are whole numbers that add up**: driving, idle, standing and silent seconds are those from start to end; the
   divisions' metres and seconds are the trip's. A second belongs to where it ends; metres are rounded from the sum of
   the legs in millimetres.
"""

from __future__ import annotations

import msgspec

from fleet.model.readings import IMPLAUSIBLE
from fleet.model.trips import (
    Cut,
    CutKind,
    Doubt,
    PositionReading,
    ReadingKey,
    Segment,
    SetAside,
    StoredReading,
    TripParameters,
    UsageReading,
)
from fleet.trips import departing, driving, halting, silence, standing, words
from fleet.trips.measure import distance_m
from fleet.trips.meters import see_usage
from fleet.trips.segments import Closed, gap_of, stop_of, trip_of
from fleet.trips.state import Fix, Halt, Journey, State, decode, encode

__all__ = [
    "Closed",
    "State",
    "begin",
    "decode",
    "encode",
    "is_checkpoint",
    "open_segment",
    "step",
    "tick",
]

_IMPLAUSIBLE = int(IMPLAUSIBLE)
_POOR_HDOP_TENTHS = 40
_POOR_SATELLITES = 4
_JUMP_ALLOWANCE_M = 100  # two bad fixes within a second are no flight
_STANDING_JUMP_KMH = 150
_AGREEING = 5
_AGREEING_US = 20_000_000
_MOST_OUTLIERS = 30
_BRIDGED_JUMP_M = 3_000
_IGNITION_EVENTS = {"ignition_on": True, "ignition_off": False}


def begin(vehicle_id: int) -> State:
    """A vehicle of which nothing is known yet."""
    return State(vehicle_id)


def is_checkpoint(state: State) -> bool:
    """Whether the last step closed a segment: then the state is small, and worth keeping."""
    return state.closed


def step(state: State, reading: StoredReading, parameters: TripParameters) -> list[Closed]:
    """Take the next reading into `state`; answers the segments that it closed, in their order.

    A reading with the key of the last one is ignored. Raises ValueError for an earlier one.
    """
    seq = reading.seq
    cls = type(reading)
    at_us = reading.observed_at_us
    key: ReadingKey
    if cls is PositionReading:
        key = (at_us, 1, reading.unit_id, reading.run, -1 if seq is None else seq, "")
    elif cls is UsageReading:
        key = (at_us, 2, reading.unit_id, reading.run, -1 if seq is None else seq, "")
    else:
        key = reading.key
    last_key = state.last_key
    if last_key is not None and key <= last_key:
        if key == last_key:
            return []
        raise ValueError(f"reading {key} of vehicle {state.vehicle_id} comes after {last_key} was folded")
    state.last_key = key
    waiting = state.waiting
    out: list[Closed] = []
    if isinstance(reading, PositionReading):
        _position(state, reading, parameters, out)
    elif isinstance(reading, UsageReading):
        _hear(state, reading.unit_id, at_us, reading.odometer_m, reading.ignition, parameters, out)
        see_usage(state, reading)
    elif reading.event in _IGNITION_EVENTS:
        _hear(state, reading.unit_id, at_us, None, _IGNITION_EVENTS[reading.event], parameters, out)
    if waiting is not None:
        silence.let_go(state, waiting, at_us, out)
    state.closed = bool(out)
    return out


def open_segment(state: State, parameters: TripParameters = TripParameters()) -> Segment | None:  # noqa: B008
    """The first segment that is not closed, so far; None before the first good fix.

    A gap that is over stays open for up to two minutes more, while the first odometer value after it is awaited.
    """
    if state.waiting is not None:
        return msgspec.structs.replace(state.waiting, ended_us=None)
    if state.journey is not None:
        return trip_of(state, state.journey, None, None, parameters)
    if state.halt is not None:
        return stop_of(state, state.halt, None, None, parameters)
    if state.dark is not None:
        return gap_of(state, state.dark, None, None, None)
    return None


def tick(state: State, now_us: int, parameters: TripParameters) -> Segment | None:
    """The running segment as it looks at `now_us`: a gap, once the vehicle has been silent for too long."""
    silent_us = now_us - state.alive_us
    journey = state.journey
    if journey is not None:
        stand = journey.stand
        off = stand is not None and stand.off_us is not None
        limit_s = parameters.gap_parked_s if off else parameters.gap_s
    elif state.halt is not None:
        limit_s = parameters.gap_parked_s
    else:
        return open_segment(state, parameters)
    if silent_us > limit_s * 1_000_000:
        return gap_of(state, silence.opened(state), None, None, None)
    return open_segment(state, parameters)


def _position(state: State, reading: PositionReading, parameters: TripParameters, out: list[Closed]) -> None:
    if reading.flags & _IMPLAUSIBLE:
        _set_aside(state, reading, "implausible", 0, None)
        _hear(state, reading.unit_id, reading.observed_at_us, reading.odometer_m, reading.ignition, parameters, out)
        return
    at_us, lat_e7, lon_e7 = reading.observed_at_us, reading.lat_e7, reading.lon_e7
    hdop_tenths, satellites = reading.hdop_tenths, reading.satellites
    fix = Fix(
        at_us,
        lat_e7,
        lon_e7,
        reading.speed_dkmh,
        reading.altitude_m,
        reading.odometer_m,
        reading.ignition,
        reading.division or 0,
        (hdop_tenths is not None and hdop_tenths > _POOR_HDOP_TENTHS)
        or (satellites is not None and 0 < satellites < _POOR_SATELLITES),
    )
    good = state.good
    if good is None:
        _first(state, reading, fix, parameters)
        return
    leg_us = at_us - good.at_us
    if leg_us == 0:
        if lat_e7 != good.lat_e7 or lon_e7 != good.lon_e7:
            _set_aside(state, reading, "stuck_clock", Doubt.STUCK_CLOCK, None)
        return
    leg_m = distance_m(good.lat_e7, good.lon_e7, lat_e7, lon_e7)
    believed = False
    if leg_m > _JUMP_ALLOWANCE_M and _is_jump(good, fix, leg_m, parameters):
        _set_aside(state, reading, "jump", Doubt.JUMP, round(leg_m * 3_600_000 / leg_us))
        if not _agreed(state, fix, parameters) or at_us // 1_000_000 <= state.alive_us // 1_000_000:
            return
        believed = True
    if state.outliers:
        state.outliers = []
    if (
        at_us - state.alive_us > parameters.gap_s * 1_000_000
        or reading.unit_id != state.unit_id
        or believed
        or state.dark is not None
    ) and _interrupted(state, reading, fix, leg_m, believed, parameters, out):
        return
    halt, journey = state.halt, state.journey
    if halt is not None:
        halting.keep_time(state, halt, at_us)
        words.take(state, reading, parameters)
        departing.watch(state, halt, fix, leg_m, parameters, out)
    elif journey is not None:
        if reading.odometer_m is not None:
            words.take_odometer(state, reading.unit_id, at_us, reading.odometer_m, parameters)
        # The time up to here belongs to what the ignition was; what it is now comes after.
        driving.advance(state, journey, good, fix, leg_m, parameters, out, believed)
        ignition = reading.ignition
        if ignition is not None and ignition is not state.ignition:
            words.ignite(state, at_us, ignition)
    state.good, state.alive_us = fix, at_us


def _first(state: State, reading: PositionReading, fix: Fix, parameters: TripParameters) -> None:
    """The first good fix of a vehicle."""
    state.unit_id = reading.unit_id
    words.take(state, reading, parameters)
    state.good, state.alive_us = fix, fix.at_us
    halting.begin(state, fix, fix.at_us, Cut(kind=CutKind.FIRST_READING, decided_at_us=fix.at_us))


def _interrupted(
    state: State,
    reading: PositionReading,
    fix: Fix,
    leg_m: float,
    believed: bool,
    parameters: TripParameters,
    out: list[Closed],
) -> bool:
    """Whether the fix does not simply follow the one before: after a silence, after jumps, from another unit.

    `believed`: it needed too much speed, but so did the ones before, and they agree. True: the fix is dealt with.
    """
    if state.dark is not None:
        silence.end(state, reading, fix, state.dark, parameters, out)
        return True
    silent_us = fix.at_us - state.alive_us
    halt, journey = state.halt, state.journey
    if halt is not None:
        if silent_us > parameters.gap_parked_s * 1_000_000 or believed:
            silence.cut(state, reading, fix, leg_m, parameters, out)
            return True
        return reading.unit_id != state.unit_id and _change_unit(state, halt, reading, fix, parameters, out)
    assert journey is not None
    if silent_us > parameters.gap_s * 1_000_000:
        stand = journey.stand
        if (
            stand is None
            or silent_us > parameters.gap_parked_s * 1_000_000
            or not standing.stands_still(stand, fix, parameters)
        ):
            silence.cut(state, reading, fix, leg_m, parameters, out)
            return True
        standing.remain(state, journey, stand, fix, parameters, out, silent=True)
        words.take(state, reading, parameters)
        state.good, state.alive_us = fix, fix.at_us
        return True
    if believed and not _within_reach(journey, fix, leg_m, parameters):
        silence.cut(state, reading, fix, leg_m, parameters, out)
        return True
    if reading.unit_id != state.unit_id:
        journey.doubts |= Doubt.UNIT_CHANGED
        state.unit_id = reading.unit_id
        if reading.unit_id not in journey.units:
            journey.units.append(reading.unit_id)
    return False


def _hear(
    state: State,
    unit_id: int,
    at_us: int,
    odometer_m: int | None,
    ignition: bool | None,
    parameters: TripParameters,
    out: list[Closed],
) -> None:
    """Take what a reading without a place says."""
    if odometer_m is None and ignition is None:
        return
    halt, journey = state.halt, state.journey
    silent_us = at_us - state.alive_us
    if halt is not None or journey is not None:
        parked = halt is not None or (journey is not None and journey.stand is not None)
        if silent_us > (parameters.gap_parked_s if parked else parameters.gap_s) * 1_000_000:
            silence.hear_after(state, unit_id, at_us, odometer_m, parameters, out)
            halt, journey = state.halt, state.journey
    if odometer_m is not None:
        words.take_odometer(state, unit_id, at_us, odometer_m, parameters)
    if halt is not None:
        halting.keep_time(state, halt, at_us)
        if len(halt.lead) == 1 and _stands(state, halt, odometer_m is not None, ignition):
            halting.known_still(state, halt, at_us)
    elif journey is not None:
        silent = silent_us > parameters.gap_s * 1_000_000
        driving.hear(state, journey, at_us, ignition, odometer_m is not None, parameters, out, silent)
    if ignition is not None and ignition is not state.ignition:
        words.ignite(state, at_us, ignition)
    if state.dark is None:
        state.alive_us = at_us


def _stands(state: State, halt: Halt, odometer_said: bool, ignition: bool | None) -> bool:
    """Whether a reading without a place shows that the vehicle is still where it stood."""
    odometer = state.odometer
    grown_m = None
    if odometer is not None and halt.still_odometer_m is not None:
        grown_m = odometer.value_m - halt.still_odometer_m
        if grown_m - (odometer.step_m if odometer.step_m > 1 else 0) > silence.STILL_M:
            return False  # an engine that is switched off says nothing of where that is
    if odometer_said and odometer is not None:
        if grown_m is None:
            return ignition is False and state.ignition is False
        return grown_m <= silence.STILL_M and odometer.step_m <= standing.FINE_M
    return ignition is False and state.ignition is not True


def _set_aside(state: State, reading: PositionReading, reason: str, doubt: int, kmh: int | None) -> None:
    if state.journey is not None:
        aside = SetAside(
            reason=reason, at_us=reading.observed_at_us, lat_e7=reading.lat_e7, lon_e7=reading.lon_e7, kmh=kmh
        )
        driving.set_aside(state.journey, aside, doubt)
    elif state.halt is not None:
        state.halt.doubts |= doubt


def _is_jump(good: Fix, fix: Fix, leg_m: float, parameters: TripParameters) -> bool:
    """Whether no vehicle came this way in the time; one that stands at both ends was not very fast in between."""
    kmh = parameters.jump_kmh
    if good.speed_dkmh is not None and fix.speed_dkmh is not None:
        kmh = min(kmh, _STANDING_JUMP_KMH + 3 * max(good.speed_dkmh, fix.speed_dkmh) // 10)
    # km/h times microseconds over 3.6 million are metres
    return leg_m - _JUMP_ALLOWANCE_M > kmh * (fix.at_us - good.at_us) / 3_600_000


def _agreed(state: State, fix: Fix, parameters: TripParameters) -> bool:
    """Whether enough fixes that were set aside one after the other agree on where the vehicle is."""
    outliers = state.outliers
    if outliers:
        last = outliers[-1]
        leg_m = distance_m(last.lat_e7, last.lon_e7, fix.lat_e7, fix.lon_e7)
        if _is_jump(last, fix, leg_m, parameters):
            outliers.clear()
    outliers.append(fix)
    if len(outliers) >= _MOST_OUTLIERS:
        return True
    return len(outliers) >= _AGREEING and fix.at_us - outliers[0].at_us >= _AGREEING_US


def _within_reach(journey: Journey, fix: Fix, leg_m: float, parameters: TripParameters) -> bool:
    """Whether the vehicle could have come to where it now is since it last moved: its receiver was stuck."""
    if leg_m <= _BRIDGED_JUMP_M:
        return True
    moved_us = journey.acc_us if journey.stand is None else journey.stand.since_us
    return leg_m <= parameters.jump_kmh * (fix.at_us - moved_us) / 3_600_000


def _change_unit(
    state: State, halt: Halt, reading: PositionReading, fix: Fix, parameters: TripParameters, out: list[Closed]
) -> bool:
    """Another unit reports from a standing vehicle: a new stop, or a gap if it reports from elsewhere."""
    away_m = distance_m(halt.lat_e7, halt.lon_e7, fix.lat_e7, fix.lon_e7)
    at_us = fix.at_us
    if at_us // 1_000_000 <= state.alive_us // 1_000_000 or at_us // 1_000_000 <= halt.started_us // 1_000_000:
        state.unit_id = reading.unit_id
        if reading.unit_id not in halt.units:
            halt.units.append(reading.unit_id)
        return False
    if away_m > parameters.drift_m:
        silence.cut(state, reading, fix, away_m, parameters, out)
        return True
    cut = Cut(kind=CutKind.UNIT_CHANGED, metres=round(away_m), decided_at_us=at_us)
    halting.keep_time(state, halt, at_us)
    halting.close(state, halt, at_us, cut, parameters, out)
    state.unit_id = reading.unit_id
    words.take(state, reading, parameters)
    halting.begin(state, fix, at_us, cut)
    state.good, state.alive_us = fix, at_us
    return True
