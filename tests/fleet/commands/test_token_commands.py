"""`fleet token`: limited, listed, ended."""

from __future__ import annotations

import json

import pytest

from tests.fleet.commands.test_commands import call, fetch
from tests.services import execute

pytestmark = pytest.mark.store


def test_a_token_with_limits_is_listed_and_ended_by_its_number(database_url: str) -> None:
    execute(
        database_url,
        "set role fleet_owner;"
        " insert into account (username, password_hash, role) values ('checker', '-', 'auditor');"
        " insert into organ (id, code, name, kind, division) values (7, 'QL', '麒麟', 'government', 530302)",
    )

    def fleet(*arguments: str) -> str:
        done = call("token", *arguments, FLEET_DATABASE_URL=database_url)
        assert done.returncode == 0, done.stderr
        return done.stdout

    common = ("create", "--account", "checker", "--label", "november", "--days", "30")
    period = ("--from", "2026-11-01T00:00:00+08:00", "--to", "2026-12-01T00:00:00+08:00")
    made = json.loads(fleet(*common, "--organ", "QL", "--division", "530302", *period, "--json"))
    assert made["token"].startswith("fleet_")
    (row,) = fetch(database_url, "select organ_id, division, begin_at, end_at, read_only from token")
    assert (row["organ_id"], row["division"], row["read_only"]) == (7, 530302, True), "auditors only read"
    assert (row["begin_at"].isoformat(), row["end_at"].isoformat()) == (
        "2026-10-31T16:00:00+00:00",
        "2026-11-30T16:00:00+00:00",
    )
    (listed,) = json.loads(fleet("list", "--account", "checker", "--json"))
    assert (listed["label"], listed["last_used_at"], listed["organ_id"]) == ("november", None, 7)
    assert "never used" in fleet("list", "--account", "checker")
    assert "is revoked" in fleet("revoke", str(listed["id"]))
    assert json.loads(fleet("list", "--account", "checker", "--json"))[0]["revoked_at"] is not None
    for wrong, said in (
        (("revoke", str(listed["id"])), "no valid token"),
        (("list", "--account", "nobody"), "no account 'nobody'"),
        ((*common, "--organ", "nothing"), "no organ with the code 'nothing'"),
        ((*common, "--from", "2026-11-01"), "no time with an offset"),
        ((*common, "--from", period[3], "--to", period[1]), "--from must lie before --to"),
    ):
        done = call("token", *wrong, FLEET_DATABASE_URL=database_url)
        assert done.returncode > 0
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
