"""The part of the monthly report on energy: each kind for itself, by which method, and who is far from their like."""

from __future__ import annotations

from html import escape

from fleet.reports.monthly import Report
from fleet.reports.table import table
from fleet.reports.usage import QUANTITY, SHOWN_UNIT, Medium, Method, Parts, known, main_method, per_100km
from fleet.reports.words import MEDIA, METHODS, NONE, Words, km, number, relative, share, thousandths, yuan


def energy(report: Report, words: Words) -> str:
    media = [medium for medium in Medium if known(medium, report.energy) or known(medium, report.energy_before)]
    rows = [_medium(medium, report.energy, report.energy_before, words) for medium in media]
    heads = (
        (words("能源", "Energy"), False),
        (words("测得用量", "Used, measured"), True),
        (words("购入量", "Bought"), True),
        (words("购用差", "Bought less used"), True),
        (words("百公里用量", "Per 100 km"), True),
        (words("方法", "Method"), False),
        (words("百公里同比", "on the year"), True),
        (words("支出（元）", "Paid, CNY"), True),
    )
    note = words(
        "各类能源分别统计，互不相加。购用差只计既有购入记录、里程又基本测得的车辆；期末油箱余量可解释一部分，差额本身不是结论。",
        "Kinds are never added. The difference is of vehicles with purchases whose distance was measured; a fuller tank"
        " at the end explains some of it, and a difference is no finding.",
    )
    places = ""
    if report.places and media:
        place_heads = [
            (words("县（市、区）", "County") if report.by_county else words("单位", "Organ"), False),
            *(
                head
                for medium in media
                for head in (
                    (f"{words.of(MEDIA[medium])} <small>{SHOWN_UNIT[medium]}</small>", True),
                    (f"<small>{SHOWN_UNIT[medium]}/100 km</small>", True),
                )
            ),
        ]
        place_rows = [
            [
                escape(words(one.name, one.name_en)),
                *(cell for medium in media for cell in _place_cells(medium, one.energy, words)),
            ]
            for one in report.places
        ]
        places = f"<h3>{words('测得用量与百公里用量', 'Used, and per 100 km')}</h3>{table(place_heads, place_rows)}"
    return (
        f"<section class=sheet><h2>{words('能源', 'Energy')}</h2>{table(heads, rows)}<p class=note>{note}</p>{places}"
        f"{_odd(report, words)}</section>"
    )


def _medium(medium: Medium, parts: Parts, before: Parts, words: Words) -> tuple[str, ...]:
    name, unit = medium.value, QUANTITY[medium]

    def of(part: str) -> int:
        return parts[f"{name}_{part}"]

    difference = NONE
    if of("compared_vehicle_months"):
        apart = of(f"compared_bought_{unit}") - of(f"compared_used_{unit}")
        many = words(f"{of('compared_vehicle_months'):,} 辆", f"{of('compared_vehicle_months'):,} vehicles")
        difference = f"{thousandths(apart)}<br><small>{many}</small>"
    told = of("best_m")
    methods = "<br>".join(
        f"<span class=name>{words.of(METHODS[method])} <small>{share(of(f'{method.value}_m'), told)}</small></span>"
        for method in Method
        if of(f"{method.value}_m")
    )
    unpriced = of("unpriced")
    paid = yuan(of("paid_fen")) if of("purchases") > unpriced else NONE
    if unpriced:
        paid += f"<br><small>{words(f'另 {unpriced:,} 次无金额', f'{unpriced:,} without amount')}</small>"
    return (
        f"{words.of(MEDIA[medium])} <small>{SHOWN_UNIT[medium]}</small>",
        thousandths(of(f"used_{unit}")) if of(f"used_{unit}") else NONE,
        thousandths(of(f"bought_{unit}")) if of("purchases") else NONE,
        difference,
        number(per_100km(medium, parts), 2),
        methods or NONE,
        relative(per_100km(medium, parts), per_100km(medium, before)),
        paid,
    )


def _place_cells(medium: Medium, parts: Parts, words: Words) -> tuple[str, str]:
    used = parts[f"{medium.value}_used_{QUANTITY[medium]}"]
    method = main_method(medium, parts)
    rate = NONE
    if method is not None:
        rate = f"{number(per_100km(medium, parts), 2)} <small>{words.of(METHODS[method])}</small>"
    return thousandths(used) if used else NONE, rate


def _odd(report: Report, words: Words) -> str:
    title = words("离群车辆", "Outliers")
    rule = words(
        "与全市同类车辆的中位数相差悬殊，宜先核对仪表与记录；计入上列各数，未予剔除。规则见文末。",
        "Far from the median of their like: look at meters and records first. They are counted above, not left out."
        " The rule stands at the end.",
    )
    if not report.odd:
        none = words("本月无车辆按规则被标注。", "No vehicle is flagged by the rule this month.")
        return f"<h3>{title}</h3><p class=note>{none}</p>"
    rows = [
        (
            escape(_plate(one.plate)),
            escape(one.organ),
            words.of(MEDIA[one.medium]),
            f"{km(one.distance_m)}",
            f"{number(one.per_100km, 1)}",
            f"{number(one.median, 1)} <small>n={one.peers}</small>",
            words("偏高" if one.high else "偏低", "high" if one.high else "low"),
            words.of(METHODS[one.method]),
        )
        for one in report.odd
    ]
    heads = (
        (words("号牌", "Plate"), False),
        (words("单位", "Organ"), False),
        (words("能源", "Energy"), False),
        (words("里程 km", "Distance km"), True),
        (words("百公里用量", "Per 100 km"), True),
        (words("同类中位数", "Median of its like"), True),
        ("", False),
        (words("方法", "Method"), False),
    )
    rest = ""
    if report.odd_total > len(report.odd):
        rest = words(
            f"共 {report.odd_total} 辆，按里程列前 {len(report.odd)} 辆。",
            f"{report.odd_total} in all; the {len(report.odd)} with the most distance are listed.",
        )
    return f"<div class=keep><h3>{title}</h3><p class=note>{rule} {rest}</p>{table(heads, rows)}</div>"


def _plate(plate: str) -> str:
    """With the dot of the road: 云D·12345."""
    return f"{plate[:2]}·{plate[2:]}" if len(plate) >= 7 else plate
