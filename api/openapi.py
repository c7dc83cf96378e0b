"""The contracts at `/openapi.json` (what FastAPI derives, and what it cannot know) and `/asyncapi.json` (MQTT)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from pydantic.json_schema import models_json_schema

from api.access import declared
from api.errors import ProblemDocument
from api.positions.schemas import HealthEvent, PositionsEvent
from api.stream.schemas import CaseNotice, FindingNotice, ResetEvent
from fleet.identity.permissions import TABLE

EVENTS = (ProblemDocument, PositionsEvent, HealthEvent, CaseNotice, FindingNotice, ResetEvent)
"""Shapes that no route answers by itself."""

DESCRIPTION = """
One Network (公车一张网): where a city's official vehicles are, and the books that prove what became of every message.

- **Log in** with `POST /api/v1/auth/token`; send the access token as `Authorization: Bearer …` and renew it at the
  same address with `grant_type=refresh_token`. Scripts use personal tokens (`/api/v1/auth/tokens`). Pages use the
  cookies that the same request sets; requests that write by cookie need `X-Fleet-Request: 1`.
- **Who may what** is said with each operation (`x-permission`); what lies outside an account's organs does not exist.
- **Errors** are problem documents (RFC 9457).
- **Lists** are read by cursor: send `next_cursor` back as `cursor` until it is null.
- **Times** are RFC 3339. **Coordinates** are WGS-84 degrees; with `datum=gcj02` they leave in GCJ-02.
- **Tracks** and **visits** are read for a stated purpose (`X-Purpose`), which goes into the audit log.
"""

TAGS = [
    {"name": "access", "description": "Log-in, second factor, access tokens"},
    {"name": "accounts", "description": "Who may log in, as what, for which organs"},
    {"name": "registry", "description": "Organs, vehicles and onboard units"},
    {"name": "orders", "description": "Orders for vehicles: applied for, approved, assigned, driven, settled"},
    {"name": "positions", "description": "The live fleet"},
    {"name": "stream", "description": "Everything live on one connection"},
    {"name": "webhooks", "description": "Other systems are told of cases as it happens"},
    {"name": "tracks", "description": "Where a vehicle was"},
    {"name": "trips", "description": "Trips, stops and gaps, why each begins and ends, and what they add up to"},
    {"name": "visits", "description": "Who was near a place, and when"},
    {"name": "ledger", "description": "Received = stored + duplicate + quarantined; and what is missing"},
    {"name": "quarantine", "description": "What was refused, why, with its raw bytes"},
    {"name": "audit", "description": "Who did what, and whether the log is intact"},
    {"name": "geography", "description": "Borders for maps"},
    {"name": "health", "description": "Probes and figures"},
]


def install_openapi(app: FastAPI) -> None:
    """Makes `app.openapi` add the schemas that only problems and events use."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes, tags=TAGS
            )
            for one in declared(app):
                operation = document["paths"].get(one.path, {}).get(one.method.lower())
                if operation is not None and one.permissions:
                    (permission,) = one.permissions
                    operation["x-permission"] = permission.value
                    operation["x-roles"] = sorted(TABLE[permission])
            _, definitions = models_json_schema(
                [(model, "serialization") for model in EVENTS],
                ref_template="#/components/schemas/{model}",
            )
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for name, schema in definitions["$defs"].items():
                schemas.setdefault(name, schema)
            # Ours are problem documents; FastAPI's own shape of a 422 is never sent.
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def install_asyncapi(app: FastAPI) -> None:
    """`/asyncapi.json`: what units publish and are told. The file is made by `python -m ingest.contract`."""
    written = Path(__file__).with_name("asyncapi.json").read_bytes()

    @app.get("/asyncapi.json", include_in_schema=False)
    async def asyncapi() -> Response:
        return Response(written, media_type="application/json")
