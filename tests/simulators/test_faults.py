import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import InvalidSettings
from simulators.faults import FAULTS, PROFILES, FaultRates, FaultyWire

PAYLOAD = b'{"time":1790000000000,"lat":25.5,"lon":103.8,"seq":12,"run":3,"oldest_seq":1}'


def wire(*, seed: int = 1, **rates: float) -> FaultyWire:
    return FaultyWire(FaultRates().changed(rates), np.random.default_rng(seed))


def test_a_healthy_wire_carries_everything_at_once() -> None:
    (delivery,) = wire().carry(PAYLOAD)
    assert (delivery.after_s, delivery.payload) == (0.0, PAYLOAD)
    assert not FaultRates().any


def test_the_same_seed_gives_the_same_faults() -> None:
    first, second, other = (
        [one.carry(PAYLOAD) for _ in range(300)]
        for one in (FaultyWire(PROFILES["heavy"], np.random.default_rng(seed)) for seed in (4, 4, 5))
    )
    assert first == second != other


@pytest.mark.parametrize("fault", ["drop", "duplicate", "delay", "reorder", "garble"])
def test_a_fault_happens_as_often_as_said(fault: str) -> None:
    one = FaultyWire(FaultRates().changed({fault: 0.2}), np.random.default_rng(1))
    for _ in range(2_000):
        one.carry(PAYLOAD)
    assert 330 < one.counts[fault] < 470
    assert sum(one.counts.values()) == one.counts[fault]


def test_what_each_fault_does() -> None:
    assert wire(drop=1).carry(PAYLOAD) == []
    assert [one.payload for one in wire(duplicate=1).carry(PAYLOAD)] == [PAYLOAD, PAYLOAD]
    assert 2 <= wire(delay=1).carry(PAYLOAD)[0].after_s <= 60
    assert 0 < wire(reorder=1).carry(PAYLOAD)[0].after_s <= 3
    assert wire(reboot=1).reboots(1.0)
    assert not wire(reboot=1).reboots(0.0)
    outage_s = wire(outage=1).outage_s(1.0)
    assert outage_s is not None
    assert 60 <= outage_s <= 1_200


def test_a_clock_that_jumps_goes_wrong_and_comes_back() -> None:
    one = wire(jump=1)
    assert not one.clock_jumps(0.0)
    assert one.clock_offset_s == 0
    assert one.clock_jumps(1.0)
    assert 3 <= abs(one.clock_offset_s) <= 86_400
    assert one.clock_jumps(1.0)
    assert one.clock_offset_s == 0


@given(st.integers(0, 2**32), st.sampled_from([PAYLOAD, b"[" + PAYLOAD + b"," + PAYLOAD + b"]"]))
def test_a_garbled_message_never_says_something_else(seed: int, payload: bytes) -> None:
    (delivery,) = wire(seed=seed, garble=1).carry(payload)
    assert delivery.payload != payload
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's and UTF-8's errors have nothing else in common
        json.loads(delivery.payload)


def test_chances_are_checked() -> None:
    assert set(FAULTS) == {"drop", "duplicate", "delay", "reorder", "garble", "skew", "outage", "reboot", "jump"}
    with pytest.raises(InvalidSettings, match="the chance of drop must lie between 0 and 1"):
        FaultRates().changed({"drop": 1.5})
    assert FaultRates(delay=0.5).changed({"drop": None}) == FaultRates(delay=0.5)
