"""Meters that are kept between two runs are those that would be found out again."""

from datetime import timedelta
from pathlib import Path

from simulators.counters import keep_counters, recall_counters
from simulators.vehicle import Vehicle
from tests.simulators.fleet import WORKING_DAY, spec, world


def test_what_was_kept_is_what_would_be_counted_again(tmp_path: Path) -> None:
    path = tmp_path / "run" / "counters.json"
    day = WORKING_DAY + timedelta(days=2)
    lived = [Vehicle(spec(number), world()) for number in range(8)]
    keep_counters(path, lived, world(), day)
    fresh = [Vehicle(spec(number), world()) for number in range(9)]
    assert recall_counters(path, fresh, world()) == 8
    for before, after in zip(lived, fresh, strict=False):
        assert after.spent_before(day + timedelta(days=1)) == before.spent_before(day + timedelta(days=1))
        assert after.spent_before(WORKING_DAY) == before.spent_before(WORKING_DAY)


def test_a_file_of_another_world_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "counters.json"
    vehicles = [Vehicle(spec(0), world())]
    assert recall_counters(path, vehicles, world()) == 0
    keep_counters(path, vehicles, world(), WORKING_DAY)
    assert recall_counters(path, vehicles, world(seed=2)) == 0
    assert recall_counters(path, vehicles, world(epoch=WORKING_DAY + timedelta(days=1))) == 0
    assert recall_counters(path, vehicles, world()) == 1
    path.write_text("{")
    assert recall_counters(path, vehicles, world()) == 0
