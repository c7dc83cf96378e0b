"""The past of a fleet: its slices, its bytes, its numbers, and how fast it may be sent."""

import json
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from fleet.errors import InvalidSettings
from fleet.model.readings import Kind
from fleet.model.registry import Energy
from ingest.codecs.json_v1 import JsonV1
from simulators.days.calendar import begins_at
from simulators.history import KINDS, Job, Pace, Progress, Span, thinned
from simulators.history_wire import MAX_SAMPLES_A_MESSAGE, messages
from simulators.onboard import life_of
from simulators.readings import Readings
from simulators.roster import UnitSpec
from simulators.vehicle import World
from tests.simulators.fleet import WORKING_DAY
from tests.simulators.fleet import world as drawn

BEGIN = round(begins_at(WORKING_DAY))
NOW = BEGIN + 30_000


@pytest.fixture(scope="module")
def world() -> World:
    return drawn(seed=1)


def day(world: World, code: str, energy: Energy = Energy.PETROL) -> Readings:
    return life_of(UnitSpec(code, 530302, energy), world, 30).readings(BEGIN, BEGIN + 86_400)


def test_slices_are_local_days_and_leave_nothing_out() -> None:
    span = Span.of_days(3, NOW + 17.5)
    assert span.until == NOW // 60 * 60
    slices = span.slices()
    assert slices[0][0] == span.begin
    assert slices[-1][1] == span.until
    assert all(before[1] == after[0] for before, after in pairwise(slices))
    assert [(begin + 4 * 3_600) % 86_400 for begin, _ in slices[1:]] == [0, 0, 0]
    assert all(0 < end - begin <= 86_400 for begin, end in slices)
    assert Span.of_days(3, BEGIN).slices() == [(BEGIN - d * 86_400, BEGIN - (d - 1) * 86_400) for d in (3, 2, 1)]
    with pytest.raises(InvalidSettings, match="1 to 400 days"):
        Span.of_days(0, NOW)


@pytest.mark.parametrize("energy", list(Energy))
@pytest.mark.parametrize("integer_times", [True, False])
def test_a_codec_of_the_service_reads_what_was_measured(world: World, energy: Energy, integer_times: bool) -> None:
    readings = day(world, f"H-{energy}", energy)
    expected = {kind: [one for one in readings.rows() if one.kind is kind] for kind in KINDS}
    last = {Kind.POSITION: 10, Kind.USAGE: 20, Kind.EVENT: 30}
    for message in messages(readings, 77, (11, 21, 31), integer_times=integer_times):
        decoded = JsonV1().decode(message.kind, message.payload)
        assert not decoded.refused
        assert decoded.unknown_fields == 0
        assert len(decoded.readings) == message.last - message.first + 1 <= MAX_SAMPLES_A_MESSAGE
        assert message.first == last[message.kind] + 1
        for reading in decoded.readings:
            one = expected[message.kind].pop(0)
            alone = msgspec.json.encode({"time": round(one.observed_at * 1_000), **one.fields, "seq": 0, "run": 77})
            (same,) = JsonV1().decode(message.kind, alone).readings
            last[message.kind] += 1
            assert reading == msgspec.structs.replace(same, seq=last[message.kind])
    assert not any(expected.values())


def test_the_same_seed_gives_the_same_bytes(world: World) -> None:
    first = messages(day(world, "T1"), 7, (1, 1, 1), integer_times=False)
    assert first == messages(day(world, "T1"), 7, (1, 1, 1), integer_times=False)
    other = replace(world, seed=2)
    assert first != messages(day(other, "T1"), 7, (1, 1, 1), integer_times=False)


def test_long_days_become_several_messages(world: World) -> None:
    readings = day(world, "T1")
    positions = readings.positions
    number = 0
    while len(positions) <= MAX_SAMPLES_A_MESSAGE:
        number += 1
        dense = life_of(UnitSpec(f"D{number}", 530302), world, 1).readings(BEGIN, BEGIN + 86_400)
        positions = dense.positions
    found = messages(replace(readings, positions=positions), 7, (1, 1, 1), integer_times=True)
    spans = [(one.first, one.last) for one in found if one.kind is Kind.POSITION]
    assert spans[0] == (1, MAX_SAMPLES_A_MESSAGE)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(spans))
    assert spans[-1][1] == len(positions)


