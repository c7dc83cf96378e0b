"""Segments, verdicts and facts for rules, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.judging.outings import Known
from fleet.judging.vehicle import Dossier, Judgement, judge
from fleet.misuse.base import Facts, Home
from fleet.model.findings import Doubt, Finding, Parameter
from fleet.model.moments import EPOCH, LOCAL
from fleet.model.policies import POLICIES
from fleet.model.trips import Cut, CutKind, DivisionPart, EventReading, Gap, Place, Segment, Stop, TrackPoint, Trip
from fleet.model.verdicts import Deviation, Grant, GrantKind, Part, Reason, Verdict, VerdictKind
from fleet.workdays import STATUTORY, WorkCalendar

HOME_LAT_E7, HOME_LON_E7 = 254_983_000, 1_038_027_000
HOME = Home(HOME_LAT_E7, HOME_LON_E7)
QILIN, ZHANYI, XUANWEI = 530302, 530303, 530381
ALL_PARAMETERS = {slug: Parameter(slug, policy.default, None) for slug, policy in POLICIES.items()}


def local(text: str) -> datetime:
    """`2026-11-23T09:00` in Asia/Shanghai, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL).astimezone(UTC)


def us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def parameters(**changed: int | str | bool) -> dict[str, Parameter]:
    """The defaults with some changed: `after_hours__work_to="17:00"`."""
    names = {name.replace("__", "."): value for name, value in changed.items()}
    return ALL_PARAMETERS | {slug: Parameter(slug, value, 7) for slug, value in names.items()}


def place(north_m: float = 0, east_m: float = 0, division: int = QILIN) -> Place:
    """So many metres from home."""
    return Place(
        lat_e7=HOME_LAT_E7 + round(north_m / 111_195 * 1e7),
        lon_e7=HOME_LON_E7 + round(east_m / 100_365 * 1e7),
        division=division,
    )


def cut(kind: CutKind, at: datetime) -> Cut:
    return Cut(kind=kind, decided_at_us=us(at))


def trip(begin: datetime, end: datetime | None, **rest: Any) -> Trip:
    seconds = 0 if end is None else round((end - begin).total_seconds())
    values: dict[str, Any] = {
        "vehicle_id": 1,
        "started_us": us(begin),
        "ended_us": None if end is None else us(end),
        "begin": cut(CutKind.IGNITION_ON, begin),
        "end": None if end is None else cut(CutKind.IGNITION_OFF, end),
        "origin": place(),
        "destination": place(north_m=5_000),
        "distance_m": 12_000,
        "odometer_distance_m": 12_100,
        "driving_s": seconds,
        "idle_s": 0,
        "standing_s": 0,
        "silent_s": 0,
        "max_speed_dkmh": 600,
        "fuel_ml": None,
        "fuel_method": None,
        "energy_wh": None,
        "energy_method": None,
        "divisions": (DivisionPart(division=QILIN, distance_m=12_000, seconds=seconds),),
        "bridged": (),
        "set_aside": (),
        "set_aside_count": 0,
        "unit_ids": (1,),
        "positions": 100,
        "doubts": 0,
    }
    return Trip(**(values | rest))


def stop(begin: datetime, end: datetime | None, **rest: Any) -> Stop:
    values: dict[str, Any] = {
        "vehicle_id": 1,
        "started_us": us(begin),
        "ended_us": None if end is None else us(end),
        "begin": cut(CutKind.IGNITION_OFF, begin),
        "end": None if end is None else cut(CutKind.IGNITION_ON, end),
        "place": place(),
        "radius_m": 10,
        "ignition_on_s": 0,
        "fuel_change_ml": None,
        "charged_wh": None,
        "unit_ids": (1,),
        "positions": 10,
        "doubts": 0,
    }
    return Stop(**(values | rest))


def gap(begin: datetime, end: datetime | None, **rest: Any) -> Gap:
    values: dict[str, Any] = {
        "vehicle_id": 1,
        "started_us": us(begin),
        "ended_us": None if end is None else us(end),
        "before": place(),
        "after": None if end is None else place(),
        "metres_apart": None if end is None else 0,
        "odometer_m": None,
        "was_moving": False,
    }
    return Gap(**(values | rest))


