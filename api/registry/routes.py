"""The registry's routes, subject by subject."""

from __future__ import annotations

from fastapi import APIRouter

from api.registry.organs.routes import router as organs
from api.registry.units.bindings import router as bindings
from api.registry.units.routes import router as units
from api.registry.vehicles.routes import router as vehicles

router = APIRouter()
for part in (organs, vehicles, units, bindings):
    router.include_router(part)
