"""What each role may do: one table, read by every route. Scope (whose things) is the question of `scope.py`.

A route names exactly one permission. `SEE_CONFIDENTIAL` and `UNMASK` open no route: they widen what an answer holds.
The administrator runs the system: no permission that decides on a case may ever be given to that role. Auditor and
viewer only read (`WRITES` names what changes things, a test compares).
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from fleet.model.registry import Role


class Permission(StrEnum):
    USE_ACCOUNT = "use_account"
    CHANGE_OWN_ACCOUNT = "change_own_account"
    MANAGE_ACCOUNTS = "manage_accounts"
    READ_REGISTRY = "read_registry"
    MANAGE_ORGANS = "manage_organs"
    MANAGE_VEHICLES = "manage_vehicles"
    MANAGE_UNITS = "manage_units"
    MANAGE_AREAS = "manage_areas"
    READ_DRIVERS = "read_drivers"
    MANAGE_DRIVERS = "manage_drivers"
    IMPORT_REGISTRY = "import_registry"
    IMPORT_ENERGY = "import_energy"
    READ_POLICIES = "read_policies"
    MANAGE_POLICIES = "manage_policies"
    READ_LISTS = "read_lists"
    MANAGE_LISTS = "manage_lists"
    READ_POSITIONS = "read_positions"
    READ_TRIPS = "read_trips"
    READ_TRACKS = "read_tracks"
    READ_LEDGER = "read_ledger"
    READ_QUARANTINE = "read_quarantine"
    RETRY_QUARANTINE = "retry_quarantine"
    READ_ORDERS = "read_orders"
    APPLY_FOR_VEHICLES = "apply_for_vehicles"
    APPROVE_ORDERS = "approve_orders"
    ASSIGN_VEHICLES = "assign_vehicles"
    RECORD_OUTINGS = "record_outings"
    SETTLE_ORDERS = "settle_orders"
    READ_AUDIT = "read_audit"
    READ_SYSTEM = "read_system"
    READ_STATISTICS = "read_statistics"
    READ_CASES = "read_cases"
    DECIDE_CASES = "decide_cases"
    EXPLAIN_CASES = "explain_cases"
    COMMENT_CASES = "comment_cases"
    MANAGE_WEBHOOKS = "manage_webhooks"
    SEE_CONFIDENTIAL = "see_confidential"
    UNMASK = "unmask"


SENTENCES = MappingProxyType(
    {
        Permission.USE_ACCOUNT: "Be logged in: see who one is and log out.",
        Permission.CHANGE_OWN_ACCOUNT: "Change one's own password, second factor and access tokens.",
        Permission.MANAGE_ACCOUNTS: "Create, change, disable and unlock accounts.",
        Permission.READ_REGISTRY: "Read organs, vehicles, onboard units and areas.",
        Permission.MANAGE_ORGANS: "Create and change organs.",
        Permission.MANAGE_VEHICLES: "Create and change vehicles.",
        Permission.MANAGE_UNITS: "Create and change onboard units, and fit them to vehicles.",
        Permission.MANAGE_AREAS: "Create and change areas: parking, depots, stations, restricted places.",
        Permission.READ_DRIVERS: "Read drivers, their phones masked.",
        Permission.MANAGE_DRIVERS: "Create and change drivers.",
        Permission.IMPORT_REGISTRY: "Import organs, vehicles, drivers and units from files.",
        Permission.IMPORT_ENERGY: "Import fuel-card and charging records of the vehicles of one's organs.",
        Permission.READ_POLICIES: "Read the values of policies and their versions.",
        Permission.MANAGE_POLICIES: "Give policies new values.",
        Permission.READ_LISTS: "Read calendars, duty rosters, sealing lists, exemptions and fuel cards.",
        Permission.MANAGE_LISTS: "Create and change calendars, duty rosters, sealing lists and exemptions.",
        Permission.READ_POSITIONS: "See where vehicles are now.",
        Permission.READ_TRIPS: "Read trips, stops, gaps and use records: where journeys began, ended, what they took.",
        Permission.READ_TRACKS: "Read where a vehicle was, for a stated purpose.",
        Permission.READ_LEDGER: "Read the books: what became of every message.",
        Permission.READ_QUARANTINE: "Read refused messages with their raw bytes.",
        Permission.RETRY_QUARANTINE: "Have refused messages tried again.",
        Permission.READ_ORDERS: "Read orders for vehicles, their contacts masked, and task forces.",
        Permission.APPLY_FOR_VEHICLES: "Apply for vehicles: write, submit, amend and cancel orders.",
        Permission.APPROVE_ORDERS: "Approve and reject orders, amendments and task forces of others.",
        Permission.ASSIGN_VEHICLES: "Assign vehicles and drivers to orders, see the candidates, and run task forces.",
        Permission.RECORD_OUTINGS: "Record and correct departures and returns; answer calls of task forces.",
        Permission.SETTLE_ORDERS: "Settle orders.",
        Permission.READ_AUDIT: "Read the audit log: who did what, and whether it is intact.",
        Permission.READ_SYSTEM: "See whether every part of the service works, and how far each is behind.",
        Permission.READ_STATISTICS: "Read figures about the vehicles of one's organs, and the vehicles behind them.",
        Permission.READ_CASES: "Read findings and cases with their evidence.",
        Permission.DECIDE_CASES: "Assign, confirm, dismiss, close and reopen cases of other organs.",
        Permission.EXPLAIN_CASES: "Explain the cases of one's own organ.",
        Permission.COMMENT_CASES: "Comment on cases.",
        Permission.MANAGE_WEBHOOKS: "Have other systems told of the cases one may see.",
        Permission.SEE_CONFIDENTIAL: "See confidential vehicles, which exist for nobody else.",
        Permission.UNMASK: "See personal data in full where a purpose is stated.",
    }
)
"""One sentence each, for people who grant roles."""

EVERYBODY = frozenset(Role)
_STAFF = EVERYBODY - {Role.VIEWER}
_DISPATCHERS = frozenset({Role.CITY_DISPATCHER, Role.ORGAN_DISPATCHER})

TABLE = MappingProxyType(
    {
        Permission.USE_ACCOUNT: EVERYBODY,
        Permission.CHANGE_OWN_ACCOUNT: EVERYBODY,
        Permission.MANAGE_ACCOUNTS: frozenset({Role.ADMINISTRATOR}),
        Permission.READ_REGISTRY: EVERYBODY,
        Permission.MANAGE_ORGANS: frozenset({Role.ADMINISTRATOR}),
        Permission.MANAGE_VEHICLES: frozenset({Role.ADMINISTRATOR, Role.CITY_DISPATCHER}),
        Permission.MANAGE_UNITS: frozenset({Role.ADMINISTRATOR, Role.CITY_DISPATCHER}),
        Permission.MANAGE_AREAS: frozenset({Role.ADMINISTRATOR, Role.CITY_DISPATCHER, Role.SUPERVISOR}),
        Permission.READ_DRIVERS: _STAFF,
        Permission.MANAGE_DRIVERS: frozenset({Role.ADMINISTRATOR, Role.CITY_DISPATCHER, Role.ORGAN_DISPATCHER}),
        Permission.IMPORT_REGISTRY: frozenset({Role.ADMINISTRATOR}),
        Permission.IMPORT_ENERGY: frozenset({Role.ADMINISTRATOR}) | _DISPATCHERS,
        Permission.READ_POLICIES: EVERYBODY,
        Permission.MANAGE_POLICIES: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR}),
        Permission.READ_LISTS: _STAFF,
        Permission.MANAGE_LISTS: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR}),
        Permission.READ_POSITIONS: EVERYBODY,
        # Where a vehicle was says where its people were.
        Permission.READ_TRIPS: _STAFF,
        Permission.READ_TRACKS: _STAFF,
        Permission.READ_LEDGER: EVERYBODY,
        # Raw payloads may hold positions of confidential vehicles.
        Permission.READ_QUARANTINE: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AUDITOR}),
        Permission.RETRY_QUARANTINE: frozenset({Role.ADMINISTRATOR}),
        # Orders name contacts and say where people go.
        Permission.READ_ORDERS: _STAFF,
        # Whoever runs, supervises or audits the system neither orders vehicles through it nor decides on orders.
        Permission.APPLY_FOR_VEHICLES: _DISPATCHERS | {Role.APPROVER, Role.ORGAN_MANAGER},
        Permission.APPROVE_ORDERS: frozenset({Role.APPROVER, Role.ORGAN_MANAGER}),
        Permission.ASSIGN_VEHICLES: _DISPATCHERS,
        Permission.RECORD_OUTINGS: _DISPATCHERS,
        Permission.SETTLE_ORDERS: _DISPATCHERS,
        # It names confidential vehicles: nobody may read it who may not see those.
        Permission.READ_AUDIT: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AUDITOR}),
        # Whoever runs it, and whoever must know whether its figures can be trusted now.
        Permission.READ_SYSTEM: frozenset({Role.ADMINISTRATOR, Role.CITY_DISPATCHER, Role.SUPERVISOR, Role.AUDITOR}),
        Permission.READ_STATISTICS: EVERYBODY,
        # The administrator runs the system: neither reads what is held against people nor decides on it.
        Permission.READ_CASES: frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ORGAN_MANAGER}) | _DISPATCHERS,
        Permission.DECIDE_CASES: frozenset({Role.SUPERVISOR}),
        Permission.EXPLAIN_CASES: frozenset({Role.ORGAN_MANAGER}),
        Permission.COMMENT_CASES: frozenset({Role.SUPERVISOR, Role.ORGAN_MANAGER}) | _DISPATCHERS,
        # They carry what is held against people out of the system: by whoever answers for cases, as far as that goes.
        Permission.MANAGE_WEBHOOKS: frozenset({Role.SUPERVISOR}),
        Permission.SEE_CONFIDENTIAL: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AUDITOR}),
        # Who must call a driver, and who must know afterwards whom it was. The system runs without knowing phones.
        Permission.UNMASK: frozenset({Role.CITY_DISPATCHER, Role.ORGAN_DISPATCHER, Role.SUPERVISOR, Role.AUDITOR}),
    }
)

WRITES = frozenset(
    {
        Permission.MANAGE_ACCOUNTS,
        Permission.MANAGE_ORGANS,
        Permission.MANAGE_VEHICLES,
        Permission.MANAGE_UNITS,
        Permission.MANAGE_AREAS,
        Permission.MANAGE_DRIVERS,
        Permission.IMPORT_REGISTRY,
        Permission.IMPORT_ENERGY,
        Permission.MANAGE_POLICIES,
        Permission.MANAGE_LISTS,
        Permission.RETRY_QUARANTINE,
        Permission.APPLY_FOR_VEHICLES,
        Permission.APPROVE_ORDERS,
        Permission.ASSIGN_VEHICLES,
        Permission.RECORD_OUTINGS,
        Permission.SETTLE_ORDERS,
        Permission.DECIDE_CASES,
        Permission.EXPLAIN_CASES,
        Permission.COMMENT_CASES,
        Permission.MANAGE_WEBHOOKS,
    }
)
"""What changes more than one's own account."""


READERS = frozenset({Role.AUDITOR, Role.VIEWER})
"""Roles that only read; so do their tokens."""


def may(role: Role, permission: Permission) -> bool:
    return role in TABLE[permission]


def permissions_of(role: Role) -> frozenset[Permission]:
    return frozenset(permission for permission, roles in TABLE.items() if role in roles)
