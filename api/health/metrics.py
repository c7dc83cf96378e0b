"""The service's figures for Prometheus, in a registry of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fleet.model.readings import KIND_NUMBERS
from fleet.store.audit_journal import JournalState
from fleet.store.judge_status import JudgeStatus
from fleet.store.ledger import Counts
from fleet.store.monitor_status import MonitorStatus

QUARANTINE_EVERY = timedelta(minutes=1)

MONITOR_FIGURES = (
    *("behind_batches", "vehicles", "late_spans", "recompute_waiting"),
    *("readings_folded", "readings_late", "readings_unbound", "refolds", "refolds_refused"),
)

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

KIND_NAMES: Mapping[int, str] = {0: "unknown", **{number: kind.value for kind, number in KIND_NUMBERS.items()}}


class LedgerTotals(Collector):
    """The ledger's totals as counters; their truth is the database, not this process."""

    def __init__(self) -> None:
        self.sums: Mapping[int, Counts] = {}

    def collect(self) -> list[CounterMetricFamily]:
        family = CounterMetricFamily(
            "fleet_ledger_samples", "Samples by kind and by what became of them", labels=["kind", "fate"]
        )
        for kind, counts in sorted(self.sums.items()):
            for fate in ("received", "stored", "duplicate", "quarantined"):
                family.add_metric([KIND_NAMES.get(kind, str(kind)), fate], getattr(counts, fate))
        return [family]


class AuditTotals(Collector):
    """What this process's journal did."""

    def __init__(self) -> None:
        self.state = JournalState()

    def collect(self) -> Iterator[Metric]:
        state = self.state
        yield CounterMetricFamily("fleet_audit_entries", "Audit entries chained by this process", state.entries)
        yield CounterMetricFamily("fleet_audit_commits", "Commits that chained them", state.commits)
        yield CounterMetricFamily(
            "fleet_audit_late", "Changes answered before their audit entry was chained", state.late
        )
        yield GaugeMetricFamily("fleet_audit_up", "1 = this process can write the audit log", int(state.appending))
        yield GaugeMetricFamily(
            "fleet_audit_distrusted_chains", "Chains that do not end as they should", len(state.distrusted)
        )


class Metrics:
    """What is counted while requests pass, and what is set just before the figures are read."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fleet_api_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "fleet_api_request_seconds",
            "Time until the answer began",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.streams = Gauge("fleet_api_streams", "Streams that are open", registry=self.registry)
        self.vehicles = Gauge("fleet_api_live_vehicles", "Vehicles with a last position", registry=self.registry)
        self.revision = Gauge("fleet_api_live_revision", "Revision of the fleet in memory", registry=self.registry)
        self.revision_lag = Gauge(
            "fleet_api_live_revision_lag", "Revisions committed but not yet in memory", registry=self.registry
        )
        self.store_up = Gauge("fleet_api_store_up", "1 = the database answers", registry=self.registry)
        self.batch_age = Gauge(
            "fleet_ingest_last_batch_age_seconds", "Seconds since ingest last wrote", registry=self.registry
        )
        self.broker_dropped = Gauge(
            "fleet_broker_dropped_messages", "Messages the broker says it threw away", registry=self.registry
        )
        self.quarantine = Gauge(
            "fleet_quarantine_unresolved", "Quarantined and not resolved", ["reason"], registry=self.registry
        )
        self.monitor_age = Gauge(
            "fleet_monitor_heartbeat_age_seconds",
            "Seconds since the monitor said that it lives",
            registry=self.registry,
        )
        self.monitor_behind = Gauge(
            "fleet_monitor_behind_seconds",
            "Seconds since the first batch was committed that is not folded yet; 0 = none",
            registry=self.registry,
        )
        self.monitor = Gauge(
            "fleet_monitor",
            "What the monitor says of itself; counts since its start",
            ["figure"],
            registry=self.registry,
        )
        self.judge_age = Gauge(
            "fleet_judge_heartbeat_age_seconds", "Seconds since the judge said that it lives", registry=self.registry
        )
        self.judge_behind = Gauge(
            "fleet_judge_behind_seconds",
            "Seconds since the oldest mark that is due waits to be judged; 0 = none",
            registry=self.registry,
        )
        self.judge = Gauge(
            "fleet_judge",
            "Marks that wait; the last round's time; vehicles judged since its start",
            ["figure"],
            registry=self.registry,
        )
        self.units = Gauge(
            "fleet_units",
            "Units in vehicles, by how they keep to the reporting contract",
            ["state"],
            registry=self.registry,
        )
        self.unresolved: Mapping[str, int] = {}
        self._quarantine_at: datetime | None = None
        self.ledger = LedgerTotals()
        self.registry.register(self.ledger)
        self.audit = AuditTotals()
        self.registry.register(self.audit)
        self.audit_pending = Gauge(
            "fleet_audit_pending", "Audit entries committed and not chained yet", registry=self.registry
        )
        self.audit_pending_age = Gauge(
            "fleet_audit_pending_age_seconds", "Age of the oldest of them", registry=self.registry
        )

    def quarantine_due(self, now: datetime) -> bool:
        """Counting what is unresolved reads the whole table: once a minute, however often the figures are asked for."""
        if self._quarantine_at is not None and now - self._quarantine_at < QUARANTINE_EVERY:
            return False
        self._quarantine_at = now
        return True

    def set_quarantine(self, unresolved: Mapping[str, int]) -> None:
        self.unresolved = dict(unresolved)
        self.quarantine.clear()
        for reason, entries in unresolved.items():
            self.quarantine.labels(reason).set(entries)

    def set_monitor(self, monitor: MonitorStatus | None, conditions: Mapping[str, int], now: datetime) -> None:
        """Takes over the monitor's own figures; nothing where none ever ran."""
        if monitor is None:
            return
        self.monitor_age.set((now - monitor.seen_at).total_seconds())
        self.monitor_behind.set(monitor.behind_ms / 1_000)
        for figure in MONITOR_FIGURES:
            self.monitor.labels(figure).set(getattr(monitor, figure))
        self.units.clear()
        for state, units in conditions.items():
            self.units.labels(state).set(units)

    def set_judge(self, judging: JudgeStatus | None, behind_s: float | None, now: datetime) -> None:
        """The same of the judge."""
        if judging is None:
            return
        self.judge_age.set((now - judging.seen_at).total_seconds())
        self.judge_behind.set(behind_s or 0.0)
        for figure in ("waiting", "round_ms", "vehicles"):
            self.judge.labels(figure).set(getattr(judging, figure))

    def text(self) -> bytes:
        return generate_latest(self.registry)
