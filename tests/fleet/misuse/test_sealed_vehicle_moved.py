"""Sealed vehicles: movement is a finding, silence a doubt."""

from __future__ import annotations

from datetime import timedelta

from fleet.misuse.base import Sealing
from fleet.model.findings import Severity
from tests.fleet.misuse.builders import doubts, found, gap, judged, local, order, place, stop, trip

BEGIN = local("2026-10-01T00:00")
END = local("2026-10-08T00:00")
SEALED = (Sealing(3, "国庆封存", BEGIN, END),)
NINE = local("2026-10-03T09:00")
HOUR = timedelta(hours=1)


def test_it_drove() -> None:
    (one,) = found(judged(END, trip(NINE, NINE + HOUR), sealings=SEALED))["sealed_vehicle_moved"]
    assert one.severity is Severity.RED
    assert one.grounds[0].data["list"] == "国庆封存"
    before = trip(BEGIN - 2 * HOUR, BEGIN - HOUR)
    assert "sealed_vehicle_moved" not in found(judged(END, before, sealings=SEALED))


def test_an_order_lowers_the_colour_but_the_contradiction_is_shown() -> None:
    driven = judged(END, trip(NINE, NINE + HOUR), sealings=SEALED, grants=(order(NINE, NINE + HOUR),))
    (one,) = found(driven)["sealed_vehicle_moved"]
    assert one.severity is Severity.YELLOW


def test_it_stood_elsewhere_after_a_silence() -> None:
    moved = gap(NINE, NINE + 9 * HOUR, after=place(north_m=900), metres_apart=900)
    (one,) = found(judged(END, moved, sealings=SEALED))["sealed_vehicle_moved"]
    assert one.grounds[0].code == "moved_in_silence_while_sealed"


def test_its_odometer_grew_over_a_silence() -> None:
    moved = gap(NINE, NINE + 9 * HOUR, odometer_m=30_000, metres_apart=0)
    assert "sealed_vehicle_moved" in found(judged(END, moved, sealings=SEALED))


def test_a_silence_alone_accuses_nobody() -> None:
    long = judged(NINE + 9 * HOUR, gap(NINE, None), sealings=SEALED)
    assert "sealed_vehicle_moved" not in found(long)
    assert [one.grounds[0].code for one in doubts(long)["sealed_vehicle_moved"]] == ["silent_while_sealed"]
    ended = judged(END, gap(NINE, NINE + 9 * HOUR, metres_apart=0, odometer_m=0), sealings=SEALED)
    assert "sealed_vehicle_moved" not in found(ended)
    assert "sealed_vehicle_moved" not in doubts(ended)


def test_a_silence_that_began_before_the_sealing_leaves_open_when_it_moved() -> None:
    over = gap(BEGIN - 9 * HOUR, NINE, after=place(north_m=900), metres_apart=900)
    judgement = judged(END, over, stop(NINE, None, place=place(north_m=900)), sealings=SEALED)
    assert "sealed_vehicle_moved" not in found(judgement)
    assert "sealed_vehicle_moved" in doubts(judgement)
