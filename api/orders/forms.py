"""From forms to commands: places resolved, units made whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from api.orders.schemas import AccountForm, AmendForm, OrderForm, PlaceForm
from fleet.dispatch.commands import Content
from fleet.dispatch.plans import county_of
from fleet.geography.divisions import COUNTIES
from fleet.model.orders import Order, PermittedArea, Place, Plan
from fleet.model.scope import Scope
from fleet.registry.problems import Problem, Refused, error
from fleet.store import rulings
from fleet.store.tables import area

COUNTY_CODES = frozenset(county.code for county in COUNTIES)

_ACCOUNT = {
    "fuel_l": ("fuel_ml", 1000),
    "energy_kwh": ("energy_wh", 1000),
    "fuel_yuan": ("fuel_fen", 100),
    "energy_yuan": ("energy_fen", 100),
    "tolls_yuan": ("tolls_fen", 100),
    "parking_yuan": ("parking_fen", 100),
    "other_yuan": ("other_fen", 100),
    "odometer_km": ("odometer_in_m", 1000),
    "odometer_out_km": ("odometer_out_m", 1000),
    "odometer_in_km": ("odometer_in_m", 1000),
}
"""Fields of forms, what they are inside, and how many of those make one."""


def metres(value: Decimal | None) -> int | None:
    return None if value is None else int(value * 1000)


def account_of(form: AccountForm) -> dict[str, Any]:
    """The fields of an outing that were sent, in small units."""
    account: dict[str, Any] = {}
    for name in form.model_fields_set:
        value = getattr(form, name)
        if name in _ACCOUNT:
            inside, factor = _ACCOUNT[name]
            account[inside] = None if value is None else int(value * factor)
        elif name in ("remarks", "departed_at", "returned_at"):
            account[name] = value
    return account


async def content_of(connection: AsyncConnection, form: OrderForm, *, scope: Scope, organ_division: int) -> Content:
    """What the applicant wrote. Raises Refused where an area does not exist or may not be seen."""
    origin, *destinations = await places(
        connection, [form.origin, *form.destinations], ["origin", "destinations"], scope=scope
    )
    return Content(
        plan=Plan(
            begins_at=form.planned_from,
            ends_at=form.planned_to,
            area=form.area,
            division=county(form.area, form.division, organ_division, origin),
            origin=origin,
            destinations=tuple(destinations),
            passengers=form.passengers,
        ),
        purpose=form.purpose,
        facts={name: value for name, value in form.facts.items() if value},
        emergency=form.emergency,
        bodies=tuple(dict.fromkeys(form.bodies)),
        equipment=tuple(dict.fromkeys(form.equipment)),
        contact_name=form.contact_name,
        contact_phone=form.contact_phone,
        remarks=form.remarks,
    )


async def amended_plan(
    connection: AsyncConnection, order: Order, form: AmendForm, *, scope: Scope, organ_division: int
) -> Plan:
    """The plan as it would be. Raises Refused."""
    plan = order.effective_plan
    changes: dict[str, Any] = {}
    if form.origin is not None:
        (changes["origin"],) = await places(connection, [form.origin], ["origin"], scope=scope)
    if form.destinations is not None:
        named = await places(connection, form.destinations, ["destinations"], scope=scope)
        changes["destinations"] = tuple(named)
    plain = {"begins_at": form.planned_from, "ends_at": form.planned_to, "passengers": form.passengers}
    changes |= {name: value for name, value in plain.items() if value is not None}
    new = replace(plan, **changes)
    asked = form.area or plan.area
    if form.area is not None or form.division is not None:
        known = form.division if form.division is not None else plan.division
        new = replace(new, area=asked, division=county(asked, known, organ_division, new.origin))
    return new


def county(permitted: PermittedArea, division: int | None, organ_division: int, origin: Place) -> int | None:
    """The county that the area `county` means: the one named, else the organ's, else the origin's; else None."""
    if permitted is not PermittedArea.COUNTY:
        return None
    if division is not None:
        return division
    return organ_division if organ_division in COUNTY_CODES else county_of(origin) or None


def place_form(place: Place) -> dict[str, Any]:
    """A place as its form."""
    return {"name": place.name, "lat": place.lat_e7 / 1e7, "lon": place.lon_e7 / 1e7, "area_id": place.area_id}


async def places(
    connection: AsyncConnection, forms: Sequence[PlaceForm], fields: Sequence[str], *, scope: Scope
) -> list[Place]:
    """The places of forms. Raises Refused where an area does not exist or may not be seen."""
    ids = {one.area_id for one in forms if one.area_id is not None}
    middles: dict[int, tuple[int, int]] = {}
    if ids:
        statement = rulings.areas(scope).where(area.c.id.in_(ids))
        for row in (await connection.execute(statement)).mappings():
            if row["centre_lat_e7"] is not None:
                middles[row["id"]] = (row["centre_lat_e7"], row["centre_lon_e7"])
            else:
                ring_lat, ring_lon = row["ring_lat_e7"], row["ring_lon_e7"]
                middles[row["id"]] = (sum(ring_lat) // len(ring_lat), sum(ring_lon) // len(ring_lon))
    missing = sorted(ids - middles.keys())
    if missing:
        problems: list[Problem] = [
            error(fields[-1], "unknown_reference", f"编号 {one} 不存在", f"There is nothing with the number {one}")
            for one in missing
        ]
        raise Refused(problems)
    found: list[Place] = []
    for one in forms:
        lat_e7, lon_e7 = middles[one.area_id] if one.area_id is not None else (0, 0)
        if one.lat is not None and one.lon is not None:
            lat_e7, lon_e7 = round(one.lat * 1e7), round(one.lon * 1e7)
        found.append(Place(name=one.name, lat_e7=lat_e7, lon_e7=lon_e7, area_id=one.area_id))
    return found
