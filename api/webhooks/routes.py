"""`/webhooks`: an account's own; what they are told is what the account may see when it is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.delivery.signing import new_secret
from api.dependencies import Caller, Shared, in_person, requires
from api.errors import ApiProblem, problems
from api.registry.checks import organ_reference
from api.registry.editing import IfMatch, Patch, merge_patch_of, tagged
from api.registry.paging import Cursor
from api.webhooks.schemas import (
    AttemptList,
    DeliveryPage,
    DeliveryState,
    ResendForm,
    Resent,
    WebhookCreated,
    WebhookForm,
    WebhookList,
    WebhookShown,
)
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.registry.problems import warnings_of
from fleet.store import audit, webhooks

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

Owner = Annotated[Caller, requires(Permission.MANAGE_WEBHOOKS)]
WebhookId = Annotated[int, Path(ge=1, le=2**31 - 1)]
DeliveryId = Annotated[int, Path(ge=1, le=2**53 - 1)]
MOST = 20
OLDER_FOR = timedelta(hours=24)
_FORM = ("label", "url", "kinds", "organ_id", "active")


def _shown(row: RowMapping) -> dict[str, Any]:
    names = ("id", "version", *_FORM, "stopped_why", "created_at", "waiting", "delivered", "dead", "withheld")
    return {**{name: row[name] for name in names}, "older_secret_until": row["older_until"]}


async def _mine(connection: AsyncConnection, caller: Caller, webhook_id: int, *, lock: bool = False) -> RowMapping:
    row = await webhooks.find(connection, webhook_id, account_id=caller.session.account_id, lock=lock)
    if row is None:
        raise NotFound(f"There is no webhook {webhook_id}.")
    return row


async def _log(connection: AsyncConnection, caller: Caller, action: str, webhook_id: int, **detail: Any) -> None:
    """Addresses are in the log, secrets never."""
    organ_id = caller.session.organ_id
    await audit.record(
        connection,
        account=caller.actor,
        action=f"webhook.{action}",
        subject=f"webhook:{webhook_id}",
        detail=detail,
        organ_ids=() if organ_id is None else (organ_id,),
    )


def _same(row: RowMapping, version: int) -> None:
    if row["version"] != version:
        raise ApiProblem(
            412,
            "record-changed",
            "The record was changed meanwhile",
            f"The webhook {row['id']} is at version {row['version']} now: read it again.",
            headers={"ETag": f'"{row["version"]}"'},
        )


@router.get("", summary="One's webhooks", response_model=WebhookList, responses=problems(401, 403))
async def list_webhooks(services: Shared, caller: Owner) -> Response:
    """With what became of their deliveries."""
    async with services.database.begin() as connection:
        rows = await webhooks.list_owned(connection, caller.session.account_id)
    return json_answer({"items": [_shown(row) for row in rows]})


@router.post(
    "",
    summary="Enter a webhook",
    status_code=201,
    response_model=WebhookCreated,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_webhook(services: Shared, caller: Owner, form: WebhookForm) -> Response:
    """It is told what happens from now on. The secret is shown once."""
    in_person(caller)
    secret = new_secret()
    async with services.database.begin() as connection:
        await _check(connection, caller, form)
        if await webhooks.count_owned(connection, caller.session.account_id) >= MOST:
            raise ApiProblem(409, "too-many-webhooks", "Too many webhooks", f"An account has {MOST} at most.")
        values = {"account_id": caller.session.account_id, "created_at": services.now(), "secret": ""}
        webhook_id = await webhooks.add(connection, {**form.model_dump(), **values})
        sealed = services.totp_keys.webhooks.encrypt(secret, webhook_id)
        await webhooks.change(connection, webhook_id, {"secret": sealed})
        await _log(connection, caller, "create", webhook_id, after=form.model_dump(mode="json"))
        row = await _mine(connection, caller, webhook_id)
    headers = {"Location": f"/api/v1/webhooks/{webhook_id}"}
    return tagged({**_shown(row), "secret": secret}, status=201, headers=headers)


@router.get("/{webhook_id}", summary="One webhook", response_model=WebhookShown, responses=problems(401, 403, 404, 422))
async def read_webhook(services: Shared, caller: Owner, webhook_id: WebhookId) -> Response:
    """Its ETag is what a change needs."""
    async with services.database.begin() as connection:
        row = await _mine(connection, caller, webhook_id)
    return tagged(_shown(row))


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook",
    response_model=WebhookShown,
    responses=problems(401, 403, 404, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("WebhookForm"),
)
async def change_webhook(
    services: Shared, caller: Owner, webhook_id: WebhookId, version: IfMatch, patch: Patch
) -> Response:
    """Deliveries that wait go to the new address. `active: true` switches one on again that the service stopped."""
    in_person(caller)
    async with services.database.begin() as connection:
        before = await _mine(connection, caller, webhook_id, lock=True)
        _same(before, version)
        old = {name: before[name] for name in _FORM}
        laid = {name: value for name, value in {**old, **patch}.items() if value is not None}
        try:
            form = WebhookForm.model_validate(laid)
        except ValidationError as error:
            raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None
        await _check(connection, caller, form)
        new = form.model_dump()
        if new != old:
            stopped = {"stopped_why": None} if form.active else {}
            await webhooks.change(connection, webhook_id, {**new, **stopped})
            await _log(connection, caller, "change", webhook_id, before=old, after=form.model_dump(mode="json"))
        row = await _mine(connection, caller, webhook_id)
    return tagged(_shown(row))


@router.delete(
    "/{webhook_id}",
    summary="Remove a webhook",
    status_code=204,
    responses=problems(401, 403, 404, 412, 422, 428),
)
async def remove_webhook(services: Shared, caller: Owner, webhook_id: WebhookId, version: IfMatch) -> Response:
    """With the log of its deliveries; the audit log keeps that there was one."""
    in_person(caller)
    async with services.database.begin() as connection:
        before = await _mine(connection, caller, webhook_id, lock=True)
        _same(before, version)
        await webhooks.remove(connection, webhook_id)
        await _log(connection, caller, "remove", webhook_id, before={name: before[name] for name in _FORM})
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@router.post(
    "/{webhook_id}/secret",
    summary="Replace a webhook's secret",
    response_model=WebhookCreated,
    responses=problems(401, 403, 404, 422),
)
async def rotate_secret(services: Shared, caller: Owner, webhook_id: WebhookId) -> Response:
    """A new one, shown once. For 24 hours every delivery is signed with both, so that receivers can change over."""
    in_person(caller)
    secret = new_secret()
    async with services.database.begin() as connection:
        before = await _mine(connection, caller, webhook_id, lock=True)
        sealed = services.totp_keys.webhooks.encrypt(secret, webhook_id)
        older = {"older_secret": before["secret"], "older_until": services.now() + OLDER_FOR}
        await webhooks.change(connection, webhook_id, {"secret": sealed, **older})
        await _log(connection, caller, "rotate", webhook_id)
        row = await _mine(connection, caller, webhook_id)
    return tagged({**_shown(row), "secret": secret})


@router.get(
    "/{webhook_id}/deliveries",
    summary="What became of a webhook's deliveries",
    response_model=DeliveryPage,
    responses=problems(400, 401, 403, 404, 422),
)
async def list_deliveries(
    services: Shared,
    caller: Owner,
    webhook_id: WebhookId,
    state: Annotated[list[DeliveryState] | None, Query(description="May be given more than once")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    cursor: Cursor = None,
) -> Response:
    """The newest first; `state=dead`: what was given up."""
    before = None if cursor is None else decode_cursor(cursor, int)
    async with services.database.begin() as connection:
        await _mine(connection, caller, webhook_id)
        rows = await webhooks.list_deliveries(
            connection, webhook_id, states=tuple(state or ()), before=before, limit=limit + 1
        )
    names = ("id", "case_id", "at", "state", "attempts", "created_at", "next_at", "settled_at", "status", "error")
    items = [
        {**{name: row[name] for name in names}, "event_id": row["notice_id"], "type": row["kind"]}
        for row in rows[:limit]
    ]
    following = encode_cursor(items[-1]["id"]) if len(rows) > limit else None
    return json_answer({"items": items, "next_cursor": following})


@router.get(
    "/{webhook_id}/deliveries/{delivery_id}",
    summary="Every attempt of a delivery",
    response_model=AttemptList,
    responses=problems(401, 403, 404, 422),
)
async def list_attempts(services: Shared, caller: Owner, webhook_id: WebhookId, delivery_id: DeliveryId) -> Response:
    """First to last: what was answered, or why nothing was."""
    async with services.database.begin() as connection:
        await _mine(connection, caller, webhook_id)
        rows = await webhooks.attempts_of(connection, webhook_id, delivery_id)
    if rows is None:
        raise NotFound(f"There is no delivery {delivery_id} of the webhook {webhook_id}.")
    names = ("n", "at", "took_ms", "status", "error")
    return json_answer({"items": [{name: row[name] for name in names} for row in rows]})


@router.post(
    "/{webhook_id}/resend",
    summary="Send deliveries again",
    response_model=Resent,
    responses=problems(401, 403, 404, 413, 422),
)
async def resend(services: Shared, caller: Owner, webhook_id: WebhookId, form: ResendForm) -> Response:
    """With the same event ids: a receiver that has them already ignores them."""
    async with services.database.begin() as connection:
        await _mine(connection, caller, webhook_id)
        ids = await webhooks.send_again(connection, webhook_id, ids=form.ids, now=services.now())
        await _log(connection, caller, "resend", webhook_id, deliveries=len(ids))
    return json_answer({"ids": ids})


async def _check(connection: AsyncConnection, caller: Caller, form: WebhookForm) -> None:
    if form.organ_id is not None:
        warnings_of(await organ_reference(connection, caller, form.organ_id))
