"""What all imports over HTTP have in common: the sheet is the body, the report is the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.errors import ApiProblem
from api.state import Services
from fleet.identity.scope import mask_phone
from fleet.registry.sheets import Unreadable
from fleet.store.imports import Report
from fleet.store.reports import as_data

PATIENCE_S = 60.0

CSV_BODY = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}

DryRun = Annotated[bool, Query(description="Say what would happen, and store nothing")]
Partial = Annotated[bool, Query(description="Store the good rows although others are refused")]


async def import_body(
    request: Request, services: Services, run: Callable[[AsyncConnection, bytes], Awaitable[Report]]
) -> Response:
    """`run` takes in the content of a sheet in its transaction. Raises ApiProblem (422: not to be read as a sheet)."""
    content = await request.body()
    try:
        async with services.database.begin(within_s=PATIENCE_S) as connection:
            report = await run(connection, content)
    except Unreadable as error:
        raise ApiProblem(422, "unreadable-sheet", "Unreadable sheet", str(error)) from None
    return json_answer(as_data(report, mask_phone))
