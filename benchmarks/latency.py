"""From the moment a unit publishes to the moment a reader of `/api/v1/stream` has it: broker, ingest, database, API.

The load generator writes the time into each sample as it sends it, and a reader on this machine notes when the event
with it has come whole: what is measured is all that lies between, on one clock. Then a backlog of millions: how much
memory ingest needs for it, and how old the live state is meanwhile.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import psutil

from benchmarks import load
from benchmarks.ingest import peak_mib, query
from benchmarks.load import DIVISION, UNITS
from benchmarks.stack import GATEWAYS, Stack, stack

RATES = (600, 6_000)
SECONDS = 60
WARM_S = 10.0
BACKLOG = 2_000_000
LIVE_RATE = 600
FRESH_S = 1.5
"""The aim: younger than this at the 99th percentile."""


@dataclass(frozen=True, slots=True)
class Latency:
    rate: int  # messages a second
    published: int
    shown: int  # positions that reached the reader; one that is overtaken by the next within a second does not
    p50_s: float
    p95_s: float
    p99_s: float
    worst_s: float
    cpu_share: dict[str, float]  # of one core, by part
    load: float


@dataclass(frozen=True, slots=True)
class Drain:
    """What happened between the first message of a backlog and the last."""

    way: str
    messages: int
    seconds: float  # from the first one taken until the last was committed
    rate: float
    ingest_mib: float  # the most that it held at any time
    ingest_before_mib: float
    oldest_live_s: float  # the age of the newest state that a reader saw, at worst
    live_p50_s: float
    fresh_after_s: float  # when it was younger than FRESH_S for good
    load: float


class _Shown(msgspec.Struct):
    observed_at: datetime


class _Event(msgspec.Struct):
    full: bool
    items: list[_Shown]


class Reader(threading.Thread):
    """One reader of everything that is live. `seen`: of each position when it had come, and how old it was then."""

    def __init__(self, url: str, header: Mapping[str, str]) -> None:
        super().__init__(name="reader", daemon=True)
        self.url, self.headers = url, {**header, "Accept-Encoding": "identity"}
        self.seen: list[tuple[float, float]] = []
        self.newest_s = 0.0  # Unix time of the newest position that was shown
        self._decoder = msgspec.json.Decoder(_Event)
        self._ended = threading.Event()

    def run(self) -> None:
        topics = {"topics": "positions"}
        with httpx.Client(timeout=httpx.Timeout(10, read=60)) as client:
            while not self._ended.is_set():
                with client.stream("GET", f"{self.url}/api/v1/stream", headers=self.headers, params=topics) as answer:
                    answer.raise_for_status()
                    self._read(answer)

    def close(self) -> None:
        self._ended.set()
        self.join(30)

    def _read(self, answer: httpx.Response) -> None:
        for event in split_events(answer.iter_raw()):
            if self._ended.is_set():
                return
            self._note(event, time.time())

    def _note(self, event: bytes, at: float) -> None:
        head, _, data = event.partition(b"\ndata: ")
        if not head.endswith(b"event: positions"):
            return
        told = self._decoder.decode(data)
        moments = [one.observed_at.timestamp() for one in told.items]
        self.newest_s = max([self.newest_s, *moments])
        if not told.full:
            self.seen += [(at, at - moment) for moment in moments]


def split_events(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Server-sent events without the empty line that ends each, wherever the network cut them."""
    parts: list[bytes] = []  # joined once an event, not once a piece: an event may have megabytes
    for piece in filter(None, pieces):
        ends = b"\n\n" in piece or (piece.startswith(b"\n") and bool(parts) and parts[-1].endswith(b"\n"))
        parts.append(piece)
        if ends:
            *events, rest = b"".join(parts).split(b"\n\n")
            parts = [rest] if rest else []
            yield from events


def register(opened: Stack) -> None:
    """The generator's units, each in a vehicle."""
    for statement in (
        "insert into organ (id, code, name, kind, division) values (1, 'O1', 'organ', 'government', $1)",
        "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
        " select g, 'P' || g, 1, $1, 'other', 'retained', 'petrol', 'in_service', 'saloon', 5"
        f" from generate_series(1, {UNITS}) g",
        "insert into unit (id, code, division) select g, 'B' || lpad((g - 1)::text, 5, '0'), $1"
        f" from generate_series(1, {UNITS}) g",
    ):
        query(opened.url, statement, DIVISION)
    query(
        opened.url,
        "insert into binding (unit_id, vehicle_id, period) select g, g, '[2020-01-01,)'"
        f" from generate_series(1, {UNITS}) g",
    )
    query(opened.url, "analyze")


