"""One trip, one verdict: stories, and the laws that hold for any facts and grants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.dispatch.reconciliation import reconcile
from fleet.model.verdicts import (
    BADNESS,
    Destination,
    Deviation,
    DivisionFact,
    Grant,
    GrantKind,
    Limits,
    TripFacts,
    Verdict,
    VerdictKind,
)

DAY = datetime(2026, 11, 23, tzinfo=UTC)
LIMITS = Limits()
OFFICE = Destination("1", 255_000_000, 1_038_000_000, 500)


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def trip(begin: float, end: float | None, **rest: object) -> TripFacts:
    facts = TripFacts(
        trip_id=1,
        vehicle_id=1,
        started=at(begin),
        ended=None if end is None else at(end),
        left_home_after=at(begin),
        left_home_before=at(begin),
        outing_over=end is not None,
        divisions=(DivisionFact(530302, 1_800, 20_000),),
    )
    return replace(facts, **rest)  # type: ignore[arg-type]


def order(begin: float, end: float, *, known: float = 0, number: int = 1, **rest: object) -> Grant:
    grant = Grant(GrantKind.ORDER, number, f"A-2026-{number:04}", 0, at(known), at(begin), at(end))
    return replace(grant, **rest)  # type: ignore[arg-type]


def judge(facts: TripFacts, *grants: Grant, now: float = 48) -> Verdict:
    return reconcile(facts, grants, LIMITS, at(now))


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


# ---------------------------------------------------------------- stories


def test_no_order() -> None:
    verdict = judge(trip(9, 10))
    assert verdict.kind is VerdictKind.UNAPPROVED
    assert codes(verdict) == {"no_order"}


def test_before_orders_were_kept_here_nobody_is_accused() -> None:
    facts, not_kept = trip(9, 10), replace(LIMITS, orders_kept=False)
    verdict = reconcile(facts, (), not_kept, at(48))
    assert verdict.kind is VerdictKind.UNDETERMINED
    assert codes(verdict) == {"orders_not_kept"}
    assert reconcile(facts, (order(8.5, 12, known=7),), not_kept, at(48)).kind is VerdictKind.APPROVED


@pytest.mark.parametrize("later", [order(10.25, 12, known=7), order(9.5, 12, known=9.5)])
def test_before_orders_were_kept_here_the_order_of_a_later_outing_accuses_nobody(later: Grant) -> None:
    """It reaches back over the trip with its grace, or was filed while the trip was under way."""
    facts = trip(9, 10)
    assert judge(facts, later).kind is VerdictKind.APPROVED_WITH_DEVIATION
    verdict = reconcile(facts, (later,), replace(LIMITS, orders_kept=False), at(48))
    assert verdict.kind is VerdictKind.UNDETERMINED
    assert codes(verdict) == {"orders_not_kept"}


def test_an_order_approved_before_departure_covers_it() -> None:
    verdict = judge(trip(9, 10), order(8.5, 12, known=7))
    assert verdict.kind is VerdictKind.APPROVED
    assert verdict.grants[0].number == "A-2026-0001"


def test_an_approval_after_departure_is_a_deviation_however_soon() -> None:
    verdict = judge(trip(9, 10), order(8.5, 12, known=9.01))
    assert verdict.kind is VerdictKind.APPROVED_WITH_DEVIATION
    assert verdict.deviations == {Deviation.APPROVED_AFTER_DEPARTURE}


def test_a_unit_whose_clock_may_err_by_more_than_the_delay_is_not_held_against_anybody() -> None:
    verdict = judge(trip(9, 10, clock_doubt_s=120), order(8.5, 12, known=9.01))
    assert verdict.kind is VerdictKind.UNDETERMINED
    assert "clock_may_err" in codes(verdict)


def test_coming_home_after_the_window_belongs_to_the_same_outing() -> None:
    home = trip(15, 16, left_home_after=at(9), left_home_before=at(9))
    verdict = judge(home, order(8.5, 12))
    assert verdict.kind is VerdictKind.APPROVED_WITH_DEVIATION
    assert verdict.deviations == {Deviation.TIME}
    assert judge(trip(15, 16), order(8.5, 12)).kind is VerdictKind.UNAPPROVED  # it had been home


def test_a_return_within_the_grace_is_no_deviation() -> None:
    assert judge(trip(9, 12.9), order(8.5, 12)).kind is VerdictKind.APPROVED


def test_two_orders_on_one_trip() -> None:
    long = trip(9, 16)
    both = order(8.5, 12), order(12.5, 16, number=2)
    assert judge(long, *both).kind is VerdictKind.APPROVED
    assert judge(long, both[0]).deviations == {Deviation.TIME}


def test_an_extension_counts_for_what_was_driven_after_it_was_approved() -> None:
    base = order(8, 10)
    extension = order(8, 15, known=10.5, kind=GrantKind.AMENDMENT, version=1)
    assert judge(trip(9, 15), base, extension).kind is VerdictKind.APPROVED  # before the grace of the first ran out
    late = replace(extension, known_at=at(14))
    verdict = judge(trip(9, 15), base, late)
    assert verdict.kind is VerdictKind.APPROVED_WITH_DEVIATION
    assert len(verdict.deviations) == 1


def test_another_county() -> None:
    far = trip(9, 10, divisions=(DivisionFact(530302, 600, 9_000), DivisionFact(530381, 1_200, 15_000)))
    verdict = judge(far, order(8, 12, divisions=frozenset({530302})))
    assert verdict.deviations == {Deviation.AREA}
    brushed = trip(9, 10, divisions=(DivisionFact(530302, 3_500, 9_000), DivisionFact(530381, 100, 1_000)))
    assert judge(brushed, order(8, 12, divisions=frozenset({530302}))).kind is VerdictKind.APPROVED


def test_a_destination_that_was_never_reached() -> None:
    visit = order(8, 12, destinations=(OFFICE,))
    never = trip(9, 10, reached={(1, "1"): False})
    assert judge(never, visit).deviations == {Deviation.DESTINATION}
    assert judge(trip(9, 10, reached={(1, "1"): True}), visit).kind is VerdictKind.APPROVED
    unseen = replace(never, reached={})
    assert judge(unseen, visit).kind is VerdictKind.UNDETERMINED
    assert judge(replace(never, outing_over=False), visit).kind is VerdictKind.APPROVED  # it may still go there


def test_the_vehicle_of_another_order() -> None:
    swapped = order(8, 12, destinations=(OFFICE,), inferred=True)
    assert judge(trip(9, 10, reached={(1, "1"): True}), swapped).deviations == {Deviation.VEHICLE}
    assert judge(trip(9, 10, reached={(1, "1"): False}), swapped).kind is VerdictKind.UNAPPROVED
    gone = trip(9, 10, reached={})
    assert judge(gone, swapped).kind is VerdictKind.UNDETERMINED


def test_one_destination_of_many_is_no_drive_in_the_place_of_another() -> None:
    """Every drive in a small town comes near some office."""
    round_trip = order(8, 12, destinations=tuple(replace(OFFICE, key=f"{n}") for n in (1, 2, 3)), inferred=True)
    by_chance = {(1, "1"): True, (1, "2"): False, (1, "3"): False}
    assert judge(trip(9, 10, reached=by_chance), round_trip).kind is VerdictKind.UNAPPROVED
    nearly = by_chance | {(1, "2"): True}
    assert judge(trip(9, 10, reached=nearly), round_trip).deviations == {Deviation.VEHICLE, Deviation.DESTINATION}
    unseen = {(1, "1"): True, (1, "2"): False}
    assert judge(trip(9, 10, reached=unseen), round_trip).kind is VerdictKind.UNDETERMINED


def test_a_vehicle_given_to_the_order_after_it_left() -> None:
    assert judge(trip(9, 10), order(8, 12, vehicle_known_at=at(9.5))).deviations == {Deviation.VEHICLE}


def test_another_driver() -> None:
    assert judge(trip(9, 10), order(8, 12, driver_id=1, drove_id=2)).deviations == {Deviation.DRIVER}


def test_an_emergency_before_and_after_its_deadline() -> None:
    emergency = order(8, 12, known=9.1, kind=GrantKind.EMERGENCY_OPEN, decide_by=at(57))
    pending = judge(trip(9, 10), emergency, now=20)
    assert pending.kind is VerdictKind.EMERGENCY_PENDING
    assert pending.review_at == at(57)
    forgotten = judge(trip(9, 10), emergency, now=57)
    assert forgotten.kind is VerdictKind.UNAPPROVED
    assert "emergency_not_decided" in codes(forgotten)
    in_time = replace(emergency, kind=GrantKind.ORDER, known_at=at(56))
    assert judge(trip(9, 10), in_time, now=60).kind is VerdictKind.APPROVED
    too_late = judge(trip(9, 10), replace(in_time, known_at=at(58)), now=60)
    assert too_late.deviations == {Deviation.APPROVED_AFTER_DEPARTURE}


def test_duty_vehicles_are_exempt_and_a_list_made_afterwards_can_be_found() -> None:
    duty = Grant(GrantKind.EXEMPTION, 7, None, 0, at(-100), at(-100), at(1_000))
    assert judge(trip(9, 10), duty).kind is VerdictKind.EXEMPT
    afterwards = judge(trip(9, 10), replace(duty, known_at=at(20)))
    assert afterwards.kind is VerdictKind.EXEMPT
    assert "exempted_afterwards" in codes(afterwards)


def test_moving_within_the_yard_needs_no_order() -> None:
    assert judge(trip(9, 9.1, farthest_m=50)).kind is VerdictKind.EXEMPT
    assert judge(trip(9, 9.1, farthest_m=51)).kind is VerdictKind.UNAPPROVED


def test_a_running_trip_is_judged_so_far() -> None:
    running = judge(trip(9, None), order(8, 12), now=10)
    assert running.kind is VerdictKind.APPROVED
    assert running.provisional
    assert judge(trip(9, None), order(8, 12), now=14).deviations == {Deviation.TIME}


# ---------------------------------------------------------------- laws

hours = st.integers(0, 48).map(lambda half: half / 2)
counties = st.sampled_from([530302, 530303, 530381])


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    begin = draw(hours)
    kind = draw(st.sampled_from(list(GrantKind)))
    named = draw(st.sampled_from([None, 1, 2]))
    return Grant(
        kind=kind,
        source_id=draw(st.integers(1, 3)),
        number="A",
        version=draw(st.integers(0, 2)),
        known_at=at(draw(st.integers(-10, 60))),
        begin=at(begin),
        end=at(begin + draw(st.integers(1, 20)) / 2),
        divisions=draw(st.none() | st.frozensets(counties, min_size=1)),
        destinations=draw(st.sampled_from([(), (OFFICE,)])),
        vehicle_known_at=draw(st.none() | st.just(at(draw(hours)))),
        driver_id=named,
        drove_id=draw(st.sampled_from([None, 1, 2])),
        decide_by=at(draw(st.integers(0, 60))) if kind is GrantKind.EMERGENCY_OPEN else None,
        inferred=kind is GrantKind.ORDER and draw(st.booleans()),
    )


@st.composite
def complete_facts(draw: st.DrawFn) -> TripFacts:
    """A trip of which everything is known."""
    begin = draw(hours)
    end = begin + draw(st.integers(1, 16)) / 2
    left = at(begin - draw(st.integers(0, 10)) / 2)
    return TripFacts(
        trip_id=1,
        vehicle_id=1,
        started=at(begin),
        ended=at(end),
        left_home_after=left,
        left_home_before=left,
        outing_over=draw(st.booleans()),
        divisions=tuple(DivisionFact(one, draw(st.integers(0, 3_000)), 1_000) for one in draw(st.sets(counties))),
        reached={(source, "1"): draw(st.booleans()) for source in (1, 2, 3)},
        farthest_m=draw(st.none() | st.integers(0, 5_000)),
    )


def _identity(grant: Grant) -> tuple[object, ...]:
    """No two decisions have it: an order's versions are numbered."""
    return grant.kind, grant.source_id, grant.version, grant.known_at


