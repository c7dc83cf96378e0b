"""The registry's routes, subject by subject."""

from __future__ import annotations

from fastapi import APIRouter

from api.registry.areas.routes import router as areas
from api.registry.calendars.imports import router as list_imports
from api.registry.calendars.routes import router as calendars
from api.registry.drivers.routes import router as drivers
from api.registry.lists.cards import router as cards
from api.registry.lists.exemptions import router as exemptions
from api.registry.lists.sealing import router as sealing
from api.registry.organs.routes import router as organs
from api.registry.policies.routes import router as policies
from api.registry.sheets.routes import router as sheets
from api.registry.units.bindings import router as bindings
from api.registry.units.routes import router as units
from api.registry.unknowns.routes import router as unknowns
from api.registry.vehicles.routes import router as vehicles

router = APIRouter()
PARTS = (
    *(organs, vehicles, units, bindings, drivers, areas, policies, cards, sealing, exemptions, calendars),
    list_imports,  # before the sheets: its paths are more particular
    *(sheets, unknowns),
)
for part in PARTS:
    router.include_router(part)
