"""Serves the page's files from memory, read once when the application is made.

The files lie under an address that changes with their content, so browsers may keep them for good; only the page
itself is asked for each time. What is not there is 404, never the page in its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from fleet.errors import NotFound

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
        ".json": "application/json",
    }
)

BUILD_MARK = b"__BUILD__"
ROADS_MARK = b"__ROADS__"
ROADS = "geo/roads.json"
"""Drawn by the page where it is there."""

FOR_GOOD = "public, max-age=31536000, immutable"


class Asset(msgspec.Struct, frozen=True):
    body: bytes
    media_type: str


def read_assets(folder: Path) -> dict[str, Asset]:
    return {
        path.relative_to(folder).as_posix(): Asset(path.read_bytes(), MEDIA_TYPES[path.suffix])
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in MEDIA_TYPES
    }


def dashboard_router(folder: Path) -> APIRouter:
    """`/` and `/assets/{build}/…` for the files in `folder`."""
    assets = read_assets(folder)
    digest = hashlib.sha256()
    for name, asset in assets.items():
        digest.update(name.encode() + b"\0" + asset.body)
    build = digest.hexdigest()[:12]
    roads = f"/assets/{build}/{ROADS}" if ROADS in assets else ""
    page = assets.pop("index.html").body.replace(BUILD_MARK, build.encode()).replace(ROADS_MARK, roads.encode())
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def index() -> Response:
        return Response(page, media_type=MEDIA_TYPES[".html"], headers={"Cache-Control": "no-cache"})

    @router.get("/assets/{version}/{name:path}")
    async def file(request: Request, version: str, name: str) -> Response:
        found = assets.get(name) if version == build else None
        if found is None:
            raise NotFound(f"There is nothing at {request.url.path}.")
        return Response(found.body, media_type=found.media_type, headers={"Cache-Control": FOR_GOOD})

    @router.get("/favicon.ico")
    async def icon() -> Response:
        return Response(assets["icon.svg"].body, media_type="image/svg+xml", headers={"Cache-Control": "no-cache"})

    return router
