"""`/orders/{id}/candidates`: which vehicle and driver should go, and why another one is not offered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.orders.desk import missing
from api.orders.routes import OrderId
from api.registry.paging import Id
from fleet.dispatch.candidates import Ask, Judged, doubts_for, judge, rank, reasons_for
from fleet.dispatch.driver_candidates import JudgedDriver, judge_driver, rank_drivers
from fleet.dispatch.fitness import OF_ANOTHER_ORGAN, need_of
from fleet.dispatch.reasons import Reason
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.model.orders import Order
from fleet.model.registry import NEW_ENERGY, Body, Energy
from fleet.store import orders, orders_candidates
from fleet.store.orders_candidates import asked_by

router = APIRouter(tags=["orders"])

Dispatcher = Annotated[Caller, requires(Permission.ASSIGN_VEHICLES)]


class ReasonShown(BaseModel):
    code: str = Field(examples=["distance_km"])
    value: Any = Field(description="What the reason is about, where it is about something", examples=[3.4])
    zh: str = Field(examples=["距出发地约 3.4 公里"])
    en: str = Field(examples=["About 3.4 km from the origin"])


class CandidateVehicle(BaseModel):
    id: int
    plate: str
    organ_id: int
    body: Body
    seats: int
    energy: Energy


class VehicleCandidate(BaseModel):
    rank: int | None = Field(description="1 = best; null = not offered")
    offered: bool
    vehicle: CandidateVehicle
    new_energy: bool
    distance_km: float | None = Field(description="By road to the origin, estimated")
    needed_km: float | None = Field(description="There, the tour, and back, with reserve")
    range_km: float | None = Field(description="With the fuel or charge it has; null = not known")
    reasons: list[ReasonShown] = Field(description="Why it stands where it stands; empty where it is not offered")
    doubts: list[ReasonShown]
    refusals: list[ReasonShown] = Field(description="Why it is not offered")


class CandidateDriver(BaseModel):
    id: int
    label: str
    organ_id: int
    licence_class: str


class DriverOffer(BaseModel):
    rank: int | None
    offered: bool
    driver: CandidateDriver
    reasons: list[ReasonShown]
    doubts: list[ReasonShown]
    refusals: list[ReasonShown]


class Candidates(BaseModel):
    order_id: int
    tour_km: float = Field(description="From the origin over all destinations and back, by road, estimated")
    considered: int = Field(description="Vehicles the caller may see that are not retired")
    offered: int
    not_offered: dict[str, int] = Field(description="How many are not offered for which reason; one may have several")
    items: list[VehicleCandidate]
    drivers: list[DriverOffer] = Field(description="Of the order's organ, for any vehicle")


class OneCandidate(VehicleCandidate):
    order_id: int
    drivers: list[DriverOffer] = Field(description="Who may drive this vehicle, best first, then who may not and why")


@router.get(
    "/orders/{order_id}/candidates",
    summary="Vehicles and drivers that should go",
    response_model=Candidates,
    responses=problems(401, 403, 404, 422),
)
async def list_candidates(
    services: Shared,
    caller: Dispatcher,
    order_id: OrderId,
    limit: Annotated[int, Query(ge=1, le=500, description="How many of each, best first")] = 20,
) -> Response:
    """Those that may go, best first, each with its reasons. What the organ owns comes before the platform's pool."""
    now = services.now()
    async with services.database.begin() as connection:
        ask, order = await _question(connection, caller, order_id, now)
        days = ask.assumptions.fair_days
        asked = asked_by(order)
        known = await orders_candidates.situation(connection, asked, scope=caller.scope, now=now, fair_days=days)
        within: dict[str, Any] = {"scope": caller.scope, "now": now, "known": known}
        vehicles = await orders_candidates.vehicles_as_they_are(connection, asked, **within)
        others = await orders_candidates.others_vehicles(connection, asked, scope=caller.scope)
        drivers = await orders_candidates.drivers_as_they_are(connection, asked, organs=[order.organ_id], **within)
    ranking = rank(vehicles, ask)
    able = rank_drivers(drivers, ask.need, None, days=days)
    not_offered = dict(ranking.not_offered)
    if others:
        not_offered[OF_ANOTHER_ORGAN] = not_offered.get(OF_ANOTHER_ORGAN, 0) + others
    return json_answer(
        {
            "order_id": order_id,
            "tour_km": round(ask.tour_m / 1000, 1),
            "considered": ranking.considered + others,
            "offered": len(ranking.offered),
            "not_offered": not_offered,
            "items": [_vehicle(one, ask, place) for place, one in enumerate(ranking.offered[:limit], start=1)],
            "drivers": [_driver(one, place) for place, one in enumerate(able[:limit], start=1)],
        }
    )


