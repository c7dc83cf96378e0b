"""What the registry and the orders say of the labelled city: each wanted order as the API would have made it, and the
policies, exemptions and sealing lists of the demonstration. Orders are kept in it: what nothing explains is said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.truth.city import Days, Lived, registry
from fleet.dispatch.grants import grants_of
from fleet.geography.divisions import CITY_CODE
from fleet.judging.vehicle import Policies, PoliciesAt
from fleet.misuse.base import Home, Sealing
from fleet.model.city import Organ
from fleet.model.city import Vehicle as Registered
from fleet.model.findings import Parameter
from fleet.model.moments import EPOCH
from fleet.model.orders import Assignment, Decision, Order, OrderState, Outing, PermittedArea, Place, Plan
from fleet.model.policies import POLICIES, PolicyVersion, resolve
from fleet.model.registry import VehicleStatus
from fleet.model.verdicts import Grant, GrantKind
from fleet.store.dossiers import ALL_COUNTIES, permitted_divisions
from simulators.days.model import Filing, OrderWanted

_CLERK, _CHIEF = 1, 2
_AREAS = {"county": PermittedArea.COUNTY, "city": PermittedArea.CITY, "province": PermittedArea.PROVINCE}
_FILED = frozenset({Filing.IN_TIME, Filing.LATE, Filing.EMERGENCY, Filing.WRONG_VEHICLE})
_NOT_KEPT = "reconciliation.orders_kept"


def lineage(organ: Organ) -> list[int]:
    """The organ, then those above it."""
    above = {one.id: one.parent_id for one in registry().organs}
    found: list[int] = []
    current: int | None = organ.id
    while current is not None and current not in found:
        found.append(current)
        current = above.get(current)
    return found


def policies_of(organ: Organ) -> PoliciesAt:
    """As the demonstration gives them, from the beginning on."""
    versions = [
        PolicyVersion(number, one.slug, one.organ_id, one.value, one.effective_from)
        for number, one in enumerate(registry().policies, start=1)
        if one.slug != _NOT_KEPT
    ]
    above = lineage(organ)
    at = max((one.effective_from for one in versions), default=EPOCH)
    resolved = {slug: resolve(policy, versions, above, at) for slug, policy in POLICIES.items()}
    values: Policies = {
        slug: Parameter(slug, one.value, None if one.version is None else one.version.id)
        for slug, one in resolved.items()
    }
    return lambda _: values


def home_of(vehicle: Registered) -> Home:
    return Home(vehicle.parking_lat_e7, vehicle.parking_lon_e7)


def home_divisions(organ: Organ) -> frozenset[int]:
    return ALL_COUNTIES if organ.division == CITY_CODE else frozenset({organ.division})


def sealings_of(vehicle: Registered, days: Days) -> tuple[Sealing, ...]:
    if vehicle.status is not VehicleStatus.SEALED:
        return ()
    return (Sealing(1, "封存", days.begin - timedelta(days=30), None),)


def exemptions_of(vehicle: Registered, days: Days) -> list[Grant]:
    return [
        Grant(
            kind=GrantKind.EXEMPTION,
            source_id=one.vehicle_id,
            number=None,
            version=1,
            known_at=one.holds_from,
            begin=one.holds_from,
            end=days.end + timedelta(days=366),
        )
        for one in registry().exemptions
        if one.vehicle_id == vehicle.id
    ]


def orders_of(organ: Organ, vehicle: Registered, lived: Sequence[Lived]) -> list[Order]:
    """The orders that somebody filed, in the order of the days. One of `WRONG_VEHICLE` names a vehicle that is none
    of the city's and stands still."""
    found = []
    for day, one in enumerate(lived):
        for wanted in one.plan.orders:
            if wanted.filing in _FILED:
                legs = [leg for leg in one.plan.legs if leg.outing == wanted.outing]
                number = (vehicle.id * 1_000 + day) * 100 + wanted.outing
                given = -vehicle.id if wanted.filing is Filing.WRONG_VEHICLE else vehicle.id
                departed = moment(legs[0].departs_at - legs[0].warm_s)
                returned = moment(legs[-1].arrives_at + legs[-1].idle_s)
                found.append(_order(number, organ, given, wanted, departed, returned))
    return found


def grants(order: Order, vehicle_id: int, policies: Policies) -> tuple[Grant, ...]:
    """What the order allows the vehicle it names."""
    return grants_of(
        order,
        vehicle_id,
        divisions=permitted_divisions,
        radius_m=int(policies["destination_deviation.radius_m"].value),
        emergency_within_s=int(policies["emergency.approve_within_s"].value),
    )


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, tz=UTC)


def _order(
    number: int, organ: Organ, vehicle_id: int, wanted: OrderWanted, departed: datetime, returned: datetime
) -> Order:
    assert wanted.approved_at is not None
    filed, approved = moment(wanted.filed_at), moment(wanted.approved_at)
    area = _AREAS[wanted.area.value]
    origin = _place("出发地", wanted.origin)
    plan = Plan(
        begins_at=moment(wanted.window_from),
        ends_at=moment(wanted.window_to),
        area=area,
        division=organ.division if area is PermittedArea.COUNTY else None,
        origin=origin,
        destinations=tuple(_place(name, place) for name, place in wanted.destinations),
        passengers=wanted.passengers,
    )
    emergency = wanted.filing is Filing.EMERGENCY
    # Of an emergency written down afterwards the vehicle is named with the application.
    given_at = filed if emergency else approved
    within = timedelta(seconds=int(POLICIES["emergency.approve_within_s"].default))
    return Order(
        id=number,
        organ_id=organ.id,
        applicant_id=_CLERK,
        created_at=filed,
        plan=plan,
        purpose=wanted.purpose.value,
        state=OrderState.RETURNED,
        emergency=emergency,
        number=f"O{organ.id}-{number}",
        round=1,
        submitted_at=filed,
        submitter_id=_CLERK,
        decision=Decision.APPROVED,
        decided_at=approved,
        approve_by=departed + within if emergency else None,
        assignments=(Assignment(vehicle_id=vehicle_id, driver_id=None, at=given_at, by_id=_CHIEF),),
        outings=(
            Outing(
                vehicle_id=vehicle_id,
                departed_at=departed,
                departure_recorded_at=max(departed, given_at),
                returned_at=returned,
                return_recorded_at=max(returned, given_at),
            ),
        ),
    )


def _place(name: str, place: tuple[float, float]) -> Place:
    return Place(name=name, lat_e7=round(place[0] * 1e7), lon_e7=round(place[1] * 1e7))
