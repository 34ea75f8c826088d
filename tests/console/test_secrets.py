"""The keys of a first run, and when none may be made."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from console import secrets
from console.secrets import field_keys, secret_key

env = environ.Env()


@pytest.fixture(autouse=True)
def _without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.delenv("FIELD_KEYS", raising=False)


def test_the_first_run_makes_a_key_and_the_next_reads_it(tmp_path: Path) -> None:
    first = secret_key(env, tmp_path, required=False)
    assert len(first) >= 50
    assert secret_key(env, tmp_path, required=False) == first


def test_the_two_kinds_of_keys_differ(tmp_path: Path) -> None:
    assert field_keys(env, tmp_path, required=False) != [secret_key(env, tmp_path, required=False)]


def test_only_the_owner_can_read_the_key_and_its_folder(tmp_path: Path) -> None:
    secret_key(env, tmp_path / "data", required=False)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "secret-key").stat().st_mode) == 0o600


def test_the_environment_wins_and_no_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "from the environment")
    monkeypatch.setenv("FIELD_KEYS", "new, old")
    assert secret_key(env, tmp_path, required=True) == "from the environment"
    assert field_keys(env, tmp_path, required=True) == ["new", "old"]
    assert list(tmp_path.iterdir()) == []


def test_keys_of_the_file_are_read_line_by_line_for_rotation(tmp_path: Path) -> None:
    (tmp_path / "field-keys").write_text("new\n\nold\n")
    assert field_keys(env, tmp_path, required=False) == ["new", "old"]


def test_a_shared_database_demands_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY"):
        secret_key(env, tmp_path, required=True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_key_file_is_an_error_and_not_a_key(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch()
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        secret_key(env, tmp_path, required=False)


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="file/data/secret-key cannot be read or made"):
        secret_key(env, tmp_path / "file" / "data", required=False)


def test_who_comes_second_gets_the_first_ones_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process puts its key in place after we looked and before we link ours."""
    link = os.link

    def late(source: str, target: Path) -> None:
        target.write_text("of the winner\n")
        link(source, target)

    monkeypatch.setattr(secrets.os, "link", late)
    assert secret_key(env, tmp_path, required=False) == "of the winner"
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    program = (
        "import sys, environ, pathlib; from console.secrets import secret_key;"
        "sys.stdin.read();"  # all of them wait for the same instant
        f"print(secret_key(environ.Env(), pathlib.Path({str(tmp_path / 'data')!r}), required=False))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.close()
    answers = set()
    for process in processes:
        assert process.stdout
        answers.add(process.stdout.read())
        assert process.wait() == 0
    assert len(answers) == 1
