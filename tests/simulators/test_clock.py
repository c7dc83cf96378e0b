"""Living faster than time: never ahead of it, and with it once it is reached."""

import pytest

from fleet.errors import InvalidSettings
from simulators.clock import Clock

NOW = 1_790_000_000.0


def test_a_fast_clock_catches_up_and_then_keeps_pace() -> None:
    clock = Clock(NOW, NOW - 3_600, speed=10)
    assert clock.at(NOW) == NOW - 3_600
    assert clock.at(NOW + 60) == NOW - 3_000
    assert clock.at(NOW + 400) == NOW + 400
    assert clock.at(NOW + 5_000) == NOW + 5_000
    assert all(clock.at(NOW + second) <= NOW + second for second in range(0, 2_000, 7))


def test_it_knows_how_long_to_wait() -> None:
    clock = Clock(NOW, NOW - 3_600, speed=10)
    assert clock.real_s(100, NOW) == pytest.approx(10)
    assert clock.at(NOW + clock.real_s(3_700, NOW)) == pytest.approx(NOW + 100)
    assert clock.real_s(5, NOW + 1_000) == pytest.approx(5)


def test_it_stops_at_its_end() -> None:
    clock = Clock(NOW, NOW - 3_600, speed=100, ends_at=NOW - 3_000)
    assert not clock.over(NOW + 5)
    assert clock.at(NOW + 60) == NOW - 3_000
    assert clock.over(NOW + 60)


@pytest.mark.parametrize(("begins_at", "speed", "sentence"), [(NOW + 1, 1, "--from"), (NOW, 0.5, "--speed")])
def test_nobody_lives_ahead_of_time(begins_at: float, speed: float, sentence: str) -> None:
    with pytest.raises(InvalidSettings, match=sentence):
        Clock(NOW, begins_at, speed)
