"""`/policies`: the thresholds, with every version of them; added to, never changed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from api.answers import json_answer
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.registry.checks import organ_reference
from api.registry.editing import plain, said
from api.registry.paging import IdQuery
from api.registry.policies.schemas import PolicyList, VersionForm, VersionPage, VersionShown
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.model.policies import POLICIES, Policy, PolicyKind, Resolved
from fleet.registry.problems import error, warning, warnings_of
from fleet.store import audit, policies
from fleet.store.scoped import is_visible_organ

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_POLICIES)]
Writer = Annotated[Caller, requires(Permission.MANAGE_POLICIES)]


def _policy(slug: str) -> Policy:
    if slug not in POLICIES:
        raise NotFound(f"There is no policy {slug!r}; GET /api/v1/policies lists them.")
    return POLICIES[slug]


def _shown(policy: Policy, holds: Resolved) -> dict[str, Any]:
    bounded = policy.kind is PolicyKind.NUMBER
    return {
        "slug": policy.slug,
        "kind": policy.kind,
        "unit": policy.unit,
        "zh": policy.zh,
        "en": policy.en,
        "least": policy.least if bounded else None,
        "most": policy.most if bounded else None,
        "by_organ": policy.by_organ,
        "default": policy.default,
        "value": holds.value,
        "version": None if holds.version is None else holds.version.id,
        "organ_id": None if holds.version is None else holds.version.organ_id,
    }


@router.get(
    "/policies", summary="Policies and what holds", response_model=PolicyList, responses=problems(401, 403, 404, 422)
)
async def list_policies(
    services: Shared,
    caller: Reader,
    organ: IdQuery = None,
    at: Annotated[AwareDatetime | None, Query(description="Default: now")] = None,
) -> Response:
    """What holds for an organ (default: the city as a whole): its own value, or that of the nearest organ above."""
    async with services.database.begin() as connection:
        if organ is not None and not await is_visible_organ(connection, organ, scope=caller.scope):
            raise NotFound(f"There is no organ {organ}.")
        holding = await policies.values_at(connection, at or services.now(), organ)
    return json_answer({"items": [_shown(POLICIES[slug], holds) for slug, holds in holding.items()]})


@router.get(
    "/policies/{slug}/versions",
    summary="Every version of a policy",
    response_model=VersionPage,
    responses=problems(401, 403, 404, 422),
)
async def list_versions(services: Shared, caller: Reader, slug: str) -> Response:
    """The latest beginning first: who gave which value, from when, for whom, and why."""
    _policy(slug)
    async with services.database.begin() as connection:
        rows = await policies.list_versions(connection, slug, scope=caller.scope)
    return json_answer({"items": [dict(row) for row in rows]})


@router.post(
    "/policies/{slug}/versions",
    summary="Give a policy a new value",
    status_code=201,
    response_model=VersionShown,
    responses=problems(401, 403, 404, 413, 422),
)
async def add_version(services: Shared, caller: Writer, slug: str, form: VersionForm) -> Response:
    """A value that holds since a moment in the past has that span judged again; the older verdicts are kept."""
    policy = _policy(slug)
    now = services.now()
    since = form.effective_from or now
    found = []
    if fault := policy.fault(form.value):
        found.append(error("value", "policy_value", f"应为：{fault}", f"Expected: {fault}"))
    if form.organ_id is not None and not policy.by_organ:
        zh, en = "该参数全市统一，不能按单位设置", "This policy is the same for the whole city"
        found.append(error("organ_id", "city_only", zh, en))
    if since < now:
        zh, en = (
            "生效时间早于现在：已有判定将重新计算并留存旧版本",
            "It holds for the past too: verdicts are made again",
        )
        found.append(warning("effective_from", "acts_on_the_past", zh, en))
    async with services.database.begin() as connection:
        warnings = warnings_of([*found, *await organ_reference(connection, caller, form.organ_id)])
        held = (await policies.values_at(connection, since, form.organ_id))[slug]
        row = await policies.add_version(
            connection,
            slug=slug,
            organ_id=form.organ_id,
            value=form.value,
            effective_from=since,
            who=caller.username,
            why=form.why,
            now=now,
        )
        await audit.record(
            connection,
            account=caller.actor,
            action="policy.add",
            subject=f"policy:{slug}",
            purpose=form.why,
            detail={"before": {"value": held.value}, "after": plain(row)},
            organ_ids=() if form.organ_id is None else (form.organ_id,),
        )
    return json_answer({**row, "warnings": said(warnings)}, 201)
