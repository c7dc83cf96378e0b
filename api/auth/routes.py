"""`/auth/token` and `/me`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.security import OAuth2PasswordRequestForm

from api.answers import json_answer
from api.auth.schemas import Me, TokenAnswer
from api.dependencies import COOKIE, Caller, Shared, Token, requires
from api.errors import problems
from fleet.errors import NotAllowed, NotAuthenticated
from fleet.identity.permissions import Permission, permissions_of
from fleet.identity.tokens import LIFETIME

router = APIRouter(tags=["access"])

Known = Annotated[Caller, requires(Permission.USE_ACCOUNT)]

LONGEST_CREDENTIAL = 200


@router.post(
    "/auth/token",
    summary="Log in",
    response_model=TokenAnswer,
    responses=problems(401, 403, 413, 422, 429),
)
async def open_session(
    request: Request, services: Shared, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> Response:
    """OAuth2 password form (`username`, `password`) for a bearer token that is valid for twelve hours.

    The same token is also set as an HttpOnly, SameSite=Strict cookie for the page. After a few failures the account
    is closed to the caller's address for five minutes (429).
    """
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise NotAllowed("Another site may not log in here.")
    if max(len(form.username), len(form.password)) > LONGEST_CREDENTIAL or "\0" in form.username + form.password:
        raise NotAuthenticated("The name or the password is wrong.")
    address = request.client.host if request.client is not None else "unknown"
    token, _ = await services.sessions.open(form.username, form.password, address)
    seconds = int(LIFETIME.total_seconds())
    response = json_answer({"access_token": token, "token_type": "bearer", "expires_in": seconds})
    response.set_cookie(
        COOKIE, token, max_age=seconds, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return response


@router.delete("/auth/token", summary="Log out", status_code=204, responses=problems(401, 403))
async def close_session(services: Shared, token: Token, caller: Known) -> Response:
    """Revokes the token of this request and clears the cookie."""
    await services.sessions.close(token, caller.session)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


@router.get("/me", summary="Who is logged in", response_model=Me, responses=problems(401))
async def me(caller: Known) -> Response:
    """The account behind the token, its role, its organ and its rights."""
    asker = caller.session
    body = {
        "username": asker.username,
        "role": asker.role,
        "organ": None if asker.organ_id is None else {"id": asker.organ_id, "name": asker.organ_name},
        "rights": sorted(permissions_of(asker.role)),
        "expires_at": asker.expires_at,
    }
    return json_answer(body)
