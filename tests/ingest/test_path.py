"""From a publish to the tables, through real processes: what is stored, what is counted, what is said back."""

from __future__ import annotations

import pytest

from tests.ingest.stage import Stage, position, until

pytestmark = [pytest.mark.store, pytest.mark.seam]


def test_each_kind_is_stored_counted_and_receipted(stage: Stage) -> None:
    stage.register("u1")
    stage.start_ingest()
    with stage.publisher(receipts=True) as units:
        units.send("u1", "position", position(1, speed_kmh=61.5, heading_deg=359.7, altitude_m=1890, odometer_km=1.234))
        before = {"time": position()["time"] - 60_000, "seq": 1}  # the position is the newer one, however long it took
        units.send("u1", "usage", {**before, "fuel_level_pct": 40.5, "odometer_km": 1.2})
        units.send(
            "u1", "event", {"time": position()["time"], "seq": 1, "event": "door_open", "detail": {"b": 1, "a": "\0"}}
        )
        units.send("u1", "status", {"online": True}, retain=True)
        until(lambda: stage.totals()["received"] == 4, "four messages", log=stage.log())
        until(lambda: len(units.receipts.get("u1", {})) == 3, "a receipt for each kind", log=stage.log())
        assert {kind: (r["run"], r["seq"], r["again"]) for kind, r in units.receipts["u1"].items()} == {
            "position": (0, 1, []),
            "usage": (0, 1, []),
            "event": (0, 1, []),
        }
    row = stage.fetch("select * from position_reading")[0]
    assert (row["speed_dkmh"], row["heading_deg"], row["altitude_m"], row["odometer_m"]) == (615, 0, 1890, 1234)
    assert row["division"] == 530302
    event = stage.fetch("select event, detail from event_reading")[0]
    assert (event["event"], event["detail"]) == ("door_open", '{"a":"\\u0000","b":1}')
    state = stage.fetch("select online, fuel_level_permille, odometer_m, speed_dkmh from latest_state")[0]
    assert tuple(state) == (True, 405, 1234, 615)
    stage.check_books()


def test_the_same_sample_twice_is_a_duplicate_and_other_content_a_conflict(stage: Stage) -> None:
    stage.register("u1")
    stage.start_ingest()
    first = position(7, odometer_km=10)
    with stage.publisher() as units:
        units.send("u1", "position", first)
        until(lambda: stage.totals()["stored"] == 1, "the first", log=stage.log())
        units.send("u1", "position", [first, {**first, "odometer_km": 11}, {**first, "later_field": 5}])
        # and both again inside one batch, for a sample the store does not know yet
        second = position(8)
        units.send("u1", "position", [second, second, {**second, "lat": 25.0}])
        until(lambda: stage.totals()["received"] == 7, "all seven", log=stage.log())
    assert stage.totals() == {"received": 7, "stored": 2, "duplicate": 3, "quarantined": 2}
    assert [codes for _, codes in stage.quarantined()] == [["identity_conflict"]] * 2
    assert stage.value("select sum(unknown_fields) from batch") == 1
    stage.check_books()
