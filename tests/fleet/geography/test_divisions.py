"""The index must answer exactly what the polygons answer, everywhere, shared borders included."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import fleet.geography
from fleet.geography.divisions import COUNTIES, DIVISIONS, DivisionIndex, county_polygons, division_index

Ints = NDArray[np.int32]


def by_polygons(lat_e7: Ints, lon_e7: Ints) -> Ints:
    """The slow truth: every polygon asked about every point, lowest code wins."""
    codes = np.zeros(len(lat_e7), dtype=np.int32)
    for code in sorted(county_polygons(), reverse=True):
        inside = shapely.intersects_xy(county_polygons()[code], lon_e7 / 1e7, lat_e7 / 1e7)
        codes[inside] = code
    return codes


def points(lat: list[int], lon: list[int]) -> tuple[Ints, Ints]:
    return np.array(lat, dtype=np.int32), np.array(lon, dtype=np.int32)


def test_the_table_of_divisions_is_that_of_the_packaged_data() -> None:
    path = Path(fleet.geography.__file__).parent / "data" / "counties.geojson"
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    packaged = {
        (int(p["adcode"]), p["name"], p["name_en"], p["seat"][1], p["seat"][0])
        for p in (feature["properties"] for feature in features)
    }
    assert {(d.code, d.name, d.name_en, d.seat_lat, d.seat_lon) for d in COUNTIES} == packaged
    assert DIVISIONS[0].code == 530300
    assert [d.code for d in DIVISIONS] == sorted(d.code for d in DIVISIONS)


def test_each_seat_lies_in_its_county() -> None:
    lat, lon = points([round(d.seat_lat * 1e7) for d in COUNTIES], [round(d.seat_lon * 1e7) for d in COUNTIES])
    assert division_index().lookup(lat, lon).tolist() == [d.code for d in COUNTIES]


def test_agrees_with_the_polygons_on_random_points() -> None:
    rng = np.random.default_rng(1)
    lat = rng.integers(242_000_000, 272_000_000, 40_000, dtype=np.int32)
    lon = rng.integers(1_029_000_000, 1_050_000_000, 40_000, dtype=np.int32)
    assert (division_index().lookup(lat, lon) == by_polygons(lat, lon)).all()


def test_agrees_with_the_polygons_on_and_beside_every_corner_of_every_border() -> None:
    corners = np.concatenate([shapely.get_coordinates(p) for p in county_polygons().values()])
    rng = np.random.default_rng(2)
    offsets = np.concatenate([np.zeros((len(corners), 2)), rng.normal(0, 1e-4, (len(corners), 2))])
    e7 = np.round((np.tile(corners, (2, 1)) + offsets) * 1e7).astype(np.int32)
    lat, lon = np.ascontiguousarray(e7[:, 1]), np.ascontiguousarray(e7[:, 0])
    assert (division_index().lookup(lat, lon) == by_polygons(lat, lon)).all()


@given(
    st.lists(
        st.tuples(st.integers(-900_000_000, 900_000_000), st.integers(-1_800_000_000, 1_800_000_000)),
        max_size=20,
    )
)
def test_points_anywhere_on_earth_are_answered(pairs: list[tuple[int, int]]) -> None:
    lat, lon = points([p[0] for p in pairs], [p[1] for p in pairs])
    assert (division_index().lookup(lat, lon) == by_polygons(lat, lon)).all()


corner = st.tuples(st.integers(-40, 40), st.integers(-40, 40))


@settings(max_examples=60)
@given(st.lists(st.lists(corner, min_size=3, max_size=7), min_size=1, max_size=3), st.integers(0, 2**32 - 1))
def test_agrees_with_any_polygons_overlapping_or_not(rings: list[list[tuple[int, int]]], seed: int) -> None:
    """Corners on a lattice of 0.0005 degree: smaller than a cell, so edges run along, through and inside cells."""
    shapes = [shapely.Polygon([(x * 5e-4, y * 5e-4) for x, y in ring]) for ring in rings]
    polygons = {number + 1: shape for number, shape in enumerate(shapes) if shape.is_valid and shape.area}
    if not polygons:
        return
    rng = np.random.default_rng(seed)
    lat, lon = rng.integers(-220_000, 220_000, (2, 400), dtype=np.int32)
    lat[:100], lon[:100] = lat[:100] // 5000 * 5000, lon[:100] // 5000 * 5000
    expected = np.zeros(400, dtype=np.int32)
    for code in sorted(polygons, reverse=True):
        expected[shapely.intersects_xy(polygons[code], lon / 1e7, lat / 1e7)] = code
    assert (DivisionIndex(polygons).lookup(lat, lon) == expected).all()


def test_the_lowest_code_wins_on_a_shared_border() -> None:
    west, east = shapely.box(0, 0, 0.01, 0.01), shapely.box(0.01, 0, 0.02, 0.01)
    lat, lon = points([50_000] * 3, [100_000, 99_999, 100_001])
    assert DivisionIndex({7: east, 8: west}).lookup(lat, lon).tolist() == [7, 8, 7]
    assert DivisionIndex({8: east, 7: west}).lookup(lat, lon).tolist() == [7, 7, 8]


def test_a_hole_is_outside() -> None:
    ring = shapely.Polygon(shapely.box(0, 0, 0.1, 0.1).exterior, [shapely.box(0.03, 0.03, 0.07, 0.07).exterior])
    lat, lon = points([500_000, 200_000], [500_000, 500_000])
    assert DivisionIndex({5: ring}).lookup(lat, lon).tolist() == [0, 5]


def test_refuses_no_polygons_at_all() -> None:
    with pytest.raises(ValueError, match="between 1 and 15"):
        DivisionIndex({})


def test_empty_batch() -> None:
    assert division_index().lookup(*points([], [])).tolist() == []


def test_a_batch_costs_far_less_than_its_message() -> None:
    """The target is 100 ns a point; the bound leaves room for a busy machine."""
    rng = np.random.default_rng(3)
    lat = rng.integers(243_500_000, 270_500_000, 5_000, dtype=np.int32)
    lon = rng.integers(1_030_600_000, 1_048_200_000, 5_000, dtype=np.int32)
    index = division_index()
    best_s = min(_time(index, lat, lon) for _ in range(20))
    assert best_s / 5_000 < 400e-9


def _time(index: DivisionIndex, lat: Ints, lon: Ints) -> float:
    start = time.perf_counter()
    index.lookup(lat, lon)
    return time.perf_counter() - start
