"""Trips become uses: nothing is lost, nothing counted twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fleet.dispatch.uses import Because, Driven, uses

NINE = datetime(2026, 5, 20, 1, 0, tzinfo=UTC)


def driven(hours: float, **values: Any) -> Driven:
    usual: dict[str, Any] = {
        "vehicle_id": 1,
        "because": Because.ORDER,
        "source_id": 7,
        "day": date(2026, 5, 20),
        "started_at": NINE + timedelta(hours=hours),
        "ended_at": NINE + timedelta(hours=hours, minutes=30),
        "origin": "甲",
        "destination": "乙",
        "distance_m": 1_000,
        "fuel_ml": 100,
        "energy_wh": None,
    }
    return Driven(**{**usual, **values})


def test_an_order_is_one_use_with_all_its_places() -> None:
    trips = [driven(0), driven(1, origin="乙", destination="丙"), driven(26, origin="丙", destination="甲")]
    (one,) = uses(trips)
    assert one.places == ("甲", "乙", "丙", "甲")
    assert (one.trips, one.distance_m, one.fuel_ml, one.energy_wh) == (3, 3_000, 300, None)
    assert (one.started_at, one.ended_at) == (trips[0].started_at, trips[2].ended_at)
    assert not one.partly_measured


def test_a_task_is_a_use_a_day_and_what_nothing_explains_a_use_each() -> None:
    task: dict[str, Any] = {"because": Because.TASK}
    days = [driven(0, **task), driven(2, **task), driven(24, day=date(2026, 5, 21), **task)]
    assert [one.trips for one in uses(days)] == [2, 1]
    none: dict[str, Any] = {"because": None, "source_id": None}
    assert [one.trips for one in uses([driven(0, **none), driven(1, **none)])] == [1, 1]


def test_what_was_not_measured_is_said() -> None:
    (one,) = uses([driven(0), driven(1, fuel_ml=None)])
    assert (one.fuel_ml, one.partly_measured) == (100, True)
    (unknown,) = uses([driven(0, fuel_ml=None)])
    assert (unknown.fuel_ml, unknown.partly_measured) == (None, False)


@given(
    st.lists(
        st.builds(
            driven,
            st.floats(0, 90),
            vehicle_id=st.integers(1, 3),
            because=st.sampled_from([None, *Because]),
            source_id=st.integers(1, 2),
            day=st.dates(date(2026, 5, 20), date(2026, 5, 22)),
            fuel_ml=st.none() | st.integers(0, 9),
        )
    )
)
def test_sums_of_uses_are_those_of_trips(trips: list[Driven]) -> None:
    found = uses(trips)
    assert sum(one.trips for one in found) == len(trips)
    assert sum(one.distance_m for one in found) == sum(one.distance_m for one in trips)
    assert sum(one.fuel_ml or 0 for one in found) == sum(one.fuel_ml or 0 for one in trips)
