"""Sheets of fuel cards and of charging: what is added, what is refused and why, and that nothing comes twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.fuels import Fuel
from fleet.model.registry import Energy
from fleet.registry.cells import Codes
from fleet.registry.energy_sheets import Car, Held, Known, fuel_of, plan_records, read_rows
from fleet.registry.imports import Entry, Outcome
from fleet.registry.sheets import read

NOW = datetime(2026, 6, 30, 8, tzinfo=UTC)
CARS = {
    7: Car("云D12345", Energy.PETROL, 55_000, None),
    8: Car("云D54321", Energy.DIESEL, 80_000, None),
    9: Car("云DD12345", Energy.BEV, None, 50_000),
}
KNOWN = Known(
    now=NOW,
    cards={"9900-1": [Held(date(2025, 1, 1), date(2026, 6, 1), 7), Held(date(2026, 6, 1), None, 8)]},
    cars=CARS,
)
CODES = Codes(plates={car.plate: vehicle_id for vehicle_id, car in CARS.items()})
FUEL = "卡号,交易时间,油品,数量（升）,金额（元）,加油站,号牌号码,流水号\n"
CHARGING = "号牌号码,开始时间,结束时间,电量（千瓦时）,金额（元）,充电站,流水号\n"


def planned(kind: str, text: str, known: Known = KNOWN) -> list[Entry]:
    columns, rows = read(kind, text.encode())
    return plan_records(kind, read_rows(columns, rows, CODES), known)


def stored(kind: str, entries: list[Entry]) -> Known:
    """As if the new ones of them had been stored."""
    records: dict[Any, Any] = {}
    numbers: dict[str, Any] = {}
    for one in entries:
        if one.outcome is Outcome.NEW:
            names = ("card", "at", "fuel") if kind == "fuel" else ("vehicle_id", "begin")
            key = tuple(one.values[name] for name in names)
            records[key] = {**one.values, "id": len(records) + 1}
            if one.values["number"]:
                numbers[one.values["number"]] = key
    return replace(KNOWN, stored=records, numbers=numbers)


def codes(entry: Entry) -> set[str]:
    return {one.code for one in entry.problems}


def test_a_card_counts_for_whom_it_belonged_to_on_the_day() -> None:
    first, second = planned(
        "fuel",
        FUEL + "9900-1,2026-05-31 23:59:58,92号汽油,40.5,315.90,某站,云D12345,A1\n"
        "9900-1,2026年6月1日 00:00,0#柴油,60,444,,,\n",
    )
    assert (first.outcome, first.values["vehicle_id"], first.problems) == (Outcome.NEW, 7, ())
    assert (first.values["ml"], first.values["cost_fen"], first.values["fuel"]) == (40_500, 31_590, Fuel.PETROL)
    assert first.values["at"] == datetime(2026, 5, 31, 15, 59, 58, tzinfo=UTC)
    assert (second.outcome, second.values["vehicle_id"], second.values["number"]) == (Outcome.NEW, 8, None)


def test_english_headers_and_brackets_of_either_width() -> None:
    english = "card,time,product,litres,cost_yuan\n9900-1,2026-05-01 10:00,petrol 95,30,240\n"
    narrow = "卡号,交易时间,油品,数量(升),金额(元)\n9900-1,2026-05-01 10:00,95号汽油,30,240\n"
    one, other = (planned("fuel", text)[0].values for text in (english, narrow))
    assert {**one, "product": ""} == {**other, "product": ""}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("9900-2,2026-05-01 10:00,92号汽油,30,240,,,", "unknown_card"),
        ("9900-1,2024-12-31 10:00,92号汽油,30,240,,,", "card_not_held"),
        ("9900-1,2026-05-01 10:00,92号汽油,30,240,,云D54321,", "card_of_another"),
        ("9900-1,2026-05-01 10:00,92号汽油,30,240,,云D99999,", "unreadable"),
        ("9900-1,2026-05-01 10:00,润滑油,4,240,,,", "not_fuel"),
        ("9900-1,2026-07-01 10:00,0号柴油,30,240,,,", "in_future"),
        ("9900-1,2026-05-01,92号汽油,30,240,,,", "unreadable"),
        ("9900-1,2026-05-01 10:00,92号汽油,0,240,,,", "out_of_range"),
        ("9900-1,2026-05-01 10:00,92号汽油,30,-240,,,", "out_of_range"),
        ("9900-1,2026-05-01 10:00,92号汽油,30,,,,", "required"),
        (",2026-05-01 10:00,92号汽油,30,240,,,", "required"),
    ],
)
def test_what_is_refused(row: str, code: str) -> None:
    (entry,) = planned("fuel", FUEL + row + "\n")
    assert (entry.outcome, codes(entry)) == (Outcome.REFUSED, {code})
    assert all(one.zh and one.en for one in entry.problems)


@pytest.mark.parametrize(
    ("kind", "row", "code"),
    [
        ("fuel", "9900-1,2026-05-01 10:00,0号柴油,30,240,,,", "other_fuel"),
        ("fuel", "9900-1,2026-05-01 10:00,92号汽油,60,480,,,", "above_tank"),
        ("fuel", "9900-1,2026-05-01 10:00,92号汽油,30,24,,,", "unusual_price"),
        ("charging", "云D12345,2026-05-01 10:00,2026-05-01 12:00,30,24,,", "not_chargeable"),
        ("charging", "云DD12345,2026-05-01 10:00,2026-05-01 12:00,63,24,,", "above_battery"),
    ],
)
def test_what_is_doubtful_is_stored_and_said(kind: str, row: str, code: str) -> None:
    (entry,) = planned(kind, (FUEL if kind == "fuel" else CHARGING) + row + "\n")
    assert (entry.outcome, codes(entry)) == (Outcome.NEW, {code})


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("云DD12345,2026-05-01 10:00,2026-05-01 10:00,30,24,,", "period_empty"),
        ("云DD12345,2026-05-01 10:00,2026-05-05 10:00,30,24,,", "too_long"),
        ("云DD12345,2026-06-30 10:00,2026-06-30 18:00,30,24,,", "in_future"),
        ("云DD12345,2026-05-01 10:00,2026-05-01 12:00,30,-24,,", "out_of_range"),
        ("云D99999,2026-05-01 10:00,2026-05-01 12:00,30,24,,", "unreadable"),
    ],
)
def test_what_is_refused_of_charging(row: str, code: str) -> None:
    (entry,) = planned("charging", CHARGING + row + "\n")
    assert (entry.outcome, codes(entry)) == (Outcome.REFUSED, {code})


def test_what_is_stored_stays_as_it_is() -> None:
    good = FUEL + "9900-1,2026-05-01 10:00:01,92号汽油,30,240,,,A1\n9900-1,2026-05-01 10:00:02,92号汽油,30,240,,,\n"
    known = stored("fuel", planned("fuel", good))
    assert [one.outcome for one in planned("fuel", good, known)] == [Outcome.UNCHANGED] * 2
    # A sheet that does not know the number, or the only one that does, tells of the same record.
    assert planned("fuel", good.replace("A1", ""), known)[0].outcome is Outcome.UNCHANGED
    assert planned("fuel", good.replace(",\n", ",A2\n"), known)[1].outcome is Outcome.UNCHANGED
    other = planned("fuel", good.replace("30,240,,,A1", "31,240,,,A1"), known)
    assert [one.outcome for one in other] == [Outcome.REFUSED, Outcome.UNCHANGED]
    assert codes(other[0]) == {"differs"}
    assert codes(planned("fuel", good.replace("A1", "A7"), known)[0]) == {"differs"}
    assert codes(planned("fuel", FUEL + "9900-1,2026-05-02 10:00,92号汽油,3,24,,,A1\n", known)[0]) == {"number_taken"}
    back = planned("fuel", FUEL + "9900-1,2026-05-01 11:00,92号汽油,-30,-240,,,A3\n", known)
    assert (back[0].outcome, back[0].values["ml"]) == (Outcome.NEW, -30_000)


def test_twice_in_one_sheet() -> None:
    row = "9900-1,2026-05-01 10:00,92号汽油,30,240,,,A1\n"
    entries = planned("fuel", FUEL + row + row + row.replace("10:00", "11:00"))
    assert [one.outcome for one in entries] == [Outcome.NEW, Outcome.REFUSED, Outcome.REFUSED]
    assert [codes(one) for one in entries[1:]] == [{"twice_in_file"}] * 2


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30),  # minutes
            st.sampled_from(["92号汽油", "0号柴油"]),
            st.integers(1, 3),
            st.sampled_from(["", "A1", "A2"]),
        ),
        max_size=8,
    )
)
def test_the_same_sheet_again_adds_nothing(rows: list[tuple[int, str, int, str]]) -> None:
    """Whatever it holds; and no two records that are added share a key or a number."""
    sheet = FUEL + "".join(
        f"9900-1,2026-05-01 10:{minute:02},{product},{litres},{litres * 8},,,{number}\n"
        for minute, product, litres, number in rows
    )
    first = planned("fuel", sheet)
    new = [one.values for one in first if one.outcome is Outcome.NEW]
    assert len({(one["card"], one["at"], one["fuel"]) for one in new}) == len(new)
    assert len({one["number"] for one in new if one["number"]}) == len([one for one in new if one["number"]])
    again = planned("fuel", sheet, stored("fuel", first))
    assert [one.outcome for one in again if one.outcome is Outcome.NEW] == []
    unchanged = {one.line for one in again if one.outcome is Outcome.UNCHANGED}
    assert {one.line for one in first if one.outcome is Outcome.NEW} == unchanged


@pytest.mark.parametrize(
    ("product", "fuel"),
    [
        *(("92号汽油", Fuel.PETROL), ("95# 乙醇汽油(E10)", Fuel.PETROL), ("0号车用柴油(VI)", Fuel.DIESEL)),
        *(("CNG", Fuel.GAS), ("液化天然气", Fuel.GAS), ("Petrol", Fuel.PETROL), ("gasoline", Fuel.PETROL)),
        *(("润滑油", None), ("便利店", None), ("洗车", None)),
    ],
)
def test_products_as_tills_name_them(product: str, fuel: Fuel | None) -> None:
    assert fuel_of(product) is fuel