@settings(max_examples=300)
@given(complete_facts(), st.lists(grants(), max_size=4, unique_by=_identity), st.randoms(use_true_random=False))
def test_the_order_of_the_grants_does_not_matter(facts: TripFacts, some: list[Grant], random: object) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = judge(facts, *some), judge(facts, *shuffled)
    assert (first.kind, first.deviations) == (second.kind, second.deviations)


@settings(max_examples=300)
@given(complete_facts(), st.lists(grants(), max_size=4), grants())
def test_one_more_grant_never_makes_it_worse(facts: TripFacts, some: list[Grant], more: Grant) -> None:
    assert BADNESS[judge(facts, *some, more).kind] <= BADNESS[judge(facts, *some).kind]


@settings(max_examples=300)
@given(complete_facts(), grants())
def test_an_approval_after_the_end_gives_at_best_a_deviation(facts: TripFacts, grant: Grant) -> None:
    assert facts.ended is not None
    late = replace(grant, kind=GrantKind.ORDER, known_at=facts.ended + timedelta(seconds=1), decide_by=None)
    assume_away = replace(facts, farthest_m=None)
    verdict = judge(assume_away, late, now=100)
    assert BADNESS[verdict.kind] >= BADNESS[VerdictKind.APPROVED_WITH_DEVIATION]


