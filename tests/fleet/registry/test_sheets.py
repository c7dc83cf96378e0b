"""Sheets: what is read, what is refused, and that an export comes back as it left."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.records import DriverRecord, VehicleRecord
from fleet.model.registry import Body, Energy, Management, VehicleStatus, VehicleUse
from fleet.registry.cells import Codes
from fleet.registry.energy_sheets import Known, plan_records, read_rows
from fleet.registry.imports import Outcome, Rules, plan
from fleet.registry.labels import LABELS
from fleet.registry.list_sheets import LISTED, plan_list
from fleet.registry.sheets import SHEETS, Unreadable, read, write

DIVISIONS = frozenset({530300, 530302})
RULES = Rules(today=date(2026, 6, 30), divisions=DIVISIONS, mask=lambda phone: phone and f"***{phone[-2:]}")
CODES = Codes({"530300": 1, "530302-001": 7})
HEADER = "号牌号码,车辆识别代号,单位编码,区划代码,用途,管理方式,能源类型,车型,座位数\r\n"
LINE = "云D·12345,1M8GDM9AXKP042788,530302-001,530302,机要通信,平台,汽油,轿车,5\r\n"
STORED = asdict(
    VehicleRecord(
        plate="云D12345",
        vin="1M8GDM9AXKP042788",
        organ_id=7,
        division=530302,
        use=VehicleUse.COMMUNICATIONS,
        management=Management.PLATFORM,
        energy=Energy.PETROL,
        body=Body.SALOON,
        seats=5,
        price_fen=11_999_999,
        equipment=("警示灯", "对讲机"),
        registered_on=date(2020, 1, 2),
        remarks="=1+1",
    )
)


def planned(text: str, stored: dict[int, Any] | None = None, kind: str = "vehicles") -> list[Any]:
    columns, rows = read(kind, text.encode())
    return plan(kind, columns, rows, stored or {}, CODES, RULES)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_and_both_languages_of_the_header(encoding: str) -> None:
    english = "plate,VIN,organ_code,division,use,management,energy,body,seats\r\n"
    for header in (HEADER, english):
        columns, rows = read("vehicles", (header + LINE).encode(encoding))
        entry = plan("vehicles", columns, rows, {}, CODES, RULES)[0]
        assert (entry.line, entry.key, entry.outcome) == (2, "云D12345", Outcome.NEW)
        assert entry.values["use"] is VehicleUse.COMMUNICATIONS
        assert entry.values["status"] is VehicleStatus.IN_SERVICE
        assert entry.values["marked"] is True


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xff\xff", "UTF-8"),
        ("号牌号码,颜色\r\n".encode(), "颜色"),
        ("号牌号码,plate\r\n".encode(), "twice"),
        ("号牌号码\r\n云D12345,多\r\n".encode(), "Line 2"),
        ('号牌号码\r\n"云D12345\r\n'.encode(), "not CSV"),
    ],
)
def test_unreadable_files(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read("vehicles", content)


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (LINE.replace("汽油", "蒸汽"), "energy", "unreadable"),
        (LINE.replace("530302-001", "无"), "organ_id", "unreadable"),
        (LINE.replace(",5\r", ",五\r"), "seats", "unreadable"),
        (LINE.replace("云D·12345", ""), "plate", "required"),
        (LINE.replace("云D·12345", "云DD12345"), "plate", "plate_energy"),
        (LINE.replace("1M8GDM9AXKP042788", "1M8GDM9AXKP042789"), "vin", "vin_check_digit"),
        (LINE.replace(",530302,", ",110101,"), "division", "division_unknown"),
        ("云D12345\r\n", "organ_id", "required"),
    ],
)
def test_a_row_is_refused_with_reasons(line: str, field: str, code: str) -> None:
    entry = planned(HEADER + "\r\n" + line)[0]
    assert entry.line == 3  # the blank line counts
    assert entry.outcome is Outcome.REFUSED
    assert (field, code) in {(one.field, one.code) for one in entry.problems}


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    header = HEADER.replace("\r\n", ",备注\r\n")
    first = LINE.replace("\r\n", ',"两\n行"\r\n')
    second = LINE.replace("\r\n", ",\r\n")
    entries = planned(header + first + second)
    assert [entry.line for entry in entries] == [2, 4]
    assert "与第 2 行重复" in {one.zh for one in entries[1].problems}


def test_changes_are_told_old_and_new_and_absent_columns_stay() -> None:
    entries = planned(HEADER + LINE.replace(",5\r", ",7\r"), {9: STORED})
    assert entries[0].outcome is Outcome.CHANGED
    assert [(one.field, one.old, one.new) for one in entries[0].changes] == [("seats", 5, 7)]
    assert entries[0].values["remarks"] == "=1+1"
    emptied = planned("号牌号码,备注,价格（元）\r\n云D12345,,\r\n", {9: STORED})[0]
    assert {one.field: one.new for one in emptied.changes} == {"remarks": None, "price_fen": None}


def test_a_new_plate_is_found_by_the_vin_and_two_records_are_not_mixed() -> None:
    other = {**STORED, "plate": "云D54321", "vin": "11111111111111111"}
    assert planned(HEADER + LINE.replace("12345", "99999"), {9: STORED})[0].changes[0].new == "云D99999"
    mixed = planned(HEADER + LINE.replace("12345", "54321"), {9: STORED, 10: other})[0]
    assert [one.code for one in mixed.problems] == ["two_records"]


@pytest.mark.parametrize("chinese", [True, False])
def test_an_export_changes_nothing(chinese: bool) -> None:
    content = write("vehicles", [STORED], CODES.codes(), chinese=chinese)
    assert b"'=1+1" in content  # no spreadsheet computes it
    columns, rows = read("vehicles", content)
    assert [one.outcome for one in plan("vehicles", columns, rows, {9: STORED}, CODES, RULES)] == [Outcome.UNCHANGED]


def test_a_masked_phone_is_the_phone_it_masks() -> None:
    driver = asdict(
        DriverRecord(
            label="驾驶员 0001",
            organ_id=7,
            licence_class="C1",
            licence_expires_on=date(2030, 1, 1),
            phone="00000000017",
        )
    )
    content = write("drivers", [{**driver, "phone": "***17"}], CODES.codes())
    columns, rows = read("drivers", content)
    assert [one.outcome for one in plan("drivers", columns, rows, {1: driver}, CODES, RULES)] == [Outcome.UNCHANGED]
    other = plan("drivers", columns, rows, {1: {**driver, "phone": "00000000018"}}, CODES, RULES)
    assert other[0].outcome is Outcome.REFUSED


def test_organs_may_hang_below_organs_of_the_same_sheet_but_not_in_a_circle() -> None:
    header = "单位编码,单位名称,单位性质,区划代码,上级单位编码\r\n"
    good = planned(header + "b,乙,政府,530302,a\r\na,甲,县,530302,530300\r\n", kind="organs")
    assert [entry.outcome for entry in good] == [Outcome.NEW, Outcome.NEW]
    assert good[0].values["parent_id"] == -good[1].line
    circle = planned(header + "a,甲,政府,530302,b\r\nb,乙,政府,530302,a\r\nc,丙,政府,530302,b\r\n", kind="organs")
    assert [[one.code for one in entry.problems if one.code != "quota_unknown"] for entry in circle] == [["circle"]] * 3
    below = planned(header + "a,甲,政府,999999,530300\r\nb,乙,政府,530302,a\r\nc,丙,政府,530302,b\r\n", kind="organs")
    assert [entry.outcome for entry in below] == [Outcome.REFUSED] * 3


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


@given(texts.map(str.strip).filter(bool), st.integers(0, 10**11), st.sampled_from(list(Energy)))
def test_whatever_is_written_is_read_back(remarks: str, price_fen: int, energy: Energy) -> None:
    record = {**STORED, "remarks": remarks, "price_fen": price_fen, "energy": energy, "plate": "云D12345"}
    columns, rows = read("vehicles", write("vehicles", [record], CODES.codes()))
    entry = plan("vehicles", columns, rows, {9: record}, CODES, RULES)[0]
    assert entry.changes == ()


@given(st.binary(max_size=200), st.sampled_from(sorted(SHEETS)))
def test_no_bytes_break_the_reader(content: bytes, kind: str) -> None:
    try:
        columns, rows = read(kind, content)
    except Unreadable:
        return
    if kind in LISTED:
        plan_list(kind, columns, rows, {}, CODES)
    elif kind in {"fuel", "charging"}:
        plan_records(kind, read_rows(columns, rows, CODES), Known(now=datetime(2026, 6, 30, tzinfo=UTC)))
    else:
        plan(kind, columns, rows, {}, CODES, RULES)


def test_every_value_has_one_label() -> None:
    for kind, labels in LABELS.items():
        assert set(labels) == set(kind)
        assert len(set(labels.values())) == len(labels)
