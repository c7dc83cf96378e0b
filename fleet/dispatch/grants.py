"""What an order allows one vehicle, as the grants a trip is held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from fleet.model.orders import Assignment, Decision, Order, Plan
from fleet.model.verdicts import Destination, Grant, GrantKind

Divisions = Callable[[Plan], frozenset[int] | None]
"""The counties a plan's permitted area means; None = anywhere."""


def grants_of(
    order: Order, vehicle_id: int, *, divisions: Divisions, radius_m: int, emergency_within_s: int
) -> tuple[Grant, ...]:
    """One grant for the order's approval and one for each approved amendment; none for what allows nothing.

    `radius_m`: how near counts as having been at a destination. `emergency_within_s`: the deadline of an emergency
    whose departure nobody has recorded, counted from the window's begin.
    """
    given = [one for one in order.assignments if one.vehicle_id == vehicle_id]
    if not given or order.submitted_at is None or order.cancelled_at is not None:
        return ()
    decide_by = None
    if order.emergency:
        decide_by = order.approve_by or order.plan.begins_at + timedelta(seconds=emergency_within_s)
    if order.decision is Decision.PENDING and decide_by is not None:
        kind, known_at = GrantKind.EMERGENCY_OPEN, order.submitted_at
    elif order.decision is Decision.APPROVED and order.decided_at is not None:
        kind, known_at = GrantKind.ORDER, order.decided_at
    else:
        return ()

    def grant(kind: GrantKind, version: int, known_at: datetime, plan: Plan) -> Grant:
        return Grant(
            kind=kind,
            source_id=order.id,
            number=order.number,
            version=version,
            known_at=known_at,
            begin=plan.begins_at,
            end=plan.ends_at,
            divisions=divisions(plan),
            destinations=_destinations(plan, radius_m),
            decide_by=decide_by,
        )

    found = [grant(kind, 0, known_at, order.plan)]
    found += [
        grant(GrantKind.AMENDMENT, one.number, one.decided_at, one.plan)
        for one in order.amendments
        if one.decision is Decision.APPROVED and one.decided_at is not None
    ]
    named, drove = _drivers(order, given, vehicle_id)
    outing = order.outing_of(vehicle_id)
    returned_at = None if outing is None else outing.returned_at
    held = [_held(one, given, named, drove, returned_at) for one in found]
    return tuple(one for one in held if one is not None)


def inferred(grant: Grant) -> Grant:
    """The grant of an order whose own vehicle stood still, for another vehicle of the same organ."""
    return replace(grant, inferred=True)


def _held(
    grant: Grant, given: list[Assignment], named: int | None, drove: int | None, returned_at: datetime | None
) -> Grant | None:
    """The grant within the time that the vehicle was given to the order; None where that is never."""
    last = given[-1]
    end = grant.end if last.ended_at is None else min(grant.end, last.ended_at)
    if end <= grant.begin:
        return None
    return replace(
        grant, end=end, vehicle_known_at=given[0].at, driver_id=named, drove_id=drove, returned_at=returned_at
    )


def _drivers(order: Order, given: list[Assignment], vehicle_id: int) -> tuple[int | None, int | None]:
    """Who was named when the vehicle departed, and who is named since; equal where nothing is known otherwise."""
    outing = order.outing_of(vehicle_id)
    if outing is None:
        return given[-1].driver_id, given[-1].driver_id
    before = [one for one in given if one.at <= outing.departed_at]
    return (before[-1] if before else given[0]).driver_id, given[-1].driver_id


def _destinations(plan: Plan, radius_m: int) -> tuple[Destination, ...]:
    return tuple(
        Destination(f"{number}", place.lat_e7, place.lon_e7, radius_m)
        for number, place in enumerate(plan.destinations, start=1)
    )
