"""Adds up whole months of tallies by what was asked for, weighed into parts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fleet.statistics.base import Dimension, Parts
from fleet.statistics.runs import Run
from fleet.store.figures import Key, Question, Weighted

Numbers = npt.NDArray[np.int64]
_BOUND = 2.0**62


class Month(NamedTuple):
    """The sums of a month. `places`: of each row that of its set of attributes; `figures`: one row a figure."""

    places: Numbers
    figures: Numbers


class Attributes:
    """Sets of attributes that rows have, and the place of each: they only become more."""

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        self._dimensions = tuple(dimensions)
        self._places: dict[tuple[Any, ...], int] = {}
        self._codes: list[dict[Any, int]] = [{} for _ in dimensions]
        self._table: npt.NDArray[np.int64] = np.empty((len(dimensions) + 1, 0), np.int64)

    def __len__(self) -> int:
        return len(self._places)

    def place(self, row: tuple[Any, ...]) -> int:
        """Of the values of all dimensions, and whether they are confidential."""
        return self._places.setdefault(row, len(self._places))

    def values(self, dimension: Dimension) -> list[Any]:
        """What the codes of the dimension stand for."""
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
    months: Sequence[tuple[Run, Month]],
    question: Question,
    weighted: Weighted,
    *,
    organs: Collection[int] | None,
    divisions: Collection[int],
    see_confidential: bool,
    without: Mapping[date, Collection[int]],
) -> list[tuple[Key, Parts]]:
    """The parts of each group in `months`. `organs` (None: all) and `divisions` (each must be met) are what question
    and scope leave; `without`: organs whose months do not hold. Raises OverflowError where SQL would."""
    terms = weighted.weights.terms
    if not terms or not months or not len(attributes):
        return []
    keep = _kept(attributes, question, organs, divisions, see_confidential)
    group, keys = _groups(attributes, question.by, [run.month for run, _ in months])
    kinds = None if weighted.weights.constant else _kinds(attributes, weighted)
    by_month = Dimension.MONTH in question.by
    size = len(keys)
    names = list(dict.fromkeys(term.part for term in terms))
    totals = {name: np.zeros(size, np.int64) for name in names}
    there = np.zeros(size, bool)
    organ_values = attributes.values(Dimension.ORGAN)
    for number, (run, month) in enumerate(months):
        kept = keep
        if some := without.get(run.month):
            gone = np.isin(np.array(organ_values), list(some))
            kept = keep & ~gone[attributes.codes(Dimension.ORGAN)]
        rows = kept[month.places]
        places = month.places[rows]
        row_keys = group[places] + (number * (size // len(months)) if by_month else 0)
        there[row_keys] = True
        sets = None if kinds is None else kinds[places] + run.bucket
        for term in terms:
            column = month.figures[figures.index(term.figure)][rows]
            weight = term.weights[0] if sets is None or term.constant else np.array(term.weights, np.int64)[sets]
            _add(totals[term.part], row_keys, column, weight)
    found = np.flatnonzero(there)
    columns = [totals[name][found].tolist() for name in names]
    return [
        (keys[n], dict(zip(names, row, strict=True))) for n, row in zip(found, zip(*columns, strict=True), strict=True)
    ]


def _add(total: Numbers, keys: Numbers, column: Numbers, weight: Any) -> None:
    if float(np.abs(column * np.asarray(weight, np.float64)).sum()) + float(np.abs(total).max(initial=0)) >= _BOUND:
        raise OverflowError("a figure of this statistic, weighed and added up, is beyond 64 bits")
    np.add.at(total, keys, column * weight)


def _kept(
    attributes: Attributes,
    question: Question,
    organs: Collection[int] | None,
    divisions: Collection[int],
    see_confidential: bool,
) -> npt.NDArray[np.bool_]:
    kept = np.ones(len(attributes.codes(Dimension.ORGAN)), bool)
    wanted: list[tuple[Dimension, Collection[Any] | None]] = [
        (Dimension.ORGAN, organs),
        *((Dimension.DIVISION, (one,)) for one in divisions),
        (Dimension.USE, _only(question.use)),
        (Dimension.MANAGEMENT, _only(question.management)),
        (Dimension.ENERGY, _only(question.energy)),
    ]
    for dimension, some in wanted:
        if some is not None:
            one_of = np.array([value in some for value in attributes.values(dimension)], bool)
            kept &= one_of[attributes.codes(dimension)]
    if not see_confidential:
        kept &= ~attributes.confidential
    return kept


def _only(value: str | None) -> tuple[str] | None:
    return None if value is None else (value,)


def _groups(attributes: Attributes, by: Sequence[Dimension], months: Sequence[date]) -> tuple[Numbers, list[Key]]:
    """Of every place the number of its group (in the first month), and the keys of all groups: the groups of the first
    month, then those of the next, where months are asked for."""
    asked = [one for one in by if one is not Dimension.MONTH]
    code = np.zeros(len(attributes.codes(Dimension.ORGAN)), np.int64)
    for dimension in asked:
        code = code * len(attributes.values(dimension)) + attributes.codes(dimension)
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    values = [attributes.values(one) for one in asked]
    told = [attributes.codes(one)[first].tolist() for one in asked]
    plain = list(zip(*([some[n] for n in column] for some, column in zip(values, told, strict=True)), strict=True))
    if not asked:
        plain = [()] * len(first)
    if Dimension.MONTH not in by:
        return group.astype(np.int64), plain
    place = list(by).index(Dimension.MONTH)
    return group.astype(np.int64), [(*key[:place], month, *key[place:]) for month in months for key in plain]


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
