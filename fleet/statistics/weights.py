"""What each figure of a source weighs in each part of a statistic: so the database can add parts up by itself.

`counts` is linear in the figures: the parts of two rows of one kind are those of their sum, and nothing weighs less
than nothing. Therefore one row tells all weights, in which each figure has digits of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple

from fleet.model.registry import Energy, VehicleUse
from fleet.statistics.base import DIMENSIONS, Dimension, Row, Source, Statistic

Kind = tuple[Energy | None, VehicleUse | None]
Factors = Mapping[str, int]

_DIGITS = 64
_MASK = (1 << _DIGITS) - 1


class Term(NamedTuple):
    """A figure in a part. `weights`: one that always holds, or one for each kind under each set of factors."""

    part: str
    figure: str
    weights: tuple[int, ...]

    @property
    def constant(self) -> bool:
        return len(self.weights) == 1


class Weights(NamedTuple):
    """`weights` of a term are in the order of `kinds`, within each in that of the sets of factors. A use of None stands
    for every use."""

    kinds: tuple[Kind, ...]
    terms: tuple[Term, ...]

    @property
    def constant(self) -> bool:
        """Whether no vehicle's kind and no policy makes a difference."""
        return all(term.constant for term in self.terms)


def weights(statistic: Statistic, source: Source, figures: Sequence[str], factors: Sequence[Factors]) -> Weights:
    """What `statistic` makes of the rows of `source`, under each of `factors`; what weighs nothing is left out."""
    counts = statistic.counts[source]
    row = {figure: 1 << (_DIGITS * place) for place, figure in enumerate(figures)}
    energies: tuple[Energy | None, ...] = tuple(Energy)
    uses: tuple[VehicleUse | None, ...] = tuple(VehicleUse)
    if Dimension.VEHICLE not in DIMENSIONS[source]:
        energies = uses = (None,)
    by_use = {use: [counts(Row(energy, use, row, some)) for energy in energies for some in factors] for use in uses}
    if all(some == by_use[uses[0]] for some in by_use.values()):
        by_use = {None: by_use[uses[0]]}
    told = [parts for some in by_use.values() for parts in some]
    terms: list[Term] = []
    for part in told[0]:
        anywhere = reduce(or_, (parts[part] for parts in told))
        for place, figure in enumerate(figures):
            if anywhere >> (_DIGITS * place) & _MASK:
                some = tuple(parts[part] >> (_DIGITS * place) & _MASK for parts in told)
                terms.append(Term(part, figure, some[:1] if len(set(some)) == 1 else some))
    return Weights(tuple((energy, use) for use in by_use for energy in energies), tuple(terms))
