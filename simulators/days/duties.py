"""The outings of a day by role: where to, when, for how long. Intentions only; the scheduler sees what fits."""

from __future__ import annotations

from collections.abc import Callable

from fleet.geography.distance import haversine_m
from simulators.city import Site, SiteKind
from simulators.days.calendar import Season, at_hour, is_market_day
from simulators.days.model import Area, Draft, Filing, Outing, Purpose, Stop, Subject, Today
from simulators.days.roles import Role, moves, role_of
from simulators.draws import Draws
from simulators.routing import Place

_MINUTE = 60.0


def _apart_m(a: Place, b: Place) -> float:
    return haversine_m(*a, *b)


def draft_day(subject: Subject, today: Today) -> Draft:
    """What the vehicle's duties ask of it; no outing on most days of rest."""
    draft, role = Draft(), role_of(subject)
    draws = subject.draws("duties", today.day.toordinal())
    if moves(subject, role, today):
        season = _SEASONAL.get(today.season)
        if season is not None and role in (Role.FIELD, Role.RESERVE, Role.PATROL) and draws.chance(0.3):
            draft.outings.append(season(subject, today, draws))
        elif today.kind.worked:
            _DAILY[role](draft, subject, today, draws)
        else:
            _RESTING.get(role, _on_duty)(draft, subject, today, draws)
    return draft


def stop_at(site: Site, minutes: float, *, idles: bool = False) -> Stop:
    """A stay at a site."""
    return Stop(site.anchor, minutes * _MINUTE, site.name, site.division, idles)


def _in_town(subject: Subject, draws: Draws, *kinds: SiteKind) -> Site:
    sites = subject.city.sites_of(subject.county, draws.one_of(kinds))
    return draws.one_of(sites)


def _in_a_township(subject: Subject) -> bool:
    """Whether the yard lies far from the county's seat."""
    seat = subject.city.network.towns[subject.county].division
    return haversine_m(*subject.home.place, seat.seat_lat, seat.seat_lon) > 9_000


def _village(subject: Subject, draws: Draws, county: int | None = None, among: int = 12) -> Site:
    """One of the villages around the yard, the near ones more often; or any of another county."""
    if county is not None:
        return draws.one_of(subject.city.sites_of(county, SiteKind.VILLAGE))
    sites = subject.city.around(SiteKind.VILLAGE, subject.county, subject.home)
    return sites[int(draws.unit() ** 1.3 * min(among, len(sites)))]


def _other_county(subject: Subject, draws: Draws) -> int:
    """Another county, sooner a near one."""
    here = subject.home.place
    others = [code for code in subject.city.counties if code != subject.county]
    weighted = []
    for code in others:
        seat = subject.city.network.towns[code].division
        away_km = _apart_m((seat.seat_lat, seat.seat_lon), here) / 1_000
        weighted.append((1 / (15 + away_km) ** 2, code))
    return draws.weighted(weighted)


def _at(today: Today, draws: Draws, hour: float, spread_h: float, earliest: float = 0.0) -> float:
    return at_hour(today.day, max(earliest, draws.normal(hour, spread_h)))


def _half_days(draws: Draws, both: float) -> tuple[bool, bool]:
    if draws.chance(both):
        return True, True
    morning = draws.chance(0.68)
    return morning, not morning


