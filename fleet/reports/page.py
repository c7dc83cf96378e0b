"""The monthly report as one HTML page: no script, nothing from outside, made to be printed on A4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from fleet.model.moments import LOCAL
from fleet.model.verdicts import VerdictKind
from fleet.reports import svg
from fleet.reports.monthly import Figure, PlaceRow, Report
from fleet.reports.recount import recount
from fleet.reports.style import META_POLICY, STYLE
from fleet.reports.usage import QUANTITY, Medium, Method, Parts
from fleet.reports.words import (
    MEDIA,
    METHODS,
    NONE,
    UNITS,
    Language,
    Words,
    km,
    number,
    relative,
    thousandths,
    yuan,
)
from fleet.statistics.base import Unit, per

_TILES = (
    *("distance", "trips", "nev_share_stock", "nev_share_distance"),
    *("utilisation", "verdicts", "energy_cost", "co2"),
)
_MOST_BARS = 12
_TILE_TITLES = {"verdicts": ("无单行程占比", "Trips without an order")}
_FRACTIONS = {
    "nev_share_stock": ("new_energy", "vehicles", 1),
    "nev_share_purchases": ("new_energy", "registered", 1),
    "nev_share_distance": ("new_energy_m", "distance_m", 1_000),
    "utilisation": ("days_used", "days_available", 1),
}
"""The two parts that a share is worked out of, and by what they are divided to be read."""

_VERDICTS: tuple[tuple[VerdictKind, tuple[str, str], str, str], ...] = (
    (VerdictKind.APPROVED, ("有单", "Approved"), svg.BRAND, '<path d="M1.5 6.5 4.8 10 10.5 2" {}/>'),
    (
        VerdictKind.APPROVED_WITH_DEVIATION,
        ("有单偏离", "Approved, with deviation"),
        "#7FB0B2",
        '<path d="M1.5 6.5 4.8 10 7 7M8.5 5 10.5 2" {}/>',
    ),
    (
        VerdictKind.EMERGENCY_PENDING,
        ("应急待补批", "Emergency, approval pending"),
        svg.OCHRE,
        '<circle cx="6" cy="6" r="4.8" {0}/><path d="M6 3v3.2l2 1.3" {0}/>',
    ),
    (VerdictKind.EXEMPT, ("免派车单", "Exempt"), "#B9C4CE", '<path d="M1.5 6h9" {}/>'),
    (VerdictKind.UNAPPROVED, ("无单", "Without order"), "#B8241A", '<path d="M2 2l8 8M10 2l-8 8" {}/>'),
    (
        VerdictKind.UNDETERMINED,
        ("无法判定（数据缺口）", "Undetermined (data gap)"),
        "#E1E6EA",
        '<circle cx="6" cy="6" r="4.5" {}/>',
    ),
)


def page(report: Report, language: Language) -> str:
    """The whole document. Names and plates are escaped; numbers are written once, from whole parts."""
    words = Words(language)
    whose = report.whose.name or words(
        "全市" if report.by_county else "全部可见单位", "whole city" if report.by_county else "all organs in view"
    )
    title = words(
        f"公务用车月报 · {whose} · {words.month(report.month)}",
        f"Official vehicles, monthly report · {whose} · {words.month(report.month)}",
    )
    body = "".join(
        (
            _head(report, words, whose),
            _summary(report, words),
            _movement(report, words),
            _places(report, words),
            _energy(report, words),
            recount(report, words),
        )
    )
    return (
        f'<!doctype html><html lang="{words("zh-CN", "en")}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(META_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{svg.PATTERNS}{body}</body></html>"
    )


def table(heads: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]], *, total: bool = False) -> str:
    """Cells are HTML. A head is its words and whether its column holds numbers; `total`: the last row is the sum."""
    lines = list(rows)
    head = "".join(f"<th{' class=n' if numeric else ''}>{words}</th>" for words, numeric in heads)
    body = ""
    for n, row in enumerate(lines):
        cells = "".join(
            f"<td{' class=n' if numeric else ''}>{cell}</td>" for cell, (_, numeric) in zip(row, heads, strict=True)
        )
        body += f"<tr{' class=total' if total and n == len(lines) - 1 else ''}>{cells}</tr>"
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _head(report: Report, words: Words, whose: str) -> str:
    made = report.made_at.astimezone(LOCAL)
    until = "" if report.over else words(f"，截至 {report.last}", f", up to {report.last}")
    if report.limited:
        until += words("，仅含访问令牌期限内的数据", ", only what the token's period shows")
    secret = words(
        "含涉密车辆，限内部使用" if report.confidential else "不含涉密车辆",
        "with confidential vehicles, for internal use" if report.confidential else "without confidential vehicles",
    )
    return (
        f"<header><p>{words('公车一张网', 'One Network')}</p>"
        f"<h1>{words(f'{escape(whose)}公务用车月报', f'Official vehicles: {escape(whose)}')}</h1>"
        f"<p>{words('', 'Monthly report · ')}{words.month(report.month)}{until} · {secret} · "
        f"{words('生成', 'made')} {made:%Y-%m-%d %H:%M} · {escape(report.made_by)}</p></header>"
    )


# ---------------------------------------------------------------- what the month was


def _summary(report: Report, words: Words) -> str:
    tiles = "".join(_tile(report.figures[slug], words) for slug in _TILES)
    months = [f"{one.month:%y-%m}" for one in report.months]
    driven = [one.counted.get("nev_share_distance", {}) for one in report.months]
    scale = words("1e7", "1e6")  # 万公里, 1,000 km
    by = float(scale)
    new = svg.Series(words("新能源", "New energy"), svg.NEV, [one.get("new_energy_m", 0) / by for one in driven])
    fuel = [(one.get("distance_m", 0) - one.get("new_energy_m", 0)) / by for one in driven]
    other = svg.Series(words("燃油等", "Fuel"), svg.HATCHED, fuel)
    title = words("近 13 个月行驶里程", "Distance driven, 13 months")
    unit = words("万公里", "1,000 km")
    legend = "".join(
        f'<li><svg viewBox="0 0 12 12"><rect width="12" height="12" fill="{one.colour}"/></svg>{one.name}</li>'
        for one in (new, other)
    )
    shares_title = words("近 13 个月新能源占比", "New-energy share, 13 months")
    stock = [_percent(one.counted.get("nev_share_stock"), "new_energy", "vehicles") for one in report.months]
    distance = [_percent(one, "new_energy_m", "distance_m") for one in driven]
    lines = svg.lines(
        months,
        [
            svg.Series(words("里程", "Distance"), svg.NEV, distance),
            svg.Series(words("保有量", "Stock"), svg.PLUM, stock),
        ],
        unit="%",
        title=shares_title,
    )
    return (
        f"<section><h2>{words('本月概况', 'The month')}</h2><dl class=tiles>{tiles}</dl>"
        f"<figure><figcaption><b>{title}</b></figcaption><ul class=legend>{legend}</ul>"
        f"{svg.columns(months, [new, other], unit=unit, title=title)}</figure>"
        f"<figure><figcaption><b>{shares_title}</b></figcaption>{lines}</figure></section>"
    )


def _percent(parts: dict[str, int] | object | None, numerator: str, denominator: str) -> float | None:
    if not isinstance(parts, dict) or not parts:
        return None
    share = per(parts[numerator], parts[denominator], 100)
    return None if share is None else float(share)


def _tile(figure: Figure, words: Words) -> str:
    one = figure.statistic
    unit = words.of(UNITS[one.unit])
    decimals = 1 if one.unit is Unit.PERCENT else one.decimals
    exact = one.figure(figure.parts)  # rounded once: what was rounded before would be rounded twice
    value = number(exact, 0 if one.unit in (Unit.KM, Unit.YUAN) else min(decimals, 1))
    title = _TILE_TITLES.get(one.slug, (one.title_zh, one.title_en))
    more = [line for line in (fraction(figure), _change(figure, words)) if line]
    return (
        f"<div><dt>{words.of(title)}</dt><dd class=value>{value}<small>{unit}</small></dd>"
        + "".join(f"<dd class=more>{line}</dd>" for line in more)
        + "</div>"
    )


def fraction(figure: Figure) -> str:
    """The two numbers behind a share."""
    slug, parts = figure.statistic.slug, figure.parts
    if slug == "verdicts":
        return f"{parts[VerdictKind.UNAPPROVED]:,} / {sum(parts[kind] for kind in VerdictKind):,}"
    if slug not in _FRACTIONS:
        return ""
    numerator, denominator, by = _FRACTIONS[slug]
    unit = " km" if by == 1_000 else ""
    return f"{parts[numerator] / by:,.0f} / {parts[denominator] / by:,.0f}{unit}"


def _change(figure: Figure, words: Words) -> str:
    one = figure.statistic
    if figure.change is None or not any(figure.before.values()):
        return words("上年同月无数据", "nothing known a year before")
    if one.unit is Unit.PERCENT:
        return words("同比 ", "on the year ") + words.points(figure.change, 1, "%")
    return words("同比 ", "on the year ") + relative(figure.value, one.value(figure.before))


# ---------------------------------------------------------------- orders and movement


def _movement(report: Report, words: Words) -> str:
    verdicts = report.figures["verdicts"]
    now, then = verdicts.parts, verdicts.before
    whole, whole_then = (sum(parts[kind] for kind in VerdictKind) for parts in (now, then))
    title = words("行程对账", "Orders against movement")
    bar = svg.shares([(kind.value, now[kind], colour) for kind, _, colour, _ in _VERDICTS], title=title)
    rows = [
        (
            f'<svg class=mark viewBox="0 0 12 12"><rect width="12" height="12" fill="{colour}"/></svg>'
            f"{_mark(mark)}{words.of(name)}",
            f"{now[kind]:,}",
            _share(now[kind], whole),
            f"{then[kind]:,}" if whole_then else NONE,
            _share(then[kind], whole_then),
        )
        for kind, name, colour, mark in _VERDICTS
    ]
    rows.append((words("合计", "All trips"), f"{whole:,}", "", f"{whole_then:,}" if whole_then else NONE, ""))
    heads = (
        (words("结论", "Verdict"), False),
        (words("行程", "Trips"), True),
        (words("占比", "Share"), True),
        (words("上年同月", "Year before"), True),
        (words("占比", "Share"), True),
    )
    note = words(
        "无法判定的行程因数据缺失不作任何指认；无单行程在监督人员认定前只是线索。",
        "What cannot be determined for want of data accuses nobody; a trip without an order is a lead until a"
        " supervisor has decided.",
    )
    return (
        f"<section class=sheet><h2>{title}</h2><figure>{bar}</figure>{table(heads, rows, total=True)}"
        f"<p class=note>{note}</p>{_figures(report, words)}</section>"
    )


def _mark(path: str) -> str:
    stroke = f'fill="none" stroke="{svg.INK}" stroke-width="1.6"'
    return f'<svg class=mark viewBox="0 0 12 12" aria-hidden="true">{path.format(stroke)}</svg>'


def _share(part: int, whole: int) -> str:
    share = per(part, whole, 100)
    return NONE if share is None else f"{float(share):.1f} %"


def _figures(report: Report, words: Words) -> str:
    """Every statistic, with the year before and its target."""
    rows = []
    for figure in report.figures.values():
        one = figure.statistic
        unit = words.of(UNITS[one.unit])
        before = one.value(figure.before) if any(figure.before.values()) else None
        target = ""
        if figure.target is not None:
            met = figure.value is not None and figure.value >= figure.target
            state = words("达标" if met else "未达标", "met" if met else "not met")
            target = f"{figure.target} % <small>{'' if figure.value is None else state}</small>"
        rows.append(
            (
                words(one.title_zh, one.title_en) + f" <small>{fraction(figure)}</small>",
                f"{number(figure.value, one.decimals)} <small>{unit}</small>",
                number(before, one.decimals),
                NONE if before is None else words.points(figure.change, one.decimals, "%" if unit == "%" else ""),
                target,
            )
        )
    heads = (
        (words("指标", "Figure"), False),
        (words("本月", "Month"), True),
        (words("上年同月", "Year before"), True),
        (words("增减", "Change"), True),
        (words("目标", "Target"), True),
    )
    return f"<h3>{words('全部指标', 'All figures')}</h3>{table(heads, rows)}"


# ---------------------------------------------------------------- places


def _places(report: Report, words: Words) -> str:
    name = words("县（市、区）", "County") if report.by_county else words("单位", "Organ")
    rows = [_place(one, words) for one in report.places]
    shown = [
        (
            words(one.name, one.name_en),
            _percent(one.counted["nev_share_distance"], "new_energy_m", "distance_m"),
            _share(one.counted["nev_share_distance"]["new_energy_m"], one.counted["nev_share_distance"]["distance_m"]),
        )
        for one in report.places[:_MOST_BARS]
    ]
    title = words("新能源里程占比", "New-energy share of the distance")
    heads = (
        (name, False),
        (words("车辆", "Vehicles"), True),
        (words("新能源", "New energy"), True),
        (words("里程 km", "Distance km"), True),
        (words("新能源里程", "of new energy"), True),
        (words("利用率", "Utilisation"), True),
        (words("对账行程", "Trips judged"), True),
        (words("无单", "Without order"), True),
        (words("无法判定", "Undetermined"), True),
    )
    chart = svg.bars(shown, title=title, colour=svg.NEV)
    without = words("无单行程占比", "Trips without an order")
    lines = [_without_order(one, words) for one in report.places[:_MOST_BARS]]
    chart += f"</figure><figure><figcaption><b>{without}</b></figcaption>"
    chart += svg.bars(lines, title=without, colour=svg.INK_2)
    return (
        f"<section><h2>{words('分县（市、区）', 'By county') if report.by_county else words('分单位', 'By organ')}</h2>"
        f"<figure><figcaption><b>{title}</b></figcaption>{chart}</figure>{table(heads, rows)}</section>"
    )


def _without_order(one: PlaceRow, words: Words) -> tuple[str, float | None, str]:
    verdicts = one.counted["verdicts"]
    judged, unapproved = sum(verdicts[kind] for kind in VerdictKind), verdicts[VerdictKind.UNAPPROVED]
    share = per(unapproved, judged, 100)
    written = f"{_share(unapproved, judged)} ({unapproved:,}/{judged:,})"
    return words(one.name, one.name_en), None if share is None else float(share), written


def _place(one: PlaceRow, words: Words) -> tuple[str, ...]:
    stock, driven = one.counted["nev_share_stock"], one.counted["nev_share_distance"]
    used, verdicts = one.counted["utilisation"], one.counted["verdicts"]
    judged = sum(verdicts[kind] for kind in VerdictKind)
    unapproved = verdicts[VerdictKind.UNAPPROVED]
    return (
        escape(words(one.name, one.name_en)),
        f"{stock['vehicles']:,}",
        _share(stock["new_energy"], stock["vehicles"]),
        km(driven["distance_m"]),
        _share(driven["new_energy_m"], driven["distance_m"]),
        _share(used["days_used"], used["days_available"]),
        f"{judged:,}",
        f"{unapproved:,} <small>{_share(unapproved, judged)}</small>",
        f"{verdicts[VerdictKind.UNDETERMINED]:,}",
    )


# ---------------------------------------------------------------- energy


def _energy(report: Report, words: Words) -> str:
    media = [medium for medium in Medium if _there(medium, report.energy) or _there(medium, report.energy_before)]
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
                    (f"{words.of(MEDIA[medium])} <small>{_unit(medium)}</small>", True),
                    (f"<small>{_unit(medium)}/100 km</small>", True),
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


def _there(medium: Medium, parts: Parts) -> bool:
    names = ("driven_m", "purchases", f"used_{QUANTITY[medium]}")
    return any(parts[f"{medium.value}_{name}"] for name in names)


def _unit(medium: Medium) -> str:
    return "kWh" if medium is Medium.ELECTRICITY else "L"


def _rate(medium: Medium, parts: Parts) -> float | None:
    figure = per(parts[f"{medium.value}_best_{QUANTITY[medium]}"], parts[f"{medium.value}_best_m"], 100)
    return None if figure is None else float(figure)


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
        f"<span class=name>{words.of(METHODS[method])} <small>{_share(of(f'{method.value}_m'), told)}</small></span>"
        for method in Method
        if of(f"{method.value}_m")
    )
    unpriced = of("unpriced")
    paid = yuan(of("paid_fen")) if of("purchases") > unpriced else NONE
    if unpriced:
        paid += f"<br><small>{words(f'另 {unpriced:,} 次无金额', f'{unpriced:,} without amount')}</small>"
    return (
        f"{words.of(MEDIA[medium])} <small>{_unit(medium)}</small>",
        thousandths(of(f"used_{unit}")) if of(f"used_{unit}") else NONE,
        thousandths(of(f"bought_{unit}")) if of("purchases") else NONE,
        difference,
        number(_rate(medium, parts), 2),
        methods or NONE,
        relative(_rate(medium, parts), _rate(medium, before)),
        paid,
    )


def _place_cells(medium: Medium, parts: Parts, words: Words) -> tuple[str, str]:
    used = parts[f"{medium.value}_used_{QUANTITY[medium]}"]
    told = parts[f"{medium.value}_best_m"]
    if not told:
        return thousandths(used) if used else NONE, NONE
    method = max(Method, key=lambda one: parts[f"{medium.value}_{one.value}_m"])
    rate = f"{number(_rate(medium, parts), 2)} <small>{words.of(METHODS[method])}</small>"
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
            words.of(METHODS[Method(one.method)]),
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
