"""`/auth/tokens`: personal access tokens, for scripts and for auditors."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from sqlalchemy import RowMapping

from api.answers import json_answer
from api.auth.schemas import TokenCreated, TokenList, TokenWanted
from api.dependencies import Caller, Shared, in_person, requires
from api.errors import ApiProblem, problems
from fleet.errors import NotFound
from fleet.identity.permissions import READERS, Permission
from fleet.identity.tokens import new_token, token_digest
from fleet.store import audit, tokens
from fleet.store.scoped import is_visible_organ
from fleet.store.tokens import PersonalToken

router = APIRouter(prefix="/auth/tokens", tags=["access"])

Owner = Annotated[Caller, requires(Permission.CHANGE_OWN_ACCOUNT)]


@router.get("", summary="One's access tokens", response_model=TokenList, responses=problems(401))
async def list_tokens(services: Shared, caller: Owner) -> Response:
    """The valid ones, and those that ended within the last day; newest first. The tokens themselves are not kept."""
    async with services.database.begin() as connection:
        rows = await tokens.list_personal(connection, caller.session.account_id, services.now())
    return json_answer({"items": [_shown(row) for row in rows], "next_cursor": None})


@router.post(
    "",
    summary="Create an access token",
    status_code=201,
    response_model=TokenCreated,
    responses=problems(401, 403, 404, 413, 422),
)
async def create_token(services: Shared, caller: Owner, wanted: TokenWanted) -> Response:
    """Needs a log-in with the password: a token makes no token. Goes into the audit log with its limits."""
    in_person(caller)
    if wanted.from_ is not None and wanted.to is not None and wanted.from_ >= wanted.to:
        raise ApiProblem(422, "invalid-request", "Invalid request", "body.from, body.to: `from` before `to`.")
    now = services.now()
    session = caller.session
    token = new_token()
    personal = PersonalToken(
        label=wanted.label,
        expires_at=now + timedelta(days=wanted.expires_in_days),
        organ_id=wanted.organ_id,
        division=wanted.division,
        begin=wanted.from_,
        end=wanted.to,
        read_only=wanted.read_only or session.role in READERS,
    )
    async with services.database.begin() as connection:
        if wanted.organ_id is not None and not await is_visible_organ(connection, wanted.organ_id, scope=caller.scope):
            raise NotFound(f"There is no organ {wanted.organ_id}.")
        token_id = await tokens.add_personal(connection, session.account_id, token_digest(token), personal, at=now)
        row = (await tokens.list_personal(connection, session.account_id, now, token_id=token_id))[0]
        await audit.record(
            connection,
            account=caller.actor,
            action="token.create",
            subject=f"token:{token_id}",
            detail={"days": wanted.expires_in_days, **wanted.model_dump(mode="json", exclude_none=True, by_alias=True)},
        )
    return json_answer({**_shown(row), "token": token}, 201)


@router.delete("/{token_id}", summary="Revoke an access token", status_code=204, responses=problems(401, 403, 404, 422))
async def revoke_token(services: Shared, caller: Owner, token_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """Works no more from now on."""
    in_person(caller)
    session = caller.session
    async with services.database.begin() as connection:
        digest = await tokens.revoke_personal(connection, session.account_id, token_id, services.now())
        if digest is None:
            raise NotFound(f"There is no access token {token_id} of yours.")
        await audit.record(connection, account=caller.actor, action="token.revoke", subject=f"token:{token_id}")
    services.sessions.forget(session.account_id)
    return Response(status_code=204)


def _shown(row: RowMapping) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "label", "created_at", "expires_at", "revoked_at", "last_used_at")},
        **{name: row[name] for name in ("organ_id", "division", "read_only")},
        "from": row["begin_at"],
        "to": row["end_at"],
    }
