"""From messages to one batch: every element ends in exactly one place, whatever comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fleet.model.batch import BatchWrite, ReceiptKey, spans
from fleet.model.readings import Kind, Reason
from ingest.arrivals import Arrivals, Incoming
from ingest.batch import BatchBuilder
from ingest.clean import Routes
from ingest.codecs import DEFAULT
from ingest.validate import KnownUnit
from tests.ingest.sums import every_count, every_receipt

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
UNITS = {"u1": KnownUnit(1, 530302), "u2": KnownUnit(2, 530303)}


def nowhere(lat_e7: NDArray[np.int32], _lon_e7: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.zeros(len(lat_e7), dtype=np.int32)


def builder() -> BatchBuilder:
    return BatchBuilder(DEFAULT, nowhere)


def message(payload: Any, topic: str = "fleet/v1/530302/u1/position", **more: Any) -> Incoming:
    return Incoming(topic, json.dumps(payload).encode(), more.pop("received_at", NOW), **more)


def fix(minute: int = 0, **more: Any) -> dict[str, Any]:
    at = NOW - timedelta(hours=1) + timedelta(minutes=minute)
    return {"time": at.isoformat(), "lat": 25.4, "lon": 103.8, **more}


samples = st.builds(
    lambda minute, seq, lat, extra: fix(minute, lat=lat) | ({} if seq is None else {"seq": seq}) | extra,
    st.integers(0, 2),
    st.none() | st.integers(0, 2),
    st.sampled_from([25.4, 25.5, 95, "x", None]),
    st.sampled_from([{}, {"unknown": 1}, {"time": "2014-01-01T00:00:00Z"}, {"oldest_seq": 1}]),
)
topics = st.sampled_from(
    [
        "fleet/v1/530302/u1/position",
        "fleet/v1/530302/u2/position",
        "fleet/v1/530303/u2/position",
        "fleet/v1/530302/nobody/position",
        "fleet/v1/530302/bad name/position",
        "fleet/v1/530302/u1/status",
        "fleet/v1/530302/u1/command/result",
    ]
)
said = {"id": 7, "time": NOW.isoformat(), "result": "acknowledged"}
payloads = samples | st.lists(samples, max_size=5) | st.sampled_from([{"online": True}, said, [said, said], 7])


@given(
    st.lists(
        st.builds(
            lambda topic, payload, retain: message(payload, topic, retain=retain), topics, payloads, st.booleans()
        )
    )
)
def test_every_element_ends_in_exactly_one_place(messages: list[Incoming]) -> None:
    batch = builder().build(messages, UNITS, NOW)
    received = sum(count.received for count in every_count(batch).values())
    duplicates = sum(count.duplicate for count in every_count(batch).values())
    staged = sum(len(one) for one in batch.staged.values())
    statuses = sum(count.stored for count in every_count(batch).values())
    quarantined = sum(count.quarantined for count in every_count(batch).values())
    assert quarantined == len(batch.quarantine)
    assert received == staged + duplicates + statuses + len(batch.answers) + quarantined
    structural = 0
    for one in messages:
        content = json.loads(one.payload)
        structural += max(len(content), 1) if isinstance(content, list) and "bad" not in one.topic else 1
    assert received == structural


@given(st.lists(st.builds(message, payloads, topics), max_size=12))
def test_the_same_messages_give_the_same_batch(messages: list[Incoming]) -> None:
    first, second = (builder().build(messages, UNITS, NOW) for _ in range(2))
    assert first.staged == second.staged
    assert every_count(first) == every_count(second)
    assert first.quarantine == second.quarantine
    assert every_receipt(first) == every_receipt(second)


T0 = int((NOW - timedelta(hours=1)).timestamp() * 1000)
several = st.builds(
    lambda minute, seq, run, ahead, extra: {"time": T0 + minute * 60_000, "run": run, "seq": seq} | ahead | extra,
    st.integers(0, 3),
    st.none() | st.integers(0, 4),
    st.none() | st.integers(0, 1),
    st.sampled_from([{}, {}, {"oldest_seq": 0}, {"oldest_seq": 2}, {"time": 1}, {"time": "2026-11-23T07:00:00+00:00"}]),
    st.sampled_from(
        [
            {"lat": 25.4, "lon": 103.8, "odometer_km": 1.0005, "speed_kmh": 12.25, "heading_deg": 359.5},
            {"lat": 25.4, "lon": 103.8, "odometer_km": None, "ignition": True, "datum": "gcj02", "altitude_m": -0.5},
            {"lat": 0, "lon": 0, "ignition": False, "satellites": 0, "hdop": 0.25},
            {"lat": 25.4, "lon": 103.8, "later": 1},
            {"lat": 91, "lon": 103.8},
            {"odometer_km": 12, "fuel_level_pct": 33.35, "soc_pct": None, "charging": True, "engine_hours_h": 1.5},
        ]
    ),
)


@settings(max_examples=300)
@given(
    st.lists(
        st.builds(
            lambda topic, payload, late: message(payload, topic, received_at=NOW + timedelta(minutes=late)),
            st.sampled_from(
                [
                    *("fleet/v1/530302/u1/position", "fleet/v1/530302/u1/usage", "fleet/v1/530303/u2/position"),
                    *("fleet/v1/530302/u2/position", "fleet/v1/530302/u1/status", "fleet/v1/x"),
                ]
            ),
            several | st.lists(several, max_size=4),
            st.sampled_from([0, 0, 59, 61]),
        ),
        max_size=8,
    )
)
def test_many_at_once_and_one_by_one_give_the_same_batch(messages: list[Incoming]) -> None:
    quick, slow = (
        BatchBuilder(DEFAULT, everywhere, swift=swift).build(messages, UNITS, NOW) for swift in (True, False)
    )
    for kind in Kind.POSITION, Kind.USAGE:
        assert sorted(quick.staged[kind].every_row(), key=repr) == sorted(slow.staged[kind].every_row(), key=repr)
    assert every_count(quick) == every_count(slow)
    assert sorted(quick.quarantine, key=repr) == sorted(slow.quarantine, key=repr)
    assert receipts_of(quick) == receipts_of(slow)
    assert quick.latest == slow.latest
    assert (quick.observed_from, quick.observed_to) == (slow.observed_from, slow.observed_to)
    assert quick.unknown_fields == slow.unknown_fields
    assert [quick.quarantine_of(origin, WHY).payload for origin in origins_of(quick)] == [
        slow.quarantine_of(origin, WHY).payload for origin in origins_of(slow)
    ]


WHY = Reason("identity_conflict", None, "")


def everywhere(lat_e7: NDArray[np.int32], _lon_e7: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.where(lat_e7 > 0, 530302, 0).astype(np.int32)


def receipts_of(batch: BatchWrite) -> dict[ReceiptKey, tuple[list[tuple[int, int]], int | None, datetime]]:
    found = {}
    for key, gain in every_receipt(batch).items():
        numbers = [*gain.numbers, *(n for first, last in gain.spans for n in range(first, last + 1))]
        found[key] = (spans(numbers), gain.oldest_seq, gain.observed_at)
    return found


def origins_of(batch: BatchWrite) -> list[Any]:
    blocks = [one.block for one in batch.staged.values() if one.block is not None]
    return [block.origin_of(row) for block in blocks for row in range(len(block))]


def test_the_newest_plausible_fix_is_the_latest_state() -> None:
    sent = [fix(1, seq=1), fix(3, lat=0, lon=0, seq=3), fix(2, lat=25.6, seq=2)]
    batch = builder().build([message(sent)], UNITS, NOW)
    assert [(row[0], row[2]) for row in batch.latest["position_reading"].rows()] == [(1, 256_000_000)]


def test_a_refused_sample_with_a_readable_number_is_covered_by_the_receipt() -> None:
    batch = builder().build([message([fix(seq=1), fix(seq=2, lat=99), {"seq": "x"}])], UNITS, NOW)
    assert [sorted(gain.numbers) for gain in every_receipt(batch).values()] == [[1, 2]]


def test_what_comes_by_another_address_never_touches_the_units_own_receipt() -> None:
    batch = builder().build([message(fix(seq=9), "fleet/v1/530303/u1/position")], UNITS, NOW)
    assert [(key.division, key.unit) for key in every_receipt(batch)] == [(530303, "u1")]
    assert [row.reasons[0].code for row in batch.quarantine] == ["wrong_division"]


def test_an_element_of_an_array_is_quarantined_with_its_own_bytes() -> None:
    late = fix(seq=2) | {"time": "2014-06-01T00:00:00Z"}
    batch = builder().build([message([fix(seq=1), late])], UNITS, NOW)
    assert json.loads(batch.quarantine[0].payload) == late
    assert len(batch.staged[Kind.POSITION]) == 1


def test_a_batch_is_bounded_by_samples_however_many_a_message_holds() -> None:
    arrays = [message([fix(seq=n) for n in range(count)]) for count in (300, 300, 1, 300, 300)]
    of = builder().fitting
    assert of(Arrivals.of(arrays), 1_201) == 5
    assert of(Arrivals.of(arrays), 1_000) == 4
    assert of(Arrivals.of(arrays), 100) == 1
    assert of(Arrivals.of([message(fix()) for _ in range(50)]), 40) == 40
    assert of(Arrivals.of([message([1] * 900) for _ in range(50)]), 560) == 10
    assert of(Arrivals.of([message([fix(), fix()])] * 2_600), 5_000) == 2_500
    assert of(Arrivals(), 10) == 0


@given(st.lists(st.integers(1, 5), max_size=6), st.integers(0, 30), st.sets(st.integers(0, 29)))
def test_arrivals_are_split_with_moments_and_marks(reads: list[int], count: int, retained: set[int]) -> None:
    messages = [
        message(number, retain=number in retained, received_at=NOW + timedelta(seconds=read))
        for number, read in enumerate(read for read, size in enumerate(reads) for _ in range(size))
    ]
    ends = list(accumulate(reads))
    whole = Arrivals(
        [one.topic for one in messages],
        [one.payload for one in messages],
        [number for number, one in enumerate(messages) if one.retain],
        ends,
        [NOW + timedelta(seconds=read) for read in range(len(reads))],
    )
    first, rest = whole.split(count)
    assert first.messages() + rest.messages() == messages
    assert len(first) == min(count, len(messages))
    assert len(first.received_us()) == len(first)
    assert len(rest.received_us()) == len(rest)


def test_topics_are_forgotten_before_they_fill_the_memory() -> None:
    routes = Routes()
    for first in range(0, 60_000, 100):
        topics = [f"fleet/v1/530302/unit-{number}/position" for number in range(first, first + 100)]
        assert len(set(routes.of(topics, UNITS).tolist())) == 100
    assert len(routes.addresses) <= 50_000


def test_a_redelivered_status_is_counted_where_it_was_received() -> None:
    earlier = NOW - timedelta(minutes=30)  # before the hour that the batch is committed in
    topic = "fleet/v1/530302/u1/status"
    sent = [message({"online": True}, topic, retain=True, received_at=at) for at in (earlier, NOW)]
    status = builder().build(sent, UNITS, NOW).statuses[0]
    assert [key.hour.hour for key in status.redelivered] == [7, 8]
    assert status.at == NOW


def test_an_event_that_comes_twice_is_a_duplicate_and_with_other_detail_a_conflict() -> None:
    door = {"time": NOW.isoformat(), "seq": 1, "event": "door_open", "detail": {"a": 1}}
    other = {**door, "event": "ignition_on"}
    sent = [door, {**door, "detail": {"a": 2}}, door, other]
    batch = builder().build([message(sent, "fleet/v1/530302/u1/event")], UNITS, NOW)
    assert [row[-2:] for row in batch.staged[Kind.EVENT].rows] == [("door_open", '{"a":1}'), ("ignition_on", '{"a":1}')]
    assert [(count.received, count.duplicate, count.quarantined) for count in every_count(batch).values()] == [
        (4, 1, 1)
    ]
    assert [row.reasons[0].code for row in batch.quarantine] == ["identity_conflict"]
    assert json.loads(batch.quarantine[0].payload)["detail"] == {"a": 2}
