"""Drives that no fix shows, but the odometer tells of: a gap, neither a stop nor a trip at another time."""

from __future__ import annotations

from math import pi

from fleet.model.trips import EventReading, StoredReading, UsageReading
from tests.fleet.trips.journeys import Truth, Unit, point, position, since_start, usage
from tests.fleet.trips.stories import between, told


def test_an_outing_with_the_antenna_off_is_a_gap_in_which_the_unit_was_heard() -> None:
    """Out and back without a fix; that the engine is off again does not say that it was not driven."""
    truth = Truth().stand(1_300).drive(15_000, 60, turn=0).stand(900)
    truth.heading += pi
    truth.drive(15_000, 60, turn=0)
    back_s = truth.end_s
    truth.stand(3_000)
    readings = Unit(events=True, usage_every_s=60).report(truth)
    folded = told(
        one for one in readings if isinstance(one, UsageReading | EventReading) or not between(one, 1_240, back_s + 60)
    )
    assert folded.story == "SGS"
    (gap,) = folded.gaps
    assert gap.odometer_m is not None
    assert abs(gap.odometer_m - 30_000) <= 100
    assert gap.heard
    assert 1_200 <= since_start(gap.started_us) <= 1_301


def test_what_wandered_before_an_unseen_drive_is_not_its_beginning() -> None:
    """A receiver under a roof shows places outside the radius; then the antenna is cut, and 30 km are driven."""
    parked: list[StoredReading] = [
        position(600 * k, *point(95 * (k in (2, 3)), 0), speed_dkmh=0, odometer_m=70_000, ignition=False)
        for k in range(4)
    ]
    driven: list[StoredReading] = [
        usage(1_860 + 60 * k, odometer_m=70_000 + min(30_000, 500 * k), ignition=k < 60) for k in range(100)
    ]
    back: list[StoredReading] = [
        position(8_000 + 600 * k, *point(90 * (k == 0), 0), speed_dkmh=0, odometer_m=100_000, ignition=False)
        for k in range(4)
    ]
    folded = told([*parked, *driven, *back])
    assert folded.story == "SGS"
    assert (since_start(folded.gaps[0].started_us), folded.gaps[0].odometer_m) == (1_800, 30_000)
