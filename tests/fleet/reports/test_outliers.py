"""Who is flagged: a slow reading of the rule, and what no rule of this kind may do."""

from __future__ import annotations

import statistics

from hypothesis import given
from hypothesis import strategies as st

from fleet.reports.outliers import APART_PCT, DISTANCES, LEAST_M, LEAST_PEERS, Side, Told, outlier, peers_of
from fleet.reports.usage import Medium, Method

SALOON = ("petrol", "saloon")


def told(vehicle_id: int, figure: int, distance_m: int = LEAST_M, method: Method = Method.COUNTER) -> Told:
    return Told(vehicle_id, SALOON, Medium.PETROL, method, figure, distance_m)


MANY = st.lists(
    st.builds(
        told,
        st.integers(1, 10_000),
        st.integers(0, 40_000),
        st.sampled_from([LEAST_M - 1, LEAST_M, 5 * LEAST_M]),
        st.sampled_from(Method),
    ),
    max_size=30,
)


def flagged(some: list[Told]) -> dict[int, Side]:
    peers = peers_of(some)
    return {number: odd.side for number, one in enumerate(some) if (odd := outlier(one, peers)) is not None}


@given(MANY)
def test_it_is_the_rule_in_plain_words(some: list[Told]) -> None:
    like = [one.milli_per_100km for one in some if one.distance_m >= LEAST_M and one.method is not Method.PARTIAL]
    wanted = {}
    if len(like) >= LEAST_PEERS:
        middle = statistics.median_low(like)
        spread = statistics.median_low([abs(one - middle) for one in like])
        for number, one in enumerate(some):
            apart = one.milli_per_100km - middle
            if one.distance_m >= LEAST_M and abs(apart) > middle * APART_PCT / 100 and abs(apart) > DISTANCES * spread:
                wanted[number] = Side.HIGH if apart > 0 else Side.LOW
    assert flagged(some) == wanted


@given(MANY)
def test_never_more_than_half_of_them(some: list[Told]) -> None:
    """Half of them lie within the median distance: whoever is flagged is the exception."""
    counted = [one for one in some if one.distance_m >= LEAST_M and one.method is not Method.PARTIAL]
    assert 2 * len(flagged(counted)) <= len(counted)


def test_one_that_drinks_twice_as_much() -> None:
    fleet = [told(number, 7_000 + 50 * number) for number in range(1, 12)]
    assert flagged([*fleet, told(99, 15_000)]) == {11: Side.HIGH}
    assert flagged([*fleet, told(99, 2_000)]) == {11: Side.LOW}
    assert flagged([*fleet, told(99, 15_000, LEAST_M - 1)]) == {}, "so short a distance says nothing"
    assert flagged([*fleet[:6], told(99, 15_000)]) == {}, "too few of its like"
