"""What an applicant writes into the form of an order. Pure: the same order gives the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from simulators.days.model import Area, Purpose
from simulators.draws import Draws
from simulators.routing import Place
from simulators.truth import moment

_LONGEST_NAME = 100
_MOST_DESTINATIONS = 20

Facts = Callable[[str, Draws], dict[str, str]]


def _numbered(fact: str, word: str) -> Facts:
    return lambda place, draws: {fact: f"{word}〔2026〕{1 + draws.below(180)}号（{place}）"[:200]}


def _said(fact: str, words: str) -> Facts:
    return lambda place, draws: {fact: f"{words}：{place}"[:200]}


_OTHER = "other"
_WRITTEN: Mapping[Purpose, tuple[str, Facts]] = {
    Purpose.ERRAND: ("document_delivery", lambda place, draws: {"recipient": place}),
    Purpose.MAIL: ("confidential_mail", _said("route", "固定路线，首站")),
    Purpose.MEETING: ("meeting_training", _numbered("notice", "会通")),
    Purpose.INSPECTION: ("inspection_research", _said("topic", "专项检查")),
    Purpose.PATROL: ("law_enforcement", _said("matter", "日常巡查")),
    Purpose.FIELD_VISIT: ("rural_work", lambda place, draws: {"village": place}),
    Purpose.MARKET: ("law_enforcement", _said("matter", "集市秩序检查")),
    Purpose.WORKS: (_OTHER, _said("description", "工程作业与现场巡检")),
    Purpose.RESCUE: ("emergency_rescue", _said("incident", "突发险情处置")),
    Purpose.DELIVERY: ("medical", _said("task", "样本与物资配送")),
    Purpose.SHUTTLE: (_OTHER, _said("description", "职工通勤班车固定线路")),
    Purpose.LONG_TRIP: ("meeting_training", _numbered("notice", "省会通")),
    Purpose.EXAM: ("school_examination", _said("examination", "考试保障")),
    Purpose.FLOOD: ("flood_duty", lambda place, draws: {"response_level": "Ⅳ级"}),
    Purpose.FIRE_WATCH: (_OTHER, _said("description", "森林防火巡护与检查")),
    Purpose.NIGHT_DUTY: ("law_enforcement", _said("matter", "夜间值班巡查")),
    Purpose.ON_CALL: (_OTHER, _said("description", "夜间备勤，车辆停放备勤点")),
    Purpose.TASK_FORCE: ("emergency_rescue", _said("incident", "应急调度任务")),
}
_SERVICING: tuple[str, Facts] = ("vehicle_servicing", _said("service", "加油"))


def order_form(
    *,
    organ_id: int,
    purpose: Purpose | None,
    emergency: bool,
    window: tuple[float, float],
    area: Area,
    county: int,
    origin: Place,
    destinations: Iterable[tuple[str, Place]],
    passengers: int,
    reference: str,
    draws: Draws,
) -> dict[str, object]:
    """The body of `POST /orders`. `purpose` None = to the filling station; `county` is what the area `county` means.

    `reference` goes into the remarks: by it an order is found again after whatever happened in between.
    """
    places = list(destinations)[:_MOST_DESTINATIONS]
    slug, facts = _SERVICING if purpose is None else _WRITTEN.get(purpose, _WRITTEN[Purpose.ERRAND])
    form: dict[str, object] = {
        "organ_id": organ_id,
        "purpose": slug,
        "facts": facts(places[0][0] or "驻地", draws),
        "emergency": emergency,
        "planned_from": moment(window[0]),
        "planned_to": moment(window[1]),
        "area": area.value,
        "origin": _place("出发地", origin),
        "destinations": [_place(name, place) for name, place in places],
        "passengers": passengers,
        "remarks": reference,
    }
    if area is Area.COUNTY:
        form["division"] = county
    return form


def _place(name: str, place: Place) -> dict[str, object]:
    lat, lon = (round(degrees, 7) for degrees in place)
    return {"name": (name or "驻地")[:_LONGEST_NAME], "lat": lat, "lon": lon}
