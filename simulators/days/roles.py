"""What a vehicle is for, day by day: a role follows from its use, its body and a draw that lasts its life."""

from __future__ import annotations

from enum import Enum

from fleet.model.registry import Body, OrganKind, VehicleUse
from simulators.days.calendar import DayKind
from simulators.days.model import Subject, Today


class Role(Enum):
    MAIL = "mail"
    ERRANDS = "errands"
    PATROL = "patrol"
    COURT = "court"  # serving papers, hearings away
    CALLS = "calls"  # ambulances
    WORKS = "works"
    FIELD = "field"
    DELIVERY = "delivery"  # samples, vaccines, disinfection
    SHUTTLE = "shuttle"
    RESERVE = "reserve"


# Chance of leaving the yard on a working day, a day of the weekend, a statutory holiday.
MOVES: dict[Role, tuple[float, float, float]] = {
    Role.MAIL: (0.98, 0.25, 0.15),
    Role.ERRANDS: (0.74, 0.05, 0.03),
    Role.PATROL: (0.76, 0.34, 0.34),
    Role.COURT: (0.66, 0.04, 0.01),
    Role.CALLS: (0.86, 0.82, 0.82),
    Role.WORKS: (0.68, 0.16, 0.08),
    Role.FIELD: (0.62, 0.06, 0.04),
    Role.DELIVERY: (0.62, 0.12, 0.08),
    Role.SHUTTLE: (0.80, 0.05, 0.02),
    Role.RESERVE: (0.40, 0.09, 0.08),
}


def role_of(subject: Subject) -> Role:
    """The same answer for the whole life of the vehicle."""
    spec, draws = subject.spec, subject.draws("role")
    if spec.body is Body.AMBULANCE:
        return Role.CALLS
    if spec.body in (Body.LABORATORY, Body.COLD_CHAIN, Body.DISINFECTION):
        return Role.DELIVERY
    if spec.body is Body.BUS:
        return Role.SHUTTLE
    if spec.use is VehicleUse.COMMUNICATIONS:
        return Role.MAIL if draws.chance(0.3) else Role.ERRANDS
    if spec.use is VehicleUse.LAW_ENFORCEMENT:
        return Role.COURT if spec.organ_kind in (OrganKind.COURT, OrganKind.PROCURATORATE) else Role.PATROL
    if spec.use is VehicleUse.SPECIAL_PURPOSE:
        return Role.WORKS
    if spec.use is VehicleUse.EMERGENCY:
        return Role.FIELD if draws.chance(0.6) else Role.RESERVE
    return Role.FIELD if draws.chance(0.45) else Role.ERRANDS


def moves(subject: Subject, role: Role, today: Today) -> bool:
    """Whether the vehicle leaves its yard on a date, as far as its duties go."""
    worked, weekend, holiday = MOVES[role]
    chance = worked if today.kind.worked else weekend if today.kind is DayKind.WEEKEND else holiday
    return subject.draws("moves", today.day.toordinal()).chance(chance)
