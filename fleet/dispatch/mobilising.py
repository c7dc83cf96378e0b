"""Whom a task calls: for each need the best of the vehicles that may go, none for two needs.

The judgement is that of the candidates for an emergency order (`candidates.py`); the order differs, for a task looks
for many who are near rather than for one of its own:

1. of a need that names no body: vehicles of a special body last, they may be wanted as such
2. how far it is from the place, in bands
3. how many doubts there are
4. whose it is, new energy, seats that would stay empty, how often it was used lately, the distance itself

Scarce needs choose first: a need that hardly any vehicle meets must not lose those to one that any vehicle meets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from fleet.dispatch.candidates import Ask, Candidate, Judged, rank
from fleet.model.registry import Body
from fleet.model.tasks import TaskNeed

SPECIAL_BODIES = frozenset(
    one.value for one in (Body.AMBULANCE, Body.LABORATORY, Body.COLD_CHAIN, Body.DISINFECTION, Body.TRUCK)
)
_ANOTHERS = 3
"""The tier of another organ's vehicles. That they are borrowed is a doubt of every one of them, and counted there."""


class Picked(NamedTuple):
    need: int
    judged: Judged


@dataclass(frozen=True, slots=True)
class Mobilisation:
    """`picked`: by need, best first. `offered`: how many might have gone, by need. `not_offered`: how many might not,
    by need and reason."""

    picked: tuple[Picked, ...]
    offered: Mapping[int, int]
    not_offered: Mapping[int, Mapping[str, int]]

    def short(self, needs: Sequence[TaskNeed]) -> dict[int, int]:
        """How many vehicles each need did not get; needs that got all are left out."""
        got = Counter(one.need for one in self.picked)
        return {need.n: need.count - got[need.n] for need in needs if got[need.n] < need.count}


def mobilise(vehicles: Sequence[Candidate], needs: Sequence[TaskNeed], ask: Ask) -> Mobilisation:
    """`ask` is what all needs have in common: where, when, by whom. Deterministic."""
    rankings: dict[int, list[Judged]] = {}
    not_offered: dict[int, Mapping[str, int]] = {}
    for need in needs:
        fitting, lacking = _fitting(vehicles, need)
        asked = replace(
            ask, need=replace(ask.need, bodies=need.bodies, equipment=need.equipment, passengers=need.seats)
        )
        ranking = rank(fitting, asked)
        rankings[need.n] = sorted(ranking.offered, key=lambda one, need=need: _key(one, need))  # type: ignore[misc]
        not_offered[need.n] = dict(sorted({**lacking, **ranking.not_offered}.items()))
    chosen: set[int] = set()
    picked: dict[int, list[Picked]] = {}
    for need in sorted(needs, key=lambda one: (len(rankings[one.n]) - one.count, one.n)):
        free = (one for one in rankings[need.n] if one.vehicle.facts.id not in chosen)
        picked[need.n] = [Picked(need.n, one) for one, _ in zip(free, range(need.count), strict=False)]
        chosen |= {one.judged.vehicle.facts.id for one in picked[need.n]}
    return Mobilisation(
        tuple(one for need in needs for one in picked[need.n]),
        {n: len(found) for n, found in rankings.items()},
        not_offered,
    )


def _fitting(vehicles: Sequence[Candidate], need: TaskNeed) -> tuple[list[Candidate], Counter[str]]:
    """Those of the body, equipment and seats asked for, and how many lack what: no words are made of them."""
    lacking: Counter[str] = Counter()
    bodies, equipment = frozenset(need.bodies), frozenset(need.equipment)
    fitting: list[Candidate] = []
    for one in vehicles:
        facts = one.facts
        lacks = False
        if bodies and facts.body not in bodies:
            lacking["other_body"] += 1
            lacks = True
        if equipment and not equipment <= set(facts.equipment):
            lacking["equipment_lacking"] += 1
            lacks = True
        if facts.seats - 1 < need.seats:
            lacking["seats_short"] += 1
            lacks = True
        if not lacks:
            fitting.append(one)
    return fitting, lacking


def _key(one: Judged, need: TaskNeed) -> tuple[int, ...]:
    tier, _, doubts, band, *rest = one.key
    special = 0 if need.bodies or one.vehicle.facts.body not in SPECIAL_BODIES else 1
    return (special, band, doubts - (tier == _ANOTHERS), tier, *rest)
