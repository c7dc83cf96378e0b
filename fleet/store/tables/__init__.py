"""Every table, as SQLAlchemy Core. The migrations create them; a test compares the two.

The registry (who owns what) and its books of rules and lists, the readings (hypertables, one row a sample, daily
chunks), the books (batches, ledger, quarantine, receipts) that prove what became of every message, trips, and access.
"""

from __future__ import annotations

from fleet.store.tables.access import (
    account,
    audit_log,
    broker_account,
    login_failure,
    login_session,
    refresh_token,
    second_factor,
    token,
)
from fleet.store.tables.base import INSTANT, metadata
from fleet.store.tables.books import batch, ingest_worker, ledger, ledger_hour, quarantine, receipt
from fleet.store.tables.readings import (
    READING_TABLES,
    event_reading,
    latest_state,
    live_revision,
    position_reading,
    usage_reading,
)
from fleet.store.tables.registry import binding, driver, organ, registry_revision, unit, vehicle, vehicle_history
from fleet.store.tables.rulings import (
    area,
    exemption,
    fuel_card,
    policy_value,
    recompute,
    sealing_list,
    sealing_list_vehicle,
)
from fleet.store.tables.trips import (
    fold_checkpoint,
    fold_snapshot,
    follow_cursor,
    gap,
    gap_version,
    late_span,
    monitor_status,
    recompute_refused,
    stop,
    stop_version,
    trip,
    trip_track,
    trip_version,
    unit_state,
    vehicle_day,
    vehicle_day_division,
    vehicle_month,
)
from fleet.store.tables.visits import trip_cells

__all__ = [
    "INSTANT",
    "READING_TABLES",
    "account",
    "area",
    "audit_log",
    "batch",
    "binding",
    "broker_account",
    "driver",
    "event_reading",
    "exemption",
    "fold_checkpoint",
    "fold_snapshot",
    "follow_cursor",
    "fuel_card",
    "gap",
    "gap_version",
    "ingest_worker",
    "late_span",
    "latest_state",
    "ledger",
    "ledger_hour",
    "live_revision",
    "login_failure",
    "login_session",
    "metadata",
    "monitor_status",
    "organ",
    "policy_value",
    "position_reading",
    "quarantine",
    "receipt",
    "recompute",
    "recompute_refused",
    "refresh_token",
    "registry_revision",
    "sealing_list",
    "sealing_list_vehicle",
    "second_factor",
    "stop",
    "stop_version",
    "token",
    "trip",
    "trip_cells",
    "trip_track",
    "trip_version",
    "unit",
    "unit_state",
    "usage_reading",
    "vehicle",
    "vehicle_day",
    "vehicle_day_division",
    "vehicle_history",
    "vehicle_month",
]
