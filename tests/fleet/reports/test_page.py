"""The page: nothing but itself, both languages whole, every number with what it is made of, names never as HTML."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.reports import svg
from fleet.reports.monthly import Factor, Figure, Month, OddVehicle, PlaceRow, Report, Whose
from fleet.reports.page import page
from fleet.reports.style import META_POLICY, POLICY
from fleet.reports.usage import Medium, Method, summed
from fleet.reports.words import Language
from fleet.statistics.base import Statistic
from fleet.statistics.registry import BY_SLUG, STATISTICS

ALIEN = '<script>alert("x")</script>&'
ENERGY = summed(
    [
        {
            "distance_m": 1_000_000,
            "petrol_driven_m": 1_000_000,
            "petrol_used_ml": 80_000,
            "petrol_bought_ml": 90_500,
            "petrol_purchases": 2,
            "petrol_paid_fen": 70_201,
            "petrol_best_ml": 80_000,
            "petrol_best_m": 1_000_000,
            "petrol_counter_m": 1_000_000,
            "petrol_compared_bought_ml": 90_500,
            "petrol_compared_used_ml": 80_000,
            "petrol_compared_vehicle_months": 1,
        }
    ]
)


def parts(statistic: Statistic, value: int = 7) -> dict[str, int]:
    return {one.name: value + n for n, one in enumerate(statistic.parts)}


def made(*, name: str = "财政局", empty: bool = False) -> Report:
    places = ("nev_share_stock", "nev_share_distance", "utilisation", "verdicts")

    def some(slug: str, value: int) -> dict[str, int]:
        return BY_SLUG[slug].sum(()) if empty else parts(BY_SLUG[slug], value)

    energy = summed(()) if empty else ENERGY
    row = PlaceRow(3, name, name, {slug: some(slug, 9) for slug in places}, energy, summed(()))
    odd = OddVehicle(
        *(11, "云D12345", name, Medium.PETROL, Method.COUNTER, Fraction(171, 10), Fraction(8), 40, 1_234_000, True)
    )
    return Report(
        whose=Whose(3, name),
        month=date(2026, 10, 1),
        last=date(2026, 10, 31),
        made_at=datetime(2026, 11, 2, 1, tzinfo=UTC),
        made_by=name,
        confidential=False,
        over=True,
        limited=False,
        figures={one.slug: Figure(one, some(one.slug, 7), some(one.slug, 5), 30) for one in STATISTICS},
        months=[
            Month(date(2026, number, 1), {} if empty else {slug: parts(BY_SLUG[slug]) for slug in places[:2]})
            for number in range(1, 11)
        ],
        by_county=False,
        places=[] if empty else [row],
        energy=energy,
        energy_before=summed(()),
        odd=[] if empty else [odd],
        odd_total=0 if empty else 1,
        factors=[Factor("statistics.petrol_fen_per_l", "汽油单价", "Petrol, price", "fen/L", 780, None, 0)],
    )


class Reader(HTMLParser):
    """What a browser would find in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.style = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.text += data + "\n"


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("empty", [False, True])
def test_nothing_from_outside_and_no_script(language: Language, empty: bool) -> None:
    found = read(page(made(name=ALIEN, empty=empty), language))
    names = {tag for tag, _ in found.tags}
    assert names & {"script", "link", "img", "iframe", "object", "base", "form"} == set()
    for _, attributes in found.tags:
        assert not {name for name in attributes if name.startswith("on") or name in ("style", "href", "src")}
    (meta,) = (one for tag, one in found.tags if tag == "meta" and one.get("http-equiv"))
    assert meta["content"] == META_POLICY
    allowed = re.findall(r"'sha256-([^']+)'", POLICY)
    assert allowed == [base64.b64encode(hashlib.sha256(found.style.encode()).digest()).decode()]
    assert "url(" not in found.style
    assert "@import" not in found.style
    assert ("nan" in found.text.lower(), "None" in found.text) == (False, False)


def test_each_language_is_whole() -> None:
    english = read(page(made(name="Bureau"), Language.EN))
    assert not re.search(r"[\u3400-\u9fff]", english.text.replace("云D", "")), "no Chinese in the English page"
    chinese = read(page(made(), Language.ZH))
    for one in STATISTICS:
        assert one.definition_zh in chinese.text
        assert one.definition_en in english.text
        assert f"/statistics/{one.slug}?from=2026-10-01&to=2026-10-31&organ=3" in english.text


def test_every_part_of_every_figure_stands_in_it() -> None:
    report = made()
    odd = {slug: replace(one, parts=parts(one.statistic, 1_234_000)) for slug, one in report.figures.items()}
    text = read(page(replace(report, figures=odd), Language.ZH)).text
    for slug, figure in odd.items():
        for one in figure.statistic.parts:
            assert f"{figure.parts[one.name]:,} / {figure.before[one.name]:,}" in text, (slug, one.name)


def test_energy_with_its_method_and_difference() -> None:
    text = read(page(made(), Language.EN)).text
    for words in ("80.0", "90.5", "10.5", "8.00", "counter", "702.01", "云D·12345", "17.1"):
        assert words in text, words


NUMBER = st.one_of(st.none(), st.floats(0, 10**9, allow_nan=False))


@given(st.lists(NUMBER, min_size=1, max_size=13), st.lists(NUMBER, min_size=13, max_size=13))
def test_charts_are_sound_whatever_they_show(one: list[float | None], other: list[float | None]) -> None:
    labels = [f"{number}" for number in range(len(one))]
    series = [svg.Series("a<b", svg.NEV, one), svg.Series("c", svg.HATCHED, other[: len(one)], dashed=True)]
    drawn = [
        svg.columns(labels, series, unit="km", title="x"),
        svg.lines(labels, series, unit="%", title="x"),
        svg.bars([(label, value, "w") for label, value in zip(labels, one, strict=True)], title="x"),
    ]
    for chart in drawn:
        root = ElementTree.fromstring(chart)
        width, height = (float(root.attrib[name]) for name in ("width", "height"))
        for element in root.iter():
            assert "style" not in element.attrib
            for name, most in (("x", width), ("y", height), ("cx", width), ("cy", height)):
                if name in element.attrib:
                    assert -1 <= float(element.attrib[name]) <= most + 1
            for name in ("width", "height"):
                if name in element.attrib and element is not root:
                    assert float(element.attrib[name]) >= 0
