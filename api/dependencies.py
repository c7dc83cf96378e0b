"""What routes take from a request: the services, who asks, why, and in which datum."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyCookie, OAuth2PasswordBearer

from api.errors import ApiProblem, too_many_requests
from api.state import Services
from fleet.audit.entry import Actor
from fleet.errors import NotAllowed, NotAuthenticated
from fleet.identity.permissions import WRITES, Permission, may
from fleet.identity.scope import Scope, scope_of
from fleet.store.tokens import Session

COOKIE, REFRESH_COOKIE = "fleet_session", "fleet_refresh"
# Browsers take cookies with these prefixes over TLS only, and from this very host: nobody else can plant one.
SECURE_COOKIE, SECURE_REFRESH_COOKIE = "__Host-fleet_session", "__Secure-fleet_refresh"
WRITE_HEADER = "X-Fleet-Request"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

bearer_scheme = OAuth2PasswordBearer(
    tokenUrl="/api/v1/auth/token", auto_error=False, description="The token from `POST /api/v1/auth/token`"
)
cookie_scheme = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    description=f"The same token as the page holds it (`{SECURE_COOKIE}` over TLS); requests that write also need "
    f"`{WRITE_HEADER}: 1`",
)


def get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Shared = Annotated[Services, Depends(get_services)]


def session_cookie(request: Request) -> str:
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def refresh_cookie(request: Request) -> str:
    return SECURE_REFRESH_COOKIE if request.url.scheme == "https" else REFRESH_COOKIE


def presented_token(
    request: Request,
    bearer: Annotated[str | None, Security(bearer_scheme)],
    _: Annotated[str | None, Security(cookie_scheme)],
) -> str:
    """The token of the request. A browser sends its cookie unasked, so writes by cookie must prove intent.

    Raises NotAuthenticated, or NotAllowed for a write by cookie without the fixed header.
    """
    if bearer:
        return bearer
    cookie = request.cookies.get(session_cookie(request))
    if not cookie:
        raise NotAuthenticated("Log in first: POST /api/v1/auth/token, then send the token as `Authorization: Bearer`.")
    if request.method not in SAFE_METHODS and request.headers.get(WRITE_HEADER) != "1":
        raise NotAllowed(f"Requests that write and are authenticated by cookie need the header `{WRITE_HEADER}: 1`.")
    return cookie


Token = Annotated[str, Depends(presented_token)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what may be seen by it: hand `scope` to every query."""

    session: Session
    scope: Scope
    address: str | None = None

    @property
    def actor(self) -> Actor:
        """Who the audit log names: hand it to `audit.record` and `services.audit.read`."""
        session = self.session
        return Actor(account=session.username, role=session.role.value, address=self.address, organ_id=session.organ_id)

    @property
    def username(self) -> str:
        return self.session.username

    def may(self, permission: Permission) -> bool:
        """For what widens an answer; what opens a route is declared by `requires`."""
        return may(self.session.role, permission)


REFUSALS_LOGGED = WRITES | {Permission.READ_TRACKS, Permission.READ_QUARANTINE, Permission.READ_AUDIT}
"""Who tries without the right to change something, or to read what others did, is in the audit log."""

BEFORE_ENROLMENT = frozenset({Permission.USE_ACCOUNT, Permission.CHANGE_OWN_ACCOUNT})
"""All that is open to an account that still has to set up the second factor its role needs."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """The dependency behind `requires`; `api.access` finds it in every route."""

    permission: Permission

    async def __call__(self, request: Request, services: Shared, token: Token) -> Caller:
        """Raises NotAuthenticated or NotAllowed; StoreUnavailable when it cannot be known."""
        session = await services.sessions.verify(token)
        if wait_s := services.rates.account_wait_s(session.account_id):
            raise too_many_requests(wait_s)
        address = request.client.host if request.client is not None else None
        if not may(session.role, self.permission):
            if self.permission in REFUSALS_LOGGED:
                scope = scope_of(session.role, session.organs, session.limits)
                await services.audit.read(
                    Caller(session, scope, address).actor,
                    action="access.refused",
                    subject=f"account:{session.account_id}",
                    detail={"method": request.method, "path": request.url.path, "permission": self.permission.value},
                )
            raise NotAllowed(f"The role {session.role.value} may not do this ({self.permission.value}).")
        if services.sessions.must_enrol(session) and self.permission not in BEFORE_ENROLMENT:
            raise ApiProblem(
                403,
                "otp_enrolment_required",
                "A second factor must be set up",
                f"The role {session.role.value} needs a second factor: set it up with POST /api/v1/auth/totp.",
            )
        scope = scope_of(session.role, session.organs, session.limits)
        if scope.read_only and request.method not in SAFE_METHODS:
            raise NotAllowed("This access token only reads.")
        return Caller(session, scope, address)


def requires(permission: Permission) -> Any:
    """How a route declares its one permission: `caller: Annotated[Caller, requires(Permission.READ_LEDGER)]`."""
    return Depends(Requirement(permission))


def in_person(caller: Caller) -> None:
    """Raises NotAllowed for a personal token: what one could change with it would outlive its revocation."""
    if caller.session.personal:
        raise NotAllowed("A personal access token may not do this: log in with the password.")


async def log_wrong_guess(services: Services, caller: Caller, what: str) -> None:
    """Somebody with an open session guesses at its account's password or codes: in the log before the refusal."""
    subject = f"account:{caller.session.account_id}"
    await services.audit.read(caller.actor, action="account.wrong_guess", subject=subject, detail={"wrong": what})


PURPOSE_HEADER = "X-Purpose"


def stated_purpose(
    purpose: Annotated[
        str | None,
        Header(
            alias=PURPOSE_HEADER,
            description="Why this is read, 2 to 500 characters; goes into the audit log with the account. "
            "Characters outside Latin-1 are sent percent-encoded (UTF-8).",
            examples=["Case 2026-117: check of the trip of 12 March"],
        ),
    ] = None,
) -> str:
    """The purpose in plain text. Raises ApiProblem (400) when it is missing, too short or too long."""
    text = readable_header(purpose or "").strip()
    if not 2 <= len(text) <= 500 or not text.isprintable():
        raise ApiProblem(
            400,
            "purpose-required",
            "A purpose is required",
            f"This is read for a stated purpose only: send the header `{PURPOSE_HEADER}` with 2 to 500 characters "
            "that say why (Chinese percent-encoded as UTF-8). It is written to the audit log.",
        )
    return text


Purpose = Annotated[str, Depends(stated_purpose)]


def readable_header(value: str) -> str:
    """A header as its sender meant it: percent-encoded UTF-8, or UTF-8 bytes that were read as Latin-1."""
    with suppress(UnicodeEncodeError, UnicodeDecodeError):
        value = value.encode("latin-1").decode()
    return unquote(value)
