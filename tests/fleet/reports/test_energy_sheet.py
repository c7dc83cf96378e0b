"""Energy sheets equal a slow reference over raw trips and records, whatever is asked, and again after late data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import LOCAL
from fleet.model.scope import CITY
from fleet.reports.usage import PARTS
from fleet.statistics.base import Dimension
from fleet.statistics.energy_cost import ENERGY_COST
from fleet.store.energy_sheet import read_sheet
from fleet.store.figures import Question
from fleet.store.tally_memory import TallyMemory
from tests.api.journeys import day_of
from tests.fleet.statistics.city import DAYS, FIRST, Random, before_and_after_late_data
from tests.fleet.statistics.reference import reference

pytestmark = pytest.mark.store

BURNS = {"petrol": "petrol", "hev": "petrol", "phev": "petrol", "diesel": "diesel"}
CHARGED = ("phev", "bev")
NAMES = {"petrol": "ml", "diesel": "ml", "gas": "ml", "electricity": "wh"}
Slice = dict[str, Any]


@pytest.mark.parametrize("seed", range(3))
async def test_it_equals_its_reference(database_url: str, seed: int) -> None:
    await before_and_after_late_data(database_url, seed, assert_equal)


async def assert_equal(connection: AsyncConnection, city: Random) -> None:
    for _ in range(6):
        first = FIRST + timedelta(days=city.draw.randrange(-5, DAYS))
        question = Question(
            first=first,
            last=first + timedelta(days=city.draw.randrange(70)),
            organs=city.draw.choice((None, frozenset({2, 3}))),
            energy=city.draw.choice((None, None, "petrol", "phev")),
        )
        found = await read_sheet(connection, question, scope=CITY, memory=TallyMemory())
        wanted = slow(city, question)
        assert {key: plain(parts) for key, parts in found.items() if any(parts.values())} == {
            key: plain(parts) for key, parts in wanted.items() if any(parts.values())
        }, question


def plain(parts: dict[str, int]) -> dict[str, int]:
    assert set(parts) <= set(PARTS)
    return {name: value for name, value in parts.items() if value}


def card_holder(city: Random, record: dict[str, Any]) -> int:
    day = record["at"].astimezone(LOCAL).date()
    for one in city.cards:
        lower, upper = one["period"].lower, one["period"].upper
        if one["card"] == record["card"] and (lower is None or lower <= day) and (upper is None or day < upper):
            return int(one["vehicle_id"])
    return int(record["vehicle_id"])


def slices(city: Random, question: Question) -> Iterator[tuple[tuple[int, date], Slice]]:
    """Everything a vehicle did and bought in a month, apart by the organ and the energy kind it then had."""
    found: dict[tuple[Any, ...], Slice] = defaultdict(lambda: {"trips": [], "bought": []})

    def at(vehicle_id: int, moment: Any) -> Slice | None:
        day = day_of(moment)
        who = city.attributes(vehicle_id, day)
        if not question.first <= day <= question.last:
            return None
        if question.organs is not None and who["organ_id"] not in question.organs:
            return None
        if question.energy is not None and who["energy"] != question.energy:
            return None
        return found[who["organ_id"], day.replace(day=1), vehicle_id, who["energy"]]

    for trip in city.trips:
        if (one := at(trip["vehicle_id"], trip["started_at"])) is not None:
            one["trips"].append(trip)
    for record in city.refuels:
        if (one := at(card_holder(city, record), record["at"])) is not None:
            one["bought"].append((record["fuel"], record["ml"], record["cost_fen"]))
    for record in city.charges:
        if (one := at(record["vehicle_id"], record["begin_at"])) is not None:
            one["bought"].append(("electricity", record["wh"], record["cost_fen"]))
    for (organ_id, month, _, energy), one in found.items():
        yield (organ_id, month), {**one, "energy": energy}


def slow(city: Random, question: Question) -> dict[tuple[int, date], dict[str, int]]:
    total: dict[tuple[int, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, one in slices(city, question):
        count(total[key], one)
    asked = Question(
        first=question.first,
        last=question.last,
        by=(Dimension.ORGAN, Dimension.MONTH),
        organs=question.organs,
        energy=question.energy,
    )
    for key, parts in reference(city, ENERGY_COST.slug, asked).items():
        total[key[0], key[1]]["calculated_mfen"] += parts["fuel_mfen"] + parts["electricity_mfen"]
    return total


def count(into: dict[str, int], one: Slice) -> None:
    distance = sum(trip["distance_m"] for trip in one["trips"])
    into["distance_m"] += distance
    for medium, unit in NAMES.items():
        bought = [record for record in one["bought"] if record[0] == medium]
        into[f"{medium}_bought_{unit}"] += sum(record[1] for record in bought)
        into[f"{medium}_paid_fen"] += sum(record[2] or 0 for record in bought)
        into[f"{medium}_purchases"] += len(bought)
        into[f"{medium}_unpriced"] += sum(record[2] is None for record in bought)
        runs = one["energy"] in CHARGED if medium == "electricity" else BURNS.get(one["energy"]) == medium
        if not runs:
            continue
        amount, method = ("energy_wh", "energy_method") if medium == "electricity" else ("fuel_ml", "fuel_method")
        told = [trip for trip in one["trips"] if trip[amount] is not None]
        counted = [trip for trip in told if trip[method] == "counter"]
        used, told_m, counted_m = (
            sum(trip[amount] for trip in told),
            sum(trip["distance_m"] for trip in told),
            sum(trip["distance_m"] for trip in counted),
        )
        into[f"{medium}_driven_m"] += distance
        into[f"{medium}_used_{unit}"] += used
        quantity = sum(record[1] for record in bought)
        if distance and counted_m / distance >= 0.8:
            best = ("counter", sum(trip[amount] for trip in counted), counted_m)
        elif distance and told_m / distance >= 0.8:
            best = ("level", used, told_m)
        elif len(bought) >= 2 and quantity > 0 and distance:
            best = ("records", quantity, distance)
        elif told_m:
            best = ("partial", used, told_m)
        else:
            continue
        into[f"{medium}_best_{unit}"] += best[1]
        into[f"{medium}_best_m"] += best[2]
        into[f"{medium}_{best[0]}_m"] += best[2]
        if bought and told_m / distance >= 0.8:
            into[f"{medium}_compared_bought_{unit}"] += quantity
            into[f"{medium}_compared_used_{unit}"] += used
            into[f"{medium}_compared_vehicle_months"] += 1
