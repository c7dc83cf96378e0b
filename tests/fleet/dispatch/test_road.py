"""What the road says of an order: whose leaving it was, what is certain, and what people have the last word on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fleet.dispatch import commands as c
from fleet.dispatch.history import difference
from fleet.dispatch.road import Away, Overruled, Sighting, by_road, overruled_by, sightings
from fleet.model.orders import Order, OrderState, Source
from tests.fleet.dispatch.builders import CLERK, HOUR, NOW, draft, emergency, plan
from tests.fleet.dispatch.steps import APPROVE, ASSIGN, BACK, DEPART, RETURN, SUBMIT, go, refused

EARLY = timedelta(minutes=30)
ASSIGNED = go(draft(), SUBMIT, APPROVE, ASSIGN)  # from 1 h to 5 h
LEFT, CAME = NOW + 1.25 * HOUR, NOW + 3.5 * HOUR
LATER = NOW + 4 * HOUR


def away(left: datetime, back: datetime | None, *, seen: bool = True, over: bool = True) -> Away:
    return Away(
        left_after=left if seen else left - HOUR / 4,
        left_before=left,
        left_at=left if seen else None,
        over=over and back is not None,
        back_at=back,
    )


LONG_AGO, LONG_AHEAD = NOW - 99 * HOUR, NOW + 99 * HOUR


def found_in(orders: tuple[Order, ...], *aways: Away, vehicle_id: int = 100, **known: datetime) -> dict[int, Sighting]:
    span = {"known_from": LONG_AGO, "known_to": LONG_AHEAD} | known
    return sightings(orders, vehicle_id, aways, early={one.id: EARLY for one in orders}, **span)


def look(*aways: Away, order: Order = ASSIGNED) -> Sighting:
    return found_in((order,), *aways)[order.id]


def shown(order: Order, departed: datetime | None, returned: datetime | None = None, **more: object) -> Order | None:
    usual: dict[str, object] = {"now": LATER, "emergency_within": HOUR}
    return by_road(order, 100, Sighting(departed, returned), **(usual | more))  # type: ignore[arg-type]


def marked(order: Order, departed: datetime | None, returned: datetime | None = None, **more: object) -> Order:
    found = shown(order, departed, returned, **more)
    assert found is not None
    return found


class TestWhoseItIs:
    def test_a_leaving_in_the_window_and_the_coming_back(self) -> None:
        assert look(away(LEFT, CAME)) == (LEFT, CAME)
        assert look(away(LEFT, None)) == (LEFT, None)

    def test_a_little_early_counts_and_more_does_not(self) -> None:
        assert look(away(NOW + HOUR - EARLY, CAME)) == (NOW + HOUR - EARLY, CAME)
        assert look(away(NOW + HOUR - 2 * EARLY, CAME)) == (None, None)
        assert look(away(NOW + 5 * HOUR, NOW + 6 * HOUR)) == (None, None)

    def test_out_twice_in_one_window_is_one_outing(self) -> None:
        assert look(away(LEFT, NOW + 2 * HOUR), away(NOW + 3 * HOUR, CAME)) == (LEFT, CAME)
        assert look(away(LEFT, NOW + 2 * HOUR), away(NOW + 3 * HOUR, None)) == (LEFT, None)

    def test_the_order_that_began_last_has_it(self) -> None:
        second = replace(ASSIGNED, id=2, plan=plan(begins_at=NOW + 3 * HOUR, ends_at=NOW + 8 * HOUR))
        orders = (ASSIGNED, second)
        first, then = away(LEFT, NOW + 2 * HOUR), away(NOW + 3.1 * HOUR, NOW + 4 * HOUR)
        found = found_in(orders, first, then)
        assert found == {1: (LEFT, NOW + 2 * HOUR), 2: (NOW + 3.1 * HOUR, NOW + 4 * HOUR)}

    def test_nothing_comes_of_a_silence(self) -> None:
        assert look(away(LEFT, CAME, seen=False)) == (None, CAME)
        assert shown(ASSIGNED, None, CAME) is None
        assert look(replace(away(LEFT, None), over=True)) == (LEFT, None)

    def test_a_departure_that_somebody_stated_has_its_return(self) -> None:
        stated = go(draft(), SUBMIT, APPROVE, ASSIGN, (c.Depart(at=NOW + HOUR), CLERK))
        late = away(NOW + 1.2 * HOUR, CAME, seen=False)
        assert look(late, order=stated) == (None, CAME)
        assert look(away(NOW + 0.3 * HOUR, CAME), order=stated) == (NOW + 0.3 * HOUR, CAME)

    def test_what_was_not_looked_at_is_not_taken_back(self) -> None:
        out = marked(ASSIGNED, LEFT)
        assert look(order=out) == (None, None)
        assert found_in((out,), known_from=NOW + 2 * HOUR) == {}
        assert found_in((out,), away(NOW + 2.5 * HOUR, CAME), known_from=NOW + 2 * HOUR) == {1: (LEFT, CAME)}
        back = marked(ASSIGNED, LEFT, CAME)
        assert found_in((back,), known_from=NOW + 6 * HOUR) == {}
        assert found_in((back,), known_to=NOW + 4 * HOUR) == {}
        late = marked(ASSIGNED, LEFT, NOW + 7 * HOUR, now=NOW + 8 * HOUR)
        assert found_in((late,), away(LEFT, None), known_to=NOW + 6 * HOUR) == {}

    def test_another_vehicle_or_a_state_that_is_over(self) -> None:
        assert found_in((ASSIGNED,), away(LEFT, CAME), vehicle_id=101) == {}
        settled = replace(ASSIGNED, state=OrderState.SETTLED)
        assert found_in((settled,), away(LEFT, CAME)) == {}
        assert by_road(settled, 100, Sighting(LEFT, CAME), now=LATER, emergency_within=HOUR) is None


class TestWriting:
    def test_departed_then_returned_and_completed_by_a_person(self) -> None:
        out = marked(ASSIGNED, LEFT)
        (outing,) = out.outings
        assert (out.state, outing.departed_at, outing.departure_source) == (OrderState.DEPARTED, LEFT, Source.ROAD)
        assert outing.departure_recorded_at == LATER
        back = marked(out, LEFT, CAME)
        assert (back.state, back.outings[0].returned_at, back.outings[0].return_source) == (
            *(OrderState.RETURNED, CAME),
            Source.ROAD,
        )
        assert refused(back, c.Settle(), CLERK, hours=5) == ["account_missing"]
        done = go(back, RETURN, at=5)
        assert (done.outings[0].returned_at, done.outings[0].return_source) == (CAME, Source.ROAD)
        assert (done.outings[0].odometer_in_m, done.state) == (BACK.account["odometer_in_m"], OrderState.RETURNED)
        assert "state" in refused(done, BACK, CLERK, hours=6)
        assert go(done, (c.Settle(), CLERK), at=6).state is OrderState.SETTLED

    def test_a_person_adds_the_odometer_of_a_departure(self) -> None:
        out = marked(ASSIGNED, LEFT)
        (outing,) = go(out, DEPART, at=2).outings
        assert (outing.departed_at, outing.departure_source, outing.odometer_out_m) == (LEFT, Source.ROAD, 1_000_000)
        assert refused(go(out, DEPART, at=2), DEPART[0], CLERK, hours=3) == ["nothing_to_depart"]
        assert go(out, (c.Depart(), CLERK), at=2) == out
        earlier = go(out, (c.Depart(at=LEFT - HOUR / 4), CLERK), at=2)
        assert (earlier.outings[0].departed_at, earlier.outings[0].departure_source) == (
            LEFT - HOUR / 4,
            Source.PERSON,
        )

    def test_a_person_may_state_another_time(self) -> None:
        back = marked(ASSIGNED, LEFT, CAME)
        stated = go(back, (replace(BACK, at=CAME - HOUR / 4), CLERK), at=5)
        assert (stated.outings[0].returned_at, stated.outings[0].return_source) == (CAME - HOUR / 4, Source.PERSON)
        assert shown(stated, LEFT, CAME + HOUR / 4, now=NOW + 6 * HOUR) is None

    def test_a_better_look_corrects_and_takes_back(self) -> None:
        back = marked(ASSIGNED, LEFT, CAME)
        assert marked(back, LEFT + HOUR / 4, CAME).outings[0].departed_at == LEFT + HOUR / 4
        again = marked(back, LEFT, None)
        assert (again.state, again.outings[0].return_source) == (OrderState.DEPARTED, None)
        assert marked(again, None, None).state is OrderState.ASSIGNED
        assert marked(back, CAME + HOUR / 4, None).outings[0].returned_at is None

    def test_what_people_stated_stands(self) -> None:
        stated = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART)
        assert shown(stated, LEFT) is None
        assert shown(stated, None) is None
        completed = go(marked(ASSIGNED, LEFT, CAME), RETURN, at=5)
        assert shown(completed, None, None) is None
        assert marked(completed, LEFT, CAME + HOUR / 4).outings[0].odometer_in_m is not None

    def test_what_people_took_back_is_not_said_again(self) -> None:
        back = marked(ASSIGNED, LEFT, CAME)
        still_out = go(back, (c.Correct(100, {"returned_at": None}, "没有回来"), CLERK), at=5)
        assert still_out.state is OrderState.DEPARTED
        never = go(back, (c.Correct(100, {"returned_at": None, "departed_at": None}, "没有出车"), CLERK), at=5)
        assert never.state is OrderState.ASSIGNED
        for after, expected in ((still_out, Overruled(return_=True)), (never, Overruled(departure=True, return_=True))):
            old, new = difference(back, after)
            found = overruled_by([{"command": "correct", "before": old, "after": new}], 100)
            assert found == expected
            assert shown(after, LEFT, CAME, overruled=found) is None
            assert shown(after, LEFT, CAME) is not None
            assert overruled_by([{"command": "road", "before": old, "after": new}], 100) == Overruled()

    @pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=1)])
    def test_a_clock_that_runs_ahead_is_waited_for(self, ahead: timedelta) -> None:
        assert shown(ASSIGNED, LATER + ahead) is None
        assert marked(ASSIGNED, LEFT, LATER + ahead).outings[0].returned_at is None

    def test_an_emergency_has_its_deadline_from_the_road(self) -> None:
        order = go(draft(emergency()), SUBMIT, ASSIGN)
        out = marked(order, LEFT, emergency_within=2 * HOUR)
        assert out.approve_by == LEFT + 2 * HOUR
        assert marked(out, LEFT + HOUR).approve_by == LEFT + 3 * HOUR
        assert marked(out, None).approve_by is None
        rejected = go(out, (c.Reject("不属应急"), APPROVE[1]), at=4)
        assert shown(rejected, None) is None
