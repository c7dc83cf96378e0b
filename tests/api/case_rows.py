"""Cases as the judge writes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from fleet.store import tables
from tests.api.builders import World


async def case(world: World, case_id: int, organ_id: int, *, vehicle_id: int = 1, **values: Any) -> None:
    """A case of the organ's vehicle with one finding of the same id, about the trip `70 + id`."""
    now = world.clock()
    row = {
        "id": case_id,
        "number": f"XS-2026-{case_id:06}",
        "vehicle_id": vehicle_id,
        "organ_id": organ_id,
        "division": 530302,
        "state": "open",
        "severity": "red",
        "begin_at": now - timedelta(hours=2),
        "end_at": now - timedelta(hours=1),
        "opened_at": now,
        "rules": ["unapproved_trip"],
        "findings": 1,
        "withdrawn": 0,
        **values,
    }
    await world.execute(insert(tables.misuse_case).values(row))
    await world.execute(
        insert(tables.finding).values(
            id=case_id,
            version=1,
            outcome="finding",
            rule="unapproved_trip",
            rule_version=1,
            vehicle_id=vehicle_id,
            organ_id=organ_id,
            subject_kind="trip",
            subject_id=70 + case_id,
            item_at=now - timedelta(hours=2),
            severity="red",
            begin_at=now - timedelta(hours=2),
            end_at=now - timedelta(hours=1),
            proven_at=now - timedelta(hours=2),
            count=1,
            grounds=[{"code": "no_order", "data": {"from": (now - timedelta(hours=2)).isoformat()}}],
            readings=[{"observed_at": now.isoformat(), "lat_e7": 255_000_000, "lon_e7": 1_038_000_000}],
            parameters=[{"slug": "unapproved_trip.radius_m", "value": 50, "version_id": None}],
            order_ids=[],
            area_ids=[],
            calendar=None,
            found_at=now,
            written_at=now,
            why="live",
            case_id=case_id,
        )
    )
