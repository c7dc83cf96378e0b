"""Passages through a circle against a slow search in small steps; cells never hide a passage."""

from __future__ import annotations

from itertools import pairwise
from math import cos, hypot, radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.geography.distance import haversine_m
from fleet.tracks.cells import CELL_E7, keys_of_circle, keys_of_way
from fleet.tracks.packed import Way
from fleet.tracks.passages import Circle, Evidence, Passage, passages

T0_US = 1_772_409_600_000_000
LAT_E7, LON_E7 = 255_000_000, 1_038_000_000
NORTH = 10_000_000 / 111_194.93  # 1e-7 degrees a metre
EAST = NORTH / cos(radians(25.5))


def way(*fixes: tuple[float, float, float]) -> Way:
    """From seconds, metres east and metres north of the place."""
    return Way(
        at_us=np.array([T0_US + round(second * 1e6) for second, _, _ in fixes], dtype=np.int64),
        lat_e7=np.array([LAT_E7 + round(north * NORTH) for _, _, north in fixes], dtype=np.int64),
        lon_e7=np.array([LON_E7 + round(east * EAST) for _, east, _ in fixes], dtype=np.int64),
    )


def circle(radius_m: float) -> Circle:
    return Circle(lat_e7=LAT_E7, lon_e7=LON_E7, radius_m=radius_m)


def seconds(passage: Passage) -> tuple[float, float]:
    return (passage.entered_us - T0_US) / 1e6, (passage.left_us - T0_US) / 1e6


def test_a_leg_that_runs_through_without_a_fix_inside() -> None:
    """From 140 m west to 140 m east within 10 s, 30 m north of the place."""
    (only,) = passages(way((0, -140, 30), (10, 140, 30)), circle(50))
    assert seconds(only) == pytest.approx((5 - 40 / 28, 5 + 40 / 28), abs=1e-3)
    assert only.closest_m == pytest.approx(30, abs=0.05)
    assert (only.closest_us - T0_US) / 1e6 == pytest.approx(5, abs=1e-3)
    assert only.evidence is Evidence.BETWEEN_FIXES


def test_a_leg_across_a_silence_proves_less() -> None:
    driven = way((0, -900, 0), (300, 900, 0))
    (only,) = passages(driven, circle(50), bridged=[(T0_US, T0_US + 300_000_000)])
    assert only.evidence is Evidence.BRIDGED
    (only,) = passages(driven, circle(50), bridged=[(T0_US - 99, T0_US)])
    assert only.evidence is Evidence.BETWEEN_FIXES


def test_a_fix_inside_is_the_best_evidence() -> None:
    (only,) = passages(
        way((0, -900, 0), (300, 20, 0), (310, 500, 0)), circle(50), bridged=[(T0_US, T0_US + 300_000_000)]
    )
    assert only.evidence is Evidence.FIX


def test_coming_back_is_a_second_passage_and_waiting_is_not() -> None:
    there = ((0, -100, 0), (10, 0, 0), (20, 0, 0), (30, 10, 5), (40, 200, 0))
    back = ((50, 200, 0), (60, 0, 0), (70, -100, 0))
    first, second = passages(way(*there, *back), circle(50))
    assert seconds(first) == pytest.approx((5, 30 + 10 * 40 / 190), abs=0.05)
    assert seconds(second) == pytest.approx((57.5, 65), abs=0.05)


def test_ends_inside_are_the_ends_of_the_passage() -> None:
    (only,) = passages(way((0, 10, 0), (10, 20, 0)), circle(50))
    assert seconds(only) == (0, 10)
    assert only.closest_m == pytest.approx(10, abs=0.05)
    (alone,) = passages(way((7, 10, 0)), circle(50))
    assert seconds(alone) == (7, 7)
    assert passages(way((7, 60, 0)), circle(50)) == []
    assert passages(way(), circle(50)) == []


def test_a_circle_measures_like_the_sphere() -> None:
    for east, north in ((3_000, 0), (0, 3_000), (-2_000, 2_000), (12, -7)):
        lat_e7, lon_e7 = LAT_E7 + round(north * NORTH), LON_E7 + round(east * EAST)
        true_m = haversine_m(LAT_E7 / 1e7, LON_E7 / 1e7, lat_e7 / 1e7, lon_e7 / 1e7)
        assert circle(50).distance_m(lat_e7, lon_e7) == pytest.approx(true_m, rel=1e-3)


metres = st.floats(-400, 400).map(lambda value: round(value, 1))
Drive = list[tuple[float, float, float]]
fixes = st.lists(st.tuples(st.integers(1, 60), metres, metres), min_size=1, max_size=7)


