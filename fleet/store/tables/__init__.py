"""Every table, as SQLAlchemy Core. The migrations create them; a test compares the two.

The registry (who owns what) and its books of rules and lists, the readings (hypertables, one row a sample, daily
chunks), the books (batches, ledger, quarantine, receipts) that prove what became of every message, access, and
orders with their bookings.
"""

from __future__ import annotations

from fleet.store.tables.access import (
    account,
    audit_log,
    audit_pending,
    broker_account,
    login_failure,
    login_session,
    refresh_token,
    second_factor,
    token,
)
from fleet.store.tables.base import INSTANT, metadata
from fleet.store.tables.books import batch, ingest_worker, ledger, ledger_hour, quarantine, receipt
from fleet.store.tables.orders import (
    booking,
    dispatch_order,
    order_amendment,
    order_approval,
    order_assignment,
    order_event,
    order_number,
    order_outing,
)
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

__all__ = [
    "INSTANT",
    "READING_TABLES",
    "account",
    "area",
    "audit_log",
    "audit_pending",
    "batch",
    "binding",
    "booking",
    "broker_account",
    "dispatch_order",
    "driver",
    "event_reading",
    "exemption",
    "fuel_card",
    "ingest_worker",
    "latest_state",
    "ledger",
    "ledger_hour",
    "live_revision",
    "login_failure",
    "login_session",
    "metadata",
    "order_amendment",
    "order_approval",
    "order_assignment",
    "order_event",
    "order_number",
    "order_outing",
    "organ",
    "policy_value",
    "position_reading",
    "quarantine",
    "receipt",
    "recompute",
    "refresh_token",
    "registry_revision",
    "sealing_list",
    "sealing_list_vehicle",
    "second_factor",
    "token",
    "unit",
    "usage_reading",
    "vehicle",
    "vehicle_history",
]
