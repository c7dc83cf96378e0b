"""`/fuel-cards`: one card, one vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import RowMapping
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.registry import editing
from api.registry.checks import period_problems, vehicle_reference
from api.registry.editing import Desk, IfMatch, Patch, merge_patch_of
from api.registry.lists.schemas import CardForm, CardPage, CardShown
from api.registry.paging import Cursor, Id, IdQuery, Limit, after, page
from fleet.identity.permissions import Permission
from fleet.registry.problems import Problem
from fleet.store import rulings
from fleet.store.records import span
from fleet.store.tables import fuel_card

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_LISTS)]
Writer = Annotated[Caller, requires(Permission.MANAGE_VEHICLES)]


def _values(form: CardForm) -> dict[str, Any]:
    return {"card": form.card, "vehicle_id": form.vehicle_id, "period": Range(form.begin, form.end, bounds="[)")}


def _written(row: RowMapping) -> dict[str, Any]:
    return {"card": row["card"], "vehicle_id": row["vehicle_id"], **span(row["period"])}


def _shown(row: RowMapping) -> dict[str, Any]:
    return {"id": row["id"], "version": row["version"], "plate": row["plate"], **_written(row)}


async def _show(connection: AsyncConnection, record_id: int, caller: Caller, _: datetime) -> dict[str, Any] | None:
    row = await rulings.one_of_them(connection, rulings.fuel_cards(caller.scope), fuel_card.c.id, record_id)
    return None if row is None else _shown(row)


async def _check(connection: AsyncConnection, form: CardForm, caller: Caller, _: datetime) -> Sequence[Problem]:
    found = period_problems(form.begin, form.end)
    return [*found, *await vehicle_reference(connection, caller, [form.vehicle_id])]


async def _wrote(connection: AsyncConnection, before: RowMapping | None, row: RowMapping | None, now: datetime) -> None:
    await rulings.wrote_fuel_card(connection, before, row, now)


DESK = Desk(
    noun="fuel card",
    table=fuel_card,
    form=CardForm,
    values=_values,
    written=_written,
    show=_show,
    check=_check,
    wrote=_wrote,
)


@router.get("/fuel-cards", summary="Fuel cards", response_model=CardPage, responses=problems(400, 401, 403, 422))
async def list_cards(
    services: Shared,
    caller: Reader,
    vehicle: IdQuery = None,
    on: Annotated[date | None, Query(description="Only those that held on this day")] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """Which card belonged to which vehicle, by id."""
    statement = rulings.fuel_cards(caller.scope, vehicle_id=vehicle, on=on)
    async with services.database.begin() as connection:
        rows = await rulings.rows_of(connection, statement, fuel_card.c.id, after=after(cursor), limit=limit + 1)
    return page([_shown(row) for row in rows], limit)


@router.get(
    "/fuel-cards/{card_id}", summary="One fuel card", response_model=CardShown, responses=problems(401, 403, 404, 422)
)
async def read_card(services: Shared, caller: Reader, card_id: Id) -> Response:
    """Its ETag is what a change needs."""
    return await editing.read(DESK, services, caller, card_id)


@router.post(
    "/fuel-cards",
    summary="Give a vehicle a fuel card",
    status_code=201,
    response_model=CardShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_card(services: Shared, caller: Writer, form: CardForm) -> Response:
    """On no day two cards for one vehicle, or two vehicles for one card: the database refuses it."""
    return await editing.create(DESK, services, caller, form, path="fuel-cards")


@router.patch(
    "/fuel-cards/{card_id}",
    summary="Change a binding of a card",
    response_model=CardShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("CardForm"),
)
async def change_card(services: Shared, caller: Writer, card_id: Id, version: IfMatch, patch: Patch) -> Response:
    """A card that is handed on: end this binding, and enter the next."""
    return await editing.change(DESK, services, caller, card_id, version, patch)


@router.delete(
    "/fuel-cards/{card_id}",
    summary="Remove a binding of a card that was entered by mistake",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def remove_card(services: Shared, caller: Writer, card_id: Id, version: IfMatch) -> Response:
    """One that held for a time is ended by `to`."""
    return await editing.remove(DESK, services, caller, card_id, version)
