"""`/auth/token`, `/auth/password` and `/me`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.answers import json_answer
from api.auth.schemas import Me, PasswordChange, TokenAnswer
from api.auth.sessions import Opened
from api.dependencies import (
    WRITE_HEADER,
    Caller,
    Shared,
    Token,
    in_person,
    log_wrong_guess,
    refresh_cookie,
    requires,
    session_cookie,
)
from api.errors import ApiProblem, problems, too_many_requests
from fleet.errors import NotAllowed, NotAuthenticated
from fleet.identity.passwords import hash_password, password_problem
from fleet.identity.permissions import Permission, permissions_of
from fleet.identity.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME
from fleet.store import accounts, audit, tokens

router = APIRouter(tags=["access"])

Known = Annotated[Caller, requires(Permission.USE_ACCOUNT)]
Owner = Annotated[Caller, requires(Permission.CHANGE_OWN_ACCOUNT)]

LONGEST_CREDENTIAL = 200
REFRESH_PATH = "/api/v1/auth"
"""The only addresses to which a browser sends the refresh token."""


@router.post(
    "/auth/token",
    summary="Log in, or renew a session",
    response_model=TokenAnswer,
    responses=problems(401, 403, 413, 422, 429),
)
async def open_session(
    request: Request,
    services: Shared,
    grant_type: Annotated[Literal["password", "refresh_token"], Form()] = "password",
    username: Annotated[str, Form(description="With the grant type `password`")] = "",
    password: Annotated[str, Form(json_schema_extra={"format": "password"})] = "",
    otp: Annotated[
        str | None, Form(description="One-time password or recovery code, where a second factor is set up")
    ] = None,
    refresh_token: Annotated[
        str | None, Form(description="With the grant type `refresh_token`; the page leaves it to its cookie")
    ] = None,
    scope: Annotated[str, Form(description="Not used; part of the OAuth2 form")] = "",
) -> Response:
    """OAuth2 form. An access token is valid for fifteen minutes, its refresh token once and for twelve hours.

    `grant_type=password` (`username`, `password`, `otp`) opens a session; `grant_type=refresh_token` renews it with a
    new pair, for a week at most. A refresh token shown a second time ends its session. Both are also set as HttpOnly,
    SameSite=Strict cookies for the page. After ten failures in a quarter of an hour the account is closed to the
    caller's address (429), each time for twice as long.
    """
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise NotAllowed("Another site may not log in here.")
    if grant_type == "refresh_token":
        return _answer(request, await services.sessions.renew(refresh_token or _refresh_cookie(request)))
    if not username or not password:
        raise ApiProblem(422, "invalid-request", "Invalid request", "body: `username` and `password` are required.")
    given = (username, password, otp or "")
    if max(map(len, given)) > LONGEST_CREDENTIAL or any("\0" in one for one in given):
        raise NotAuthenticated("The name or the password is wrong.")
    address = request.client.host if request.client is not None else "unknown"
    if wait_s := services.rates.log_in_wait_s(address):
        raise too_many_requests(wait_s)
    return _answer(request, await services.sessions.open(username, password, otp, address))


def _refresh_cookie(request: Request) -> str:
    """Raises NotAuthenticated without the cookie, NotAllowed without the header that proves intent."""
    cookie = request.cookies.get(refresh_cookie(request))
    if not cookie:
        raise NotAuthenticated("There is no refresh token: log in.")
    if request.headers.get(WRITE_HEADER) != "1":
        raise NotAllowed(f"Requests that write and are authenticated by cookie need the header `{WRITE_HEADER}: 1`.")
    return cookie


def _answer(request: Request, opened: Opened) -> Response:
    seconds = int(ACCESS_LIFETIME.total_seconds())
    response = json_answer(
        {
            "access_token": opened.access,
            "token_type": "bearer",
            "expires_in": seconds,
            "refresh_token": opened.refresh,
        }
    )
    secure = request.url.scheme == "https"
    response.set_cookie(
        session_cookie(request), opened.access, max_age=seconds, httponly=True, samesite="strict", secure=secure
    )
    response.set_cookie(
        refresh_cookie(request),
        opened.refresh,
        max_age=int(REFRESH_LIFETIME.total_seconds()),
        path=REFRESH_PATH,
        httponly=True,
        samesite="strict",
        secure=secure,
    )
    return response


@router.delete("/auth/token", summary="Log out", status_code=204, responses=problems(401, 403))
async def close_session(request: Request, services: Shared, token: Token, caller: Known) -> Response:
    """Ends the session of this request with all its tokens and clears the cookies. A personal token is revoked."""
    await services.sessions.close(token, caller.session)
    response = Response(status_code=204)
    secure = request.url.scheme == "https"
    response.delete_cookie(session_cookie(request), httponly=True, samesite="strict", secure=secure)
    response.delete_cookie(refresh_cookie(request), path=REFRESH_PATH, httponly=True, samesite="strict", secure=secure)
    return response


@router.get("/me", summary="Who is logged in", response_model=Me, responses=problems(401))
async def me(services: Shared, caller: Known) -> Response:
    """The account behind the token, its role, its organ, its rights, and what its second factor is like."""
    session = caller.session
    body = {
        "username": session.username,
        "role": session.role,
        "organ": None if session.organ_id is None else {"id": session.organ_id, "name": session.organ_name},
        "rights": sorted(permissions_of(session.role)),
        "second_factor": session.second_factor,
        "must_enrol": services.sessions.must_enrol(session),
        "personal_token": session.personal,
        "expires_at": session.expires_at,
    }
    return json_answer(body)


@router.post("/auth/password", summary="Change one's password", status_code=204, responses=problems(401, 403, 413, 422))
async def change_password(services: Shared, caller: Owner, wanted: PasswordChange) -> Response:
    """Needs the present password; ends every other session of the account. Personal tokens stay."""
    in_person(caller)
    session = caller.session
    services.sessions.check_guesses(session)
    if wrong := password_problem(wanted.new_password, session.username):
        raise ApiProblem(422, "invalid-request", "Invalid request", f"body.new_password: {wrong}")
    async with services.database.begin() as connection:
        stored = await accounts.password_hash_of(connection, session.account_id)
    if not await services.sessions.check_password(wanted.password, stored):
        services.sessions.guessed_wrong(session)
        await log_wrong_guess(services, caller, "password")
        raise NotAllowed("The present password is wrong.")
    new_hash = await asyncio.to_thread(hash_password, wanted.new_password)
    async with services.database.begin() as connection:
        await accounts.change_account(connection, session.account_id, {"password_hash": new_hash})
        await tokens.end_sessions(connection, session.account_id, services.now(), but=session.session_id)
        await audit.record(
            connection,
            account=caller.actor,
            action="account.password",
            subject=f"account:{session.account_id}",
        )
    services.sessions.forget(session.account_id)
    return Response(status_code=204)
