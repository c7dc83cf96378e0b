"""The monthly report as one HTML page: no script, nothing from outside, made to be printed on A4."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from fleet.model.moments import LOCAL
from fleet.model.verdicts import VerdictKind
from fleet.reports import svg
from fleet.reports.energy import energy
from fleet.reports.monthly import Figure, PlaceRow, Report
from fleet.reports.recount import recount
from fleet.reports.style import META_POLICY, STYLE
from fleet.reports.table import table
from fleet.reports.words import NONE, UNITS, Language, Words, km, number, percent, relative, share
from fleet.statistics.base import Unit

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
            energy(report, words),
            recount(report, words),
        )
    )
    return (
        f'<!doctype html><html lang="{words("zh-CN", "en")}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(META_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{svg.PATTERNS}{body}</body></html>"
    )


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


def _percent(parts: Mapping[str, int] | None, numerator: str, denominator: str) -> float | None:
    return percent(parts[numerator], parts[denominator]) if parts else None


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
            share(now[kind], whole),
            f"{then[kind]:,}" if whole_then else NONE,
            share(then[kind], whole_then),
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
            share(one.counted["nev_share_distance"]["new_energy_m"], one.counted["nev_share_distance"]["distance_m"]),
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
    written = f"{share(unapproved, judged)} ({unapproved:,}/{judged:,})"
    return words(one.name, one.name_en), percent(unapproved, judged), written


def _place(one: PlaceRow, words: Words) -> tuple[str, ...]:
    stock, driven = one.counted["nev_share_stock"], one.counted["nev_share_distance"]
    used, verdicts = one.counted["utilisation"], one.counted["verdicts"]
    judged = sum(verdicts[kind] for kind in VerdictKind)
    unapproved = verdicts[VerdictKind.UNAPPROVED]
    return (
        escape(words(one.name, one.name_en)),
        f"{stock['vehicles']:,}",
        share(stock["new_energy"], stock["vehicles"]),
        km(driven["distance_m"]),
        share(driven["new_energy_m"], driven["distance_m"]),
        share(used["days_used"], used["days_available"]),
        f"{judged:,}",
        f"{unapproved:,} <small>{share(unapproved, judged)}</small>",
        f"{verdicts[VerdictKind.UNDETERMINED]:,}",
    )
