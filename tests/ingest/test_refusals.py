"""Every kind of refusal, through real processes: the reason is named, the bytes are kept, the rest goes on."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from tests.ingest.stage import Publisher, Stage, position, until

pytestmark = [pytest.mark.store, pytest.mark.seam]


def good(**more: Any) -> dict[str, Any]:
    return position(**more)


REFUSED: dict[str, tuple[str, Any, list[str]]] = {
    "not JSON": ("position", b'{"time": 17', ["malformed_json"]),
    "bytes that are no text": ("position", b"\xff\xfe\x00", ["malformed_json"]),
    "an empty payload": ("position", b"", ["malformed_json"]),
    "nested beyond reason": ("position", b"[" * 5_000, ["malformed_json"]),
    "a number": ("position", b"17", ["wrong_type"]),
    "an empty array": ("position", [], ["empty_array"]),
    "1,001 samples": ("position", [{"time": 1}] * 1_001, ["too_many_samples"]),
    "no time": ("position", {"lat": 25, "lon": 103}, ["missing_field"]),
    "no place": ("position", {"time": "2026-01-01T00:00:00Z"}, ["missing_field", "missing_field"]),
    "a null where a value is required": ("position", good(lat=None), ["wrong_type"]),
    "text for a number": ("position", good(lat="25.4"), ["wrong_type"]),
    "a number for a boolean": ("position", good(ignition=1), ["wrong_type"]),
    "a fraction for a count": ("position", good(satellites=7.5), ["wrong_type"]),
    "a local time without offset": ("position", good() | {"time": "2026-01-01T08:00:00"}, ["wrong_type"]),
    "a datum nobody knows": ("position", good(datum="bd09"), ["wrong_type"]),
    "a latitude beyond the pole": ("position", good(lat=91), ["out_of_range"]),
    "a number without end": ("position", b'{"time": 1700000000000, "lat": 25, "lon": 1e999}', ["malformed_json"]),
    "a longitude beyond the line": ("position", good(lon=1e308), ["out_of_range"]),
    "a negative speed": ("position", good(speed_kmh=-1), ["out_of_range"]),
    "a negative seq": ("position", good() | {"seq": -1}, ["out_of_range"]),
    "a seq beyond 64 bits": ("position", good() | {"seq": 2**70}, ["out_of_range"]),
    "an oldest_seq above seq": ("position", good(seq=5) | {"oldest_seq": 6}, ["out_of_range"]),
    "a time beyond the calendar": ("position", good() | {"time": 10**18}, ["out_of_range"]),
    "a date that has no UTC": ("position", good() | {"time": "0001-01-01T00:00:00+08:00"}, ["out_of_range"]),
    "all at once": (
        "position",
        {"time": "2014-12-31T23:59:59Z", "lat": 91, "lon": "x", "speed_kmh": 401},
        ["out_of_range", "wrong_type", "out_of_range", "time_before_2015"],
    ),
    "before 2015": ("position", good() | {"time": "2014-12-31T23:59:59.999Z"}, ["time_before_2015"]),
    "far ahead": ("position", good(at_ms=int(time.time() * 1000) + 3_600_000), ["time_in_future"]),
    "a level above full": ("usage", {"time": 1_700_000_000_000, "fuel_level_pct": 101}, ["out_of_range"]),
    "an event nobody agreed on": ("event", {"time": 1_700_000_000_000, "event": "ufo"}, ["unknown_event"]),
    "an event without a name": ("event", {"time": 1_700_000_000_000}, ["missing_field"]),
    "a detail that is no object": ("event", {"time": 1_700_000_000_000, "event": "sos", "detail": 1}, ["wrong_type"]),
    "a status without its word": ("status", {}, ["missing_field"]),
}


def test_each_refusal_has_its_reason_and_keeps_its_bytes(stage: Stage) -> None:
    stage.register("u1")
    stage.register("far", division=530381)
    stage.start_ingest()
    with stage.publisher() as units:
        for kind, payload, _ in REFUSED.values():
            units.send("u1", kind, payload)
        units.send("nobody", "position", good())
        units.send("far", "position", good())  # registered in 530381, published in 530302
        units.send("not a unit!", "position", good())
        units.send("u1", "position", [good(), {"time": 1}, good() | {"time": 1_700_000_000_000}])
        total = len(REFUSED) + 3 + 3
        until(lambda: stage.totals()["received"] >= total, "all of them", log=stage.log())
    assert stage.totals() == {"received": total, "stored": 2, "duplicate": 0, "quarantined": total - 2}
    rows = stage.fetch("select payload, reasons, reason from quarantine order by id")
    by_bytes = {row["payload"]: [reason["code"] for reason in json.loads(row["reasons"])] for row in rows}
    for name, (_, payload, codes) in REFUSED.items():
        sent = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        assert sorted(by_bytes[sent]) == sorted(codes), name
    by_topic = {topic: codes for topic, codes in stage.quarantined() if "/u1/" not in topic}
    assert by_topic == {
        "fleet/v1/530302/nobody/position": ["unknown_unit"],
        "fleet/v1/530302/far/position": ["wrong_division"],
        "fleet/v1/530302/not a unit!/position": ["bad_topic"],
    }
    assert by_bytes[b'{"time": 1}'] == ["missing_field", "missing_field", "time_before_2015"]
    for row in rows:
        for reason in json.loads(row["reasons"]):
            assert len(reason["detail"]) > 10, "a reason is a sentence for whoever has to mend the unit"
    stage.check_books()


def test_doubtful_positions_are_stored_and_flagged(stage: Stage) -> None:
    stage.register("u1")
    stage.start_ingest()
    with stage.publisher() as units:
        units.send("u1", "position", position(1))
        units.send("u1", "position", position(2, lat=0, lon=0))
        units.send("u1", "position", position(3, lat=48.2, lon=16.4))
        units.send("u1", "position", position(4, lat=25.50, lon=103.81, datum="gcj02"))
        until(lambda: stage.totals()["stored"] == 4, "four positions", log=stage.log())
    rows = stage.fetch("select flags, division, lat_e7, lon_e7 from position_reading order by seq")
    assert [(row["flags"], row["division"]) for row in rows] == [(0, 530302), (3, None), (2, None), (256, 530302)]
    assert rows[3]["lat_e7"] != 255_000_000
    # an implausible fix does not move the vehicle
    latest = stage.fetch("select lat_e7, flags from latest_state")[0]
    assert (latest["lat_e7"], latest["flags"]) == (rows[3]["lat_e7"], 256)


def test_a_quarantined_message_is_stored_by_a_retry_once_the_unit_is_registered(stage: Stage) -> None:
    stage.start_ingest()
    with stage.publisher() as units:
        units.send("new", "position", [position(1), position(2)])
        until(lambda: stage.totals()["quarantined"] == 2, "both to be refused", log=stage.log())
        stage.register("new")
        units.send("new", "position", position(3))  # known at once, without a restart
        until(lambda: stage.totals()["stored"] == 1, "the third", log=stage.log())
    stage.fetch("update quarantine set retry_requested_at = now()")
    until(lambda: stage.totals()["stored"] == 3, "the retry", log=stage.log())
    assert stage.totals() == {"received": 3, "stored": 3, "duplicate": 0, "quarantined": 0}
    assert (
        stage.value("select count(*) from quarantine where resolution = 'retried' and retry_requested_at is null") == 2
    )
    stage.check_books()


def test_a_retry_of_an_earlier_hour_moves_the_counts_of_that_hour(stage: Stage) -> None:
    stage.start_ingest()
    with stage.publisher() as units:
        units.send("new", "status", {"online": True})
        units.send("new", "position", position(1))
        until(lambda: stage.totals()["quarantined"] == 2, "both to be refused", log=stage.log())
    for statement in (
        "update quarantine set received_at = received_at - interval '3 h', hour = hour - interval '3 h'",
        "update ledger set hour = hour - interval '3 h' where hour > now() - interval '2 h'",
        "update ledger_hour set hour = hour - interval '3 h'",
        # the sample's own time must not lie ahead of the receipt that is now three hours earlier
        "update quarantine set payload = convert_to(regexp_replace(convert_from(payload, 'UTF8'),"
        " '\"time\": [0-9]+', '\"time\": 1700000000000'), 'UTF8')",
    ):
        stage.fetch(statement)
    stage.register("new")
    stage.fetch("update quarantine set retry_requested_at = now()")
    until(lambda: stage.totals()["stored"] == 2, "the retry", log=stage.log())
    assert stage.value("select count(*) from ledger_hour") == 2  # position and status, of one hour
    assert stage.value("select count(distinct hour) from ledger_hour") == 1
    assert stage.value("select online from latest_state")
    stage.check_books()


def test_a_retry_that_fails_again_changes_no_count(stage: Stage) -> None:
    stage.register("u1")
    stage.start_ingest()
    with stage.publisher() as units:
        units.send("u1", "position", b"{")
        until(lambda: stage.totals()["quarantined"] == 1, "the refusal", log=stage.log())
    stage.fetch("update quarantine set retry_requested_at = now()")
    until(lambda: stage.value("select retries from quarantine") == 1, "the retry", log=stage.log())
    assert stage.value("select retry_requested_at is null and resolved_at is null from quarantine")
    assert stage.totals() == {"received": 1, "stored": 0, "duplicate": 0, "quarantined": 1}
    stage.check_books()


def test_a_flood_of_bad_payloads_does_not_stall_good_ones(stage: Stage) -> None:
    stage.register("bad")
    stage.register("far", division=530303)
    stage.start_ingest()
    over, sent = threading.Event(), []

    def flood(units: Publisher) -> None:
        while not over.is_set():
            units.send_many([("bad", "position", b'{"time": "garbage"}')] * 1_000)
            sent.append(1_000)

    with stage.publisher() as bad, stage.publisher(division=530303) as good:
        flooding = threading.Thread(target=flood, args=(bad,), daemon=True)
        flooding.start()
        until(lambda: stage.totals()["quarantined"] > 2_000, "the flood", log=stage.log())
        waits = []
        for seq in range(1, 11):
            began = time.monotonic()
            good.send("far", "position", position(seq))
            stored = f"select 1 from position_reading where seq = {seq}"
            until(lambda: stage.fetch(stored), "a good one amid the flood", log=stage.log())  # noqa: B023
            waits.append(time.monotonic() - began)
        assert flooding.is_alive()
        over.set()
        flooding.join(30)
        until(lambda: stage.totals()["quarantined"] == sum(sent), "the whole flood to be kept", 60, stage.log())
    assert sorted(waits)[5] < 5, waits
    stage.check_books()


def test_units_without_receipts_show_exactly_what_is_missing(stage: Stage) -> None:
    stage.register("u1")
    stage.start_ingest()
    with stage.publisher(receipts=True) as units:
        units.send("u1", "position", [position(seq) for seq in range(1, 101) if seq not in (7, 40, 41, 42)])
        until(lambda: units.receipts.get("u1"), "a receipt", log=stage.log())
        receipt = units.receipts["u1"]["position"]
        assert (receipt["seq"], receipt["again"]) == (6, [[7, 7], [40, 42]])
        units.send("u1", "position", position(7))
        until(lambda: units.receipts["u1"]["position"]["seq"] == 39, "the hole to close", log=stage.log())
        # the rest can never arrive, and the unit says so
        units.send("u1", "position", position(101) | {"oldest_seq": 43})
        until(lambda: units.receipts["u1"]["position"]["seq"] == 101, "the loss to be declared", log=stage.log())
    committed = stage.value("select committed::text from receipt")
    assert committed == "{[1,40),[43,102)}"  # the loss stays on the record


def test_a_receipt_is_of_the_run_published_last_and_names_the_others(stage: Stage) -> None:
    stage.register("u1")
    stage.start_ingest()
    with stage.publisher(receipts=True) as units:
        units.send("u1", "position", [position(1, run=1), position(2, run=1), position(1, run=2, lat=25.5)])
        until(lambda: units.receipts.get("u1"), "a receipt", log=stage.log())
        receipt = units.receipts["u1"]["position"]
        assert (receipt["run"], receipt["seq"]) == (2, 1)  # both at once: the higher
        assert [(one["run"], one["seq"]) for one in receipt["others"]] == [(1, 2)]
        units.send("u1", "position", position(3, run=1))
        until(lambda: units.receipts["u1"]["position"]["run"] == 1, "the receipt of the old run", log=stage.log())
        receipt = units.receipts["u1"]["position"]
        assert (receipt["seq"], [(one["run"], one["seq"]) for one in receipt["others"]]) == (3, [(2, 1)])
