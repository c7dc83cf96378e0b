"""The history of an order: every step with who, in which role, when, why, and what was different before and after.

The fields that the steps changed, laid over each other from the first on, are the order as it is: `replay`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from fleet.dispatch.commands import Name
from fleet.dispatch.guards import FROM, FROM_EMERGENCY
from fleet.model.orders import Order, OrderState
from fleet.model.registry import Role

HIDDEN = frozenset({"contact_name", "contact_phone"})
"""Personal data: that it changed is history, what it was is not."""

_VEIL = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step; `n` counts those of the order from 1. `before` and `after` hold the fields that differ, as JSON.

    `account_id` and `role` are None for what is known from the road.
    """

    n: int
    at: datetime
    account_id: int | None
    role: Role | None
    command: Name
    state_before: OrderState | None
    state_after: OrderState
    why: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def plain(order: Order) -> dict[str, Any]:
    """The order as JSON knows it, personal data veiled."""
    return _veiled(_json(order))


def difference(before: Order | None, after: Order) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, before and after; all of them for a new order."""
    new = _json(after)
    if before is None:
        return {}, _veiled(new)
    old = _json(before)
    names = [name for name in new if old[name] != new[name]]
    return _veiled({name: old[name] for name in names}), _veiled({name: new[name] for name in names})


def _json(order: Order) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(order))
    return built


def _veiled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _VEIL if name in HIDDEN and value is not None else value for name, value in fields.items()}


def replay(events: Iterable[Event]) -> dict[str, Any]:
    """The order that the events tell of, as `plain` shows it.

    Raises ValueError where they contradict each other: a gap in the numbers, a step from another state than the last
    one led to, a step that no state of the order allows.
    """
    told: dict[str, Any] = {}
    state: OrderState | None = None
    for number, event in enumerate(events, start=1):
        if event.n != number:
            raise ValueError(f"event {event.n} stands where {number} should")
        if event.state_before != state:
            raise ValueError(f"event {number} starts from {event.state_before}, the one before led to {state}")
        if (state is None) != (event.command is Name.CREATE) or not _possible(event, told):
            raise ValueError(f"event {number}: {event.command} is not possible from {state}")
        for name, value in event.before.items():
            if told.get(name) != value:
                raise ValueError(f"event {number} says that {name} was {value!r}; it was {told.get(name)!r}")
        told |= event.after
        if told["state"] != event.state_after:
            raise ValueError(f"event {number} says that it led to {event.state_after}, not {told['state']}")
        state = event.state_after
    return told


def _possible(event: Event, told: Mapping[str, Any]) -> bool:
    if event.state_before is None or event.state_before in FROM[event.command]:
        return True
    if event.command is Name.RETURN and event.state_before is OrderState.RETURNED:
        return any(one["return_source"] == "road" and one["odometer_in_m"] is None for one in told["outings"])
    undecided = told["emergency"] and told["decision"] == "pending"
    return bool(undecided) and event.state_before in FROM_EMERGENCY.get(event.command, frozenset())
