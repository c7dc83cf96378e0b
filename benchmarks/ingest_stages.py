"""What each stage of ingest costs a message, one stage after the other on the same messages, without other processes.

The processor's time of this process alone, the best of some rounds: what is left when nobody else disturbs. The whole
process of `benchmarks/ingest.py` has in addition the loop, the network, and receipts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.load import DIVISION, UNITS
from fleet.geography.divisions import division_index
from fleet.model.batch import READING_COLUMNS, BatchWrite
from fleet.model.readings import Kind
from fleet.store.binary_copy import encode, widths
from fleet.store.tables.readings import position_reading
from ingest.arrivals import Arrivals
from ingest.batch import BatchBuilder
from ingest.codecs import DEFAULT
from ingest.packets import Published, Splitter, acknowledgements
from ingest.validate import KnownUnit
from simulators.load import Composer, remaining_length
from simulators.roster import UnitSpec

ROUNDS = 5
_READ = 65_536  # bytes of one read


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    us_a_message: float


def measure(array: int = 1, messages: int = 30_000) -> list[Stage]:
    """Of `messages` messages of `array` samples each, in one batch."""
    now = datetime.now(UTC)
    units = [UnitSpec(code=f"B{number:05d}", division=DIVISION) for number in range(UNITS)]
    known = {unit.code: KnownUnit(number + 1, DIVISION) for number, unit in enumerate(units)}
    wire = b"".join(map(_as_mqtt_5, Composer(units, array, 1).packets(messages, int(now.timestamp() * 1_000))))
    splitter = Splitter("")
    builder = BatchBuilder(DEFAULT, division_index().lookup)
    found: list[Stage] = []

    def timed(name: str, work: Callable[[], Any]) -> Any:
        best, result = float("inf"), None
        for _ in range(ROUNDS):
            began = time.process_time()
            result = work()
            best = min(best, time.process_time() - began)
        found.append(Stage(name, best / messages * 1e6))
        return result

    def split() -> Published:
        splitter.published = Published()
        for start in range(0, len(wire), _READ):
            splitter.feed(wire[start : start + _READ])
        return splitter.published

    published: Published = timed("split packets", split)
    arrivals = Arrivals(published.topics, published.payloads, [], [messages], [now])
    timed("look up topics", lambda: builder.unknown_units(arrivals, (), known))
    timed("bound the batch", lambda: builder.fitting(arrivals, messages * array))
    timed("decode into columns", lambda: DEFAULT.columns(Kind.POSITION, arrivals.payloads))
    batch: BatchWrite = timed("all of the batch", lambda: builder.build(arrivals, known, now))
    block = batch.staged[Kind.POSITION].block
    assert block is not None
    columns = {**widths(position_reading, [n for n in READING_COLUMNS["position_reading"] if n != "batch"])}
    timed("encode the COPY", lambda: sum(map(len, encode(columns, block.values, block.known))))
    timed("acknowledgements", lambda: acknowledgements(published.packet_ids))
    decode, whole = found[3].us_a_message, found[4].us_a_message
    found[4] = Stage("judge, county, identity, ledger, receipts, latest", whole - decode)
    assert len(block) == messages * array
    return found


def _as_mqtt_5(packet: bytes) -> bytes:
    """The generator speaks 3.1.1: a broker adds an empty field of properties."""
    start = next(place for place in range(1, 5) if packet[place] < 128) + 1
    after = start + 4 + int.from_bytes(packet[start : start + 2], "big")
    body = packet[start:after] + b"\0" + packet[after:]
    return packet[:1] + remaining_length(len(body)) + body


def measure_all() -> dict[str, list[Stage]]:
    cases = {"single samples": measure(), "arrays of 10": measure(array=10, messages=4_000)}
    print("stage of ingest, CPU in µs a message                single   array of 10")
    for one, ten in zip(*cases.values(), strict=True):
        print(f"{one.name:50} {one.us_a_message:7.2f} {ten.us_a_message:12.2f}", flush=True)
    sums = [sum(stage.us_a_message for stage in stages) for stages in cases.values()]
    print(f"{'together':50} {sums[0]:7.2f} {sums[1]:12.2f}", flush=True)
    return cases
