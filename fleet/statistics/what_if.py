"""What a share would be if some vehicles were replaced by new-energy ones that do the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fleet.statistics.base import Parts


def replaced(parts: Mapping[int, Parts], vehicle_ids: Collection[int], *, whole: str, new_energy: str) -> list[Parts]:
    """The parts of every vehicle; of those that are replaced all of `whole` counts as `new_energy`."""
    chosen = set(vehicle_ids)
    return [{**one, new_energy: one[whole]} if vehicle_id in chosen else one for vehicle_id, one in parts.items()]
