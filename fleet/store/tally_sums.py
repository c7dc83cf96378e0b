"""Adds up whole months of tallies by what was asked for, weighed into parts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fleet.model.scope import Scope
from fleet.statistics.base import Dimension, Parts
from fleet.statistics.runs import Run
from fleet.store.figures import Key, Question, Weighted, filters
from fleet.store.sources import COLUMNS

Numbers = npt.NDArray[np.int64]
_BOUND = 2.0**62


class Month(NamedTuple):
    """The sums of a month. `places`: of each row that of its set of attributes; `figures`: one row a figure."""

    places: Numbers
    figures: Numbers


class Attributes:
    """Sets of attributes that rows have, and the place of each: they only become more."""

    def __init__(self) -> None:
        self._dimensions = tuple(COLUMNS)
        self._places: dict[tuple[Any, ...], int] = {}
        self._codes: list[dict[Any, int]] = [{} for _ in COLUMNS]
        self._table: Numbers = np.empty((len(COLUMNS) + 1, 0), np.int64)

    def __len__(self) -> int:
        return len(self._places)

    def place(self, row: tuple[Any, ...]) -> int:
        """Of the values of `COLUMNS`, and whether they are confidential."""
        return self._places.setdefault(row, len(self._places))

    def values(self, dimension: Dimension) -> list[Any]:
        """What the codes of the dimension stand for."""
        self._filled()
        return list(self._codes[self._dimensions.index(dimension)])

    def codes(self, dimension: Dimension) -> Numbers:
        """Of every place the number of its value within `values`."""
        column: Numbers = self._filled()[self._dimensions.index(dimension)]
        return column

    @property
    def confidential(self) -> npt.NDArray[np.bool_]:
        hidden: npt.NDArray[np.bool_] = self._filled()[-1].astype(bool)
        return hidden

    def _filled(self) -> Numbers:
        known = self._table.shape[1]
        if known < len(self._places):
            added = [
                [
                    *(codes.setdefault(one, len(codes)) for codes, one in zip(self._codes, row[:-1], strict=True)),
                    row[-1],
                ]
                for row in list(self._places)[known:]
            ]
            self._table = np.concatenate([self._table, np.array(added, np.int64).T], axis=1)
        return self._table


def summed(
    attributes: Attributes,
    figures: Sequence[str],
    months: Mapping[Run, Month],
    question: Question,
    weighted: Weighted,
    scope: Scope,
    without: Mapping[date, Collection[int] | None],
) -> list[tuple[Key, Parts]]:
    """The parts of each group in `months`, of what the caller may see; `without`: organs whose months do not hold.

    Raises OverflowError where SQL would.
    """
    terms = weighted.weights.terms
    if not terms or not months or not len(attributes):
        return []
    keep = _kept(attributes, question, scope)
    group, keys = _groups(attributes, question.by, [run.month for run in months])
    kinds = None if weighted.weights.constant else _kinds(attributes, weighted)
    by_month = Dimension.MONTH in question.by
    size = len(keys)
    names = list(dict.fromkeys(term.part for term in terms))
    told = [(term.part, figures.index(term.figure), np.array(term.weights, np.int64)) for term in terms]
    totals = {name: np.zeros(size, np.int64) for name in names}
    there = np.zeros(size, bool)
    for number, (run, month) in enumerate(months.items()):
        kept = keep
        if some := without.get(run.month):
            gone = np.array([organ in some for organ in attributes.values(Dimension.ORGAN)])
            kept = keep & ~gone[attributes.codes(Dimension.ORGAN)]
        rows = kept[month.places]
        places = month.places[rows]
        row_keys = group[places] + (number * (size // len(months)) if by_month else 0)
        there[row_keys] = True
        sets = 0 if kinds is None else kinds[places] + run.bucket
        for part, figure, weight in told:
            _add(totals[part], row_keys, month.figures[figure][rows], weight[0] if len(weight) == 1 else weight[sets])
    found = np.flatnonzero(there)
    columns = [totals[name][found].tolist() for name in names]
    return [
        (keys[n], dict(zip(names, row, strict=True))) for n, row in zip(found, zip(*columns, strict=True), strict=True)
    ]


def _add(total: Numbers, keys: Numbers, column: Numbers, weight: Any) -> None:
    if float(np.abs(column * np.asarray(weight, np.float64)).sum()) + float(np.abs(total).max(initial=0)) >= _BOUND:
        raise OverflowError("a figure of this statistic, weighed and added up, is beyond 64 bits")
    np.add.at(total, keys, column * weight)


def _kept(attributes: Attributes, question: Question, scope: Scope) -> npt.NDArray[np.bool_]:
    kept = np.ones(len(attributes), bool)
    for dimension, some in filters(question, scope):
        kept &= np.array([value in some for value in attributes.values(dimension)])[attributes.codes(dimension)]
    return kept if scope.see_confidential else kept & ~attributes.confidential


def _groups(attributes: Attributes, by: Sequence[Dimension], months: Sequence[date]) -> tuple[Numbers, list[Key]]:
    """Of every place the number of its group (in the first month), and the keys of all groups: the groups of the first
    month, then those of the next, where months are asked for."""
    asked = [one for one in by if one is not Dimension.MONTH]
    code = np.zeros(len(attributes), np.int64)
    for dimension in asked:
        code = code * len(attributes.values(dimension)) + attributes.codes(dimension)
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    values = [attributes.values(one) for one in asked]
    told = [attributes.codes(one)[first].tolist() for one in asked]
    plain = list(zip(*([some[n] for n in column] for some, column in zip(values, told, strict=True)), strict=True))
    if not asked:
        plain = [()] * len(first)
    if Dimension.MONTH not in by:
        return group, plain
    place = list(by).index(Dimension.MONTH)
    return group, [(*key[:place], month, *key[place:]) for month in months for key in plain]


def _kinds(attributes: Attributes, weighted: Weighted) -> Numbers:
    """Of every place where the weights of its energy kind, use and profile begin, within those of a term."""
    stretches = weighted.stretches
    profiles = max(weighted.profiles.values(), default=0) + 1
    numbers = {
        (energy and energy.value, use and use.value): number
        for number, (energy, use) in enumerate(weighted.weights.kinds)
    }
    any_use = weighted.weights.kinds[0][1] is None
    uses = attributes.values(Dimension.USE)
    table = np.array(
        [[numbers[energy, None if any_use else use] for use in uses] for energy in attributes.values(Dimension.ENERGY)],
        np.int64,
    )
    kind: Numbers = table[attributes.codes(Dimension.ENERGY), attributes.codes(Dimension.USE)]
    profile: Numbers | int = 0
    if profiles > 1:
        of_organ = np.array([weighted.profiles[one] for one in attributes.values(Dimension.ORGAN)], np.int64)
        profile = of_organ[attributes.codes(Dimension.ORGAN)]
    return (kind * profiles + profile) * stretches
