"""Where the servers' files go, and that secrets are private."""

from __future__ import annotations

import os
import pwd
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from fleet.errors import DependencyMissing
from fleet.local import places
from fleet.local.places import ServerUser, fallback_for, remove, secret, server_user, settle, write_private

STRANGER = ServerUser("stranger", 54321, 54321, (54321,), switch=False)
OURSELVES = ServerUser("me", os.geteuid(), os.getegid(), (os.getegid(),), switch=False)


@pytest.fixture
def fallback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "fallback"
    monkeypatch.setattr(places, "FALLBACK", place)
    return place


def test_a_user_enters_only_where_every_step_is_open(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "inner").mkdir(parents=True)
    closed.chmod(0o700)
    assert OURSELVES.may_enter(closed / "inner")
    assert not STRANGER.may_enter(closed / "inner")
    assert not STRANGER.may_enter(closed / "not yet there")


def test_a_directory_the_user_can_reach_stays_where_it_is(tmp_path: Path) -> None:
    asked = tmp_path / "var" / "postgres"
    assert settle(asked, OURSELVES) == asked
    assert not asked.is_symlink()
    assert asked.stat().st_mode & 0o777 == 0o700
    remove(asked)
    assert not asked.exists()


def test_a_directory_out_of_reach_becomes_a_link_and_both_go_together(tmp_path: Path, fallback: Path) -> None:
    tmp_path.chmod(0o700)
    asked = tmp_path / "var" / "postgres"
    real = settle(asked, STRANGER)
    assert real == fallback_for(asked)
    assert real.is_relative_to(fallback)
    assert asked.is_symlink()
    (real / "file").write_text("kept")
    assert settle(asked, STRANGER) == real
    assert (asked / "file").read_text() == "kept"
    remove(asked)
    assert not asked.is_symlink()
    assert not real.exists()
    assert not real.parent.exists()


def test_two_checkouts_never_share_a_fallback(tmp_path: Path, fallback: Path) -> None:
    assert fallback_for(tmp_path / "a" / "var" / "postgres") != fallback_for(tmp_path / "b" / "var" / "postgres")


def test_data_that_are_out_of_reach_are_not_hidden_behind_a_link(tmp_path: Path, fallback: Path) -> None:
    tmp_path.chmod(0o700)
    asked = tmp_path / "var" / "postgres"
    asked.mkdir(parents=True)
    with pytest.raises(DependencyMissing, match="stranger cannot reach it"):
        settle(asked, STRANGER)


def test_servers_run_as_ourselves_unless_we_are_root() -> None:
    user = server_user("nobody")
    if os.geteuid() == 0:
        assert (user.name, user.switch) == ("nobody", True)
        assert server_user("no-such-user", "nobody").uid == pwd.getpwnam("nobody").pw_uid
        with pytest.raises(DependencyMissing, match="no-such-user"):
            server_user("no-such-user")
    else:
        assert (user.uid, user.switch) == (os.geteuid(), False)


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "broker"
    word = secret(path)
    assert len(word) >= 32
    assert secret(path) == word
    assert path.stat().st_mode & 0o777 == 0o600


def test_private_files_are_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "access"
    write_private(path, "old")
    reader = path.open()
    write_private(path, "new")
    with reader:
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["access"]


def test_all_who_ask_for_a_secret_at_once_get_the_same(tmp_path: Path) -> None:
    for n in range(20):
        together = Barrier(8)

        def ask(path: Path, together: Barrier = together) -> str:
            together.wait()
            return secret(path)

        path = tmp_path / f"{n}" / "word"
        with ThreadPoolExecutor(8) as threads:
            found = set(threads.map(ask, [path] * 8))
        assert found == {path.read_text().strip()}
        assert [one.name for one in path.parent.iterdir()] == ["word"], "nothing is left beside it"
