"""What the road shows of a vehicle's orders that they do not say yet. The interface's desk writes it into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from fleet.dispatch.road import by_road, follows, sightings
from fleet.judging.absences import absences
from fleet.store.dossiers import LOOKBACK, Papers, order_policy
from fleet.store.marks import Mark
from fleet.store.rulebook import Rulebook
from fleet.store.sightings import Seen


def news(papers: Mapping[int, Papers], taken: Mapping[int, Mark], rulebook: Rulebook, now: datetime) -> list[Seen]:
    """One for each order and vehicle that the road shows otherwise than the order has it."""
    return [seen for one in papers.values() for seen in _of(one, taken[one.vehicle_id], rulebook, now)]


def _of(papers: Papers, mark: Mark, rulebook: Rulebook, now: datetime) -> Iterator[Seen]:
    orders = [one for one in papers.orders if follows(one)]
    if not orders:
        return
    radius_m = int(rulebook.policies(papers.organ_at(mark.begin), mark.begin)["unapproved_trip.radius_m"].value)
    aways = absences(papers.segments, papers.home, radius_m, papers.track)
    early = {one.id: timedelta(seconds=order_policy(rulebook, "orders.early_departure_s", one)) for one in orders}
    known_to = mark.end + LOOKBACK
    found = sightings(
        orders,
        papers.vehicle_id,
        aways,
        early=early,
        known_from=mark.begin - LOOKBACK,
        known_to=datetime.max.replace(tzinfo=UTC) if known_to > now else known_to,
    )
    for order in orders:
        seen = found.get(order.id)
        if seen is None:
            continue
        outing = order.outing_of(papers.vehicle_id)
        if papers.held and outing is not None and seen.departed_at is None:
            continue  # readings are still on their way that may show it again; the silence is judged then
        if by_road(order, papers.vehicle_id, seen, now=now, emergency_within=timedelta()) is not None:
            yield Seen(order.id, papers.vehicle_id, seen.departed_at, seen.returned_at, mark.why)
