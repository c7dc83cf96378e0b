"""Sentences made of data, in both languages."""

from __future__ import annotations

import pytest

from api.trips.wording import (
    DOUBTS,
    aside_words,
    cut_words,
    distance,
    doubt_names,
    doubt_words,
    duration,
    place_words,
    silence_words,
    undocumented_words,
)
from fleet.model.trips import Cut, CutKind, Doubt


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (59, "59 s", "59 秒"),
        (60, "1 min", "1 分钟"),
        (312, "312 s", "312 秒"),
        (300, "5 min", "5 分钟"),
        (859, "14 min", "14 分钟"),
        (3_600, "1 h", "1 小时"),
        (7_530, "2 h 5 min", "2 小时 5 分钟"),
    ],
)
def test_durations(seconds: int, english: str, chinese: str) -> None:
    assert duration(seconds) == (chinese, english)


@pytest.mark.parametrize(
    ("metres", "english"), [(0, "0 m"), (999, "999 m"), (3_100, "3.1 km"), (9_949, "9.9 km"), (47_400, "47 km")]
)
def test_distances(metres: int, english: str) -> None:
    assert distance(metres).en == english


@pytest.mark.parametrize(
    ("cut", "english", "chinese"),
    [
        (Cut(kind=CutKind.IGNITION_OFF, seconds=312, decided_at_us=0), "ignition off 312 s", "熄火 312 秒"),
        (Cut(kind=CutKind.NO_MOVEMENT, seconds=300, decided_at_us=0), "no movement 5 min", "静止 5 分钟"),
        (
            Cut(kind=CutKind.GAP, seconds=840, metres=3_100, decided_at_us=0),
            "gap 14 min, 3.1 km apart",
            "数据中断 14 分钟，相距 3.1 公里",
        ),
        (
            Cut(kind=CutKind.GAP_ENDED, seconds=840, metres=40, decided_at_us=0),
            "readings again after a gap of 14 min, 40 m apart",
            "中断 14 分钟后恢复，相距 40 米",
        ),
        (Cut(kind=CutKind.MOVEMENT, metres=120, decided_at_us=0), "movement, 120 m", "车辆移动，120 米"),
        (Cut(kind=CutKind.IGNITION_ON, seconds=0, decided_at_us=0), "ignition on", "点火"),
    ],
)
def test_cuts(cut: Cut, english: str, chinese: str) -> None:
    assert cut_words(cut) == (chinese, english)


@pytest.mark.parametrize("kind", CutKind)
def test_every_kind_of_cut_has_words(kind: CutKind) -> None:
    zh, en = cut_words(Cut(kind=kind, decided_at_us=0))
    assert zh
    assert en


def test_every_doubt_has_words() -> None:
    assert set(DOUBTS) == set(Doubt)
    everything = sum(Doubt)
    assert len(doubt_names(everything)) == len(doubt_words(everything)) == len(Doubt)
    assert doubt_names(0) == []


def test_silences_and_what_was_set_aside() -> None:
    assert silence_words(240, 2_300, None).en == "silent 4 min, 2.3 km straight"
    assert aside_words("stuck_clock", None) == ("时钟停滞", "the clock stood still")
    assert aside_words("something new", None).en == "something new"


def test_what_is_undocumented() -> None:
    assert (
        undocumented_words(37, 12_400, "18:02", "21:40").en
        == "37 messages, 12.4 km undocumented between 18:02 and 21:40"
    )
    assert undocumented_words(1, None, "18:02", None).en == "1 message undocumented since 18:02"
    assert undocumented_words(None, None, "18:02", "21:40").en == "everything undocumented between 18:02 and 21:40"


@pytest.mark.parametrize(
    ("lat", "lon", "division", "english", "chinese"),
    [
        (26.4208, 103.2954, 530326, "near Huize", "会泽县城附近"),
        (26.4208, 103.3180, 530326, "2 km east of Huize", "会泽县城以东约 2 公里"),
        (26.1079, 104.2680, 530381, "near Dongshan (Xuanwei)", "宣威市东山镇附近"),
        (26.2950, 104.1022, 530381, "8 km north of Xuanwei", "宣威城区以北约 8 公里"),
        (25.0331, 103.3900, 0, "28 km west of Luliang", "陆良县城以西约 28 公里"),
        (24.5000, 104.4000, 530324, "Luoping", "罗平县"),
        (24.5000, 104.4000, 0, "outside Qujing", "曲靖市外"),
    ],
)
def test_places(lat: float, lon: float, division: int, english: str, chinese: str) -> None:
    assert place_words(round(lat * 1e7), round(lon * 1e7), division) == (chinese, english)
