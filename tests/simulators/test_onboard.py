"""What a unit in its vehicle sends: the same seed gives the same bytes, and all of it is as the contract says."""

import json
from itertools import pairwise

import numpy as np
import pytest

from fleet.geography.datum import gcj02_to_wgs84
from fleet.model.readings import Kind, Status
from fleet.model.registry import Energy
from ingest.codecs.json_v1 import JsonV1
from simulators.faults import PROFILES, FaultRates
from simulators.habits import Map
from simulators.onboard import MeasuringUnit, Play
from simulators.roads import draw_roads
from simulators.roster import UnitSpec

NOW = 1_790_000_000.0


@pytest.fixture(scope="module")
def city() -> Map:
    return Map.of(draw_roads())


def play(city: Map, seed: int = 1, faults: FaultRates = PROFILES["none"]) -> Play:
    return Play(city=city, seed=seed, interval_s=10, faults=faults, first_run=9, keep_truth=True)


def lived(unit: MeasuringUnit, seconds: float) -> list[bytes]:
    """The bodies of all samples of the next `seconds`."""
    while unit.wakes_at <= NOW + seconds:
        unit.measure(unit.wakes_at)
    assert unit.unit.truth is not None
    return [sample.body for sample in unit.unit.truth.values()]


def test_the_same_seed_gives_the_same_bytes(city: Map) -> None:
    spec = UnitSpec("T1", 530302, Energy.PHEV)
    first = lived(MeasuringUnit(spec, play(city), NOW), 7_200)
    assert first == lived(MeasuringUnit(spec, play(city), NOW), 7_200)
    assert first != lived(MeasuringUnit(spec, play(city, seed=2), NOW), 7_200)
    assert first[0] != lived(MeasuringUnit(UnitSpec("T2", 530302, Energy.PHEV), play(city), NOW), 7_200)[0]


@pytest.mark.parametrize("energy", list(Energy))
def test_a_codec_of_the_service_reads_everything(city: Map, energy: Energy) -> None:
    unit = MeasuringUnit(UnitSpec(f"T-{energy}", 530381, energy), play(city), NOW)
    lived(unit, 4 * 3_600)
    assert unit.unit.truth is not None
    for sample in unit.unit.truth.values():
        decoded = JsonV1().decode(sample.kind, sample.body)
        assert not decoded.refused
        assert decoded.unknown_fields == 0
        (reading,) = decoded.readings
        assert not isinstance(reading, Status)
        assert (reading.kind, reading.seq, reading.run) == (sample.kind, sample.seq, 9)
        assert reading.observed_at.timestamp() == pytest.approx(sample.observed_at, abs=0.001)


def test_it_reports_as_often_as_the_contract_says(city: Map) -> None:
    for number in range(20):
        unit = MeasuringUnit(UnitSpec(f"R{number}", 530302), play(city), NOW)
        lived(unit, 5 * 3_600)
        assert unit.unit.truth is not None
        positions = [
            json.loads(s.body) | {"at": s.observed_at} for s in unit.unit.truth.values() if s.kind == "position"
        ]
        for before, after in pairwise(positions):
            longest_s = 10 if before["ignition"] else 600
            assert after["at"] - before["at"] <= longest_s + 0.001
            assert after["odometer_km"] >= before["odometer_km"]
        gaps = [b["at"] - a["at"] for a, b in pairwise(positions) if not a["ignition"]]
        assert not gaps or max(gaps) > 30


def test_some_units_report_the_chinese_datum(city: Map) -> None:
    units = [MeasuringUnit(UnitSpec(f"G{k}", 530302), play(city), NOW) for k in range(400)]
    chinese = [unit for unit in units if unit.gcj02]
    assert 1 <= len(chinese) <= 25
    body = json.loads(next(b for b in lived(chinese[0], 1) if b'"lat"' in b))
    assert body["datum"] == "gcj02"
    lat, _ = gcj02_to_wgs84(np.array(body["lat"]), np.array(body["lon"]))
    assert 24 < float(lat) < 28
    assert float(lat) != body["lat"]


def test_a_wrong_clock_shifts_all_times(city: Map) -> None:
    skewed = PROFILES["none"].changed({"skew": 1.0})
    unit = MeasuringUnit(UnitSpec("S1", 530302), play(city, faults=skewed), NOW)
    assert unit.wire is not None
    offset_s = unit.wire.clock_offset_s
    assert abs(offset_s) > 3
    lived(unit, 1)
    assert unit.unit.truth is not None
    assert unit.unit.truth[Kind.POSITION, 9, 1].observed_at == NOW + offset_s