def point(at: datetime, north_m: float = 0, east_m: float = 0, **rest: Any) -> TrackPoint:
    there = place(north_m, east_m)
    values: dict[str, Any] = {
        "at_us": us(at),
        "lat_e7": there.lat_e7,
        "lon_e7": there.lon_e7,
        "speed_dkmh": 400,
        "altitude_m": None,
        "odometer_m": None,
        "ignition": True,
    }
    return TrackPoint(**(values | rest))


def event(name: str, at: datetime) -> EventReading:
    return EventReading(us(at), 1, 0, None, name, None)


def verdict(kind: VerdictKind, *parts: tuple[datetime, datetime], late: bool = False, **rest: Any) -> Verdict:
    """With `parts` uncovered, or covered by a late approval only."""
    spans = tuple(Part(*one) for one in parts)
    deviations = frozenset({Deviation.APPROVED_AFTER_DEPARTURE}) if late else frozenset()
    values: dict[str, Any] = {
        "kind": kind,
        "deviations": deviations,
        "reasons": (),
        "grants": (),
        "uncovered": () if late else spans,
        "covered_late": spans if late else (),
    }
    return Verdict(**(values | rest))


def unapproved(of: Trip, now: datetime | None = None) -> Verdict:
    begin = EPOCH + timedelta(microseconds=of.started_us)
    end = now if of.ended_us is None else EPOCH + timedelta(microseconds=of.ended_us)
    assert end is not None
    return verdict(VerdictKind.UNAPPROVED, (begin, end), reasons=(Reason("no_order"),))


def order(begin: datetime, end: datetime, *, number: int = 1, **rest: Any) -> Grant:
    values: dict[str, Any] = {
        "kind": GrantKind.ORDER,
        "source_id": number,
        "number": f"A-2026-{number:04}",
        "version": 0,
        "known_at": begin - timedelta(hours=2),
        "begin": begin,
        "end": end,
    }
    return Grant(**(values | rest))


def facts(now: datetime, **rest: Any) -> Facts:
    values: dict[str, Any] = {
        "vehicle_id": 1,
        "home_divisions": frozenset({QILIN}),
        "policies": ALL_PARAMETERS,
        "now": now,
        "home": HOME,
    }
    return Facts(**(values | rest))


def judged(
    now: datetime,
    *segments: Segment,
    tracks: dict[int, tuple[TrackPoint, ...]] | None = None,
    home_divisions: frozenset[int] = frozenset({QILIN}),
    calendar: WorkCalendar = STATUTORY,
    **rest: Any,
) -> Judgement:
    """The whole judgement of a vehicle's segments, numbered from 1."""
    values: dict[str, Any] = {
        "vehicle_id": 1,
        "home": HOME,
        "home_divisions_at": lambda _: home_divisions,
        "segments": tuple(Known(number, one) for number, one in enumerate(segments, start=1)),
        "events": (),
        "grants": (),
        "sealings": (),
        "calendar_at": lambda _: calendar,
        "policies_at": lambda _: ALL_PARAMETERS,
        "track_of": lambda number: (tracks or {}).get(number, ()),
        "clock_doubt_s": 0,
        "now": now,
    }
    first = EPOCH + timedelta(microseconds=segments[0].started_us)
    return judge(Dossier(**(values | rest)), first, now)


def found(judgement: Judgement) -> dict[str, list[Finding]]:
    """Findings by rule."""
    answer: dict[str, list[Finding]] = {}
    for one in judgement.outcomes:
        if isinstance(one, Finding):
            answer.setdefault(one.rule, []).append(one)
    return answer


def doubts(judgement: Judgement) -> dict[str, list[Doubt]]:
    answer: dict[str, list[Doubt]] = {}
    for one in judgement.outcomes:
        if isinstance(one, Doubt):
            answer.setdefault(one.rule, []).append(one)
    return answer
