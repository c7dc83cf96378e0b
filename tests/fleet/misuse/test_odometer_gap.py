"""Distance the odometer knows and the track does not."""

from __future__ import annotations

from datetime import timedelta

from tests.fleet.misuse.builders import found, gap, judged, local, order, place, trip

NINE, TEN, NOON = (local(f"2026-11-23T{clock}:00") for clock in ("09", "10", "12"))
ORDERED = (order(NINE, NOON),)


def test_a_trip_whose_antenna_was_cut() -> None:
    driven = trip(NINE, TEN, distance_m=12_000, odometer_distance_m=30_000)
    (one,) = found(judged(NOON, driven, grants=ORDERED))["odometer_gap"]
    assert one.grounds[0].data["undocumented_m"] == 18_000


def test_what_sampling_explains_is_nothing() -> None:
    assert found(judged(NOON, trip(NINE, TEN, distance_m=95_000, odometer_distance_m=101_000), grants=ORDERED)) == {}
    assert found(judged(NOON, trip(NINE, TEN, distance_m=1_000, odometer_distance_m=5_900), grants=ORDERED)) == {}
    assert found(judged(NOON, trip(NINE, TEN, odometer_distance_m=None), grants=ORDERED)) == {}


def test_a_silence_over_which_the_odometer_grew() -> None:
    silent = gap(NINE, TEN, after=place(north_m=3_000), metres_apart=3_000, odometer_m=5_000)
    (one,) = found(judged(NOON, silent))["odometer_gap"]
    assert one.grounds[0].code == "odometer_grew_in_silence"
    assert len(one.readings) == 2
    assert "odometer_gap" not in found(judged(NOON, gap(NINE, TEN, odometer_m=4_999)))


def test_a_silence_that_goes_on_says_nothing_yet() -> None:
    assert "odometer_gap" not in found(judged(NINE + timedelta(minutes=5), gap(NINE, None)))
