"""Which readings prove something at once."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from fleet.model.policies import PolicyVersion
from fleet.model.trips import PositionReading
from fleet.monitor.proofs import SpeedLimit, SpeedLimits, Stretch, follow

LIMIT = SpeedLimit(1_200, 30_000_000)
FAST = PositionReading(0, 1, 0, 1, 255_000_000, 1_038_000_000, 530302, None, 1_300, 0, None, None, None, 0, True)
MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


def at(second: int, speed_dkmh: int | None = 1_300, flags: int = 0) -> PositionReading:
    return msgspec.structs.replace(FAST, observed_at_us=second * 1_000_000, speed_dkmh=speed_dkmh, flags=flags)


def test_a_stretch_lasts_until_a_reading_at_the_limit_or_without_a_speed() -> None:
    stretch: Stretch | None = None
    for second in (0, 20, 40):
        stretch = follow(stretch, at(second), LIMIT)
    assert stretch == Stretch(0, 40_000_000)
    assert follow(stretch, at(50, 1_200), LIMIT) is None
    assert follow(stretch, at(50, None), LIMIT) is None


def test_what_lies_between_readings_far_apart_is_not_known() -> None:
    begun = follow(None, at(0), LIMIT)
    assert follow(begun, at(61), LIMIT) == Stretch(61_000_000, 61_000_000)


def test_an_implausible_place_says_nothing() -> None:
    begun = follow(None, at(0), LIMIT)
    assert follow(begun, at(10, 0, flags=1), LIMIT) is begun


def test_the_limit_is_that_of_the_nearest_organ_at_the_moment() -> None:
    city = PolicyVersion(1, "speeding.limit_kmh", None, 110, MAY)
    above = PolicyVersion(2, "speeding.limit_kmh", 1, 90, JUNE)
    brief = PolicyVersion(3, "speeding.least_s", 2, 10, MAY)
    limits = SpeedLimits([city, above, brief], {1: None, 2: 1, 3: None})
    april, may, june = (round(moment.timestamp()) * 1_000_000 + 1 for moment in (MAY.replace(month=4), MAY, JUNE))
    assert limits.at(2, april) == SpeedLimit(1_200, 30_000_000)
    assert limits.at(2, may) == SpeedLimit(1_100, 10_000_000)
    assert limits.at(2, june) == SpeedLimit(900, 10_000_000)
    assert limits.at(3, june) == limits.at(None, june) == SpeedLimit(1_100, 30_000_000)
