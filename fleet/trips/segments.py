"""What the fold's memory looks like as a trip, a stop or a gap; never changes it."""

from __future__ import annotations

from fleet.model.trips import (
    BridgedGap,
    Cut,
    DivisionPart,
    Doubt,
    Gap,
    Place,
    Segment,
    Stop,
    TrackPoint,
    Trip,
    TripParameters,
)
from fleet.trips.measure import distance_m
from fleet.trips.meters import energy, fuel
from fleet.trips.state import Dark, Fix, Halt, Journey, State
from fleet.trips.sums import add_seconds, metres

Closed = tuple[Segment, tuple[TrackPoint, ...]]
"""A segment that is over, and the track of a trip (of others: none)."""

MOST_ASIDE = 100
"""So many readings that were set aside are kept with a trip; all are counted."""
_ODOMETER_TOLERANCE_M = 300
_ODOMETER_TOLERANCE = 10  # per cent


def trip_of(
    state: State,
    journey: Journey,
    ended_us: int | None,
    end: Cut | None,
    parameters: TripParameters,
    destination: Place | None = None,
) -> Trip:
    """The trip up to where its sums reach; with a stand, if it still runs, up to the last reading."""
    stand = journey.stand
    idle_s, standing_s, silent_s = journey.idle_s, journey.standing_s, journey.silent_s
    parts = [list(part) for part in journey.parts]
    good = state.good
    assert good is not None
    if destination is None:
        destination = place(good)
    aside, aside_count, doubts = list(journey.aside), journey.aside_count, journey.doubts
    positions = journey.packed + len(journey.recent) - journey.made
    if stand is not None:
        destination = Place(lat_e7=stand.lat_e7, lon_e7=stand.lon_e7, division=stand.division)
        if ended_us is None:
            idle_s += stand.on_s + stand.unknown_s
            standing_s += stand.off_s
            add_seconds(parts, stand.division, stand.on_s + stand.unknown_s + stand.off_s)
            aside += stand.aside[: max(0, MOST_ASIDE - len(aside))]
            aside_count += stand.aside_count
            doubts |= stand.doubts
            positions += len(stand.fixes)
    odometer = state.odometer
    step_m = 0 if odometer is None else odometer.step_m
    distance = metres(journey.track_mm)
    if journey.odometer_m is None:
        doubts |= Doubt.NO_ODOMETER
    elif (
        abs(journey.odometer_m - distance)
        > _ODOMETER_TOLERANCE_M + step_m + max(journey.odometer_m, distance) * _ODOMETER_TOLERANCE // 100
    ):
        doubts |= Doubt.ODOMETER_DIFFERS
    use = journey.use if stand is None or ended_us is None or stand.use is None else stand.use
    fuel_ml, fuel_method = fuel(use)
    energy_wh, energy_method = energy(use, parameters.battery_wh)
    return Trip(
        vehicle_id=state.vehicle_id,
        started_us=journey.started_us,
        ended_us=ended_us,
        begin=journey.begin,
        end=end,
        origin=Place(lat_e7=journey.origin_lat_e7, lon_e7=journey.origin_lon_e7, division=journey.origin_division),
        destination=destination,
        distance_m=distance,
        odometer_distance_m=journey.odometer_m,
        driving_s=journey.driving_s,
        idle_s=idle_s,
        standing_s=standing_s,
        silent_s=silent_s,
        max_speed_dkmh=journey.max_speed_dkmh,
        fuel_ml=fuel_ml,
        fuel_method=fuel_method,
        energy_wh=energy_wh,
        energy_method=energy_method,
        divisions=tuple(DivisionPart(division=d, distance_m=m, seconds=s) for d, m, s in parts),
        bridged=tuple(journey.bridged),
        set_aside=tuple(aside),
        set_aside_count=aside_count,
        unit_ids=tuple(journey.units),
        positions=positions,
        doubts=int(doubts),
    )


def stop_of(state: State, halt: Halt, ended_us: int | None, end: Cut | None, parameters: TripParameters) -> Stop:
    """The stop, ended or so far."""
    lat_e7, lon_e7 = median(halt)
    charged_wh = halt.charged_wh
    if charged_wh is None and None not in (parameters.battery_wh, halt.soc_permille, state.soc_permille):
        gained_permille = max(0, (state.soc_permille or 0) - (halt.soc_permille or 0))
        charged_wh = gained_permille * (parameters.battery_wh or 0) // 1_000
    change_ml = None if halt.tank_ml is None or state.tank_ml is None else state.tank_ml - halt.tank_ml
    return Stop(
        vehicle_id=state.vehicle_id,
        started_us=halt.started_us,
        ended_us=ended_us,
        begin=halt.begin,
        end=end,
        place=Place(lat_e7=lat_e7, lon_e7=lon_e7, division=halt.division),
        radius_m=halt.reach_m,
        ignition_on_s=halt.ignition_on_s,
        fuel_change_ml=change_ml,
        charged_wh=charged_wh,
        unit_ids=tuple(halt.units),
        positions=max(0, halt.positions - halt.early),
        doubts=halt.doubts,
    )


def gap_of(
    state: State,
    dark: Dark,
    ended_us: int | None,
    after: Fix | None,
    odometer_m: int | None,
    *,
    heard: bool = False,
) -> Gap:
    """The silence since the last documented moment; `after` is the fix that ended it."""
    before = state.good
    apart_m = None
    if before is not None and after is not None:
        apart_m = round(distance_m(before.lat_e7, before.lon_e7, after.lat_e7, after.lon_e7))
    return Gap(
        vehicle_id=state.vehicle_id,
        started_us=dark.since_us,
        ended_us=ended_us,
        before=None if before is None else place(before),
        after=None if after is None else place(after),
        metres_apart=apart_m,
        odometer_m=odometer_m,
        was_moving=dark.was_moving,
        heard=heard,
    )


def place(fix: Fix) -> Place:
    """Where the fix says the vehicle is."""
    return Place(lat_e7=fix.lat_e7, lon_e7=fix.lon_e7, division=fix.division)


def median(halt: Halt) -> tuple[int, int]:
    """The middle of the sampled fixes, each coordinate for itself; the anchor while there is none."""
    sample = halt.sample
    if not sample:
        return halt.lat_e7, halt.lon_e7
    lats, lons = sorted(sample[0::2]), sorted(sample[1::2])
    return halt.base_lat_e7 + lats[len(lats) // 2], halt.base_lon_e7 + lons[len(lons) // 2]


def bridge(from_us: int, to_us: int, apart_m: float, odometer_m: int | None) -> BridgedGap:
    """A silence inside a trip, in whole metres."""
    return BridgedGap(from_us=from_us, to_us=to_us, metres=round(apart_m), odometer_m=odometer_m)
