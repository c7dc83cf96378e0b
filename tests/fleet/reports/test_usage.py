"""Which method tells a figure, and that parts add up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.registry import Energy
from fleet.reports.usage import PARTS, Best, Bought, Measured, Medium, Method, VehicleMonth, best, parts_of, summed

NOTHING = Measured(0, 0, 0, 0)


def use(
    fuel: Measured = NOTHING,
    *,
    distance_m: int = 1_000_000,
    energy: Energy = Energy.PETROL,
    bought: dict[Medium, Bought] | None = None,
) -> VehicleMonth:
    return VehicleMonth(1, 1, date(2026, 5, 1), energy, distance_m, fuel, NOTHING, bought or {})


CARD = {Medium.PETROL: Bought(80_000, 60_000, 2)}


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (use(Measured(79_000, 1_000_000, 64_000, 800_000), bought=CARD), Best(Method.COUNTER, 64_000, 800_000)),
        (use(Measured(79_000, 1_000_000, 64_000, 799_999), bought=CARD), Best(Method.LEVEL, 79_000, 1_000_000)),
        (use(Measured(60_000, 799_999, 0, 0), bought=CARD), Best(Method.RECORDS, 80_000, 1_000_000)),
        (use(Measured(60_000, 799_999, 0, 0)), Best(Method.PARTIAL, 60_000, 799_999)),
        (use(bought={Medium.PETROL: Bought(80_000, 60_000, 1)}), None),
        (use(bought={Medium.PETROL: Bought(-80_000, -60_000, 2)}), None),
        (use(bought={Medium.DIESEL: Bought(80_000, 60_000, 2)}), None),
        (use(distance_m=0, bought=CARD), None),
    ],
)
def test_the_best_that_covers_enough(one: VehicleMonth, found: Best | None) -> None:
    assert best(one, Medium.PETROL) == found


def test_another_product_than_the_vehicles_own_is_bought_and_never_used() -> None:
    parts = parts_of(use(Measured(50, 1_000_000, 0, 0), bought={Medium.DIESEL: Bought(80_000, 60_000, 2)}))
    assert (parts["diesel_bought_ml"], parts["diesel_paid_fen"]) == (80_000, 60_000)
    assert "diesel_driven_m" not in parts
    assert parts["petrol_used_ml"] == 50


AMOUNT = st.integers(0, 10**9)
USES = st.builds(
    VehicleMonth,
    vehicle_id=st.just(1),
    organ_id=st.just(1),
    month=st.just(date(2026, 5, 1)),
    energy=st.sampled_from(Energy),
    distance_m=AMOUNT,
    fuel=st.builds(Measured, AMOUNT, AMOUNT, AMOUNT, AMOUNT),
    electricity=st.builds(Measured, AMOUNT, AMOUNT, AMOUNT, AMOUNT),
    bought=st.dictionaries(
        st.sampled_from(Medium), st.builds(Bought, st.integers(-(10**6), 10**9), AMOUNT, st.integers(0, 9), AMOUNT)
    ),
)


@given(st.lists(USES, max_size=6), st.integers(0, 6))
def test_parts_of_halves_add_up(some: list[VehicleMonth], cut: int) -> None:
    whole = summed(map(parts_of, some))
    assert whole == summed([summed(map(parts_of, some[:cut])), summed(map(parts_of, some[cut:]))])
    assert tuple(whole) == PARTS
    for medium in Medium:
        by_method = sum(whole[f"{medium.value}_{method.value}_m"] for method in Method)
        assert by_method == whole[f"{medium.value}_best_m"], "every metre of a figure has its method"
