"""What the units of an order's vehicles are told of it, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.dispatch.purposes import PURPOSES
from fleet.model.orders import Order, OrderState, Place

ORDER, WITHDRAWN = "order", "order.withdrawn"
"""Kinds of commands: the order that the vehicle is to carry out; that it is not to carry it out after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a step changes in what units know. Vehicles by id, sorted.

    `tell`: they get the order as it is now, up to `expires_at`. `take_back`: they do not have it any more. What was
    sent to `silent` and not answered is not sent again, and nobody is told.
    """

    content: dict[str, Any]
    expires_at: datetime
    tell: tuple[int, ...] = ()
    take_back: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()


def telling(before: Order | None, after: Order) -> Telling | None:
    """What follows from a step that made `after` of `before`; None where units learn nothing new."""
    had, has = _holders(before), _holders(after)
    new_content = content_of(after)
    changed = before is None or content_of(before) != new_content
    back = {one.vehicle_id for one in after.outings if one.returned_at is not None}
    gone = had - has
    tell = sorted(has if changed else has - had)
    if not tell and not gone:
        return None
    return Telling(
        content=new_content,
        expires_at=after.effective_plan.ends_at,
        tell=tuple(tell),
        take_back=tuple(sorted(gone - back)),
        silent=tuple(sorted(gone & back)),
    )


def content_of(order: Order) -> dict[str, Any]:
    """The order as a driver has to know it, without anybody's name. Coordinates in degrees (WGS-84)."""
    plan = order.effective_plan
    purpose = PURPOSES.get(order.purpose)
    return {
        **_reference(order),
        "purpose": order.purpose if purpose is None else purpose.zh,
        "emergency": order.emergency,
        "from": plan.begins_at.isoformat(),
        "to": plan.ends_at.isoformat(),
        "origin": _place(plan.origin),
        "destinations": [_place(one) for one in plan.destinations],
        "passengers": plan.passengers,
    }


def withdrawal_of(order: Order) -> dict[str, Any]:
    return _reference(order)


def _reference(order: Order) -> dict[str, Any]:
    return {"order_id": order.id, "number": order.number}


def _place(place: Place) -> dict[str, Any]:
    return {"name": place.name, "lat": place.lat_e7 / 1e7, "lon": place.lon_e7 / 1e7}


def _holders(order: Order | None) -> set[int]:
    """Vehicles that have the order to carry out."""
    if order is None or order.state not in (OrderState.ASSIGNED, OrderState.DEPARTED):
        return set()
    back = {one.vehicle_id for one in order.outings if one.returned_at is not None}
    return {one.vehicle_id for one in order.assigned} - back
