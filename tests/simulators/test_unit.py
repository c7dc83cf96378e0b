"""Whatever the wire does, a unit forgets only what is safe, and once the wire heals nothing is missing."""

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fleet.model.readings import Kind
from simulators.unit import OnboardUnit, Outgoing
from tests.simulators.loopback import LoopbackService

NOW = 1_790_000_000.0


def unit(**options: Any) -> OnboardUnit:
    made = OnboardUnit(keep_truth=True, settle_s=0.0, **options)
    made.connected(NOW)
    return made


def position(made: OnboardUnit, now: float = NOW) -> None:
    made.record(Kind.POSITION, {"lat": 25.5, "lon": 103.8}, now)


def receipt(kind: str, run: int, seq: int | None, again: list[list[int]] | None = None, **more: object) -> bytes:
    one = {"run": run, "seq": seq, "time": "2026-01-01T00:00:00Z", "again": again or [], **more}
    return json.dumps({kind: one}).encode()


def sent(outgoing: list[Outgoing]) -> list[tuple[int, int]]:
    return [sample for message in outgoing for sample in message.samples]


def test_a_sample_carries_its_number_run_and_the_oldest_held() -> None:
    made = unit(first_run=7)
    position(made)
    (message,) = made.due(NOW)
    assert json.loads(message.payload) == {
        "time": "2026-09-21T14:13:20.000Z",
        "lat": 25.5,
        "lon": 103.8,
        "seq": 1,
        "run": 7,
        "oldest_seq": 1,
    }


def test_what_is_out_of_reach_leaves_when_the_network_is_back() -> None:
    made = unit()
    made.record(Kind.POSITION, {"lat": 25.5, "lon": 103.8}, NOW, leaves_at=NOW + 3_600)
    assert made.due(NOW + 10) == []
    assert made.next_due(NOW + 10) == NOW + 3_600
    made.in_reach()
    assert made.next_due(NOW + 10) == NOW + 10
    assert sent(made.due(NOW + 10)) == [(made.run, 1)]


def test_times_may_be_integers() -> None:
    made = unit(integer_times=True)
    position(made, NOW + 0.25)
    assert json.loads(made.due(NOW)[0].payload)["time"] == 1_790_000_000_250


def test_a_receipt_lets_it_forget_and_moves_the_oldest() -> None:
    made = unit()
    for k in range(5):
        position(made, NOW + k)
        made.due(NOW + k)
    made.receive_receipt(receipt("position", 1, 3), NOW + 6)
    assert made.held()[Kind.POSITION] == {(1, 4), (1, 5)}
    position(made, NOW + 7)
    assert json.loads(made.due(NOW + 7)[0].payload)["oldest_seq"] == 4


def test_a_receipt_of_another_run_or_kind_covers_nothing() -> None:
    made = unit(first_run=3)
    position(made)
    made.due(NOW)
    made.receive_receipt(receipt("position", 2, 100), NOW)
    made.receive_receipt(receipt("usage", 3, 100), NOW)
    made.receive_receipt(receipt("status", 3, 100), NOW)
    made.receive_receipt(receipt("position", 3, None), NOW)
    assert made.held_count == 1


def test_an_unreadable_receipt_covers_nothing_and_is_counted() -> None:
    made = unit()
    position(made)
    for payload in (b"", b"{", b"[]", b'{"position": {"seq": 5}}', b'{"position": {"run": 1, "seq": "5"}}', b"\xff"):
        made.receive_receipt(payload, NOW)
    assert made.held_count == 1
    assert made.counters.receipts_unreadable == 6


def test_unknown_fields_of_a_receipt_are_ignored() -> None:
    made = unit()
    position(made)
    made.receive_receipt(receipt("position", 1, 1, colour="green"), NOW)
    assert made.held_count == 0


def test_holes_are_sent_again_at_once() -> None:
    made = unit()
    for k in range(6):
        position(made, NOW + k)
    made.due(NOW + 6)
    made.receive_receipt(receipt("position", 1, 1, [[3, 4], [90, 95]]), NOW + 7)
    assert sent(made.due(NOW + 7)) == [(1, 3), (1, 4)]
    assert made.counters.samples_resent == 2


