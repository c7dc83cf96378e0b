"""`make bench ARGS=truth`: thirty days of 600 vehicles, two processes; precision and recall of every rule.

What is measured: plans, readings as the wire's bytes, ingest's decoding and checking, the trip fold, verdicts and
rules. What is not: MQTT, the database, late arrival (folded or not, late readings give the same trips).
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.truth.city import FIRST_DAY, Days, chosen, player, world
from benchmarks.truth.judging import Judged, fold, judge_organ
from benchmarks.truth.oracle import Oracle
from benchmarks.truth.papers import policies_of
from fleet.misuse.registry import RULES
from fleet.model.city import Organ
from fleet.model.city import Vehicle as Registered
from fleet.model.findings import Finding
from fleet.model.moments import LOCAL

LEAST_PLANTED, LEAST_LOOK_ALIKES = 200, 1_000
LEAST_RECALL, LEAST_PRECISION = 0.95, 0.98
MOST_SECONDS = 600
VEHICLES, DAYS, PROCESSES = 600, 30, 2
OF_THE_GAP_ITSELF = frozenset({"unit_silent", "odometer_gap", "unit_tampered"})
"""Rules that speak of the unit or of distance, never of a person."""

_EXAMPLES = 30  # of each rule and kind go into the report


@dataclass(frozen=True, slots=True)
class Example:
    """Something to look at: a finding that is not true, or what was planted and not found."""

    rule: str
    what: str  # "false" | "missed" | "hidden"
    vehicle: int
    begin: str
    end: str
    name: str
    why: str


@dataclass(slots=True)
class Tally:
    """Counts of one rule."""

    planted: int = 0
    found: int = 0
    look_alikes: int = 0
    taken_for: int = 0  # look-alikes that were accused
    findings: int = 0
    false: int = 0
    on_missing_data: int = 0

    def add(self, other: Tally) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def recall(self) -> float:
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        return 1 - self.false / self.findings if self.findings else 1.0


@dataclass(slots=True)
class Figures:
    """What came of some vehicles."""

    rules: dict[str, Tally] = field(default_factory=lambda: {rule.slug: Tally() for rule in RULES})
    verdicts: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    vehicles: int = 0
    readings: int = 0
    trips: int = 0
    void: int = 0  # planted, but not enough of it to be misuse
    cpu_s: float = 0.0

    def add(self, other: Figures) -> None:
        for slug, tally in other.rules.items():
            self.rules[slug].add(tally)
        self.verdicts += other.verdicts
        self.examples += other.examples
        self.vehicles += other.vehicles
        self.readings += other.readings
        self.trips += other.trips
        self.void += other.void
        self.cpu_s += other.cpu_s


def measure(vehicles: int, days: Days, processes: int) -> Figures:
    """The same figures whatever the number of processes."""
    jobs = [(organ, some, days) for organ, some in chosen(vehicles)]
    figures = Figures()
    if processes == 1:
        for job in jobs:
            figures.add(of_organ(job))
        return figures
    world(days.first)  # before the processes part, so that they share it
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for some in pool.imap(of_organ, jobs):
            figures.add(some)
    return figures


def of_organ(job: tuple[Organ, Sequence[Registered], Days]) -> Figures:
    """One organ's vehicles, from their plans to what the rules say, held against the truth."""
    organ, vehicles, days = job
    began_s = time.process_time()
    folded = [fold(player(organ, vehicle, days), days) for vehicle in vehicles]
    policies = policies_of(organ)(days.begin)
    figures = Figures()
    for judged in judge_organ(organ, folded, days):
        oracle = Oracle(organ, judged.folded.player, judged.folded.lived, policies)
        _compare(judged, oracle, figures)
    figures.cpu_s = time.process_time() - began_s
    return figures


def broken(figures: Figures, seconds: float) -> list[str]:
    """What does not hold, as sentences; empty = all of it does."""
    found = []
    for slug, tally in figures.rules.items():
        if tally.planted < LEAST_PLANTED or tally.look_alikes < LEAST_LOOK_ALIKES:
            found.append(
                f"{slug}: {tally.planted} planted and {tally.look_alikes} look-alikes are too few to measure it"
            )
        if tally.recall < LEAST_RECALL:
            found.append(f"{slug}: recall {tally.recall:.3f} is below {LEAST_RECALL}")
        if tally.precision < LEAST_PRECISION:
            found.append(f"{slug}: precision {tally.precision:.3f} is below {LEAST_PRECISION}")
        if tally.on_missing_data:
            found.append(f"{slug}: {tally.on_missing_data} findings stand on missing data alone")
    if seconds > MOST_SECONDS:
        found.append(f"it took {seconds:.0f} s, more than {MOST_SECONDS}")
    return found