def test_thinned_usage_keeps_every_change_and_a_steady_beat(world: World) -> None:
    for number in range(12):
        usages = day(world, f"U{number}", list(Energy)[number % 8]).usages
        thin = thinned(usages)
        assert len(thin) < len(usages)
        times = thin.when.taken_ms.tolist()
        assert (times[0], times[-1]) == (usages.when.taken_ms[0], usages.when.taken_ms[-1])
        for (before, on), (after, _) in pairwise(zip(times, thin.ignition.tolist(), strict=True)):
            assert after - before <= (2 * 300_000 if on else 2 * 1_800_000)
        changes = [(a, b) for a, b in pairwise(usages.ignition.tolist()) if a != b]
        assert [(a, b) for a, b in pairwise(thin.ignition.tolist()) if a != b] == changes


def test_a_job_is_covered_when_every_kind_of_it_is(world: World) -> None:
    job = Job.of("T1", 0, messages(day(world, "T1"), 7, (1, 1, 1), integer_times=True))
    last = dict(job.missing)
    assert not job.cover({})
    assert not job.cover({Kind.POSITION: last[Kind.POSITION] - 1, Kind.USAGE: last[Kind.USAGE] + 5})
    assert not job.cover({Kind.POSITION: last[Kind.POSITION], Kind.EVENT: last[Kind.EVENT] - 1})
    assert job.cover({Kind.EVENT: last[Kind.EVENT]})
    assert Job.of("T1", 0, []).cover({})


def test_another_history_in_the_same_place_is_refused() -> None:
    progress = Progress(1, NOW // 60 * 60 - 3 * 86_400, NOW // 60 * 60, 30.0)
    progress.require_same(1, 3, None, 30.0, "file")
    progress.require_same(1, 3, NOW + 1, 30.0, "file")
    for seed, days, until, interval_s in (
        (2, 3, None, 30.0),
        (1, 4, None, 30.0),
        (1, 3, NOW + 90, 30.0),
        (1, 3, None, 10),
    ):
        with pytest.raises(InvalidSettings, match="another history"):
            progress.require_same(seed, days, until, interval_s, "file")
    assert msgspec.json.decode(msgspec.json.encode(progress), type=Progress) == progress


class Service:
    """Takes what is sent at a rate of its own and answers receipts every two seconds, as ingest does."""

    def __init__(self, rate: float) -> None:
        self.pace, self.rate = Pace(0.0), rate
        self.queue: list[tuple[int, float]] = []  # place and time of sending
        self.taken = 0.0
        self.delays: list[float] = []
        self.sent = 0

    def live(self, seconds: float, wanted: float = float("inf")) -> None:
        begin = self.now
        while self.now < begin + seconds:
            self.now += 0.02
            earned = 0.0
            while self.pace.may_send(self.now) and earned < 0.02 * wanted:
                self.sent = self.pace.sent(300)
                self.queue.append((self.sent, self.now))
                earned += 300
            self.taken = min(self.taken + 0.02 * self.rate, self.sent)
            if round(self.now / 0.02) % 100 == 0:
                done = [one for one in self.queue if one[0] <= self.taken]
                self.queue = self.queue[len(done) :]
                for place, sent_at in done:
                    self.pace.covered(place, self.now)
                    self.delays.append(self.now - sent_at)

    now = 0.0


@pytest.mark.parametrize("rate", [3_000, 20_000, 80_000])
def test_the_pace_finds_what_the_service_can_take(rate: float) -> None:
    service = Service(rate)
    service.live(90)
    before = service.taken
    service.live(60)
    assert service.taken - before > 0.85 * 60 * rate
    assert max(service.delays[len(service.delays) // 2 :]) < 6  # receipts come up to 2 s after the commit


def test_a_service_that_stands_still_is_not_buried() -> None:
    service = Service(20_000)
    service.live(60)
    service.rate = 0
    service.live(120)
    assert service.pace.under_way < 6 * service.pace.rate
    service.rate = 20_000
    service.live(90)
    before = service.taken
    service.live(30)
    assert service.taken - before > 0.7 * 30 * 20_000


def test_what_cannot_be_used_is_not_saved_up() -> None:
    service = Service(50_000)
    service.live(60, wanted=10_000)
    assert service.pace.rate < 100_000
    sent = service.sent
    service.live(0.1)
    assert service.sent - sent < 0.5 * service.pace.rate


def test_the_json_of_a_message_is_an_array(world: World) -> None:
    for message in messages(day(world, "T1"), 7, (1, 1, 1), integer_times=False):
        samples = json.loads(message.payload)
        assert [one["seq"] for one in samples] == list(range(message.first, message.last + 1))
        assert {one["run"] for one in samples} == {7}
        assert all("oldest_seq" not in one for one in samples)
