"""`/accounts`: for administrators."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.accounts.schemas import AccountChange, AccountPage, AccountShown, AccountWanted
from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.dependencies import Caller, Shared, in_person, requires
from api.errors import ApiProblem, problems
from api.registry.editing import IfMatch, plain, tagged
from fleet.errors import Conflict, NotFound
from fleet.identity.passwords import hash_password, password_problem
from fleet.identity.permissions import Permission
from fleet.identity.scope import BOUND_TO_AN_ORGAN
from fleet.model.registry import Role
from fleet.store import accounts, audit, lockouts, second_factor, tokens
from fleet.store.scoped import is_visible_organ

router = APIRouter(prefix="/accounts", tags=["accounts"])

Administrator = Annotated[Caller, requires(Permission.MANAGE_ACCOUNTS)]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("", summary="Accounts", response_model=AccountPage, responses=problems(400, 401, 403, 422))
async def list_accounts(
    services: Shared,
    caller: Administrator,
    role: Role | None = None,
    organ: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only accounts of exactly this organ")] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=60, description="Part of the name")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Accounts by id."""
    after = 0 if cursor is None else decode_cursor(cursor, int)
    async with services.database.begin() as connection:
        rows = await accounts.list_accounts(connection, role=role, organ_id=organ, q=q, after=after, limit=limit + 1)
    items = [_shown(row) for row in rows[:limit]]
    next_cursor = encode_cursor(items[-1]["id"]) if len(rows) > limit else None
    return json_answer({"items": items, "next_cursor": next_cursor})