def test_what_is_not_covered_in_time_is_sent_again_then_ever_more_slowly() -> None:
    made = unit()
    position(made)
    assert sent(made.due(NOW)) == [(1, 1)]
    assert made.next_due(NOW) == NOW + 60
    assert made.due(NOW + 59) == []
    assert sent(made.due(NOW + 60)) == [(1, 1)]
    assert made.due(NOW + 120) == []
    assert sent(made.due(NOW + 180)) == [(1, 1)]
    position(made, NOW + 181)
    assert sent(made.due(NOW + 181)) == [(1, 2)]
    made.receive_receipt(receipt("position", 1, 1), NOW + 182)
    assert made.due(NOW + 240) == []
    assert made.next_due(NOW + 240) == NOW + 241
    assert sent(made.due(NOW + 241)) == [(1, 2)]


def test_nothing_is_sent_while_disconnected_and_all_of_it_in_arrays_afterwards() -> None:
    made = unit()
    made.disconnected(NOW)
    for k in range(450):
        position(made, NOW + k)
    assert made.due(NOW + 450) == []
    assert made.next_due(NOW + 450) is None
    made.connected(NOW + 451)
    messages = made.due(NOW + 451)
    assert [len(message.samples) for message in messages] == [200, 200, 50]
    assert [sample["seq"] for sample in json.loads(messages[0].payload)] == list(range(1, 201))


def test_after_a_reconnect_it_waits_for_retained_receipts_before_it_repeats() -> None:
    made = OnboardUnit(settle_s=2.0)
    made.connected(NOW)
    position(made)
    made.due(NOW)
    made.disconnected(NOW + 1)
    made.connected(NOW + 5)
    position(made, NOW + 5)
    assert sent(made.due(NOW + 5)) == [(1, 2)]
    assert made.next_due(NOW + 5) == NOW + 7
    assert sent(made.due(NOW + 7)) == [(1, 1)]


def test_the_window_bounds_messages_on_their_way() -> None:
    made = unit(window=2)
    for _ in range(1_000):
        position(made)
    first = made.due(NOW)
    assert len(first) == 2
    assert made.due(NOW) == []
    made.acknowledged(first[0].number)
    made.acknowledged(first[0].number)
    assert sent(made.due(NOW))[0] == (1, 401)
    assert made.counters.acknowledged == 1


def test_lost_acknowledgements_do_not_block_for_ever() -> None:
    made = unit(window=1)
    position(made)
    made.due(NOW)
    position(made, NOW + 1)
    assert made.due(NOW + 1) == []
    assert made.next_due(NOW + 1) == NOW + 60
    assert (1, 2) in sent(made.due(NOW + 61))


def test_what_the_connection_refused_is_sent_next_time() -> None:
    made = unit()
    position(made)
    (message,) = made.due(NOW)
    made.not_sent(message)
    assert sent(made.due(NOW + 1)) == [(1, 1)]


def test_a_full_memory_drops_the_oldest_and_declares_it_gone() -> None:
    made = unit(capacity=10)
    made.disconnected(NOW)
    made.record(Kind.EVENT, {"event": "ignition_on"}, NOW)
    for k in range(15):
        position(made, NOW + k)
    assert made.held_count == 10
    assert made.counters.forgotten == 6
    made.connected(NOW + 20)
    (message,) = made.due(NOW + 20)
    assert json.loads(message.payload)[0]["oldest_seq"] == 6


def test_a_reboot_counts_from_one_in_a_new_run_and_keeps_the_old_samples() -> None:
    made = unit()
    position(made)
    made.due(NOW)
    made.reboot(NOW + 1)
    position(made, NOW + 2)
    made.connected(NOW + 3)
    assert made.held()[Kind.POSITION] == {(1, 1), (2, 1)}
    assert sorted(sent(made.due(NOW + 3))) == [(1, 1), (2, 1)]
    others = [{"run": 1, "seq": 1, "time": "2026-01-01T00:00:00Z", "again": []}]
    made.receive_receipt(receipt("position", 2, None, others=others), NOW + 4)
    assert made.held()[Kind.POSITION] == {(2, 1)}


