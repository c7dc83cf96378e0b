"""What holds for every statistic, whatever it counts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.policies import FACTORS, POLICIES
from fleet.model.registry import Energy, VehicleUse
from fleet.statistics.base import DIMENSIONS, Dimension, Row, Source, Statistic, per, rounded
from fleet.statistics.registry import BY_SLUG, STATISTICS
from fleet.statistics.weights import weights
from fleet.store.sources import FIGURES

every = pytest.mark.parametrize("statistic", STATISTICS, ids=lambda one: one.slug)


def rows(statistic: Statistic) -> st.SearchStrategy[list[tuple[Source, Row]]]:
    def of(source: Source) -> st.SearchStrategy[tuple[Source, Row]]:
        vehicles = Dimension.VEHICLE in DIMENSIONS[source]
        return st.tuples(
            st.just(source),
            st.builds(
                Row,
                energy=st.sampled_from(Energy) if vehicles else st.none(),
                use=st.sampled_from(VehicleUse) if vehicles else st.none(),
                figures=st.fixed_dictionaries({name: st.integers(0, 10**9) for name in FIGURES[source]}),
                factors=st.fixed_dictionaries({slug: st.integers(0, 10_000) for slug in statistic.factors}),
            ),
        )

    return st.lists(st.one_of(*(of(source) for source in statistic.counts)), max_size=12)


def test_there_is_one_of_each() -> None:
    assert len(BY_SLUG) == len(STATISTICS) == 16


@every
def test_it_says_what_it_counts(statistic: Statistic) -> None:
    for sentence in (statistic.title_zh, statistic.title_en, statistic.definition_zh, statistic.definition_en):
        assert sentence.strip() == sentence != ""
    names = [part.name for part in statistic.parts]
    assert len(set(names)) == len(names)
    assert statistic.dimensions
    for slug in (*statistic.factors, *([] if statistic.target is None else [statistic.target])):
        assert slug in POLICIES
        assert slug.startswith(FACTORS)


@every
@given(data=st.data())
def test_parts_of_halves_add_up_to_those_of_the_whole(statistic: Statistic, data: st.DataObject) -> None:
    """So groups add up to the total, months to years, and the figure of the whole is not an average."""
    some = data.draw(rows(statistic))
    cut = data.draw(st.integers(0, len(some)))
    first, second, whole = (statistic.sum(part) for part in (some[:cut], some[cut:], some))
    assert whole == {name: first[name] + second[name] for name in whole}
    assert list(whole) == [part.name for part in statistic.parts]
    assert all(isinstance(value, int) for value in whole.values())


@every
@given(data=st.data())
def test_it_is_a_share_or_a_sum_and_never_fails(statistic: Statistic, data: st.DataObject) -> None:
    some = data.draw(rows(statistic))
    figure, value = statistic.figure(statistic.sum(some)), statistic.value(statistic.sum(some))
    assert (figure is None) == (value is None)
    if figure is not None:
        assert figure >= 0
        assert value is not None
        assert (
            abs(Fraction(value) - figure) <= Fraction(1, 10**statistic.decimals) + figure / 2**52
        )  # what a float can hold
    statistic.value(statistic.sum([]))


@every
@given(data=st.data())
def test_its_weights_say_what_it_counts(statistic: Statistic, data: st.DataObject) -> None:
    """The database adds up by weights: they must give the very parts, whatever the figures and the factors are."""
    source = data.draw(st.sampled_from(list(statistic.counts)))
    factor = st.fixed_dictionaries({slug: st.integers(0, 10_000) for slug in statistic.factors})
    sets = data.draw(st.lists(factor, min_size=1, max_size=3))
    figures = data.draw(st.fixed_dictionaries({name: st.integers(0, 10**12) for name in FIGURES[source]}))
    found = weights(statistic, source, FIGURES[source], sets)
    vehicles = Dimension.VEHICLE in DIMENSIONS[source]
    energy = data.draw(st.sampled_from(Energy)) if vehicles else None
    use = data.draw(st.sampled_from(VehicleUse)) if vehicles else None
    kind = next(n for n, one in enumerate(found.kinds) if one in {(energy, use), (energy, None)})
    for number, factors in enumerate(sets):
        parts = dict.fromkeys((part.name for part in statistic.parts), 0)
        for term in found.terms:
            weight = term.weights[0] if term.constant else term.weights[kind * len(sets) + number]
            parts[term.part] += weight * figures[term.figure]
        assert parts == statistic.sum([(source, Row(energy, use, figures, factors))])


@given(st.fractions(), st.integers(0, 6))
def test_it_is_rounded_as_fractions_are(figure: Fraction, decimals: int) -> None:
    assert rounded(figure.numerator, figure.denominator, decimals) == float(round(figure, decimals))


def test_nothing_is_divided_by_nothing() -> None:
    assert per(0, 0) is None
    assert per(0, 7, 100) == 0
    assert per(1, 3, 100) == Fraction(100, 3)
