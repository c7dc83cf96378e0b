"""The end of a report: what each figure means, the whole numbers behind it, and how an auditor counts it again."""

from __future__ import annotations

from html import escape

from fleet.reports.definitions import DEFINITIONS
from fleet.reports.monthly import Report
from fleet.reports.table import table
from fleet.reports.words import NONE, Words


def recount(report: Report, words: Words) -> str:
    span = f"from={report.month}&to={report.last}"
    if report.whose.organ_id is not None:
        span += f"&organ={report.whose.organ_id}"
    rows = "".join(_statistic(report, slug, span, words) for slug in report.figures)
    energy = "".join(
        f"<tr><td class=name>{words(one.title_zh, one.title_en)}</td>"
        f"<td class=definition>{words(one.zh, one.en)}</td></tr>"
        for one in DEFINITIONS
    )
    months = f"from={report.month:%Y-%m}&to={report.month:%Y-%m}&all_organs=true"
    if report.whose.organ_id is not None:
        months += f"&organ={report.whose.organ_id}"
    heads = "".join(
        f"<th>{one}</th>"
        for one in (
            words("指标", "Figure"),
            words("定义与复核地址", "Definition, and where to recount it"),
            words("整数构成：本月 / 上年同月", "Whole numbers: month / year before"),
        )
    )
    how = words(
        "日期为车队日（Asia/Shanghai 04:00 至次日 04:00），行程计入出车当日；"
        "车辆按当日所属单位、区划、能源类型与状态计。"
        "每一指标由下列整数之和算出，从不对占比取平均。登录后按地址可取得同一数字，加 /vehicles 得到每辆车的构成，"
        "再经 /vehicles/{id}/days 与 /trips 追溯到行程。"
        "迟到的数据会改变行程，因此以后查询可能与本页不同；本页以生成时刻为准。",
        "Days run from 04:00 to 04:00 in Asia/Shanghai; a trip counts on the day it began, a vehicle for the organ,"
        " county, energy kind and status that it had on the day. Each figure is worked out of sums of the whole numbers"
        " below; shares are never averaged. Logged in, the address gives the same figure; with /vehicles what each"
        " vehicle adds, and from there /vehicles/{id}/days and /trips. Late readings change trips, so a later answer"
        " may differ: this page says what was known when it was made.",
    )
    return (
        f"<section class=recount><h2>{words('定义与复核', 'Definitions, and how to recount')}</h2><p>{how}</p>"
        f"<table class=recount><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f"<h3>{words('能源部分', 'The part on energy')}</h3>"
        f"<p><code>GET /api/v1/energy-sheet?{months}</code><br><code>GET /api/v1/energy-sheet/vehicles?{months}</code>"
        f"<br><code>GET /api/v1/fuel-records</code> · <code>GET /api/v1/charging-records</code></p>"
        f"<table><tbody>{energy}</tbody></table>{_factors(report, words)}</section>"
    )


def _statistic(report: Report, slug: str, span: str, words: Words) -> str:
    figure = report.figures[slug]
    one = figure.statistic
    parts = "<br>".join(
        f"{words(part.zh, part.en)} {figure.parts[part.name]:,} / {figure.before[part.name]:,}"
        f" <small>{words.unit(part.unit)}</small>"
        for part in one.parts
    )
    address = f"GET /api/v1/statistics/{slug}?{span}"
    return (
        f"<tr><td>{words(one.title_zh, one.title_en)}<br><small>{slug} v{one.version}</small></td>"
        f"<td><span class=definition>{escape(words(one.definition_zh, one.definition_en))}</span><br>"
        f"<code>{escape(address)}</code></td><td>{parts}</td></tr>"
    )


def _factors(report: Report, words: Words) -> str:
    heads = (
        (words("系数", "Factor"), False),
        (words("取值", "Value"), True),
        (words("版本", "Version"), True),
        (words("另有取值的单位", "Organs with their own"), True),
    )
    rows = [
        (
            f"{words(one.zh, one.en)} <small>{one.slug}</small>",
            f"{one.value:,} {words.unit(one.unit)}",
            words("缺省", "default") if one.version_id is None else f"#{one.version_id}",
            f"{one.organs or NONE}",
        )
        for one in report.factors
    ]
    note = words(
        "系数按每日开始时、各单位适用的策略值取用；此处为期末本级取值。",
        "Factors are policies as they held for each organ when each day began; shown are those at the end, here.",
    )
    return f"<h3>{words('所用系数', 'Factors')}</h3>{table(heads, rows)}<p class=note>{note}</p>"
