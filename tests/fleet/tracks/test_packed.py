"""Packed tracks: nothing is lost, old bytes stay readable, and what is no track says so."""

from __future__ import annotations

from contextlib import suppress
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import CorruptTrack
from fleet.model.trips import TrackPoint
from fleet.tracks.columns import LARGEST, Reader, put_column, take_column
from fleet.tracks.packed import ABSENT, pack, unpack, unpack_way

T0_US = 1_772_409_600_000_000  # 2026-03-02 00:00 UTC

INT31 = st.integers(-(2**31) + 1, 2**31 - 1)

points = st.builds(
    TrackPoint,
    at_us=st.integers(T0_US, T0_US + 2**50 - 1) | st.integers(T0_US, T0_US + 10**8),
    lat_e7=INT31,
    lon_e7=INT31,
    speed_dkmh=st.none() | st.integers(0, 4_000) | INT31,
    altitude_m=st.none() | INT31,
    odometer_m=st.none() | INT31,
    ignition=st.none() | st.booleans(),
)

DRIVE = (
    TrackPoint(T0_US, 254_959_544, 1_038_242_520, 0, 1_893, 75_912_346, True),
    TrackPoint(T0_US + 10_000_000, 254_962_211, 1_038_240_377, 148, 1_899, 75_912_380, True),
    TrackPoint(T0_US + 20_000_000, 254_965_041, 1_038_241_939, 346, 1_902, 75_912_435, True),
    TrackPoint(T0_US + 30_000_000, 254_968_839, 1_038_250_286, None, None, 75_912_531, True),
    TrackPoint(T0_US + 41_250_000, 254_972_902, 1_038_258_673, 346, 1_893, None, None),
    TrackPoint(T0_US + 600_000_000, 255_172_902, 1_037_258_673, 12, 1_840, 75_922_627, False),
)

GOLDEN = {
    "nothing": ((), "54018def02d200"),
    "one fix that says nothing but where": (
        (TrackPoint(T0_US, 255_000_000, 1_038_000_000, None, None, None, None),),
        "5401189c2d5301018080d6c9e8ffa50601ff0001ff80f797f30101ff80fef4dd0704040406",
    ),
    "a drive": (
        DRIVE,
        "54012eacbb6206d0a54c8080d6c9e8ffa506020400051e0400c217020df0fe92f3010a0f5a53a300792484b086020fb0"
        "cb92de070c0ff642e4390235284081d1030d04090106000664446306b6010d04090103ca1d0416c919031104050108b4"
        "d2b24806073932805934110604",
    ),
}
"""Only ever added to: tracks that were packed years ago must be read."""


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_bytes(name: str) -> None:
    track, packed = GOLDEN[name]
    assert pack(track).hex() == packed
    assert unpack(bytes.fromhex(packed)).points() == track


@given(st.lists(points, max_size=40).map(tuple))
def test_nothing_is_lost(track: tuple[TrackPoint, ...]) -> None:
    packed = pack(track)
    columns = unpack(packed)
    assert columns.points() == track
    way = unpack_way(packed)
    assert way.at_us.tolist() == columns.at_us.tolist()
    assert (way.lat_e7.tolist(), way.lon_e7.tolist()) == (columns.lat_e7.tolist(), columns.lon_e7.tolist())


@given(st.lists(st.integers(-LARGEST + 1, LARGEST - 1) | st.integers(-9, 9), min_size=1, max_size=60))
def test_a_column_holds_any_whole_numbers(values: list[int]) -> None:
    reader = Reader(put_column(np.array(values, dtype=np.int64)))
    assert take_column(reader, len(values)).tolist() == values
    assert reader.at_end


@given(st.integers(0, 54), st.integers(-1, 1), st.integers(1, 9))
def test_a_column_is_exact_beside_powers_of_two(power: int, beside: int, count: int) -> None:
    """Where a number of bits found by floating point is one too many."""
    number = min(2**power + beside, LARGEST - 1)
    values = [0, number, *[0] * count, -number]
    assert take_column(Reader(put_column(np.array(values, dtype=np.int64))), len(values)).tolist() == values