def publish(opened: Stack, name: str, once: int, rate: float | None = None) -> Any:
    """A generator under the account `name`."""
    directory = opened.directory / name
    directory.mkdir(exist_ok=True)
    return load.start(directory, opened.broker.port, name, opened.password, once=once, array=1, rate=rate)


def measure_rate(opened: Stack, reader: Reader, rate: int, seconds: int) -> Latency:
    before, began = opened.cpu_s(), time.time()
    generator = publish(opened, GATEWAYS[0], rate * seconds, rate)
    report = load.report_of(generator)
    spent = opened.cpu_s()
    lasted = time.time() - began
    await_taken(opened)
    time.sleep(3)
    since = report.began_at + min(WARM_S, seconds / 2)
    ages = [age for at, age in list(reader.seen) if at - age >= since]
    p50, p95, p99, worst = np.percentile(ages, (50, 95, 99, 100)).round(3).tolist()
    share = {name: round((spent[name] - before[name]) / lasted, 3) for name in spent}
    return Latency(rate, rate * seconds, len(ages), p50, p95, p99, worst, share, round(os.getloadavg()[0], 1))


def await_taken(opened: Stack) -> None:
    """Until nothing has been committed for two seconds."""
    taken = -1
    while (now := received(opened)) != taken:
        taken = now
        time.sleep(2)


def received(opened: Stack) -> int:
    return query(opened.url, "select coalesce(sum(received), 0) from batch")


def measure_drain(opened: Stack, reader: Reader, total: int, *, held: bool) -> Drain:
    """`held`: the broker keeps all of it for the session of an ingest that is away; else it is offered as fast as the
    broker takes it. Beside it units publish as ever."""
    before = received(opened)
    opened.stop("ingest")
    if held:
        load.report_of(publish(opened, GATEWAYS[0], total))
    opened.start_ingest()
    process = psutil.Process(opened.parts["ingest"].pid)
    at_rest_mib = process.memory_info().rss / 2**20
    began = time.time()
    generators = [] if held else [publish(opened, GATEWAYS[0], total)]
    live = publish(opened, GATEWAYS[1], LIVE_RATE * 1_000_000, LIVE_RATE)
    ages: list[tuple[float, float]] = []
    ended = 0.0
    try:
        while not ended or time.time() < ended + 10:
            time.sleep(0.25)
            ages.append((time.time() - began, time.time() - reader.newest_s))
            if not ended and received(opened) - before >= total:
                ended = time.time()
    finally:
        live.terminate()
        live.communicate()
        for generator in generators:
            generator.communicate()
    seconds = ended - began
    late = [at for at, age in ages if age > FRESH_S]
    found = [age for _, age in ages]
    await_taken(opened)
    return Drain(
        *("held by the broker" if held else "offered at full speed", total, round(seconds, 1), round(total / seconds)),
        *(round(peak_mib(process.pid)), round(at_rest_mib), round(max(found), 1), round(float(np.median(found)), 2)),
        *(round(max(late, default=0.0), 1), round(os.getloadavg()[0], 1)),
    )


def measure_all(seconds: int = SECONDS, backlog: int = BACKLOG) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
        Path(name).chmod(0o711)
        with stack(Path(name), {"max_wal_size": "4GB"}) as opened:
            register(opened)
            opened.start_ingest()
            reader = Reader(opened.api_url, opened.start_api())
            reader.start()
            print("publish to visible   p50 s  p95 s  p99 s  worst s   shown of published   of one core         load")
            rates = []
            for rate in RATES:
                one = measure_rate(opened, reader, rate, seconds)
                rates.append(one)
                cores = ", ".join(f"{part} {share:.0%}" for part, share in one.cpu_share.items())
                print(
                    f"{rate:6,} messages/s   {one.p50_s:7.2f} {one.p95_s:6.2f} {one.p99_s:6.2f} {one.worst_s:8.2f}"
                    f"   {one.shown:,} of {one.published:,}   {cores}   {one.load}",
                    flush=True,
                )
            print("backlog                  messages  seconds  rate/s  ingest MiB (before)   live state, s: worst p50")
            drains = []
            for held in (True, False):
                found = measure_drain(opened, reader, backlog, held=held)
                drains.append(found)
                print(
                    f"{found.way:22} {found.messages:10,} {found.seconds:8.1f} {found.rate:7,.0f}"
                    f" {found.ingest_mib:11.0f} ({found.ingest_before_mib:.0f})"
                    f" {found.oldest_live_s:18.1f} {found.live_p50_s:.2f}, fresh after {found.fresh_after_s:.1f} s,"
                    f" load {found.load}",
                    flush=True,
                )
            reader.close()
    return {"latency": [asdict(one) for one in rates], "backlog": [asdict(one) for one in drains]}
