"""Laws that hold for any readings."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.model.trips import StoredReading
from tests.fleet.trips.journeys import fold
from tests.fleet.trips.laws import assert_lawful, wild_readings


@settings(max_examples=300, deadline=None)
@given(wild_readings)
def test_every_fold_is_lawful(readings: list[StoredReading]) -> None:
    assert_lawful(fold(readings), readings)