@settings(max_examples=300)
@given(complete_facts(), st.lists(grants(), max_size=3), st.data())
def test_missing_data_never_makes_it_worse_than_undetermined(
    facts: TripFacts, some: list[Grant], data: st.DataObject
) -> None:
    """Readings are lost at the ends, at the destination, or in a county: the claim is never more than before."""
    assert facts.ended is not None
    length = facts.ended - facts.started
    lost_first = length * (data.draw(st.integers(0, 9)) / 20)
    lost_last = length * (data.draw(st.integers(0, 9)) / 20)
    begin = facts.started + lost_first
    unseen = data.draw(st.sets(st.integers(1, 3)))
    left_before = begin if lost_first else facts.left_home_before
    known = replace(
        facts,
        started=begin,
        ended=facts.ended - lost_last,
        left_home_after=facts.left_home_after - timedelta(hours=data.draw(st.integers(0, 3))),
        left_home_before=left_before,
        divisions=tuple(replace(one, seconds=one.seconds // 2) for one in facts.divisions),
        reached={key: value for key, value in facts.reached.items() if key[0] not in unseen},
        silent_until=facts.ended if lost_last else None,
        farthest_m=None if facts.farthest_m is None else facts.farthest_m // 2,
    )
    worst = max(BADNESS[judge(facts, *some).kind], BADNESS[VerdictKind.UNDETERMINED])
    assert BADNESS[judge(known, *some).kind] <= worst


def test_sets_of_many_grants_are_not_tried_without_end() -> None:
    many = [order(8 + number, 9 + number, number=number + 1) for number in range(16)]
    assert judge(trip(8, 14), *many[:6]).kind is VerdictKind.APPROVED
    assert judge(trip(8, 24), *many).deviations == {Deviation.TIME}


def test_orders_for_many_other_vehicles_are_looked_at_one_by_one() -> None:
    """Fifty vehicles stand with orders of their own. Put together they are 2,369,935 sets: minutes, not an instant."""
    standing = [order(8, 12, number=number, destinations=(OFFICE,), inferred=True) for number in range(1, 51)]
    assert judge(trip(9, None), *standing, now=10).kind is VerdictKind.UNDETERMINED
    its_vehicles = [order(8, 12, destinations=(OFFICE,), inferred=True, vehicle_known_at=at(-n)) for n in range(50)]
    assert judge(trip(9, 10, reached={(1, "1"): True}), *its_vehicles).deviations == {Deviation.VEHICLE}


def test_the_extension_of_another_vehicles_order_counts_with_it() -> None:
    base = order(8, 10, destinations=(OFFICE,), inferred=True)
    extension = replace(base, kind=GrantKind.AMENDMENT, version=1, known_at=at(10.5), end=at(15))
    assert judge(trip(9, 15, reached={(1, "1"): True}), base, extension).deviations == {Deviation.VEHICLE}
