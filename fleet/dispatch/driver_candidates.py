"""Who should drive: those who may, the ones with the fewest orders lately first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fleet.dispatch.candidates import Taken
from fleet.dispatch.fitness import DriverFacts, Need, VehicleFacts, driver_doubts, driver_refusals
from fleet.dispatch.reasons import Reason, data


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverCandidate:
    facts: DriverFacts
    taken: Taken | None = None
    uses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDriver:
    """`refusals` empty = offered; `key` sorts the offered ones."""

    driver: DriverCandidate
    refusals: tuple[Reason, ...]
    doubts: tuple[Reason, ...]
    reasons: tuple[Reason, ...]
    key: tuple[int, ...]


def rank_drivers(
    drivers: Sequence[DriverCandidate], need: Need, vehicle: VehicleFacts | None, *, days: int
) -> tuple[JudgedDriver, ...]:
    """Those who may drive for the order (this vehicle, if one is named), best first: the organ's own, without doubt
    about the licence, with the fewest orders in the last `days`."""
    judged = [judge_driver(one, need, vehicle, days=days) for one in drivers]
    return tuple(sorted((one for one in judged if not one.refusals), key=lambda one: one.key))


def judge_driver(one: DriverCandidate, need: Need, vehicle: VehicleFacts | None, *, days: int) -> JudgedDriver:
    facts = one.facts
    refusals = driver_refusals(facts, need, vehicle)
    own = facts.organ_id == need.organ_id
    if vehicle is None and not own and not need.emergency:
        zh, en = f"{facts.label} 不属用车单位", f"{facts.label} does not belong to the order's organ"
        refusals.append(data(None, "driver_of_another_organ", zh, en, facts.organ_id))
    if one.taken is not None:
        number = one.taken.number
        zh = f"{facts.label} 该时段不空闲" if number is None else f"{facts.label} 已派给订单 {number}"
        en = f"{facts.label} is not free" if number is None else f"{facts.label} drives for order {number}"
        refusals.append(data(None, "taken", zh, en, number))
    doubts = () if vehicle is None else tuple(driver_doubts(facts, vehicle))
    reasons = [data(None, "free", "时段空闲", "Free in the whole time")]
    if own:
        reasons.append(data(None, "own_organ", "本单位驾驶员", "Of the order's organ", facts.organ_id))
    else:
        reasons.append(data(None, "vehicles_organ", "随车单位驾驶员", "Of the vehicle's organ", facts.organ_id))
    if vehicle is not None and not doubts:
        zh, en = f"准驾车型 {facts.licence_class} 相符", f"The licence {facts.licence_class} covers it"
        reasons.append(data(None, "licence_fits", zh, en, facts.licence_class))
    zh, en = f"近 {days} 天派车 {one.uses} 次", f"Drove for {one.uses} orders in {days} days"
    reasons.append(data(None, "uses", zh, en, one.uses))
    key = (0 if own else 1, len(doubts), one.uses, facts.id)
    return JudgedDriver(driver=one, refusals=tuple(refusals), doubts=doubts, reasons=tuple(reasons), key=key)