@router.get(
    "/orders/{order_id}/candidates/{vehicle_id}",
    summary="Why a vehicle is offered or not",
    response_model=OneCandidate,
    responses=problems(401, 403, 404, 422),
)
async def read_candidate(services: Shared, caller: Dispatcher, order_id: OrderId, vehicle_id: Id) -> Response:
    """Its place in the ranking, or every reason why it is not in it; and who may drive it."""
    now = services.now()
    async with services.database.begin() as connection:
        ask, order = await _question(connection, caller, order_id, now)
        days = ask.assumptions.fair_days
        asked = asked_by(order)
        known = await orders_candidates.situation(connection, asked, scope=caller.scope, now=now, fair_days=days)
        within: dict[str, Any] = {"scope": caller.scope, "now": now, "known": known}
        found = await orders_candidates.vehicles_as_they_are(connection, asked, only=vehicle_id, **within)
        if not found:
            raise NotFound(f"There is no vehicle {vehicle_id} that is not retired.")
        judged = judge(found[0], ask)
        vehicles = await orders_candidates.vehicles_as_they_are(connection, asked, **within) if judged.offered else []
        facts = found[0].facts
        near = {order.organ_id, facts.organ_id}
        drivers = await orders_candidates.drivers_as_they_are(connection, asked, organs=near, **within)
    place = 1 + sum(one.key < judged.key for one in rank(vehicles, ask).offered) if judged.offered else None
    able = rank_drivers(drivers, ask.need, facts, days=days)
    every = [judge_driver(one, ask.need, facts, days=days) for one in drivers]
    return json_answer(
        {
            "order_id": order_id,
            **_vehicle(judged, ask, place),
            "drivers": [
                *(_driver(one, number) for number, one in enumerate(able, start=1)),
                *(_driver(one, None) for one in every if one.refusals),
            ],
        }
    )


async def _question(connection: AsyncConnection, caller: Caller, order_id: int, now: datetime) -> tuple[Ask, Order]:
    stored = await orders.find_order(connection, order_id, scope=caller.scope)
    if stored is None:
        raise missing(order_id)
    order = stored.order
    need = need_of(order, stored.organ_division)
    ask = Ask(
        need=need,
        plan=order.effective_plan,
        now=now,
        assumptions=await orders_candidates.assumptions_of(connection, order.organ_id, now),
        drivers=await orders_candidates.free_drivers(
            connection, asked_by(order), scope=caller.scope, last_day=need.last_day
        ),
    )
    return ask, order


def _vehicle(one: Judged, ask: Ask, place: int | None) -> dict[str, Any]:
    facts = one.vehicle.facts
    return {
        "rank": place,
        "offered": one.offered,
        "vehicle": {name: getattr(facts, name) for name in ("id", "plate", "organ_id", "body", "seats", "energy")},
        "new_energy": facts.energy in NEW_ENERGY,
        "distance_km": _km(one.distance_m),
        "needed_km": _km(one.needed_m),
        "range_km": _km(one.range_m),
        "reasons": _said(reasons_for(one, ask)) if one.offered else [],
        "doubts": _said(doubts_for(one, ask)) if one.offered else [],
        "refusals": _said(one.refusals),
    }


def _driver(one: JudgedDriver, place: int | None) -> dict[str, Any]:
    facts = one.driver.facts
    return {
        "rank": place,
        "offered": not one.refusals,
        "driver": {name: getattr(facts, name) for name in ("id", "label", "organ_id", "licence_class")},
        "reasons": [] if one.refusals else _said(one.reasons),
        "doubts": _said(one.doubts),
        "refusals": _said(one.refusals),
    }


def _said(reasons: tuple[Reason, ...] | list[Reason]) -> list[dict[str, Any]]:
    return [{"code": one.code, "value": one.value, "zh": one.zh, "en": one.en} for one in reasons]


def _km(metres: int | None) -> float | None:
    return None if metres is None else round(metres / 1000, 1)
