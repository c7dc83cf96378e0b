"""Every route says who may use it, or the application does not start.

What is open to all is named here, in full. Everything else declares one permission by `requires` (see
`api.dependencies`); the tests generate the matrix of routes and roles from
what `declared` finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Route

from api.dashboard.serve import PAGES
from api.dependencies import Requirement
from fleet.identity.permissions import Permission

PUBLIC = frozenset(
    {
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/asyncapi.json"),
        ("GET", "/assets/{name:path}"),
        *(("GET", path) for path in PAGES),
        *(("GET", path + "/{rest:path}") for path in PAGES if path != "/"),
        ("GET", "/api/v1/divisions"),
        ("POST", "/api/v1/auth/token"),
    }
)
"""Probes, the page's own files, the borders (public anyway), and the door."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One thing the application answers, and what it asks of the caller: exactly one permission, if it is right."""

    method: str
    path: str
    permissions: frozenset[Permission]

    @property
    def public(self) -> bool:
        return (self.method, self.path) in PUBLIC


def declared(app: FastAPI) -> Iterator[Declared]:
    """Every method of every route, with its whole path. Raises TypeError for what is no plain route."""
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, Route):
            raise TypeError(f"{context.original_route!r} is not a plain route: nothing would check who uses it")
        dependant = context.dependant if isinstance(context.original_route, APIRoute) else None
        permissions = frozenset() if dependant is None else frozenset(_permissions(dependant))
        for method in sorted((context.methods or set()) - {"HEAD"}):
            yield Declared(method, context.path or "", permissions)


def check(app: FastAPI) -> None:
    """Raises TypeError when a route is neither public nor declares exactly one permission."""
    for one in declared(app):
        if not one.public and len(one.permissions) != 1:
            found = ", ".join(sorted(one.permissions)) or "none"
            raise TypeError(f"{one.method} {one.path} must declare one permission, not: {found}")


def _permissions(dependant: Dependant) -> Iterator[Permission]:
    if isinstance(dependant.call, Requirement):
        yield dependant.call.permission
    for one in dependant.dependencies:
        yield from _permissions(one)
