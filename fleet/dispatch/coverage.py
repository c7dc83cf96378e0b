"""What an order permits, as it was known at any moment.

An order changes what is known of it when it is submitted, decided, amended, given a vehicle, cancelled. Between two
such moments one `Permit` says all. Driving is judged by the permit that was known when it happened, not by the one
that is known today: an approval of tomorrow is in tomorrow's permit only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fleet.model.orders import Amendment, Assignment, Decision, Order, Plan


class Standing(StrEnum):
    APPLIED = "applied"  # submitted, nobody has decided; an emergency may drive all the same
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What was known of an order from `known_from` on, up to `known_until` (not included; None = still).

    `amendment` is the number of the amendment whose plan holds, 0 = the plan as submitted. `approved_at` is when the
    order itself was approved (every level); `plan_approved_at` when the plan was: the same, or the amendment's. Both
    are None while nobody has decided. `approve_by` bounds the time in which an emergency may be approved afterwards;
    it is that of the order, known once the departure was recorded.
    """

    order_id: int
    known_from: datetime
    known_until: datetime | None
    standing: Standing
    plan: Plan
    amendment: int
    approved_at: datetime | None
    plan_approved_at: datetime | None
    emergency: bool
    approve_by: datetime | None
    assigned: tuple[Assignment, ...]

    @property
    def permits(self) -> bool:
        """Whether driving is allowed at all: approved, or an emergency on which nobody has decided.

        That the time of an emergency's approval has run out is the reader's to see: it comes with the clock.
        """
        return self.standing is Standing.APPROVED or (self.standing is Standing.APPLIED and self.emergency)

    def assignment_of(self, vehicle_id: int) -> Assignment | None:
        """The vehicle's assignment at that time; None when it was not given to the order."""
        return next((one for one in self.assigned if one.vehicle_id == vehicle_id), None)


def permits(order: Order) -> tuple[Permit, ...]:
    """Every version in the order of time, without gaps; empty for an order that was never submitted.

    Submissions before the last one were rejected and permitted nothing: the first permit begins with the last.
    """
    if order.submitted_at is None:
        return ()
    begins = order.submitted_at
    moments = {begins, *(moment for moment in _changes(order) if moment > begins)}
    ordered = sorted(moments)
    return tuple(_version(order, moment, until) for moment, until in zip(ordered, [*ordered[1:], None], strict=True))


def permit_known_at(order: Order, moment: datetime) -> Permit | None:
    """What was known at `moment`; None before the order was submitted (for the last time)."""
    if order.submitted_at is None or moment < order.submitted_at:
        return None
    later = [one for one in sorted(_changes(order)) if one > moment]
    earlier = [one for one in _changes(order) if order.submitted_at < one <= moment]
    return _version(order, max(earlier, default=order.submitted_at), later[0] if later else None)


def latest_permit(order: Order) -> Permit | None:
    """What is known today."""
    versions = permits(order)
    return versions[-1] if versions else None


def _changes(order: Order) -> list[datetime]:
    moments = [order.decided_at, order.cancelled_at]
    moments += [one.decided_at for one in order.amendments if one.decision is Decision.APPROVED]
    for one in order.assignments:
        moments += [one.at, one.ended_at]
    return [moment for moment in moments if moment is not None]


def _version(order: Order, moment: datetime, until: datetime | None) -> Permit:
    approved_at = order.decided_at if order.decision is Decision.APPROVED and _by(order.decided_at, moment) else None
    amended = _amendment_at(order, moment)
    return Permit(
        order_id=order.id,
        known_from=moment,
        known_until=until,
        standing=_standing(order, moment),
        plan=order.plan if amended is None else amended.plan,
        amendment=0 if amended is None else amended.number,
        approved_at=approved_at,
        plan_approved_at=approved_at if amended is None else amended.decided_at,
        emergency=order.emergency,
        approve_by=order.approve_by,
        assigned=tuple(
            one for one in order.assignments if one.at <= moment and (one.ended_at is None or moment < one.ended_at)
        ),
    )


def _standing(order: Order, moment: datetime) -> Standing:
    if _by(order.cancelled_at, moment):
        return Standing.CANCELLED
    if _by(order.decided_at, moment):
        return Standing.APPROVED if order.decision is Decision.APPROVED else Standing.REFUSED
    return Standing.APPLIED


def _amendment_at(order: Order, moment: datetime) -> Amendment | None:
    known = [one for one in order.amendments if one.decision is Decision.APPROVED and _by(one.decided_at, moment)]
    return max(known, key=lambda one: (one.decided_at, one.number), default=None)


def _by(happened_at: datetime | None, moment: datetime) -> bool:
    return happened_at is not None and happened_at <= moment
