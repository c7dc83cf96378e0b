"""JSON answers without a second validation: the shapes in `schemas.py` document them, tests compare the two."""

from __future__ import annotations

import msgspec
from fastapi.responses import Response


def json_answer(body: object, status: int = 200) -> Response:
    """Never cached: everything the service says is about now, and much of it is for one account only."""
    return Response(
        msgspec.json.encode(body), status, media_type="application/json", headers={"Cache-Control": "no-store"}
    )
