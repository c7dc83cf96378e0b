"""Statistics in the shapes of `schemas`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import day_begins_us, from_us
from fleet.statistics.base import Dimension, Parts, Statistic
from fleet.store.counting import Key
from fleet.store.policies import values_at

Names = Mapping[Dimension, Mapping[int, str]]


def definition_shown(statistic: Statistic) -> dict[str, Any]:
    return {
        "slug": statistic.slug,
        "version": statistic.version,
        "title_zh": statistic.title_zh,
        "title_en": statistic.title_en,
        "definition_zh": statistic.definition_zh,
        "definition_en": statistic.definition_en,
        "unit": statistic.unit.value,
        "decimals": statistic.decimals,
        "parts": [{"name": one.name, "unit": one.unit, "zh": one.zh, "en": one.en} for one in statistic.parts],
        "sources": [source.value for source in statistic.counts],
        "group_by": [one.value for one in Dimension if one in statistic.dimensions and one is not Dimension.VEHICLE],
        "factors": list(statistic.factors),
        "target": statistic.target,
    }


def compared(statistic: Statistic, parts: Parts | None, earlier: Parts | None, both: bool) -> dict[str, Any]:
    """A figure, and with `both` the one of the year before and what changed. None: there was nothing at all."""
    parts = statistic.sum(()) if parts is None else parts
    shown: dict[str, Any] = {"value": statistic.value(parts), "parts": parts}
    if both:
        earlier = statistic.sum(()) if earlier is None else earlier
        one, other = statistic.figure(parts), statistic.figure(earlier)
        shown["previous"] = {"value": statistic.value(earlier), "parts": earlier}
        shown["change"] = None if one is None or other is None else float(round(one - other, statistic.decimals))
    return shown


async def target_shown(
    connection: AsyncConnection, slug: str, organ: int | None, day: date, figure: Fraction | None
) -> dict[str, Any]:
    """The target that holds when the day begins, and whether the figure meets it."""
    held = (await values_at(connection, from_us(day_begins_us(day)), organ, [slug]))[slug]
    return {
        "slug": slug,
        "value": held.value,
        "version_id": None if held.version is None else held.version.id,
        "met": None if figure is None else figure >= int(held.value),
    }


def group_shown(
    statistic: Statistic,
    by: Sequence[Dimension],
    key: Key,
    parts: Parts | None,
    earlier: Parts | None,
    names: Names,
    both: bool,
) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for dimension, value in zip(by, key, strict=True):
        match dimension:
            case Dimension.ORGAN:
                shown["organ"] = {"id": value, "name": names[dimension].get(value, "")}
            case Dimension.VEHICLE:
                shown["vehicle"] = {"id": value, "plate": names[dimension].get(value, "")}
            case Dimension.MONTH:
                shown["month"] = f"{value:%Y-%m}"
            case _:
                shown[dimension.value] = value
    return shown | compared(statistic, parts, earlier, both)