def timed(steps: list[tuple[int, float, float]]) -> Drive:
    moment = 0
    made: Drive = []
    for step, east, north in steps:
        moment += step
        made.append((moment, east, north))
    return made


def slowly(drive: Drive, radius_m: float, steps: int = 400) -> Drive:
    """Moment, and distance, of many places along the drive, with whether each is inside."""
    places: Drive = []
    for (t0, e0, n0), (t1, e1, n1) in pairwise(drive):
        for step in range(steps):
            share = step / steps
            distance = hypot(e0 + share * (e1 - e0), n0 + share * (n1 - n0))
            places.append((t0 + share * (t1 - t0), distance, float(distance <= radius_m)))
    moment, east, north = drive[-1]
    places.append((moment, hypot(east, north), float(hypot(east, north) <= radius_m)))
    return places


@given(fixes, st.integers(20, 300))
def test_passages_are_those_of_a_slow_search(steps: list[tuple[int, float, float]], radius_m: int) -> None:
    drive = timed(steps)
    found = passages(way(*drive), circle(radius_m))
    spans = [seconds(one) for one in found]
    assert spans == sorted(spans)
    for (_, left), (entered, _) in pairwise(spans):
        assert left <= entered
    for moment, distance, inside in slowly(drive, radius_m):
        if abs(distance - radius_m) < 0.5:
            continue  # rounding of coordinates and of the plane decides
        covered = any(entered - 1e-3 <= moment <= left + 1e-3 for entered, left in spans)
        assert covered == bool(inside), (moment, distance, spans)
    for one, (entered, left) in zip(found, spans, strict=True):
        within = [distance for moment, distance, _ in slowly(drive, radius_m) if entered <= moment <= left]
        assert one.closest_m <= radius_m + 0.01
        assert not within or one.closest_m <= min(within) + 0.3
        assert one.entered_us <= one.closest_us <= one.left_us


far = st.integers(-60_000, 60_000)


@given(
    st.lists(st.tuples(st.integers(1, 300_000), far, far), min_size=1, max_size=5),
    st.integers(0, 4),
    st.floats(0, 1),
    far,
    far,
    st.integers(10, 5_000),
)
def test_cells_never_hide_a_passage(
    steps: list[tuple[int, int, int]], leg: int, share: float, east: int, north: int, radius_m: int
) -> None:
    """Circles about places on the way, and anywhere: where there is a passage, a key is shared, in its week too."""
    drive = timed([(step, float(e), float(n)) for step, e, n in steps])
    one = drive[leg % len(drive)]
    other = drive[(leg + 1) % len(drive)]
    beside = (one[1] + share * (other[1] - one[1]) + radius_m * 0.7, one[2] + share * (other[2] - one[2]))
    driven = way(*drive)
    keys = set(keys_of_way(driven).tolist())
    for place_east, place_north in ((east, north), beside):
        there = Circle(
            lat_e7=LAT_E7 + round(place_north * NORTH), lon_e7=LON_E7 + round(place_east * EAST), radius_m=radius_m
        )
        for passage in passages(driven, there):
            asked = keys_of_circle(there.lat_e7, there.lon_e7, radius_m, passage.entered_us, passage.left_us + 1)
            assert keys & set(asked.tolist())


def test_cells_are_few_and_tell_places_and_weeks_apart() -> None:
    """10 km straight east: 10,000 / 251 cells, not more."""
    driven = way(*((10 * n, 167.0 * n, 10.0) for n in range(60)))
    assert 38 <= len(keys_of_way(driven)) <= 42
    here = keys_of_circle(LAT_E7, LON_E7, 100, T0_US, T0_US + 1)
    assert 1 <= len(here) <= 9
    later = keys_of_circle(LAT_E7, LON_E7, 100, T0_US + 8 * 86_400_000_000, T0_US + 8 * 86_400_000_000 + 1)
    assert not set(here.tolist()) & set(later.tolist())
    month = keys_of_circle(LAT_E7, LON_E7, 100, T0_US, T0_US + 31 * 86_400_000_000)
    assert len(month) in (5 * len(here), 6 * len(here))


def test_neighbouring_cells_have_neighbouring_keys_within_a_week() -> None:
    """So that what is driven this week is written into one corner of the index."""
    here = keys_of_circle(LAT_E7, LON_E7, 10, T0_US, T0_US + 1)
    away = keys_of_circle(LAT_E7, LON_E7 + 40 * CELL_E7, 10, T0_US, T0_US + 1)
    later = keys_of_circle(LAT_E7, LON_E7, 10, T0_US + 8 * 86_400_000_000, T0_US + 8 * 86_400_000_000 + 1)
    assert int(away[0]) - int(here[0]) == 40
    assert abs(int(later[0]) - int(here[0])) >= 1 << 21
