"""From messages to one batch: every element ends in exactly one place, whatever comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fleet.model.readings import Kind
from ingest.batch import BatchBuilder, Incoming
from ingest.codecs import DEFAULT
from ingest.validate import KnownUnit

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
    received = sum(count.received for count in batch.counts.values())
    duplicates = sum(count.duplicate for count in batch.counts.values())
    staged = sum(len(one.rows) for one in batch.staged.values())
    statuses = sum(count.stored for count in batch.counts.values())
    quarantined = sum(count.quarantined for count in batch.counts.values())
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
    assert first.counts == second.counts
    assert first.quarantine == second.quarantine
    assert first.receipts == second.receipts


def test_the_newest_plausible_fix_is_the_latest_state() -> None:
    sent = [fix(1, seq=1), fix(3, lat=0, lon=0, seq=3), fix(2, lat=25.6, seq=2)]
    batch = builder().build([message(sent)], UNITS, NOW)
    assert [(row[0], row[3]) for row in batch.latest_positions] == [(1, 256_000_000)]


def test_a_refused_sample_with_a_readable_number_is_covered_by_the_receipt() -> None:
    batch = builder().build([message([fix(seq=1), fix(seq=2, lat=99), {"seq": "x"}])], UNITS, NOW)
    assert [sorted(gain.numbers) for gain in batch.receipts.values()] == [[1, 2]]


def test_what_comes_by_another_address_never_touches_the_units_own_receipt() -> None:
    batch = builder().build([message(fix(seq=9), "fleet/v1/530303/u1/position")], UNITS, NOW)
    assert [(key.division, key.unit) for key in batch.receipts] == [(530303, "u1")]
    assert [row.reasons[0].code for row in batch.quarantine] == ["wrong_division"]


def test_an_element_of_an_array_is_quarantined_with_its_own_bytes() -> None:
    late = fix(seq=2) | {"time": "2014-06-01T00:00:00Z"}
    batch = builder().build([message([fix(seq=1), late])], UNITS, NOW)
    assert json.loads(batch.quarantine[0].payload) == late
    assert len(batch.staged[Kind.POSITION].rows) == 1


def test_topics_are_forgotten_before_they_fill_the_memory() -> None:
    many = builder()
    for number in range(60_000):
        many.address(f"fleet/v1/530302/unit-{number}/position")
    assert len(many._topics) <= 50_000


def test_a_redelivered_status_is_counted_where_it_was_received() -> None:
    earlier = NOW - timedelta(minutes=30)  # before the hour that the batch is committed in
    topic = "fleet/v1/530302/u1/status"
    sent = [message({"online": True}, topic, retain=True, received_at=at) for at in (earlier, NOW)]
    status = builder().build(sent, UNITS, NOW).statuses[0]
    assert [key.hour.hour for key in status.redelivered] == [7, 8]
    assert status.at == NOW
