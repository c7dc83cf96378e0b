"""Holds one trip against every grant that may explain it: exactly one verdict, with reasons.

The law:

1. A trip that stays within the designated place's radius needs no order: `exempt`.
2. Every set of grants (decisions that allow something) that may belong to the trip is judged as if it were all there
   is, and the best judgement stands. So one more grant never makes a verdict worse, whatever it says. Of the orders
   for other vehicles a set holds one at most: a trip stands in for one vehicle.
3. Time: the windows of the set, with the grace before and after, cover the trip, or the rest is a deviation. An order
   explains what an outing does that began in its window, until the vehicle is back or too much time has passed.
4. A decision counts when it was known before the part of the trip that leans on it. Later ones give
   `approved_after_departure`; an emergency's decision counts until its deadline, and until then without a decision
   the trip is `emergency_pending`.
5. Where: every county driven in for longer than the least time lies in the area of some grant of the set.
6. A destination that was not reached is a deviation once the outing is over. *Not reached* is a claim about the whole
   outing: where a silence was long enough to go there and back, the claim is not made and the judgement is
   `undetermined`. So is a deviation in time that is smaller than the unit's clock may err, and a trip whose last
   reading is followed by a silence that reaches into the window of an order.
7. Nothing explains it: `unapproved`. That it moved is known; missing data adds nothing to it. Where the organ's orders
   of that time are not kept here (before the system was introduced there) it is `undetermined`. So is then what only
   a deviation would explain: that the order of a later outing is the one of this trip, nobody knows.

Missing data therefore never accuses: a judgement that needs data which are not there is `undetermined`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, product

from fleet.model.verdicts import (
    BADNESS,
    UNDECIDED,
    Deviation,
    Grant,
    GrantKind,
    Limits,
    Part,
    Reason,
    TripFacts,
    Verdict,
    VerdictKind,
)

LARGEST_SET = 5
"""Sets of more grants are not looked at: an order with four extensions, or five orders, for one trip."""

_BY_PEOPLE = (GrantKind.ORDER, GrantKind.AMENDMENT, GrantKind.TASK)
_NONE: frozenset[Deviation] = frozenset()


@dataclass(frozen=True, slots=True)
class _Span:
    begin: datetime
    end: datetime

    @property
    def empty(self) -> bool:
        return self.begin >= self.end


def reconcile(facts: TripFacts, grants: Iterable[Grant], limits: Limits, now: datetime) -> Verdict:
    """The one verdict of a trip. `grants`: every grant of its vehicle near its time, and inferred ones.

    A running trip is judged up to `now`. Deterministic: the same input gives the same verdict.
    """
    provisional = facts.ended is None or not facts.outing_over
    if facts.farthest_m is not None and facts.farthest_m <= limits.home_radius_m:
        reason = Reason("within_designated_place", data={"farthest_m": facts.farthest_m})
        return Verdict(VerdictKind.EXEMPT, _NONE, (reason,), (), provisional=provisional)
    related = _related(facts, grants, limits, now)
    best: Verdict | None = None
    for chosen in _sets(related):
        verdict = _judge(facts, chosen, limits, now, provisional=provisional)
        if best is None or _rank(verdict) < _rank(best):
            best = verdict
    if best is not None and (limits.orders_kept or best.kind is not VerdictKind.APPROVED_WITH_DEVIATION):
        return best
    if not limits.orders_kept:
        reason = Reason("orders_not_kept")
        return Verdict(VerdictKind.UNDETERMINED, _NONE, (reason,), (), provisional=provisional)
    whole = Part(facts.started, _end(facts, now))
    reasons = _unexplained(facts, grants, now)
    return Verdict(VerdictKind.UNAPPROVED, _NONE, reasons, (), (whole,), provisional=provisional)


def _end(facts: TripFacts, now: datetime) -> datetime:
    """A trip of one moment still has a moment to be covered."""
    return max(facts.ended or now, facts.started + timedelta(microseconds=1))


def _rank(verdict: Verdict) -> tuple[int, int, int, tuple[object, ...]]:
    """Better verdicts first; then fewer deviations, fewer grants, and a fixed order among equals."""
    return BADNESS[verdict.kind], len(verdict.deviations), len(verdict.grants), tuple(map(_name, verdict.grants))


def _name(grant: Grant) -> tuple[str, int, int, datetime]:
    return grant.kind.value, grant.source_id, grant.version, grant.known_at


def _sets(grants: Sequence[Grant]) -> Iterator[tuple[Grant, ...]]:
    """Own ones with each other, and with those of one other vehicle's order: an organ may have dozens of such orders
    at a time, and all sets of them would be millions."""
    own = [grant for grant in grants if not grant.inferred]
    yield from _up_to(LARGEST_SET, own)
    orders: dict[int, dict[int, list[Grant]]] = defaultdict(lambda: defaultdict(list))
    for grant in grants:
        if grant.inferred:
            orders[grant.source_id][grant.version].append(grant)
    for versions in orders.values():
        # Of each version one at most: an order has one for each of its vehicles that stand.
        for picked in product(*([None, *some] for some in versions.values())):
            lent = tuple(grant for grant in picked if grant is not None)
            if 0 < len(lent) <= LARGEST_SET:
                yield lent
                yield from (tuple(sorted((*lent, *some), key=_name)) for some in _up_to(LARGEST_SET - len(lent), own))


def _up_to(most: int, grants: Sequence[Grant]) -> Iterator[tuple[Grant, ...]]:
    for size in range(1, min(len(grants), most) + 1):
        yield from combinations(grants, size)


# ---------------------------------------------------------------- which grants may belong to a trip


def _related(facts: TripFacts, grants: Iterable[Grant], limits: Limits, now: datetime) -> list[Grant]:
    """Those whose window the trip touches, or in whose window its outing began, in a fixed order."""
    end = facts.ended or max(now, facts.started)
    found = [
        grant
        for grant in grants
        if _counts(grant, now) and _belongs(grant, facts, end, limits) and _explains(grant, facts)
    ]
    return sorted(found, key=_name)


def _counts(grant: Grant, now: datetime) -> bool:
    """An emergency that nobody decided counts until its deadline, and then no more."""
    return grant.kind not in UNDECIDED or (grant.decide_by is not None and now < grant.decide_by)


def _explains(grant: Grant, facts: TripFacts) -> bool:
    """Another vehicle's order explains a trip only that went where the order says, or may have gone there unseen.

    One destination of many is chance: in a small town every drive comes near some office. Who went in the place of
    another has reached as many as he missed.
    """
    if not grant.inferred:
        return True
    seen = [facts.reached.get((grant.source_id, place.key)) for place in grant.destinations]
    if not facts.outing_over:
        return bool(seen)
    return None in seen or 0 < seen.count(True) >= seen.count(False)


def _belongs(grant: Grant, facts: TripFacts, end: datetime, limits: Limits) -> bool:
    if _touches(grant, facts.started, _perhaps_until(facts, end), limits):
        return True
    if facts.started < grant.begin:
        return False
    if facts.started - grant.end > timedelta(seconds=limits.attribute_within_s):
        return False
    # The outing began in the window, or may have: between two signs of it there is a silence.
    return _touches(grant, facts.left_home_after, facts.left_home_before, limits)


def _perhaps_until(facts: TripFacts, end: datetime) -> datetime:
    return end if facts.silent_until is None else max(end, facts.silent_until)


def _touches(grant: Grant, begin: datetime, end: datetime, limits: Limits) -> bool:
    window = _window(grant, limits)
    return begin < window.end and end >= window.begin


def _window(grant: Grant, limits: Limits) -> _Span:
    if grant.kind is GrantKind.EXEMPTION:
        return _Span(grant.begin, grant.end)
    return _Span(grant.begin - timedelta(seconds=limits.early_s), grant.end + timedelta(seconds=limits.late_s))


# ---------------------------------------------------------------- judging one set


def _judge(facts: TripFacts, grants: tuple[Grant, ...], limits: Limits, now: datetime, *, provisional: bool) -> Verdict:
    judgement = _Judgement(facts, grants, limits, now)
    judgement.time()
    judgement.area()
    judgement.destinations()
    judgement.people()
    kind = judgement.kind()
    deviations = frozenset(judgement.deviations) if kind is VerdictKind.APPROVED_WITH_DEVIATION else _NONE
    review_at = None
    if kind is VerdictKind.EMERGENCY_PENDING:
        review_at = min(one.decide_by for one in grants if one.kind in UNDECIDED and one.decide_by)
    return Verdict(
        kind,
        deviations,
        tuple(judgement.reasons),
        grants,
        tuple(judgement.uncovered),
        tuple(sorted(judgement.late, key=lambda part: part.begin)),
        review_at,
        provisional,
    )


class _Judgement:
    """One set of grants, taken as all there is."""

    def __init__(self, facts: TripFacts, grants: tuple[Grant, ...], limits: Limits, now: datetime) -> None:
        self._facts = facts
        self._grants = grants
        self._limits = limits
        self._begin = facts.started
        self._end = _end(facts, now)
        self.uncovered: list[Part] = []
        self.late: list[Part] = []
        self.deviations: set[Deviation] = set()
        self.reasons: list[Reason] = []
        self._doubtful = False
        self._pending = False

    def kind(self) -> VerdictKind:
        if self._pending:
            return VerdictKind.EMERGENCY_PENDING
        if self._doubtful:
            return VerdictKind.UNDETERMINED
        if self.deviations:
            return VerdictKind.APPROVED_WITH_DEVIATION
        if any(grant.kind in _BY_PEOPLE for grant in self._grants):
            return VerdictKind.APPROVED
        return VerdictKind.EXEMPT

    def time(self) -> None:
        """Gives each part of the trip to a grant, the earliest known first, and says what is left over."""
        left = [_Span(self._begin, self._end)]
        for grant in sorted(self._grants, key=lambda one: (one.known_at, one.source_id, one.version)):
            window = _window(grant, self._limits)
            parts = [part for span in left if not (part := _meet(span, window)).empty]
            left = [rest for span in left for rest in _without(span, window)]
            if window.begin > self._end:
                self._doubt("may_have_run_into_window", grant.source_id, **_said(window))
            if not self._known_in_time(grant, parts[0].begin if parts else self._facts.left_home_before):
                self.late += [Part(one.begin, one.end) for one in parts]
            self.reasons.append(
                Reason(
                    f"covered_by_{grant.kind.value}",
                    grant.source_id,
                    {
                        "number": grant.number,
                        "version": grant.version,
                        "known_at": grant.known_at.isoformat(),
                        "from": grant.begin.isoformat(),
                        "to": grant.end.isoformat(),
                        "covers_s": sum(round((one.end - one.begin).total_seconds()) for one in parts),
                    },
                )
            )
        doubt = timedelta(seconds=self._facts.clock_doubt_s)
        for span in left:
            if span.end - span.begin <= doubt:
                self._doubt("clock_may_err", None, seconds=self._facts.clock_doubt_s, **_said(span))
            else:
                self.deviations.add(Deviation.TIME)
                self.uncovered.append(Part(span.begin, span.end))
                self.reasons.append(Reason("outside_window", data=_said(span)))

    def _known_in_time(self, grant: Grant, leans: datetime) -> bool:
        """Whether the decision was there when the trip came to lean on it; says so where it was not."""
        if grant.kind is GrantKind.EXEMPTION:
            if grant.known_at > leans:
                # It counts, but who lists exemptions that made findings go away must find it.
                self.reasons.append(Reason("exempted_afterwards", grant.source_id, {"known_at": _at(grant.known_at)}))
            return True
        if grant.kind in UNDECIDED:
            self._pending = True
            return True
        given = grant.vehicle_known_at
        if given is not None and given > max(leans, grant.known_at) and grant.decide_by is None:
            self.deviations.add(Deviation.VEHICLE)
            self.reasons.append(Reason("vehicle_given_after_departure", grant.source_id, {"given_at": _at(given)}))
        if grant.known_at <= leans or (grant.decide_by is not None and grant.known_at <= grant.decide_by):
            return True
        data: dict[str, object] = {"known_at": grant.known_at.isoformat(), "departed_at": leans.isoformat()}
        if grant.known_at - leans <= timedelta(seconds=self._facts.clock_doubt_s):
            self._doubt("clock_may_err", grant.source_id, **data, seconds=self._facts.clock_doubt_s)
            return True
        self.deviations.add(Deviation.APPROVED_AFTER_DEPARTURE)
        self.reasons.append(Reason("approved_after_departure", grant.source_id, data))
        return False

    def area(self) -> None:
        if any(grant.divisions is None for grant in self._grants):
            return
        allowed = frozenset[int]().union(*(grant.divisions or () for grant in self._grants))
        for fact in self._facts.divisions:
            if fact.division not in allowed and fact.seconds >= self._limits.area_least_s:
                self.deviations.add(Deviation.AREA)
                self.reasons.append(
                    Reason(
                        "outside_area",
                        data={
                            "division": fact.division,
                            "seconds": fact.seconds,
                            "distance_m": fact.distance_m,
                            "allowed": sorted(allowed),
                        },
                    )
                )

    def destinations(self) -> None:
        """Only orders have destinations; only an outing that is over has missed one."""
        if self._facts.ended is None or not self._facts.outing_over:
            return
        for grant in self._grants:
            for place in grant.destinations:
                reached = self._facts.reached.get((grant.source_id, place.key))
                data: dict[str, object] = {"destination": place.key, "radius_m": place.radius_m}
                if reached is None:
                    self._doubt("destination_not_known", grant.source_id, **data)
                elif not reached:
                    self.deviations.add(Deviation.DESTINATION)
                    self.reasons.append(Reason("destination_not_reached", grant.source_id, data))

    def people(self) -> None:
        for grant in self._grants:
            if grant.inferred:
                if not any(self._facts.reached.get((grant.source_id, one.key)) for one in grant.destinations):
                    self._doubt("perhaps_other_vehicle", grant.source_id, number=grant.number)
                self.deviations.add(Deviation.VEHICLE)
                self.reasons.append(Reason("other_vehicle", grant.source_id, {"number": grant.number}))
            drove, named = grant.drove_id, grant.driver_id
            if drove is not None and named is not None and drove != named:
                self.deviations.add(Deviation.DRIVER)
                self.reasons.append(Reason("other_driver", grant.source_id, {"named": named, "drove": drove}))

    def _doubt(self, code: str, source_id: int | None, /, **data: object) -> None:
        self._doubtful = True
        self.reasons.append(Reason(code, source_id, data))


# ---------------------------------------------------------------- spans and words


def _meet(one: _Span, other: _Span) -> _Span:
    return _Span(max(one.begin, other.begin), min(one.end, other.end))


def _without(span: _Span, hole: _Span) -> Iterator[_Span]:
    before, after = _Span(span.begin, min(span.end, hole.begin)), _Span(max(span.begin, hole.end), span.end)
    yield from (part for part in ((before, after) if not _meet(span, hole).empty else (span,)) if not part.empty)


def _said(span: _Span) -> dict[str, object]:
    return {"from": span.begin.isoformat(), "to": span.end.isoformat()}


def _unexplained(facts: TripFacts, grants: Iterable[Grant], now: datetime) -> tuple[Reason, ...]:
    """No grant belongs to it; an emergency or task whose deadline passed without a decision is named."""
    reasons = [Reason("no_order", data={"from": facts.started.isoformat()})]
    reasons += [
        Reason(
            "task_not_decided" if grant.kind is GrantKind.TASK_OPEN else "emergency_not_decided",
            grant.source_id,
            {"number": grant.number, "decide_by": _at(grant.decide_by)},
        )
        for grant in grants
        if grant.kind in UNDECIDED and not _counts(grant, now)
    ]
    return tuple(reasons)


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
