"""Orders, people and vehicles for the pure tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fleet.dispatch.commands import Actor, Content
from fleet.dispatch.fitness import DriverFacts, VehicleFacts
from fleet.dispatch.given import Given, Rules
from fleet.dispatch.life import drafted
from fleet.model.orders import Order, PermittedArea, Place, Plan
from fleet.model.registry import Role

NOW = datetime(2026, 5, 20, 0, 0, tzinfo=UTC)  # 08:00 in Qujing
HOUR = timedelta(hours=1)
ORGAN, OTHER_ORGAN, HOME = 7, 8, 530302

QILIN = Place(name="麒麟区某办公区", lat_e7=254983400, lon_e7=1038027300)
ZHANYI = Place(name="沾益区某乡镇", lat_e7=256035900, lon_e7=1038203400)

APPLICANT = Actor(1, Role.ORGAN_DISPATCHER)
CLERK = Actor(2, Role.ORGAN_DISPATCHER)
APPROVER = Actor(3, Role.APPROVER)
LEADER = Actor(4, Role.ORGAN_MANAGER)
OFFICER = Actor(5, Role.APPROVER)
PEOPLE = (APPLICANT, CLERK, APPROVER, LEADER, OFFICER, *(Actor(10 + n, role) for n, role in enumerate(Role)))


def plan(**values: Any) -> Plan:
    return replace(
        Plan(
            begins_at=NOW + HOUR,
            ends_at=NOW + 5 * HOUR,
            area=PermittedArea.CITY,
            division=None,
            origin=QILIN,
            destinations=(ZHANYI,),
            passengers=3,
        ),
        **values,
    )


def content(**values: Any) -> Content:
    return replace(
        Content(
            plan=plan(),
            purpose="official_reception",
            facts={"letter_number": "曲公函〔2026〕12号", "guests": "某单位"},
            contact_phone="00000000417",
        ),
        **values,
    )


def emergency(**values: Any) -> Content:
    return content(purpose="emergency_rescue", facts={"incident": "某地山体滑坡"}, emergency=True, **values)


def draft(written: Content | None = None, applicant: Actor = APPLICANT) -> Order:
    return drafted(written or content(), order_id=1, organ_id=ORGAN, applicant_id=applicant.account_id, now=NOW - HOUR)


def vehicle(number: int = 100, **values: Any) -> VehicleFacts:
    usual: dict[str, Any] = {
        "plate": f"云D{number:05d}",
        "organ_id": ORGAN,
        "division": HOME,
        "management": "retained",
        "energy": "petrol",
        "status": "in_service",
        "body": "saloon",
        "seats": 5,
    }
    return VehicleFacts(id=number, **{**usual, **values})


def driver(number: int = 200, **values: Any) -> DriverFacts:
    usual: dict[str, Any] = {
        "label": f"驾驶员 {number:04d}",
        "organ_id": ORGAN,
        "licence_class": "C1",
        "licence_expires_on": date(2030, 1, 1),
    }
    return DriverFacts(id=number, **{**usual, **values})


def given(now: datetime = NOW, **values: Any) -> Given:
    vehicles = values.pop("vehicles", [vehicle(100), vehicle(101), vehicle(102)])
    drivers = values.pop("drivers", [driver(200), driver(201), driver(202)])
    return Given(
        now=now,
        division=HOME,
        rules=values.pop("rules", Rules()),
        vehicles={one.id: one for one in vehicles},
        drivers={one.id: one for one in drivers},
        **values,
    )
