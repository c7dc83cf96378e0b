"""Statistics in the shapes of `schemas`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cache
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


def groups_shown(
    statistic: Statistic,
    by: Sequence[Dimension],
    groups: Mapping[Key, Parts],
    names: Names,
    earlier: Mapping[Key, Parts] | None = None,
) -> list[dict[str, Any]]:
    """Each group with its figure; with `earlier`, those of the year before, beside it or alone."""
    labels = [(dimension.value, _label(dimension, names)) for dimension in by]
    shown = []
    for key in groups if earlier is None else dict.fromkeys([*groups, *earlier]):
        one: dict[str, Any] = {name: label(value) for (name, label), value in zip(labels, key, strict=True)}
        before = None if earlier is None else earlier.get(key)
        one.update(compared(statistic, groups.get(key), before, earlier is not None))
        shown.append(one)
    return shown


def _label(dimension: Dimension, names: Names) -> Callable[[Any], Any]:
    """What stands for a value of the dimension: answers hold thousands of groups, and few values."""
    known = names.get(dimension, {})
    match dimension:
        case Dimension.ORGAN:
            return cache(lambda value: {"id": value, "name": known.get(value, "")})
        case Dimension.VEHICLE:
            return lambda value: {"id": value, "plate": known.get(value, "")}
        case Dimension.MONTH:
            return cache(lambda value: f"{value:%Y-%m}")
        case _:
            return lambda value: value
