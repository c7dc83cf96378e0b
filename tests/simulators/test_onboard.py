"""What a unit in its vehicle sends: the same seed gives the same bytes, and all of it is as the contract says."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fleet.geography.datum import gcj02_to_wgs84
from fleet.model.readings import CommandResult, Kind, Status
from fleet.model.registry import Energy
from ingest.codecs.json_v1 import JsonV1
from simulators.days.calendar import at_hour
from simulators.faults import PROFILES, FaultRates
from simulators.onboard import MeasuringUnit, Play
from simulators.roster import UnitSpec
from simulators.sensing import UnitTraits
from simulators.truth import TruthFile
from tests.simulators.fleet import WORKING_DAY, world

NOW = at_hour(WORKING_DAY, 9)
DAYS = (WORKING_DAY, WORKING_DAY + timedelta(days=1))


def play(seed: int = 1, faults: FaultRates = PROFILES["none"]) -> Play:
    return Play(world(seed=seed), interval_s=10, faults=faults, first_run=9, keep_truth=True)


def lived(unit: MeasuringUnit, seconds: float) -> list[bytes]:
    """The bodies of all samples of the next `seconds`."""
    while unit.wakes_at <= NOW + seconds:
        unit.measure(unit.wakes_at)
    assert unit.unit.truth is not None
    return [sample.body for sample in unit.unit.truth.values()]


def test_the_same_seed_gives_the_same_bytes() -> None:
    spec = UnitSpec("T1", 530302, Energy.PHEV)
    first = lived(MeasuringUnit(spec, play(), NOW), 7_200)
    assert first == lived(MeasuringUnit(spec, play(), NOW), 7_200)
    assert first != lived(MeasuringUnit(spec, play(seed=2), NOW), 7_200)
    assert first[0] != lived(MeasuringUnit(UnitSpec("T2", 530302, Energy.PHEV), play(), NOW), 7_200)[0]


@pytest.mark.parametrize("energy", list(Energy))
def test_a_codec_of_the_service_reads_everything(energy: Energy) -> None:
    unit = MeasuringUnit(UnitSpec(f"T-{energy}", 530381, energy), play(), NOW)
    lived(unit, 8 * 3_600)
    assert unit.unit.truth is not None
    for sample in unit.unit.truth.values():
        decoded = JsonV1().decode(sample.kind, sample.body)
        assert not decoded.refused
        assert decoded.unknown_fields == 0
        (reading,) = decoded.readings
        assert not isinstance(reading, Status | CommandResult)
        assert (reading.kind, reading.seq, reading.run) == (sample.kind, sample.seq, 9)
        assert reading.observed_at.timestamp() == pytest.approx(sample.observed_at, abs=0.001)


def test_it_reports_as_often_as_the_contract_says() -> None:
    driven = 0
    for number in range(12):
        unit = MeasuringUnit(UnitSpec(f"R{number}", 530302), play(), NOW)
        lived(unit, 5 * 3_600)
        assert unit.unit.truth is not None
        positions = [
            json.loads(s.body) | {"at": s.observed_at} for s in unit.unit.truth.values() if s.kind == "position"
        ]
        for before, after in pairwise(positions):
            longest_s = 10 if before["ignition"] else 600
            # Tunnels and short gaps are minutes at most on these few streets.
            assert after["at"] - before["at"] <= longest_s + 0.001 + (200 if before["ignition"] else 0)
            assert after["odometer_km"] >= before["odometer_km"]
        driven += sum(one["ignition"] for one in positions)
        gaps = [b["at"] - a["at"] for a, b in pairwise(positions) if not a["ignition"]]
        assert not gaps or max(gaps) > 30
    assert driven > 500


def test_what_a_held_up_process_missed_is_not_made_up() -> None:
    unit = MeasuringUnit(UnitSpec("H1", 530302), play(), NOW)
    unit.measure(NOW)
    unit.measure(NOW + 4 * 3_600)
    assert unit.unit.produced[Kind.POSITION] <= 2


def test_some_units_report_the_chinese_datum() -> None:
    codes = [f"G{k}" for k in range(400)]
    chinese = [code for code in codes if UnitTraits.of(1, code).gcj02]
    assert 1 <= len(chinese) <= 25
    unit = MeasuringUnit(UnitSpec(chinese[0], 530302), play(), NOW)
    body = json.loads(next(b for b in lived(unit, 900) if b'"lat"' in b))
    assert body["datum"] == "gcj02"
    lat, _ = gcj02_to_wgs84(np.array(body["lat"]), np.array(body["lon"]))
    assert 24 < float(lat) < 28
    assert float(lat) != body["lat"]


def test_a_wrong_clock_shifts_all_times() -> None:
    skewed = PROFILES["none"].changed({"skew": 1.0})
    unit, right = (MeasuringUnit(UnitSpec("S1", 530302), play(faults=one), NOW) for one in (skewed, PROFILES["none"]))
    assert unit.wire is not None
    offset_s = unit.wire.clock_offset_s
    assert abs(offset_s) > 3
    lived(unit, 1_200)
    lived(right, 1_200)
    assert unit.unit.truth is not None
    assert right.unit.truth is not None
    first = (Kind.POSITION, 9, 1)
    assert unit.unit.truth[first].observed_at == pytest.approx(right.unit.truth[first].observed_at + offset_s)


def test_a_day_later_the_odometer_goes_on() -> None:
    spec = UnitSpec("O1", 530302)
    evening, morning = (MeasuringUnit(spec, play(), at) for at in (NOW, NOW + 86_400))
    lived(evening, 60_000)
    while not morning.unit.produced[Kind.USAGE]:
        morning.measure(morning.wakes_at)
    assert evening.unit.truth is not None
    assert morning.unit.truth is not None
    last = [json.loads(s.body) for s in evening.unit.truth.values()][-1]
    first = next(json.loads(s.body) for s in morning.unit.truth.values())
    assert 0 <= first["odometer_km"] - last["odometer_km"] < 120


def test_a_unit_that_starts_says_what_it_measured_last() -> None:
    for number in range(12):
        unit = MeasuringUnit(UnitSpec(f"W{number}", 530302), play(), NOW)
        unit.measure(NOW)
        assert unit.unit.produced[Kind.POSITION] >= 1
        assert unit.unit.produced[Kind.USAGE] >= 1
        unit.unit.connected(NOW)
        assert len(unit.unit.due(NOW)) >= 2


def test_the_truth_of_each_day_is_written_down_once(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    truth = TruthFile(path)
    written = replace(play(), truth=truth)
    units = [MeasuringUnit(UnitSpec(f"Y{number}", 530302), written, NOW) for number in range(6)]
    for unit in units:
        lived(unit, 86_400)
    truth.close()
    records = [json.loads(line) for line in path.read_text().splitlines()]
    days = {(record["unit"], record["day"]) for record in records}
    assert {day for _, day in days} == {"2026-11-24", "2026-11-25"}
    assert any(record["record"] == "trip" for record in records)
    expected = [record for unit in units for day in DAYS for record in unit.life.truth(day)]
    assert sorted(json.dumps(one, sort_keys=True) for one in records) == sorted(
        json.dumps(one, sort_keys=True) for one in expected
    )
