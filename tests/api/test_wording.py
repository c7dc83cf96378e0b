"""Every ground and reason that can be said has its sentences."""

from __future__ import annotations

import re
from pathlib import Path

from api.cases.wording import TEMPLATES, sentences

ROOT = Path(__file__).resolve().parents[2]


def test_every_code_in_the_sources_has_a_template() -> None:
    sources = [*(ROOT / "fleet" / "misuse").glob("*.py"), ROOT / "fleet" / "dispatch" / "reconciliation.py"]
    said = {
        code
        for path in sources
        for code in re.findall(r"(?:Ground|Reason|_doubt|said)\(\s*\"([a-z_]+)\"", path.read_text())
    }
    assert {"no_order", "parked_elsewhere", "clock_may_err", "after_hours"} <= said
    assert said - set(TEMPLATES) == set()


def test_what_is_missing_is_shown_as_missing() -> None:
    assert sentences("no_order", {})["en"] == "Left at – without an order."
    assert sentences("something_new", {}) == {"zh": "something_new", "en": "something_new"}


def test_moments_are_local() -> None:
    assert "2026-11-23 09:00:00" in sentences("no_order", {"from": "2026-11-23T01:00:00+00:00"})["zh"]
