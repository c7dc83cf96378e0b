"""Whatever a unit sends: nothing raises, nothing is lost or counted twice, and what is refused keeps its bytes.

In the suite a few hundred examples; `make fuzz` tries many thousands.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence

import asyncpg
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fleet.errors import InvalidTopic
from fleet.model.batch import BatchWrite, ReceiptKey, spans
from fleet.model.readings import REASON_CODES, Kind
from fleet.store.ingest import BatchStore
from ingest.arrivals import Incoming
from ingest.batch import BatchBuilder
from ingest.clean import Routes
from ingest.codecs import CODECS, DEFAULT, Codec
from ingest.topics import build, parse
from ingest.validate import KnownUnit
from tests.ingest.hostile import NOW, payloads, topics
from tests.ingest.sums import every_count, every_receipt

UNITS = {"u1": KnownUnit(1, 530302), "u2": KnownUnit(2, 530303)}
each_codec = pytest.mark.parametrize("name", CODECS)
messages = st.lists(
    st.builds(lambda topic, payload, retain: Incoming(topic, payload, NOW, retain), topics, payloads, st.booleans()),
    max_size=5,
)


def somewhere(lat_e7: NDArray[np.int32], _lon_e7: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.where(lat_e7 > 0, 530302, 0).astype(np.int32)


def in_order(parts: Sequence[bytes], whole: bytes) -> bool:
    """Whether the parts stand in the whole one behind the other, so that no byte belongs to two of them."""
    at = 0
    for part in parts:
        found = whole.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def check_decoded(codec: Codec, kind: Kind, payload: bytes) -> None:
    decoded = codec.decode(kind, payload)
    assert decoded.received == len(decoded.readings) + len(decoded.refused) >= 1
    raws = decoded.raws or [codec.element(payload, place) for place in range(len(decoded.readings))]
    assert in_order(raws, payload)
    assert in_order([refused.raw for refused in decoded.refused], payload)
    assert sum(map(len, raws)) + sum(len(refused.raw) for refused in decoded.refused) <= len(payload)
    assert all(reason.code in REASON_CODES for refused in decoded.refused for reason in refused.reasons)
    assert all(refused.reasons for refused in decoded.refused)
    for raw, reading in zip(raws[:20], decoded.readings[:20], strict=True):
        assert codec.decode(kind, raw).readings == [reading], "the bytes that are kept are not those of the sample"
    for refused in decoded.refused[:20]:
        if refused.raw.count(b"[") + refused.raw.count(b"{") > 500:
            continue  # how deep one can read depends on where one stands
        again = codec.decode(kind, refused.raw)
        assert (again.received, again.readings) == (1, []), "what was refused is taken when it comes again"
    assert codec.weights([payload])[0] >= 1


@each_codec
@given(kind=st.sampled_from(Kind), payload=payloads)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example])
def test_a_codec_accounts_for_every_payload(name: str, kind: Kind, payload: bytes) -> None:
    check_decoded(CODECS[name], kind, payload)


@each_codec
@pytest.mark.parametrize("field", ["detail", "lat", "time", "reason", "other"])
@pytest.mark.parametrize("kind", [Kind.EVENT, Kind.POSITION, Kind.COMMAND_RESULT])
def test_no_depth_of_nesting_is_too_much(name: str, kind: Kind, field: str) -> None:
    head = b'{"time":1790000000000,"event":"sos","lat":1,"lon":1,"id":1,"result":"refused","' + field.encode() + b'":'
    for depth in [*range(880, 1_040), 4_000, 200_000]:
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            payload = head + opening * depth + b"1" + closing * depth + b"}"
            decoded = CODECS[name].decode(kind, payload)
            assert (decoded.received, len(decoded.readings) + len(decoded.refused)) == (1, 1)


@given(st.text(max_size=80) | topics)
def test_a_topic_is_an_address_or_invalid(topic: str) -> None:
    try:
        address = parse(topic)
    except InvalidTopic:
        (slot,) = Routes().of([topic], UNITS)
        assert slot == 0
        return
    assert build(*address) == topic


def receipts_of(batch: BatchWrite) -> dict[ReceiptKey, object]:
    return {
        key: (
            spans([*gain.numbers, *(n for first, last in gain.spans for n in range(first, last + 1))]),
            gain.oldest_seq,
            gain.observed_at,
        )
        for key, gain in every_receipt(batch).items()
    }


def expected(sent: Sequence[Incoming]) -> int:
    """How many elements came, by topic and payload alone."""
    total = 0
    for one in sent:
        try:
            total += DEFAULT.decode(parse(one.topic).kind, one.payload).received
        except InvalidTopic:
            total += 1
    return total


@given(messages)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example])
def test_a_batch_accounts_for_every_message_either_way(sent: list[Incoming]) -> None:
    quick, slow = (BatchBuilder(DEFAULT, somewhere, swift=swift).build(sent, UNITS, NOW) for swift in (True, False))
    counts = Counter[str]()
    for count in every_count(quick).values():
        counts.update(received=count.received, duplicate=count.duplicate, quarantined=count.quarantined)
        counts.update(statuses=count.stored)
    staged = sum(len(one) for one in quick.staged.values())
    assert counts["received"] == expected(sent)
    assert counts["quarantined"] == len(quick.quarantine)
    assert counts["received"] == (
        staged + counts["duplicate"] + counts["statuses"] + len(quick.answers) + counts["quarantined"]
    )
    for row in quick.quarantine:
        assert any(row.payload in one.payload for one in sent)
    assert every_count(quick) == every_count(slow)
    assert sorted(quick.quarantine, key=repr) == sorted(slow.quarantine, key=repr)
    assert receipts_of(quick) == receipts_of(slow)
    for kind in (Kind.POSITION, Kind.USAGE, Kind.EVENT):
        assert sorted(quick.staged[kind].every_row(), key=repr) == sorted(slow.staged[kind].every_row(), key=repr)
    assert quick.latest == slow.latest


class Books:
    """A store on a database of its own, and whether it holds what it was given."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.run = self.runner.run
        self.connection: asyncpg.Connection = self.run(asyncpg.connect(url))
        self.run(self.connection.execute("insert into unit (code, division) values ('u1', 530302), ('u2', 530303)"))
        rows = self.run(self.connection.fetch("select code, id, division from unit"))
        self.units = {row["code"]: KnownUnit(row["id"], row["division"]) for row in rows}
        self.store = BatchStore(self.connection, 1)
        self.run(self.store.prepare())

    def close(self) -> None:
        self.run(self.connection.close())
        self.runner.close()

    def write(self, sent: list[Incoming]) -> None:
        batch = BatchBuilder(DEFAULT, somewhere).build(sent, self.units, NOW)
        written = self.run(self.store.write(batch))
        assert written.received == expected(sent)
        assert written.received == written.stored + written.duplicate + written.quarantined
        kept = self.run(
            self.connection.fetch("select payload, reasons from quarantine where batch = $1", written.n << 4 | 1)
        )
        assert len(kept) == written.quarantined
        assert all(json.loads(row["reasons"]) for row in kept)
        refused = Counter(row["payload"] for row in kept)
        assert Counter(row.payload for row in batch.quarantine) <= refused
        for payload in refused:
            assert any(payload in one.payload for one in sent)

    def check(self) -> None:
        """What the tables hold is what all the books say."""
        sums = "select coalesce(sum(received), 0), coalesce(sum(stored), 0), coalesce(sum(quarantined), 0) from "
        books = [self.run(self.connection.fetch(sums + book))[0] for book in ("batch", "ledger", "ledger_hour")]
        assert books[0] == books[1] == books[2]
        samples = (
            "select (select count(*) from position_reading) + (select count(*) from usage_reading)"
            " + (select count(*) from event_reading)"
            " + (select coalesce(sum(stored), 0) from ledger where kind in (4, 5))"
        )
        assert self.run(self.connection.fetchval(samples)) == books[0][1]
        assert self.run(self.connection.fetchval("select count(*) from quarantine")) == books[0][2]


@pytest.mark.store
def test_the_store_takes_whatever_a_batch_holds(database_url: str) -> None:
    books = Books(database_url)

    @given(messages)
    @example([Incoming("fleet/v1/530302/u1/posi\0tion", b"{}", NOW)])
    @example([Incoming("fleet/v1/530302/u1/event", _EVENT % rb'{"a\u0000":"\u0000"}', NOW)])
    @example([Incoming("fleet/v1/530302/u1/event", _EVENT % (b'{"a":' + b"9" * 400 + b',"b":1e-400}'), NOW)])
    @example([Incoming("fleet/v1/530302/u1/event", _EVENT % (b'{"a":' * 900 + b"1" + b"}" * 900), NOW)])
    @example([Incoming("fleet/v1/530302/u1/position", b'{"time":1,"lat":1,"lon":1,"datum":"\\u0000"}', NOW)])
    @settings(
        max_examples=settings.default.max_examples // 2 if settings.default else 50,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    def write(sent: list[Incoming]) -> None:
        books.write(sent)

    try:
        write()
        books.check()
    finally:
        books.close()


_EVENT = b'{"time":1790000000000,"event":"sos","detail":%b}'
