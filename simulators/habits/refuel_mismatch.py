"""The fuel card pays for a tank that is not the vehicle's; what is booked late looks like it (`days/timeline.py`)."""

from __future__ import annotations

from simulators.city import SiteKind
from simulators.days.model import CardRecord, Draft, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived

_FEN_A_LITRE = 768


def _burns(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del today, draft, draws
    return subject.spec.tank_l is not None


def _elsewhere(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """A card record at a station where the vehicle was not, by day; sometimes of more than its tank holds."""
    del today
    stations = subject.city.sites_of(subject.county, SiteKind.STATION)
    station = draws.one_of(stations)
    at = float(round(lived.begins_at + draws.between(5, 15) * 3_600))
    tank_l = subject.spec.tank_l or 50.0
    over = draws.chance(0.3)
    volume_ml = round(1_000 * tank_l * (draws.between(1.08, 1.4) if over else draws.between(0.45, 0.8)))
    record = CardRecord(at, volume_ml, round(volume_ml / 1_000 * _FEN_A_LITRE), station.name, station.place)
    facts = {"volume_ml": volume_ml, "station": station.name, "place": station.place, "above_tank": over}
    return Found(cards=[record], labels=[habit.label(at, at, **facts)])


HABITS = (Habit("refuel_mismatch", "card_for_another", False, 0.0012, _elsewhere, _burns),)
