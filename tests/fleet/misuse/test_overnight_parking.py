"""Parked elsewhere at night."""

from __future__ import annotations

from datetime import timedelta

from tests.fleet.misuse.builders import doubts, found, judged, local, order, parameters, place, stop

EVENING = local("2026-11-23T20:00")
MORNING = local("2026-11-24T08:00")
ELSEWHERE = place(north_m=5_000)


def test_a_night_elsewhere() -> None:
    (one,) = found(judged(MORNING, stop(EVENING, MORNING, place=ELSEWHERE)))["overnight_parking"]
    assert one.count == 1
    assert one.grounds[0].data["seconds"] == 8 * 3_600
    assert one.proven_at == local("2026-11-24T01:00")  # three hours after ten in the evening


def test_it_fires_while_it_stands_there() -> None:
    night = stop(EVENING, None, place=ELSEWHERE)
    assert "overnight_parking" not in found(judged(local("2026-11-24T00:59"), night))
    (one,) = found(judged(local("2026-11-24T01:00"), night))["overnight_parking"]
    assert one.end is None


def test_at_the_designated_place_with_some_drift() -> None:
    assert found(judged(MORNING, stop(EVENING, MORNING, place=place(north_m=190)))) == {}
    assert found(judged(MORNING, stop(EVENING, MORNING, place=place(north_m=260), radius_m=70))) == {}


def test_an_approved_night_away() -> None:
    duty = order(EVENING - timedelta(hours=4), MORNING + timedelta(hours=1))
    assert found(judged(MORNING, stop(EVENING, MORNING, place=ELSEWHERE), grants=(duty,))) == {}
    until_two = order(EVENING, local("2026-11-24T04:30"))
    short = judged(MORNING, stop(EVENING, MORNING, place=ELSEWHERE), grants=(until_two,))
    assert set(found(short)) == {"overdue_return"}  # an hour and a half of the night is left


def test_three_nights_are_one_finding_that_counts_them() -> None:
    (one,) = found(judged(MORNING + timedelta(days=2), stop(EVENING, None, place=ELSEWHERE)))["overnight_parking"]
    assert one.count == 3


def test_by_day_and_without_a_designated_place_nothing_is_said() -> None:
    day = stop(local("2026-11-23T09:00"), local("2026-11-23T21:00"), place=ELSEWHERE)
    assert found(judged(MORNING, day)) == {}
    assert found(judged(MORNING, stop(EVENING, MORNING, place=ELSEWHERE), home=None)) == {}


def test_where_orders_were_not_kept_here_a_night_away_is_a_doubt() -> None:
    unknown = parameters(reconciliation__orders_kept=False)
    judgement = judged(MORNING, stop(EVENING, MORNING, place=ELSEWHERE), policies_at=lambda _: unknown)
    assert found(judgement) == {}
    (one,) = doubts(judgement)["overnight_parking"]
    assert [ground.code for ground in one.grounds] == ["parked_elsewhere", "orders_not_kept"]