def measure_all() -> tuple[dict[str, Any], list[str]]:
    """Measures and prints; answers the report, and what is broken."""
    began = time.monotonic()
    days = Days(FIRST_DAY, DAYS)
    figures = measure(VEHICLES, days, PROCESSES)
    seconds = time.monotonic() - began
    # On a machine that others use too, the wall's time is theirs as well as ours.
    own_s = figures.cpu_s / PROCESSES
    faults = broken(figures, own_s)
    print(f"truth: {figures.vehicles} vehicles, {DAYS} days from {FIRST_DAY}, {figures.readings:,} readings, ", end="")
    print(f"{figures.trips:,} trips; {seconds:.0f} s, {own_s:.0f} s of each of {PROCESSES} cores")
    print(table(figures))
    for fault in faults:
        print(f"BROKEN {fault}")
    report = {
        "vehicles": figures.vehicles,
        "days": DAYS,
        "first_day": FIRST_DAY.isoformat(),
        "readings": figures.readings,
        "trips": figures.trips,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(figures.cpu_s, 1),
        "load": os.getloadavg()[0],
        "verdicts": dict(sorted(figures.verdicts.items())),
        "planted_in_vain": figures.void,
        "rules": {
            slug: asdict(tally) | {"recall": round(tally.recall, 4), "precision": round(tally.precision, 4)}
            for slug, tally in figures.rules.items()
        },
        "broken": faults,
        "to_look_at": [asdict(one) for one in _some(figures.examples)],
    }
    return report, faults


def table(figures: Figures) -> str:
    """One row a rule, as the documentation quotes it."""
    rows = [
        "| rule | planted | found | missed | recall | look-alikes | accused | findings | false | precision |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for slug, one in figures.rules.items():
        counts = f"{one.planted} | {one.found} | {one.planted - one.found} | {one.recall:.3f}"
        more = f"{one.look_alikes} | {one.taken_for} | {one.findings} | {one.false} | {one.precision:.3f}"
        rows.append(f"| `{slug}` | {counts} | {more} |")
    return "\n".join(rows)


def _some(examples: Sequence[Example]) -> list[Example]:
    taken: Counter[tuple[str, str]] = Counter()
    found = []
    for one in examples:
        taken[one.rule, one.what] += 1
        if taken[one.rule, one.what] <= _EXAMPLES:
            found.append(one)
    return found


def _compare(judged: Judged, oracle: Oracle, figures: Figures) -> None:
    vehicle = judged.folded.player.vehicle
    figures.vehicles += 1
    figures.readings += judged.folded.readings
    figures.trips += len(judged.verdicts)
    figures.verdicts += Counter(one.kind.value for one in judged.verdicts.values())
    findings: dict[str, list[Finding]] = defaultdict(list)
    false: dict[str, list[Finding]] = defaultdict(list)
    for one in judged.findings:
        findings[one.rule].append(one)
        tally = figures.rules[one.rule]
        tally.findings += 1
        if oracle.true(one):
            continue
        tally.false += 1
        false[one.rule].append(one)
        ends_at = (one.end or one.begin).timestamp()
        hidden = one.rule not in OF_THE_GAP_ITSELF and oracle.hidden(one.begin.timestamp(), ends_at)
        tally.on_missing_data += hidden
        figures.examples.append(_example(one, vehicle.id, "hidden" if hidden else "false", oracle))
    for label in oracle.labels:
        if label.rule not in figures.rules:
            continue  # a rule that does not exist yet
        tally = figures.rules[label.rule]
        if label.innocent:
            tally.look_alikes += 1
            tally.taken_for += oracle.found(label, false[label.rule])
        elif oracle.holds(label):
            tally.planted += 1
            if oracle.found(label, findings[label.rule]):
                tally.found += 1
            else:
                begin, end = _local(label.begins_at), _local(label.ends_at)
                figures.examples.append(Example(label.rule, "missed", vehicle.id, begin, end, label.name, ""))
        else:
            figures.void += 1


def _example(finding: Finding, vehicle_id: int, what: str, oracle: Oracle) -> Example:
    begin = finding.begin.timestamp()
    end = begin if finding.end is None else finding.end.timestamp()
    names = sorted({label.name for label in oracle.labels if label.begins_at < end and label.ends_at > begin})
    why = "; ".join(f"{ground.code} {ground.data}" for ground in finding.grounds)[:400]
    return Example(finding.rule, what, vehicle_id, _local(begin), _local(end), " ".join(names), why)


def _local(at: float) -> str:
    return datetime.fromtimestamp(at, tz=LOCAL).strftime("%m-%d %H:%M:%S")
