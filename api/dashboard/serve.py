"""Serves the built page from memory, read once when the application is made.

Files under `/assets/` carry a hash of their content in their names, so browsers may keep them for good; the page
itself is asked for each time, with a nonce of its own. What is not there is 404, never the page in its place: a
worker that came as a page would leave the map blank without an error.
"""

from __future__ import annotations

import secrets
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
        ".mjs": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
        ".json": "application/json",
    }
)

PAGES = (
    "/",
    "/login",
    "/map",
    "/account",
    "/system",
    "/dispatch",
    "/cases",
    "/history",
    "/statistics",
    "/registry",
    "/audit",
)
"""The page's own addresses; everything below them is the page's too."""

NONCE_MARK = "__CSP_NONCE__"
FOR_GOOD = "public, max-age=31536000, immutable"
NOT_BUILT = (
    "The page has not been built: run `make setup`, or `python -m api.dashboard.build`, and start the service again.\n"
    "页面尚未构建：请运行 make setup 后重新启动服务。\n"
)

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types default"
)
WORKER_POLICY = "default-src 'none'; connect-src 'self'"


class Asset(msgspec.Struct, frozen=True):
    body: bytes
    packed: bytes | None
    media_type: str
    policy: str | None


def read_assets(folder: Path) -> dict[str, Asset]:
    """The files below `folder` by their path in it; `packed` is the gzip copy that the build wrote beside a file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix not in MEDIA_TYPES:
            continue
        packed = path.with_name(path.name + ".gz")
        found[path.relative_to(folder).as_posix()] = Asset(
            body=path.read_bytes(),
            packed=packed.read_bytes() if packed.is_file() else None,
            media_type=MEDIA_TYPES[path.suffix],
            policy=WORKER_POLICY if "worker" in path.name else None,
        )
    return found


def accepts_gzip(request: Request) -> bool:
    for offer in request.headers.get("Accept-Encoding", "").split(","):
        name, _, weight = offer.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0")
    return False


def dashboard_router(folder: Path) -> APIRouter:
    """`/`, every address of the page and `/assets/…` for the build in `folder`; without one a sentence that says so."""
    assets = read_assets(folder)
    page = assets.pop("index.html", None)
    text = None if page is None else page.body.decode()
    router = APIRouter(include_in_schema=False)

    async def index() -> Response:
        if text is None:
            return Response(NOT_BUILT, status_code=503, media_type="text/plain; charset=utf-8")
        nonce = secrets.token_urlsafe(16)
        return Response(
            text.replace(NONCE_MARK, nonce),
            media_type=MEDIA_TYPES[".html"],
            headers={
                "Cache-Control": "no-cache",
                "Content-Security-Policy": PAGE_POLICY.format(nonce=nonce),
            },
        )

    for path in PAGES:
        router.add_api_route(path, index, methods=["GET"])
        if path != "/":
            router.add_api_route(path + "/{rest:path}", index, methods=["GET"])

    @router.get("/assets/{name:path}")
    async def file(request: Request, name: str) -> Response:
        found = assets.get(f"assets/{name}")
        if found is None:
            raise NotFound(f"There is nothing at {request.url.path}.")
        headers = {"Cache-Control": FOR_GOOD, "Vary": "Accept-Encoding"}
        if found.policy is not None:
            headers["Content-Security-Policy"] = found.policy
        if found.packed is not None and accepts_gzip(request):
            headers["Content-Encoding"] = "gzip"
            return Response(found.packed, media_type=found.media_type, headers=headers)
        return Response(found.body, media_type=found.media_type, headers=headers)

    return router
