"""Every error leaves as a problem document (RFC 9457), and no detail of the inside leaves with it.

`instance` numbers the single occurrence: for a fault of ours the same number stands in the log beside the traceback.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from fleet.errors import Conflict, FleetError, NotAllowed, NotAuthenticated, NotFound, StoreUnavailable
from fleet.registry.problems import Refused, Severity
from fleet.store.records import Clash

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:one-network:problem:"


class FieldError(BaseModel):
    """One thing that is wrong with the request."""

    location: str = Field(description="Where: `query.limit`, `body.ids.0`", examples=["query.limit"])
    message: str = Field(description="What is wrong", examples=["Input should be less than or equal to 1000"])
    message_zh: str | None = Field(None, description="The same in Chinese, where the rule is one of the registry")
    code: str | None = Field(None, description="A stable name of the rule", examples=["vin_check_digit"])


class ProblemDocument(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": TYPE_PREFIX + "not-found",
                    "title": "Not found",
                    "status": 404,
                    "detail": "There is no vehicle 4711.",
                    "instance": "urn:uuid:0b8f8c0e-2c5a-4b1f-9a51-6f1f0f4c6f3e",
                }
            ]
        }
    )

    type: str = Field(description="The kind of problem, a stable URN")
    title: str = Field(description="The kind of problem in words; the same for every occurrence")
    status: int = Field(description="The HTTP status, repeated")
    detail: str = Field(description="What happened here and what to do about it")
    instance: str = Field(description="This occurrence; for status 500 the number to look for in the log")
    errors: list[FieldError] | None = Field(None, description="What is wrong with which part; every reason why not")
    conflicts: list[dict[str, Any]] | None = Field(None, description="The records in the way (status 409)")
    current: dict[str, Any] | None = Field(None, description="The record as it is now (status 412)")


class ApiProblem(FleetError):
    """A problem that has its meaning in HTTP only."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.members = members
        self.status = status
        self.slug = slug
        self.title = title
        self.headers = headers


def too_many_requests(wait_s: int) -> ApiProblem:
    return ApiProblem(
        429,
        "too-many-requests",
        "Too many requests",
        f"More requests than one caller may make: try again in {wait_s} s.",
        headers={"Retry-After": str(wait_s)},
    )


def bad_cursor() -> ApiProblem:
    return ApiProblem(
        400, "bad-cursor", "Bad cursor", "`cursor` is not one that this list gave out: start again without it."
    )


def problem_response(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    instance: str | None = None,
    members: Mapping[str, Any] | None = None,
) -> Response:
    more = {} if errors is None else {"errors": errors}
    body = problem_body(status, slug, title, detail, instance=instance, members={**more, **(members or {})})
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, media_type=MEDIA_TYPE)


def problem_body(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    instance: str | None = None,
    members: Mapping[str, Any] | None = None,
) -> bytes:
    return msgspec.json.encode(
        {
            "type": TYPE_PREFIX + slug,
            "title": title,
            "status": status,
            "detail": detail,
            "instance": instance or new_instance(),
            **(members or {}),
        }
    )


def new_instance() -> str:
    return f"urn:uuid:{uuid4()}"


def _from_fleet(_: Request, error: Exception) -> Response:
    match error:
        case ApiProblem():
            return problem_response(
                error.status, error.slug, error.title, str(error), headers=error.headers, members=error.members
            )
        case Refused():
            return problem_response(422, "invalid-record", "Invalid record", str(error), errors=_refusals(error))
        case Clash():
            slug = f"conflict-{error.kind.replace('_', '-')}"
            return problem_response(409, slug, "Conflict", str(error), members={"conflicts": error.others})
        case NotFound():
            return problem_response(404, "not-found", "Not found", str(error))
        case Conflict():
            return problem_response(409, "conflict", "Conflict", str(error))
        case NotAuthenticated():
            return problem_response(
                401, "not-authenticated", "Not logged in", str(error), headers={"WWW-Authenticate": "Bearer"}
            )
        case NotAllowed():
            return problem_response(403, "not-allowed", "Not allowed", str(error))
        case StoreUnavailable():
            # The reason names hosts and databases: it goes to the log.
            logger.warning("%s", error)
            return problem_response(
                503,
                "store-unavailable",
                "Database unavailable",
                "The database does not answer. Nothing was changed; try again in a few seconds.",
                headers={"Retry-After": "5"},
            )
        case _:
            return _from_bug(_, error)


def _refusals(refused: Refused) -> list[Mapping[str, str]]:
    return [
        {"location": f"body.{one.field}", "message": one.en, "message_zh": one.zh, "code": one.code}
        for one in refused.problems
        if one.severity is Severity.ERROR
    ]


def _from_validation(_: Request, error: Exception) -> Response:
    wrong = [
        {"location": ".".join(str(part) for part in problem["loc"]), "message": str(problem["msg"])}
        for problem in cast(RequestValidationError, error).errors()
    ]
    detail = "; ".join(f"{one['location']}: {one['message']}" for one in wrong[:5])
    return problem_response(422, "invalid-request", "Invalid request", detail, errors=wrong)


def _from_http(request: Request, error: Exception) -> Response:
    raised = cast(HTTPException, error)
    status = HTTPStatus(raised.status_code)
    details = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.method} is not possible at {request.url.path}.",
    }
    # Names of today's HTTP where Python still has the older ones.
    title = {413: "Content too large"}.get(status, status.phrase)
    return problem_response(
        status,
        title.lower().replace(" ", "-"),
        title,
        details.get(status, raised.detail),
        headers=raised.headers,
    )


def _from_bug(request: Request, error: Exception) -> Response:
    instance = new_instance()
    logger.error("%s %s failed, %s", request.method, request.url.path, instance, exc_info=error)
    return problem_response(
        500,
        "internal-error",
        "Internal error",
        f"The request failed by a fault of ours. Tell the operator this number: {instance}",
        instance=instance,
    )


HANDLERS: tuple[tuple[type[Exception], Callable[[Request, Exception], Response]], ...] = (
    (FleetError, _from_fleet),
    (RequestValidationError, _from_validation),
    (HTTPException, _from_http),
    (Exception, _from_bug),
)


def install(app: FastAPI) -> None:
    for kind, handler in HANDLERS:
        app.add_exception_handler(kind, handler)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for OpenAPI: the given statuses as problem documents, and the usual ones."""
    descriptions = {
        400: "The request lacks something, contradicts itself, or is no text where one is expected",
        401: "No token, or one that is no longer valid",
        403: "The account may not do this",
        404: "There is no such thing, or it is outside the account's sight",
        409: "It contradicts what is stored: `conflicts` names the records in the way",
        412: "Somebody changed the record since it was read: `current` is what it is now",
        413: "The body is too large",
        422: "A parameter has the wrong form",
        428: "Changes need `If-Match` with the ETag of the record that was read",
        429: "Too many requests, or too many failed attempts: `Retry-After` says how long to wait",
        500: "A fault of ours; `instance` stands in the log",
        503: "The database does not answer; `Retry-After` says when to try again",
    }
    return {
        status: {
            "description": descriptions[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in dict.fromkeys((*statuses, 400, 429, 500, 503))
    }
