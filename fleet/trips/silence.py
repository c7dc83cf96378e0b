"""Gaps: how silence ends what runs, and what is known when it is over.

A gap lasts from the last documented moment to the first good fix, or to the first reading whose odometer says that
the vehicle has not moved. The fix that ends it begins a stop, out of which a trip may grow at once.
"""

from __future__ import annotations

import msgspec

from fleet.model.trips import Cut, CutKind, Doubt, Gap, PositionReading, TripParameters
from fleet.trips import driving, halting, standing, words
from fleet.trips.measure import distance_m, seconds_between
from fleet.trips.segments import Closed, gap_of
from fleet.trips.state import Dark, Fix, State

STILL_M = 20
"""An odometer that grew by less has not moved."""
_ROLLED_OUT_M = 300  # into a garage, say: the place is known well enough
_WAIT_FOR_ODOMETER_US = 120_000_000


def opened(state: State) -> Dark:
    good, odometer = state.good, state.odometer
    moving = state.journey is not None and state.journey.stand is None
    if state.halt is not None and good is not None and len(state.halt.lead) > 1:
        moving = (good.speed_dkmh or 0) > 0
    return Dark(
        state.alive_us,
        0 if odometer is None else odometer.unit_id,
        None if odometer is None else odometer.value_m,
        moving,
    )


def cut(
    state: State,
    reading: PositionReading,
    fix: Fix,
    apart_m: float,
    parameters: TripParameters,
    out: list[Closed],
) -> None:
    """A gap that this fix ends."""
    dark = _break_off(state, fix.at_us, round(apart_m), parameters, out)
    end(state, reading, fix, dark, parameters, out)


def end(
    state: State, reading: PositionReading, fix: Fix, dark: Dark, parameters: TripParameters, out: list[Closed]
) -> None:
    """The fix that ends a gap: from here on the vehicle stands, until it is seen to move."""
    at_us = fix.at_us
    state.dark = None
    words.take(state, reading, parameters)
    gap = gap_of(state, dark, at_us, fix, _grown_m(state, dark))
    if dark.odometer_m is not None and gap.odometer_m is None and reading.odometer_m is None:
        state.waiting, state.waiting_odometer = gap, (dark.odometer_unit, dark.odometer_m)
    else:
        out.append((gap, ()))
    state.unit_id = reading.unit_id
    cut = Cut(
        kind=CutKind.GAP_ENDED,
        seconds=seconds_between(dark.since_us, at_us),
        metres=gap.metres_apart,
        decided_at_us=at_us,
    )
    halting.begin(state, fix, at_us, cut, Doubt.STARTS_IN_GAP)
    state.good, state.alive_us = fix, at_us


def hear_after(
    state: State, unit_id: int, at_us: int, odometer_m: int | None, parameters: TripParameters, out: list[Closed]
) -> None:
    """A reading without a place after too long a silence: the vehicle stands where it was, or nobody knows."""
    odometer, good = state.odometer, state.good
    assert good is not None
    dark = _break_off(state, at_us, None, parameters, out)
    if (
        odometer is None
        or odometer_m is None
        or odometer.unit_id != unit_id
        or odometer.step_m > standing.FINE_M
        or not 0 <= odometer_m - odometer.value_m <= (_ROLLED_OUT_M if dark.was_moving else STILL_M)
    ):
        state.dark = dark
        return
    out.append((gap_of(state, dark, at_us, good, odometer_m - odometer.value_m), ()))
    cut = Cut(kind=CutKind.GAP_ENDED, seconds=seconds_between(dark.since_us, at_us), metres=0, decided_at_us=at_us)
    halt = halting.begin(state, good, at_us, cut, Doubt.STARTS_IN_GAP)
    halt.early = 1
    state.alive_us = at_us


def let_go(state: State, waiting: Gap, at_us: int, out: list[Closed]) -> None:
    """Let a gap go that waited for the odometer: when it is known, when something else ended, or after a while."""
    gap, ended_us = waiting, waiting.ended_us
    assert ended_us is not None
    assert gap.after is not None
    odometer, good = state.odometer, state.good
    if odometer is not None and good is not None and odometer.at_us >= ended_us:
        unit_id, value_m = state.waiting_odometer
        if odometer.unit_id == unit_id and odometer.value_m >= value_m:
            # What was driven since the gap ended is documented.
            since_m = distance_m(gap.after.lat_e7, gap.after.lon_e7, good.lat_e7, good.lon_e7)
            if state.journey is not None:
                since_m = max(since_m, state.journey.track_mm / 1_000)
            gap = msgspec.structs.replace(gap, odometer_m=max(0, odometer.value_m - value_m - round(since_m)))
    elif not out and state.waiting is waiting and at_us - ended_us <= _WAIT_FOR_ODOMETER_US:
        return
    out.insert(0, (gap, ()))
    if state.waiting is waiting:
        state.waiting = None


def _break_off(state: State, at_us: int, metres: int | None, parameters: TripParameters, out: list[Closed]) -> Dark:
    """End whatever runs at the last documented moment; the gap since then is answered."""
    dark = opened(state)
    halt = state.halt
    end = Cut(kind=CutKind.GAP, seconds=seconds_between(state.alive_us, at_us), metres=metres, decided_at_us=at_us)
    if state.journey is not None:
        driving.break_off(state, state.journey, state.alive_us, end, parameters, out)
    elif halt is not None and not halting.close(state, halt, state.alive_us, end, parameters, out):
        dark.since_us = halt.started_us
    return dark


def _grown_m(state: State, dark: Dark) -> int | None:
    """What the odometer grew in a gap, if the same one was read after it began."""
    odometer = state.odometer
    if (
        odometer is None
        or dark.odometer_m is None
        or odometer.unit_id != dark.odometer_unit
        or odometer.at_us <= dark.since_us
        or odometer.value_m < dark.odometer_m
    ):
        return None
    return odometer.value_m - dark.odometer_m
