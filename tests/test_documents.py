"""What the documents promise is what the code has: settings, commands, reasons, fields, routes, links."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.app import create_app
from fleet.audit.keys import read_keys
from fleet.cli import COMMANDS
from fleet.identity.totp_keys import TotpKeys
from fleet.model.readings import EVENT_NAMES, REASON_CODES, GroundFlag, Kind
from fleet.settings import Settings
from fleet.statistics.registry import STATISTICS
from fleet.store.audit_files import AuditFiles
from fleet.store.audit_journal import Journal
from fleet.store.pool import connect, create_engine
from ingest.codecs.json_v1 import JsonV1

ROOT = Path(__file__).resolve().parents[1]
README, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
INTERFACE = ROOT / "docs" / "interface.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def settings_rows(document: Path) -> dict[str, tuple[str, str]]:
    """Variable -> default and meaning, from the table."""
    rows = re.findall(r"^\| `(FLEET_[A-Z_]+)` \| (.+?) \| (.+) \|$", document.read_text(), re.MULTILINE)
    return {name: (default, meaning) for name, default, meaning in rows}


def test_the_readme_has_every_setting_as_it_is() -> None:
    expected = {
        f"FLEET_{name.upper()}": ("–" if field.default is None else f"`{field.default}`", field.description or "")
        for name, field in Settings.model_fields.items()
    }
    assert settings_rows(README) == expected


def test_the_chinese_readme_has_every_setting_and_its_default() -> None:
    english, chinese = settings_rows(README), settings_rows(CHINESE)
    assert {name: row[0] for name, row in chinese.items()} == {name: row[0] for name, row in english.items()}


@pytest.mark.parametrize("document", [README, CHINESE], ids=name_of)
def test_the_first_two_commands(document: Path) -> None:
    block = re.search(r"```sh\n(.*?)```", document.read_text(), re.DOTALL)
    assert block is not None
    assert block[1] == "make run\nmake test\n"


def test_every_reason_of_the_quarantine_is_explained() -> None:
    table = INTERFACE.read_text().partition("## What is refused")[2].partition("## HTTP")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(REASON_CODES)


def test_every_field_kind_event_and_flag_is_named() -> None:
    text = INTERFACE.read_text()
    fields = {name for dialect in JsonV1.dialects.values() for name in dialect.fields}
    flags = {flag.name.lower() for flag in GroundFlag if flag.name}
    named = set(re.findall(r"`([^`\n]+)`", text))
    assert fields | {kind.value for kind in Kind} | set(EVENT_NAMES) | flags <= named | {"online"}
    assert '{"online": true}' in text


def test_every_route_is_listed() -> None:
    url, now = "postgresql://nobody@127.0.0.1/nothing", lambda: datetime(2026, 1, 1, tzinfo=UTC)
    journal = Journal(lambda: connect(url), read_keys("k" * 32, "the test"), AuditFiles(Path("nowhere")), now)
    app = create_app(create_engine(url), now, journal, TotpKeys("k" * 32, "the test"))
    listed = re.findall(
        r"^\| `([A-Z]+ /[^`]*)` \|", INTERFACE.read_text().partition("### Every route")[2], re.MULTILINE
    )
    expected = [
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    ]
    assert listed == expected


def test_every_statistic_is_defined_in_its_own_words() -> None:
    document = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    for one in STATISTICS:
        assert f"| `{one.slug}` {one.title_zh} | {one.definition_en} In {one.unit.value}. |" in document, one.slug


def test_every_group_of_commands_is_listed() -> None:
    text = INTERFACE.read_text()
    assert {name for name, _ in COMMANDS if f"`fleet {name} " not in text} == set()


def test_the_tests_that_the_threat_model_names_are_there() -> None:
    named = re.findall(r"`((?:\w+/)*(?:test_\w+|audit))`", (ROOT / "SECURITY.md").read_text())
    there = {path.stem for path in ROOT.glob("tests/**/test_*.py")}
    assert len(named) > 30
    for name in named:
        folder, _, last = name.rpartition("/")
        found = last in there if not folder else any((ROOT / "tests" / f"{name}{end}").exists() for end in ("", ".py"))
        assert found, name


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.match(r"[\w.-]+", one)[0] for one in declared}  # type: ignore[index]
    page = json.loads((ROOT / "api" / "dashboard" / "package.json").read_text())
    names |= {*page["dependencies"], *page["devDependencies"]}
    rows = re.findall(r"^\| (`.+?`) \| .+ \| .+ \|$", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == names


def test_the_locks_name_hashes_and_no_index() -> None:
    for lock in ("requirements.txt", "requirements-dev.txt", "requirements-audit.txt", "requirements-node.txt"):
        text = (ROOT / lock).read_text()
        assert "http" not in re.sub(r"#.*|[\w.-]+==.*", "", text), lock
        assert "index" not in re.sub(r"#.*|[\w.-]+==.*", "", text), lock
        pinned = re.findall(r"^[\w.-]+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
        assert pinned
        assert all("--hash=sha256:" in one for one in pinned), lock


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    broken = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert broken == []
