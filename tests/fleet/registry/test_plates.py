"""Plates: what is accepted, what is refused and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.demonstration.draws import stream
from fleet.demonstration.plates import PlateDrawer
from fleet.model.registry import Energy
from fleet.registry.plates import normalise, plate_problems
from fleet.registry.problems import Severity


@pytest.mark.parametrize(
    ("plate", "energy", "code"),
    [
        ("云D12345", "petrol", None),
        ("云DA1B23", "hev", None),
        ("云D1234警", "petrol", None),
        ("云DD12345", "bev", None),
        ("云DDA1234", "bev", None),
        ("云D12345D", "bev", None),
        ("云DF12345", "phev", None),
        ("云D12345F", "fcev", None),
        ("云D12345", "bev", "plate_not_new_energy"),
        ("云DD12345", "petrol", "plate_energy"),
        ("云DD12345", "hev", "plate_energy"),
        ("云DF12345", "bev", "plate_energy"),
        ("云DD12345", "erev", "plate_energy"),
        ("云DL12345", "bev", "plate_serial"),
        ("云D1D2345D", "bev", "plate_length"),
        ("云D1D234D", "bev", "plate_serial"),
        ("云D1234", "petrol", "plate_length"),
        ("D112345", "petrol", "plate_province"),
        ("云D1234O", "petrol", "plate_letter"),
        ("云DI2345", "petrol", "plate_letter"),
        ("云112345", "petrol", "plate_city"),
        ("云D12_45", "petrol", "plate_serial"),
        ("", "petrol", "plate_length"),
    ],
)
def test_the_rules_of_plates(plate: str, energy: str, code: str | None) -> None:
    found = plate_problems(plate, Energy(energy))
    assert [problem.code for problem in found] == ([] if code is None else [code])
    assert all(problem.zh and problem.en and problem.field == "plate" for problem in found)


@pytest.mark.parametrize(
    ("plate", "heavy", "codes"),
    [
        ("云DD12345", True, ["plate_size"]),
        ("云D12345D", True, []),
        ("云D12345D", False, ["plate_size"]),
        ("云DD12345", False, []),
    ],
)
def test_heavy_vehicles_carry_the_letter_last(plate: str, heavy: bool, codes: list[str]) -> None:
    found = plate_problems(plate, Energy.BEV, heavy=heavy)
    assert [problem.code for problem in found] == codes
    assert all(problem.severity is Severity.WARNING for problem in found)


@pytest.mark.parametrize(
    "written", ["云D·12345", "云d 12345", "云Ｄ１２３４５", " 云D.12345 ", "云D•12345", "云D-12345"]
)
def test_all_ways_of_writing_are_one_plate(written: str) -> None:
    assert normalise(written) == "云D12345"


@given(st.text(max_size=12))
def test_normalising_twice_changes_nothing_and_checks_never_fail(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once or any(character.isalpha() for character in once)
    for energy in Energy:
        plate_problems(once, energy)


@given(st.sampled_from(list(Energy)), st.booleans(), st.integers(0, 10_000))
def test_every_plate_of_the_demonstration_is_accepted(energy: Energy, heavy: bool, seed: int) -> None:
    plate = PlateDrawer(stream(seed, "plates")).draw(energy, heavy=heavy)
    assert plate_problems(plate, energy, heavy=heavy if energy.new_energy else None) == []
