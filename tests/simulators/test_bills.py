"""Sheets of fuel cards and chargers: the same bytes for the same days, and such as the registry takes in."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from itertools import pairwise

from fleet.model.registry import Energy
from fleet.registry.cells import Codes
from fleet.registry.energy_sheets import fuel_of
from fleet.registry.sheets import CHARGING, FUEL
from simulators.bills import Bearer, Card, charging_sheet, fuel_sheet
from simulators.bills_feed import BillsFeed
from simulators.days.calendar import begins_at
from simulators.office.posts import OfficeAccount, Post
from simulators.roster import ApiAccount
from simulators.vehicle import Vehicle
from tests.simulators.fleet import WORKING_DAY, spec, world

FIRST = WORKING_DAY - timedelta(days=5)
BEGIN, END = begins_at(FIRST), begins_at(WORKING_DAY)


def bearers(energy: Energy, count: int = 12) -> list[Bearer]:
    return [
        Bearer(
            Vehicle(spec(number, energy), world()),
            530302,
            f"云D{number:05}",
            (Card(f"C{number}", number, date(2020, 1, 1), FIRST), Card(f"D{number}", number, FIRST)),
        )
        for number in range(count)
    ]


def rows(sheet: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sheet)))


def test_the_same_days_have_the_same_bytes_whoever_asks_for_them() -> None:
    whole = fuel_sheet(bearers(Energy.PETROL), BEGIN, END)
    assert fuel_sheet(bearers(Energy.PETROL), BEGIN, END) == whole
    days = [begins_at(FIRST + timedelta(days=k)) for k in range(6)]
    pieces = [fuel_sheet(bearers(Energy.PETROL), *span) for span in pairwise(days)]
    assert [row for piece in pieces for row in rows(piece)] == rows(whole)
    assert len(rows(whole)) > 3
    assert {row["卡号"][0] for row in rows(whole)} <= {"C", "D"}


def test_every_cell_can_be_read_and_every_product_is_a_fuel() -> None:
    sheets = [(FUEL, fuel_sheet(bearers(energy), BEGIN, END)) for energy in (Energy.PETROL, Energy.DIESEL, Energy.GAS)]
    sheets.append((CHARGING, charging_sheet(bearers(Energy.BEV), BEGIN, END)))
    for columns, sheet in sheets:
        by_name = {one.zh: one for one in columns if one.field != "vehicle_id"}
        found = rows(sheet)
        assert found
        for row in found:
            for name, cell in row.items():
                if name in by_name:
                    by_name[name].parse(cell, Codes())  # raises BadCell
            if columns is FUEL:
                assert fuel_of(row["油品"]) is not None


def test_what_the_cards_paid_for_is_what_was_filled() -> None:
    some = bearers(Energy.PETROL)
    paid_ml = sum(round(float(row["数量（升）"]) * 1_000) for row in rows(fuel_sheet(some, BEGIN, END)))
    days = [FIRST + timedelta(days=k) for k in range(5)]
    records = [record for one in some for day in days for record in one.vehicle.timeline(day).cards]
    assert paid_ml == sum(record.volume_ml for record in records if BEGIN <= record.at < END)


def test_a_feed_waits_for_an_api_that_is_away_and_forgets_no_day() -> None:
    clock = [0.0]
    people = [OfficeAccount("a", "b", 530302, Post.DISPATCHER)]
    nowhere = ApiAccount("http://127.0.0.1:9", "a", "b")
    feed = BillsFeed(bearers(Energy.PETROL), [(int(BEGIN), int(END))], 0, people, nowhere, lambda: clock[0])
    assert not feed.send_up_to(1)
    assert not feed.send_up_to(1)
    clock[0] = 11.0
    assert not feed.send_up_to(1)
    assert feed.send_up_to(0)