def long_drive(count: int) -> tuple[TrackPoint, ...]:
    """A fix every 10 s with the noise of a receiver: as much as real ones need."""
    rng = np.random.default_rng(7)
    heading = np.cumsum(rng.normal(0, 0.25, count))
    speed = np.clip(40 + np.cumsum(rng.normal(0, 6, count)), 0, 110)
    metres = np.cumsum(speed / 3.6 * 10)
    east = np.cumsum(speed / 3.6 * 10 * np.sin(heading)) + rng.normal(0, 1.5, count)
    north = np.cumsum(speed / 3.6 * 10 * np.cos(heading)) + rng.normal(0, 1.5, count)
    return tuple(
        TrackPoint(
            T0_US + 10_000_000 * n,
            255_000_000 + round(float(north[n]) * 90),
            1_038_000_000 + round(float(east[n]) * 99),
            round(float(speed[n]) * 10),
            1_900 + round(float(rng.normal(0, 3))),
            9_000_000 + round(float(metres[n])),
            True,
        )
        for n in range(count)
    )


def test_a_drive_takes_seven_bytes_a_point() -> None:
    assert len(pack(long_drive(200))) <= 7 * 200


def test_equal_tracks_give_equal_bytes() -> None:
    track, again = long_drive(30), long_drive(30)
    assert pack(track) == pack(again)


def test_columns_name_what_is_absent() -> None:
    columns = unpack(pack(DRIVE))
    assert columns.speed_dkmh.tolist() == [0, 148, 346, ABSENT, 346, 12]
    assert columns.ignition.tolist() == [1, 1, 1, 1, ABSENT, 0]
    assert len(columns) == 6


@pytest.mark.parametrize(
    "change",
    [
        {"at_us": -1},
        {"at_us": 2**52},
        {"lat_e7": 2**31 + 1},
        {"odometer_m": -(2**31) - 1},
        {"speed_dkmh": 2**40},
    ],
)
def test_what_is_no_fix_is_not_packed(change: dict[str, int]) -> None:
    values = {name: getattr(DRIVE[0], name) for name in TrackPoint.__struct_fields__}
    with pytest.raises(ValueError, match="a track point has"):
        pack((TrackPoint(**{**values, **change}),))


def test_a_track_of_36_years_is_not_packed() -> None:
    first = TrackPoint(0, 0, 0, None, None, None, None)
    last = TrackPoint(2**50, 0, 0, None, None, None, None)
    with pytest.raises(ValueError, match="35 years"):
        pack((first, last))


def test_every_single_wrong_byte_is_noticed() -> None:
    packed = pack(DRIVE)
    for at in range(len(packed)):
        broken = bytearray(packed)
        broken[at] ^= 0x10
        for read in (unpack, unpack_way):
            with pytest.raises(CorruptTrack, match="A packed track of"):
                read(bytes(broken))


def test_every_missing_byte_is_noticed() -> None:
    packed = pack(DRIVE)
    for length in range(len(packed)):
        with pytest.raises(CorruptTrack):
            unpack(packed[:length])
    with pytest.raises(CorruptTrack):
        unpack(packed + b"\0")


def test_another_version_is_named() -> None:
    packed = bytearray(pack(DRIVE))
    packed[1] = 9
    with pytest.raises(CorruptTrack, match="version 9, this program reads version 1"):
        unpack(bytes(packed))


@given(st.binary(max_size=80))
def test_noise_with_a_right_checksum_is_refused_or_read_but_never_a_crash(body: bytes) -> None:
    head = b"T\x01" + crc32(body).to_bytes(4, "little")
    try:
        columns = unpack(head + body)
    except CorruptTrack:
        return
    assert len(columns) <= 1 << 24


@given(st.binary(max_size=60), st.integers(0, 200))
def test_a_drive_with_a_wrong_middle_is_refused_or_read_but_never_a_crash(middle: bytes, at: int) -> None:
    body = bytearray(pack(DRIVE)[6:])
    body[at % len(body) : at % len(body) + len(middle)] = middle
    with suppress(CorruptTrack):
        unpack(b"T\x01" + crc32(body).to_bytes(4, "little") + bytes(body))
