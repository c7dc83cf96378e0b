"""`/rules`: what is looked for, with the parameters that hold now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.answers import json_answer
from api.cases.schemas import RuleList
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.registry.paging import OrganQuery
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.misuse.base import Rule
from fleet.misuse.registry import RULES
from fleet.store.policies import values_at
from fleet.store.scoped import is_visible_organ

router = APIRouter(tags=["rules"])

_JUDGED = {"TripItem": "trip", "StopItem": "stop", "GapItem": "gap", "EventItem": "event"}


@router.get("/rules", summary="Rules of misuse", response_model=RuleList, responses=problems(401, 403, 404, 422))
async def list_rules(
    services: Shared, caller: Annotated[Caller, requires(Permission.READ_POLICIES)], organ: OrganQuery = None
) -> Response:
    """Every rule, in the order in which findings are shown, with its parameters for the organ, or for the city."""
    async with services.database.begin() as connection:
        if organ is not None and not await is_visible_organ(connection, organ, scope=caller.scope):
            raise NotFound(f"There is no organ {organ}.")
        values = await values_at(connection, services.now(), organ)
    return json_answer({"items": [_shown(rule, values) for rule in RULES]})


def _shown(rule: Rule, values: Any) -> dict[str, Any]:
    return {
        "slug": rule.slug,
        "title_zh": rule.title_zh,
        "title_en": rule.title_en,
        "version": rule.version,
        "severity": rule.severity.value,
        "meaning": (type(rule).__doc__ or "").strip(),
        "judges": [_JUDGED[kind.__name__] for kind in rule.judges],
        "parameters": [
            {
                "slug": slug,
                "value": values[slug].value,
                "version_id": None if values[slug].version is None else values[slug].version.id,
            }
            for slug in rule.policies
        ],
    }