def test_a_reboot_may_lose_the_memory() -> None:
    made = unit()
    position(made)
    made.reboot(NOW + 1, memory_lost=True)
    made.connected(NOW + 1)
    assert made.held_count == 0
    assert made.due(NOW + 1) == []
    assert made.counters.forgotten == 1


class AnyWire(RuleBasedStateMachine):
    """A unit, a service, and a wire that loses, repeats, delays and reorders in both directions."""

    @initialize(capacity=st.sampled_from([12, 20_000]), window=st.sampled_from([1, 8]))
    def start(self, capacity: int, window: int) -> None:
        self.now = NOW
        self.unit = unit(capacity=capacity, window=window)
        self.online = True
        self.service = LoopbackService()
        self.wire: list[Outgoing] = []
        self.receipts: list[bytes] = []

    @rule(kind=st.sampled_from([Kind.POSITION, Kind.USAGE, Kind.EVENT]), count=st.integers(1, 8))
    def produce(self, kind: Kind, count: int) -> None:
        for k in range(count):
            self.unit.record(kind, {"value": k}, self.now)

    @rule(seconds=st.sampled_from([0.0, 1.0, 10.0, 61.0, 700.0]))
    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.wire += self.unit.due(self.now)

    @precondition(lambda self: self.wire)
    @rule(pick=st.integers(0, 10**6), keep=st.booleans(), answer=st.booleans())
    def deliver(self, pick: int, keep: bool, answer: bool) -> None:
        message = self.wire[pick % len(self.wire)]
        if not keep:
            self.wire.remove(message)
        self.service.take(message.kind, message.payload)
        if answer:
            self.unit.acknowledged(message.number)

    @precondition(lambda self: self.wire)
    @rule(pick=st.integers(0, 10**6))
    def lose(self, pick: int) -> None:
        del self.wire[pick % len(self.wire)]

    @rule()
    def write_receipt(self) -> None:
        self.receipts.append(self.service.receipt())

    @precondition(lambda self: self.receipts)
    @rule(pick=st.integers(0, 10**6))
    def hand_over_any_receipt(self, pick: int) -> None:
        self.unit.receive_receipt(self.receipts[pick % len(self.receipts)], self.now)

    @rule()
    def cut(self) -> None:
        self.unit.disconnected(self.now)
        self.online = False

    @rule()
    def join(self) -> None:
        self.unit.connected(self.now)
        self.online = True

    @rule()
    def reboot(self) -> None:
        self.unit.reboot(self.now)
        self.online = False

    @invariant()
    def only_what_is_safe_is_forgotten(self) -> None:
        if not hasattr(self, "unit"):
            return
        assert self.unit.truth is not None
        held = self.unit.held()
        lost = [
            (kind, run, seq)
            for kind, run, seq in self.unit.truth
            if (run, seq) not in held[kind] and seq not in self.service.stored.get((kind, run), {})
        ]
        assert len(lost) <= self.unit.counters.forgotten
        assert self.unit.held_count == sum(len(numbers) for numbers in held.values())

    def teardown(self) -> None:
        if not hasattr(self, "unit"):
            return
        self.unit.connected(self.now)
        for _ in range(40):
            self.now += 61
            for message in self.unit.due(self.now):
                self.service.take(message.kind, message.payload)
                self.unit.acknowledged(message.number)
            self.unit.receive_receipt(self.service.receipt(), self.now)
        assert self.unit.held_count == 0
        self.only_what_is_safe_is_forgotten()
        assert self.unit.truth is not None
        for (kind, run, seq), sample in self.unit.truth.items():
            content = self.service.stored.get((kind, run), {}).get(seq)
            assert content is None or json.loads(content) == json.loads(sample.body)


TestAnyWire = AnyWire.TestCase
TestAnyWire.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
