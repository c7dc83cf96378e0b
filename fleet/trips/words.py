"""What a reading says besides its place: the odometer, and whether the engine is on."""

from __future__ import annotations

from fleet.model.trips import PositionReading, TripParameters
from fleet.trips import standing
from fleet.trips.meters import see_odometer
from fleet.trips.state import State


def take(state: State, reading: PositionReading, parameters: TripParameters) -> None:
    """Odometer and ignition of a position."""
    if reading.odometer_m is not None:
        take_odometer(state, reading.unit_id, reading.observed_at_us, reading.odometer_m, parameters)
    ignition = reading.ignition
    if ignition is not None and ignition is not state.ignition:
        ignite(state, reading.observed_at_us, ignition)


def take_odometer(state: State, unit_id: int, at_us: int, odometer_m: int, parameters: TripParameters) -> None:
    """What the odometer grew belongs to the running trip."""
    grown_m = see_odometer(state, unit_id, at_us, odometer_m, parameters)
    journey = state.journey
    if journey is not None:
        journey.odometer_m = (journey.odometer_m or 0) + grown_m


def ignite(state: State, at_us: int, ignition: bool) -> None:
    """The engine was switched; time up to then is accounted for."""
    state.ignition, state.ignition_us = ignition, at_us
    if state.journey is not None:
        standing.ignite(state.journey, at_us, ignition)
    elif state.halt is not None and ignition:
        state.halt.on_positions = state.halt.positions