@router.post(
    "",
    summary="Create an account",
    status_code=201,
    response_model=AccountShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_account(services: Shared, caller: Administrator, wanted: AccountWanted) -> Response:
    """Dispatchers, approvers and managers of an organ need that organ; other roles without one see the whole city."""
    in_person(caller)
    _check_password(wanted.password, wanted.username)
    password_hash = await asyncio.to_thread(hash_password, wanted.password)
    async with services.database.begin() as connection:
        await _check_organ(connection, caller, wanted.role, wanted.organ_id)
        account_id = await accounts.create_account(
            connection,
            username=wanted.username,
            password_hash=password_hash,
            role=wanted.role,
            organ_id=wanted.organ_id,
        )
        if account_id is None:
            raise Conflict(f"There is an account {wanted.username} already.")
        row = await _found(connection, account_id)
        detail = {"username": wanted.username, "after": _logged(row)}
        await _record(connection, caller, "account.create", account_id, detail)
    return _answer(row, 201)


@router.get("/{account_id}", summary="One account", response_model=AccountShown, responses=problems(401, 403, 404, 422))
async def read_account(services: Shared, caller: Administrator, account_id: Id) -> Response:
    """With its ETag, which a change must send back."""
    async with services.database.begin() as connection:
        row = await _found(connection, account_id)
        locked_until = await lockouts.locked_until(connection, row["username"], services.now())
    return tagged({**_shown(row), "locked_until": locked_until})


@router.patch(
    "/{account_id}",
    summary="Change an account",
    response_model=AccountShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
)
async def change_account(
    services: Shared, caller: Administrator, account_id: Id, wanted: AccountChange, version: IfMatch
) -> Response:
    """Role, organ, a new password, disabling. Needs `If-Match`; the last administrator stays one."""
    in_person(caller)
    given = wanted.model_fields_set
    now = services.now()
    new_hash = None
    if wanted.password is not None:
        new_hash = await asyncio.to_thread(hash_password, wanted.password)
    async with services.database.begin() as connection:
        row = await accounts.find_account(connection, account_id, lock=True)
        if row is None:
            raise NotFound(f"There is no account {account_id}.")
        if row["version"] != version:
            raise ApiProblem(
                412,
                "record-changed",
                "The record was changed meanwhile",
                f"The account {account_id} is at version {row['version']} now: look at `current` and decide anew.",
                headers={"ETag": f'"{row["version"]}"'},
                members={"current": plain(_shown(row))},
            )
        role = wanted.role or Role(row["role"])
        organ_id = wanted.organ_id if "organ_id" in given else row["organ_id"]
        await _check_organ(connection, caller, role, organ_id)
        values: dict[str, Any] = {"role": role.value, "organ_id": organ_id}
        if new_hash is not None:
            _check_password(wanted.password or "", row["username"])
            values["password_hash"] = new_hash
        if wanted.disabled is not None:
            values["disabled_at"] = (row["disabled_at"] or now) if wanted.disabled else None
        was = row["role"] == Role.ADMINISTRATOR and row["disabled_at"] is None
        stays = role is Role.ADMINISTRATOR and values.get("disabled_at", row["disabled_at"]) is None
        if was and not stays and await accounts.count_administrators(connection) < 2:
            raise Conflict("This is the last administrator: make another one first.")
        await accounts.change_account(connection, account_id, values)
        if new_hash is not None or wanted.disabled:
            await tokens.end_sessions(connection, account_id, now, personal=True)
        changed = await _found(connection, account_id)
        await _record(
            connection,
            caller,
            "account.change",
            account_id,
            {
                "username": row["username"],
                "before": _logged(row),
                "after": _logged(changed),
                "password_changed": new_hash is not None,
            },
            organ_ids={one["organ_id"] for one in (row, changed) if one["organ_id"] is not None},
        )
    services.sessions.forget(account_id)
    return _answer(changed)


@router.post(
    "/{account_id}/unlock", summary="Forgive failed log-ins", status_code=204, responses=problems(401, 403, 404, 422)
)
async def unlock(services: Shared, caller: Administrator, account_id: Id) -> Response:
    """Opens the account to every address that it is closed to."""
    in_person(caller)
    async with services.database.begin() as connection:
        row = await _found(connection, account_id)
        addresses = await lockouts.clear(connection, row["username"])
        await _record(
            connection, caller, "account.unlock", account_id, {"username": row["username"], "addresses": addresses}
        )
    return Response(status_code=204)


@router.delete(
    "/{account_id}/totp",
    summary="Remove an account's second factor",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
async def remove_second_factor(services: Shared, caller: Administrator, account_id: Id) -> Response:
    """For whoever lost telephone and recovery codes; ends the account's sessions."""
    in_person(caller)
    async with services.database.begin() as connection:
        row = await _found(connection, account_id)
        if not await second_factor.remove(connection, account_id):
            raise NotFound(f"The account {account_id} has no second factor.")
        await tokens.end_sessions(connection, account_id, services.now())
        await _record(connection, caller, "account.otp_off", account_id, {"username": row["username"]})
    services.sessions.forget(account_id)
    return Response(status_code=204)


async def _found(connection: AsyncConnection, account_id: int) -> RowMapping:
    row = await accounts.find_account(connection, account_id)
    if row is None:
        raise NotFound(f"There is no account {account_id}.")
    return row


def _check_password(password: str, username: str) -> None:
    if wrong := password_problem(password, username):
        raise ApiProblem(422, "invalid-request", "Invalid request", f"body.password: {wrong}")


async def _check_organ(connection: AsyncConnection, caller: Caller, role: Role, organ_id: int | None) -> None:
    """Raises ApiProblem (422) where a role lacks its organ, NotFound where the organ is not there."""
    if organ_id is None:
        if role in BOUND_TO_AN_ORGAN:
            raise ApiProblem(
                422, "invalid-request", "Invalid request", f"body.organ_id: the role {role.value} needs an organ."
            )
    elif not await is_visible_organ(connection, organ_id, scope=caller.scope):
        raise NotFound(f"There is no organ {organ_id}.")


async def _record(
    connection: AsyncConnection,
    caller: Caller,
    action: str,
    account_id: int,
    detail: dict[str, Any],
    organ_ids: Collection[int] | None = None,
) -> None:
    await audit.record(
        connection,
        account=caller.actor,
        action=action,
        subject=f"account:{account_id}",
        detail=detail,
        organ_ids=organ_ids,
    )


def _logged(row: RowMapping) -> dict[str, Any]:
    """What the audit log says of an account; of its password never more than that it changed."""
    return {"role": row["role"], "organ_id": row["organ_id"], "disabled": row["disabled_at"] is not None}


def _answer(row: RowMapping, status: int = 200) -> Response:
    return tagged(_shown(row), status=status)


def _shown(row: RowMapping) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "username", "role", "created_at", "disabled_at", "version")},
        "organ": None if row["organ_id"] is None else {"id": row["organ_id"], "name": row["organ_name"]},
        "second_factor": row["second_factor"],
    }
