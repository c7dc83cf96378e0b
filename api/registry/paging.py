"""Pages in the order of ids, and the parameters that several lists share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import Response

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor

MOST = 6_000

Limit = Annotated[int, Query(ge=1, le=MOST, description="Items in a page; the whole fleet fits into one")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")]
DivisionQuery = Annotated[int | None, Query(ge=0, le=999_999, description="Home division", examples=[530302])]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
IdQuery = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
OrganQuery = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="Only what belongs to this organ or to one below it")
]


def page(rows: Sequence[dict[str, Any]], limit: int) -> Response:
    """A page from up to `limit` + 1 rows: the one too many says that there is a next page."""
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = encode_cursor(rows[-1]["id"]) if more else None
    return json_answer({"items": rows, "next_cursor": cursor})


def after(cursor: str | None) -> int:
    return 0 if cursor is None else decode_cursor(cursor, int)
