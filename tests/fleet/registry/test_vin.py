"""VINs: the check digit finds every single misprint and every swap of neighbours but one kind."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet.registry.vin import check_digit, normalise, vin_problems

CHARACTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
vins = st.text(CHARACTERS, min_size=17, max_size=17).map(lambda code: code[:8] + check_digit(code) + code[9:])


@pytest.mark.parametrize("vin", ["11111111111111111", "1M8GDM9AXKP042788"])
def test_published_examples(vin: str) -> None:
    assert vin_problems(vin) == []


@pytest.mark.parametrize(
    ("vin", "code"),
    [
        ("1M8GDM9AXKP04278", "vin_length"),
        ("", "vin_length"),
        ("1M8GDM9AXKPO42788", "vin_letter"),
        ("1M8GDM9AXKP04278八", "vin_letter"),
        ("1M8GDM9A1KP042788", "vin_check_digit"),
    ],
)
def test_what_is_refused(vin: str, code: str) -> None:
    assert [problem.code for problem in vin_problems(vin)] == [code]


def test_ways_of_writing() -> None:
    assert normalise(" 1m8gdm9a-xkp042788 ") == "1M8GDM9AXKP042788"


@given(vins, st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_found(vin: str, place: int, digit: str) -> None:
    assert vin_problems(vin) == []
    assume(vin[place].isdigit() and vin[place] != digit and place != 8)
    assert [problem.code for problem in vin_problems(vin[:place] + digit + vin[place + 1 :])] == ["vin_check_digit"]


@given(st.text(max_size=20))
def test_nothing_fails(text: str) -> None:
    vin_problems(normalise(text))
