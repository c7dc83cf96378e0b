"""`/orders`: written, listed and read. The steps of an order's life are in `steps.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import AwareDatetime, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.datum import Datum, DatumQuery
from api.dependencies import PURPOSE_HEADER, Caller, Shared, requires, stated_purpose
from api.errors import ApiProblem, problems
from api.orders import desk
from api.orders.desk import actor_of, merged, missing, take
from api.orders.forms import content_of, place_form
from api.orders.schemas import OrderForm
from api.orders.shapes import OrderHistory, OrderPage, OrderShown, Permits, Purposes
from api.orders.shown import event_shown, permit_shown, said, shown
from api.registry.checks import organ_reference
from api.registry.editing import IfMatch, Patch, merge_patch_of, tagged
from api.registry.paging import Cursor, IdQuery, OrganQuery
from fleet.dispatch.commands import Command, Edit
from fleet.dispatch.coverage import permits
from fleet.dispatch.given import Given
from fleet.dispatch.guards import content_reasons
from fleet.dispatch.life import drafted
from fleet.dispatch.purposes import PURPOSES
from fleet.errors import NotAllowed
from fleet.identity.permissions import Permission
from fleet.identity.scope import mask_phone
from fleet.model.orders import Order, OrderState
from fleet.registry.problems import Refused, error, warnings_of
from fleet.store import audit, orders, orders_facts, registry
from fleet.store.orders import OrderFilter, Stored

router = APIRouter(tags=["orders"])

Reader = Annotated[Caller, requires(Permission.READ_ORDERS)]
Applicant = Annotated[Caller, requires(Permission.APPLY_FOR_VEHICLES)]
OrderId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Unmask = Annotated[bool, Query(description=f"The contact in full, for a purpose stated in `{PURPOSE_HEADER}`; logged")]
PurposeHeader = Annotated[str | None, Header(alias=PURPOSE_HEADER, description="Why the contact is unmasked")]


@router.get("/orders", summary="Orders", response_model=OrderPage, responses=problems(400, 401, 403, 422))
async def list_orders(
    services: Shared,
    caller: Reader,
    state: Annotated[list[OrderState] | None, Query(description="May be given more than once")] = None,
    organ: OrganQuery = None,
    vehicle: Annotated[
        list[Annotated[int, Field(ge=1, le=2**31 - 1)]] | None,
        Query(max_length=100, description="Given to the order at any time; may be given more than once"),
    ] = None,
    driver: IdQuery = None,
    applicant: Annotated[str | None, Query(max_length=100, description="Name of the account")] = None,
    begin: Annotated[
        AwareDatetime | None, Query(alias="from", description="Orders whose planned time reaches beyond this")
    ] = None,
    end: Annotated[
        AwareDatetime | None, Query(alias="to", description="Orders whose planned time begins before this")
    ] = None,
    number: Annotated[str | None, Query(max_length=60, description="The number, or how it begins")] = None,
    purpose: Annotated[str | None, Query(max_length=40)] = None,
    emergency: bool | None = None,
    undecided: Annotated[
        bool | None, Query(description="Those that wait for a decision on themselves or on an amendment")
    ] = None,
    overdue: Annotated[
        bool, Query(description="Only emergencies that departed and were not decided in time: they count as unapproved")
    ] = False,
    datum: DatumQuery = Datum.WGS84,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Items in a page")] = 100,
    cursor: Cursor = None,
) -> Response:
    """The newest first. An order belongs to the organ that needs the vehicle, whosever vehicle it gets."""
    if begin is not None and end is not None and begin >= end:
        raise ApiProblem(422, "invalid-request", "Invalid request", "query.to: lies after `from`")
    wanted = OrderFilter(
        states=tuple(state or ()),
        organ=organ,
        vehicles=tuple(vehicle or ()),
        driver=driver,
        applicant=applicant,
        begin=begin,
        end=end,
        number=number,
        purpose=purpose,
        emergency=emergency,
        undecided=undecided,
        overdue_at=services.now() if overdue else None,
    )
    before = None if cursor is None else decode_cursor(cursor, int)
    async with services.database.begin() as connection:
        found = await orders.list_orders(connection, wanted, scope=caller.scope, before=before, limit=limit + 1)
        names = await orders.names_in(connection, [one.order for one in found], scope=caller.scope)
    items = [shown(one, names, actor_of(caller), services.now(), datum=datum) for one in found[:limit]]
    following = encode_cursor(items[-1]["id"]) if len(found) > limit else None
    return json_answer({"items": items, "next_cursor": following})


@router.post(
    "/orders",
    summary="Write an order",
    status_code=201,
    response_model=OrderShown,
    responses=problems(401, 403, 413, 422),
)
async def create_order(services: Shared, caller: Applicant, form: OrderForm) -> Response:
    """A draft. What would keep it from being submitted is said in `warnings`."""
    now = services.now()
    async with services.database.begin() as connection:
        organ_id = form.organ_id or caller.session.organ_id
        if organ_id is None:
            zh, en = "请填写用车单位", "Your account belongs to no organ: name the one that needs the vehicle"
            raise Refused([error("organ_id", "organ_missing", zh, en)])
        warnings_of(await organ_reference(connection, caller, organ_id, "organ_id"))
        organ = await registry.find_organ(connection, organ_id, scope=caller.scope)
        assert organ is not None
        if organ["retired_on"] is not None:
            zh, en = "该单位已撤销", "The organ does not exist any more"
            raise Refused([error("organ_id", "organ_retired", zh, en)])
        division = organ["division"]
        _full_phone(form)
        content = await content_of(connection, form, scope=caller.scope, organ_division=division)
        order = drafted(content, order_id=0, organ_id=organ_id, applicant_id=caller.session.account_id, now=now)
        rules = await orders_facts.rules_of(connection, organ_id, now)
        doubtful = content_reasons(order, Given(now=now, division=division, rules=rules))
        body = await desk.created(connection, caller, order, doubtful)
    return tagged(
        {**body, "warnings": said(doubtful)}, status=201, headers={"Location": f"/api/v1/orders/{body['id']}"}
    )


@router.get(
    "/orders/purposes",
    summary="What vehicles may be ordered for",
    response_model=Purposes,
    responses=problems(401, 403),
)
async def list_purposes(_: Reader) -> Response:
    """Each with the facts it has to state."""
    return json_answer(
        {
            "items": [
                {
                    **{name: getattr(one, name) for name in ("slug", "zh", "en", "emergency")},
                    "facts": [
                        {name: getattr(fact, name) for name in ("slug", "zh", "en", "required")} for fact in one.facts
                    ],
                }
                for one in PURPOSES.values()
            ]
        }
    )


@router.get(
    "/orders/{order_id}",
    summary="One order",
    response_model=OrderShown,
    responses=problems(400, 401, 403, 404, 422),
)
async def read_order(
    services: Shared,
    caller: Reader,
    order_id: OrderId,
    unmask: Unmask = False,
    purpose: PurposeHeader = None,
    datum: DatumQuery = Datum.WGS84,
) -> Response:
    """With its vehicles, decisions and amendments; its ETag is what a change needs."""
    async with services.database.begin() as connection:
        stored = await _found(connection, order_id, caller)
        if unmask:
            if not caller.scope.unmask:
                raise NotAllowed(f"The role {caller.session.role.value} sees contacts masked only.")
            await audit.record(
                connection,
                account=caller.actor,
                action="order.unmask",
                subject=f"order:{order_id}",
                purpose=stated_purpose(purpose),
                detail={"number": stored.order.number},
            )
        names = await orders.names_in(connection, [stored.order], scope=caller.scope)
    return tagged(shown(stored, names, actor_of(caller), services.now(), unmasked=unmask, datum=datum))


@router.patch(
    "/orders/{order_id}",
    summary="Change a draft",
    response_model=OrderShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("OrderForm"),
)
async def change_order(
    services: Shared, caller: Applicant, order_id: OrderId, version: IfMatch, patch: Patch
) -> Response:
    """A draft, or an order that was rejected. What runs already is changed by an amendment."""

    async def make(connection: AsyncConnection, stored: Stored) -> Command:
        form = _patched(stored.order, patch)
        if form.organ_id != stored.order.organ_id:
            zh, en = "用车单位不能更改，请另行申请", "The organ of an order stays: write another order"
            raise Refused([error("organ_id", "organ_stays", zh, en)])
        return Edit(await content_of(connection, form, scope=caller.scope, organ_division=stored.organ_division))

    return await take(services, caller, order_id, make, version=version)


@router.get(
    "/orders/{order_id}/history",
    summary="Every step of an order",
    response_model=OrderHistory,
    responses=problems(401, 403, 404, 422),
)
async def read_history(services: Shared, caller: Reader, order_id: OrderId) -> Response:
    """Who did what, in which role, when and why, and what differed before and after; first to last."""
    async with services.database.begin() as connection:
        stored = await _found(connection, order_id, caller)
        rows = await orders.history(connection, order_id)
        names = await orders.names_in(connection, [stored.order], scope=caller.scope, history=rows)
    return json_answer({"items": [event_shown(row, names) for row in rows]})


@router.get(
    "/orders/{order_id}/permits",
    summary="What an order permitted, as it was known at any time",
    response_model=Permits,
    responses=problems(401, 403, 404, 422),
)
async def read_permits(
    services: Shared, caller: Reader, order_id: OrderId, datum: DatumQuery = Datum.WGS84
) -> Response:
    """One version from each moment at which something was decided, up to the next; the earliest first."""
    async with services.database.begin() as connection:
        stored = await _found(connection, order_id, caller)
        names = await orders.names_in(connection, [stored.order], scope=caller.scope)
    return json_answer({"items": [permit_shown(one, names, datum) for one in permits(stored.order)]})


async def _found(connection: AsyncConnection, order_id: int, caller: Caller) -> Stored:
    stored = await orders.find_order(connection, order_id, scope=caller.scope)
    if stored is None:
        raise missing(order_id)
    return stored


def _patched(order: Order, patch: Mapping[str, Any]) -> OrderForm:
    """The form of the order with the patch laid over it. Raises RequestValidationError."""
    plan = order.plan
    written: dict[str, Any] = {
        **{name: getattr(order, name) for name in ("organ_id", "purpose", "emergency", "remarks")},
        **{name: getattr(order, name) for name in ("contact_name", "contact_phone")},
        "facts": dict(order.facts),
        "bodies": list(order.bodies),
        "equipment": list(order.equipment),
        "planned_from": plan.begins_at,
        "planned_to": plan.ends_at,
        "area": plan.area,
        "division": plan.division,
        "origin": place_form(plan.origin),
        "destinations": [place_form(one) for one in plan.destinations],
        "passengers": plan.passengers,
    }
    phone = patch.get("contact_phone")
    if isinstance(phone, str) and "*" in phone and phone == mask_phone(order.contact_phone):
        patch = {name: value for name, value in patch.items() if name != "contact_phone"}
    try:
        form = OrderForm.model_validate(merged(written, patch))
    except ValidationError as invalid:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in invalid.errors()]) from None
    _full_phone(form)
    return form


def _full_phone(form: OrderForm) -> None:
    """Raises Refused for a masked phone that is not the one that is stored."""
    if form.contact_phone is not None and "*" in form.contact_phone:
        raise Refused([error("contact_phone", "phone", "电话号码应为 6 至 20 位数字", "6 to 20 digits")])