def _errands(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    """Meetings and errands in town; now and then a township, another county, the capital."""
    dice = draws.unit()
    if dice < 0.03:
        draft.outings.append(long_trip(subject, today, draws))
        return
    if dice < 0.03 + (0.3 if subject.on_the_whole_city else 0.13):
        draft.outings.append(_to_another_county(subject, today, draws))
        return
    if dice < (0.8 if _in_a_township(subject) else 0.4):
        draft.outings.append(_field_visit(subject, today, draws, Purpose.FIELD_VISIT))
        return
    morning, afternoon = _half_days(draws, 0.55)
    kinds = (SiteKind.OFFICE, SiteKind.OFFICE, SiteKind.OFFICE, SiteKind.COMPANY, SiteKind.SCHOOL, SiteKind.HOSPITAL)
    for wanted, hour, back in ((morning, 9.25, 12.1), (afternoon, 14.5, 17.7)):
        if wanted:
            stops = [
                stop_at(_in_town(subject, draws, *kinds), draws.between(12, 55)) for _ in range(1 + draws.below(3))
            ]
            purpose = Purpose.MEETING if draws.chance(0.45) else Purpose.ERRAND
            leaves = _at(today, draws, hour, 0.42, 8.15 if hour < 12 else 13.4)
            draft.outings.append(Outing(purpose, leaves, stops, back_by=at_hour(today.day, back)))


def _mail(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    """Two fixed rounds: the same offices in the same order every working day."""
    route = subject.draws("mail route")
    offices = [_in_town(subject, route, SiteKind.OFFICE) for _ in range(3 + route.below(2))]
    far = None
    if subject.on_the_whole_city and route.chance(0.5):
        county = _other_county(subject, route)
        far = route.one_of(subject.city.sites_of(county, SiteKind.OFFICE))
    for number, hour in enumerate((8.6 + 0.6 * route.unit(), 14.5 + 0.5 * route.unit())):
        stops = [stop_at(office, draws.between(4, 11)) for office in (offices if number == 0 else offices[::-1])]
        if far is not None and number == 0:
            stops.append(stop_at(far, draws.between(10, 25)))
        draft.outings.append(Outing(Purpose.MAIL, _at(today, draws, hour, 0.05), stops))
        if _in_a_township(subject):
            return


def _patrol(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    """Rounds through streets and villages with short halts; some begin in the evening."""
    if draws.chance(0.1):
        _night_patrol(draft, subject, today, draws)
        if draws.chance(0.6):
            return
    rural = _in_a_township(subject) or subject.draws("beat").chance(0.45)
    rounds = _half_days(draws, 0.62)
    for wanted, hour, back in zip(rounds, (9.0, 14.6), (12.1, 17.8), strict=True):
        if not wanted:
            continue
        if rural:
            village = _village(subject, draws)
            stops = [stop_at(village, draws.between(10, 35)), stop_at(_village(subject, draws), draws.between(8, 30))]
            if is_market_day(today.day, village.anchor.junction):
                stops[0].stay_s *= 1.8
            purpose = Purpose.MARKET if is_market_day(today.day, village.anchor.junction) else Purpose.PATROL
            pace = 0.85
        else:
            kinds = (SiteKind.SCHOOL, SiteKind.MARKET, SiteKind.OFFICE, SiteKind.HOSPITAL, SiteKind.COMPANY)
            stops = [stop_at(_in_town(subject, draws, *kinds), draws.between(4, 14)) for _ in range(3 + draws.below(3))]
            purpose, pace = Purpose.PATROL, 0.62
        leaves = _at(today, draws, hour, 0.5, 8.1 if hour < 12 else 13.3)
        draft.outings.append(Outing(purpose, leaves, stops, pace=pace, back_by=at_hour(today.day, back)))


def _night_patrol(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    kinds = (SiteKind.ENTERTAINMENT, SiteKind.MARKET, SiteKind.HOTEL, SiteKind.SCHOOL)
    late = draws.chance(0.2)
    hour = draws.between(23.2, 24.6) if late else draws.between(19.4, 21.2)
    halts = 3 + draws.below(3)
    stops = [stop_at(_in_town(subject, draws, *kinds), draws.between(4, 9)) for _ in range(halts)]
    back = at_hour(today.day, hour + draws.between(1.4, 2.3))
    draft.outings.append(Outing(Purpose.NIGHT_DUTY, at_hour(today.day, hour), stops, pace=0.66, back_by=back))


def _court(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    if draws.chance(0.25):
        draft.outings.append(_to_another_county(subject, today, draws))
        return
    stops = [stop_at(_village(subject, draws), draws.between(20, 60)) for _ in range(1 + draws.below(2))]
    stops.append(stop_at(_in_town(subject, draws, SiteKind.OFFICE, SiteKind.HOUSING), draws.between(10, 40)))
    leaves = _at(today, draws, 9.1, 0.4, 8.2)
    draft.outings.append(Outing(Purpose.INSPECTION, leaves, stops, back_by=at_hour(today.day, 17.6)))


def _calls(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    """Ambulance calls at any hour, more by day: to a place, to the hospital, home. They need no order."""
    hour = 4.3
    while True:
        hour += draws.between(0.8, 7.0) * (1.0 if 7 < hour < 22 else 2.0)
        if hour > 26.2 or len(draft.outings) >= 3:
            return
        if draws.chance(0.3):
            patient = _village(subject, draws, among=7)
        else:
            kind = draws.one_of((SiteKind.HOUSING, SiteKind.HOUSING, SiteKind.SCHOOL, SiteKind.MARKET))
            patient = draws.one_of(subject.city.around(kind, subject.county, subject.home)[:10])
        hospital = draws.one_of(subject.city.around(SiteKind.HOSPITAL, subject.county, subject.home)[:2])
        stops = [
            stop_at(patient, draws.between(6, 18), idles=draws.chance(0.5)),
            stop_at(hospital, draws.between(10, 25)),
        ]
        leaves = at_hour(today.day, hour)
        draft.outings.append(Outing(Purpose.RESCUE, leaves, stops, Filing.EXEMPT, pace=1.12, area=Area.PROVINCE))
        hour += 1.2


def _works(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    """A building or road site all day, the same one for a month, with a way back at noon for those close by."""
    site_draws = subject.draws("works", today.day.year * 12 + today.day.month)
    site = _village(subject, site_draws, among=9)
    second = _village(subject, draws, among=9)
    leaves = _at(today, draws, 8.6, 0.35, 7.9)
    if draws.chance(0.45):
        draft.outings.append(
            Outing(Purpose.WORKS, leaves, [stop_at(site, draws.between(60, 150))], back_by=at_hour(today.day, 12.3))
        )
        leaves = _at(today, draws, 13.9, 0.25, 13.2)
        stops = [stop_at(site if draws.chance(0.6) else second, draws.between(60, 140))]
    else:
        stops = [stop_at(site, draws.between(100, 220)), stop_at(second, draws.between(60, 150))]
    draft.outings.append(Outing(Purpose.WORKS, leaves, stops, pace=0.92, back_by=at_hour(today.day, 17.8)))


def _field_visit(subject: Subject, today: Today, draws: Draws, purpose: Purpose) -> Outing:
    stops = [stop_at(_village(subject, draws), draws.between(40, 110)) for _ in range(1 + draws.below(2))]
    leaves = _at(today, draws, 9.1, 0.45, 8.1)
    return Outing(purpose, leaves, stops, back_by=at_hour(today.day, draws.between(15.5, 17.7)))


def _field(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    dice = draws.unit()
    if dice < 0.025:
        draft.outings.append(long_trip(subject, today, draws))
    elif dice < 0.025 + (0.35 if subject.on_the_whole_city else 0.12):
        draft.outings.append(_to_another_county(subject, today, draws))
    else:
        draft.outings.append(_field_visit(subject, today, draws, Purpose.INSPECTION))


def _delivery(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    stops = [stop_at(_village(subject, draws), draws.between(12, 40)) for _ in range(2 + draws.below(3))]
    stops.append(stop_at(_in_town(subject, draws, SiteKind.HOSPITAL), draws.between(8, 20)))
    leaves = _at(today, draws, 8.9, 0.4, 8.1)
    draft.outings.append(Outing(Purpose.DELIVERY, leaves, stops, back_by=at_hour(today.day, 17.4)))


def _shuttle(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    """Staff buses: the same stops every morning and evening; sometimes a group visit in between."""
    line = subject.draws("line")
    stops = [_in_town(subject, line, SiteKind.HOUSING) for _ in range(5)]
    for hour in (6.9, 18.05):
        halts = [stop_at(site, draws.between(1.5, 3.0)) for site in (stops if hour < 12 else stops[::-1])]
        draft.outings.append(Outing(Purpose.SHUTTLE, _at(today, draws, hour, 0.05), halts))
    if draws.chance(0.35):
        draft.outings.append(_field_visit(subject, today, draws, Purpose.FIELD_VISIT))


def _reserve(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    draft.outings.append(_field_visit(subject, today, draws, Purpose.FIELD_VISIT))


def _to_another_county(subject: Subject, today: Today, draws: Draws) -> Outing:
    county = _other_county(subject, draws)
    stops = [stop_at(draws.one_of(subject.city.sites_of(county, SiteKind.OFFICE)), draws.between(50, 130))]
    if draws.chance(0.4):
        stops.append(stop_at(_village(subject, draws, county), draws.between(30, 70)))
    leaves = _at(today, draws, 8.7, 0.35, 8.0)
    return Outing(Purpose.MEETING, leaves, stops, back_by=at_hour(today.day, 18.0))


def long_trip(subject: Subject, today: Today, draws: Draws) -> Outing:
    """To the capital and back within the day."""
    sites = subject.city.sites_of(subject.city.beyond, SiteKind.OFFICE)
    stops = [stop_at(draws.one_of(sites), draws.between(70, 160)) for _ in range(1 + draws.below(2))]
    leaves = _at(today, draws, 7.6, 0.3, 7.0)
    return Outing(Purpose.LONG_TRIP, leaves, stops, back_by=at_hour(today.day, 20.5), area=Area.PROVINCE)


def _on_duty(draft: Draft, subject: Subject, today: Today, draws: Draws) -> None:
    """One outing of a day of rest, ordered as any other."""
    kinds = (SiteKind.OFFICE, SiteKind.OFFICE, SiteKind.HOSPITAL, SiteKind.MARKET)
    stops = [stop_at(_in_town(subject, draws, *kinds), draws.between(15, 60)) for _ in range(1 + draws.below(2))]
    leaves = _at(today, draws, 10.4, 1.8, 8.0)
    draft.outings.append(Outing(Purpose.ERRAND, leaves, stops, back_by=at_hour(today.day, 19)))


def _exam(subject: Subject, today: Today, draws: Draws) -> Outing:
    schools = [stop_at(_in_town(subject, draws, SiteKind.SCHOOL), draws.between(20, 60)) for _ in range(3)]
    return Outing(Purpose.EXAM, _at(today, draws, 7.3, 0.3), schools, back_by=at_hour(today.day, 18))


def _flood(subject: Subject, today: Today, draws: Draws) -> Outing:
    reservoirs = subject.city.sites_of(subject.county, SiteKind.RESERVOIR)
    stops = [stop_at(draws.one_of(reservoirs), draws.between(30, 80)) for _ in range(2)]
    return Outing(Purpose.FLOOD, _at(today, draws, 8.6, 0.8, 6.0), stops, back_by=at_hour(today.day, 19))


def _fire_watch(subject: Subject, today: Today, draws: Draws) -> Outing:
    posts = subject.city.sites_of(subject.county, SiteKind.FOREST_POST)
    stops = [stop_at(draws.one_of(posts), draws.between(30, 90)) for _ in range(2)]
    return Outing(Purpose.FIRE_WATCH, _at(today, draws, 9.4, 0.7, 7.5), stops, back_by=at_hour(today.day, 18.5))


_DAILY: dict[Role, Callable[[Draft, Subject, Today, Draws], None]] = {
    Role.MAIL: _mail,
    Role.ERRANDS: _errands,
    Role.PATROL: _patrol,
    Role.COURT: _court,
    Role.CALLS: _calls,
    Role.WORKS: _works,
    Role.FIELD: _field,
    Role.DELIVERY: _delivery,
    Role.SHUTTLE: _shuttle,
    Role.RESERVE: _reserve,
}
_RESTING: dict[Role, Callable[[Draft, Subject, Today, Draws], None]] = {
    Role.CALLS: _calls,
    Role.PATROL: _patrol,
    Role.MAIL: _mail,
}
_SEASONAL: dict[Season, Callable[[Subject, Today, Draws], Outing]] = {
    Season.EXAM: _exam,
    Season.FLOOD: _flood,
    Season.FIRE: _fire_watch,
}
