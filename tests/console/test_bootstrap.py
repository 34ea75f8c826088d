"""The environment: when it is made, when it is left alone, and what people are told when it cannot be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from console import bootstrap

ROOT = Path(bootstrap.ROOT)


class Replaced(Exception):
    """Stands for `os.execv`, which does not come back."""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A project folder with two locks; `installed` lists what would have been installed, by lock."""
    installed: list[str] = []
    for name, text in (("runtime", "one==1\n"), ("dev", "one==1\ntwo==2\n")):
        (tmp_path / f"{name}.lock").write_text(text)
    venv = tmp_path / ".venv"

    def make() -> None:
        (venv / "bin").mkdir(parents=True, exist_ok=True)
        (venv / "pyvenv.cfg").touch()
        (venv / "bin" / "python").write_text("#!/bin/sh\n")
        (venv / "bin" / "python").chmod(0o755)

    def replace(program: str, arguments: list[str]) -> None:
        raise Replaced(program, arguments)

    monkeypatch.delenv("DESPACHO_NO_VENV", raising=False)
    monkeypatch.setattr(bootstrap, "VENV", str(venv))
    monkeypatch.setattr(bootstrap, "PYTHON", str(venv / "bin" / "python"))
    monkeypatch.setattr(bootstrap, "STAMP", str(venv / "despacho-lock"))
    monkeypatch.setattr(bootstrap, "LOCKS", {kind: str(tmp_path / f"{kind}.lock") for kind in ("runtime", "dev")})
    monkeypatch.setattr(bootstrap, "_make_venv", make)
    monkeypatch.setattr(bootstrap, "_install_packages", lambda lock: installed.append(Path(lock).stem))
    monkeypatch.setattr(bootstrap.os, "execv", replace)
    return SimpleNamespace(folder=tmp_path, venv=venv, installed=installed)


def run(*command: str) -> None:
    with pytest.raises(Replaced):
        bootstrap.prepare(["manage.py", *command])


def test_a_fresh_clone_installs_the_runtime_lock_and_goes_on_inside(tree: SimpleNamespace) -> None:
    with pytest.raises(Replaced) as replaced:
        bootstrap.prepare(["manage.py", "start"])
    assert tree.installed == ["runtime"]
    assert replaced.value.args[0] == str(tree.venv / "bin" / "python")


def test_the_second_run_installs_nothing(tree: SimpleNamespace) -> None:
    run("start")
    run("start")
    assert tree.installed == ["runtime"]


@pytest.mark.parametrize("command", ["test", "bench", "faults"])
def test_developers_commands_get_the_dev_lock(tree: SimpleNamespace, command: str) -> None:
    run(command)
    assert tree.installed == ["dev"]


def test_start_and_test_do_not_install_in_turns(tree: SimpleNamespace) -> None:
    for command in ("start", "test", "start", "test"):
        run(command)
    assert tree.installed == ["runtime", "dev"]


def test_a_changed_lock_is_installed(tree: SimpleNamespace) -> None:
    run("start")
    (tree.folder / "runtime.lock").write_text("one==2\n")
    run("start")
    assert tree.installed == ["runtime", "runtime"]


def test_an_environment_for_developers_stays_one_when_locks_change(tree: SimpleNamespace) -> None:
    run("test")
    for name in ("runtime", "dev"):
        (tree.folder / f"{name}.lock").write_text("one==2\n")
    run("start")
    assert tree.installed == ["dev", "dev"]


def test_an_installation_that_broke_off_is_begun_again(tree: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    run("start")
    (tree.folder / "runtime.lock").write_text("one==2\n")
    good = bootstrap._install_packages
    monkeypatch.setattr(bootstrap, "_install_packages", lambda lock: sys.exit("pip could not"))
    with pytest.raises(SystemExit):
        bootstrap.prepare(["manage.py", "start"])
    (tree.folder / "runtime.lock").write_text("one==1\n")  # even with the lock of the whole one from before
    monkeypatch.setattr(bootstrap, "_install_packages", good)
    run("start")
    assert tree.installed == ["runtime", "runtime"]


def test_a_python_that_was_removed_is_noticed(tree: SimpleNamespace) -> None:
    run("start")
    python = tree.venv / "bin" / "python"
    python.unlink()
    python.symlink_to(tree.folder / "gone")
    assert not bootstrap.is_ready("runtime")


def test_inside_the_environment_nothing_is_replaced(tree: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    run("start")
    monkeypatch.setattr(sys, "prefix", str(tree.venv))
    bootstrap.prepare(["manage.py", "start"])


def test_it_can_be_switched_off(tree: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESPACHO_NO_VENV", "1")
    bootstrap.prepare(["manage.py", "start"])
    assert tree.installed == []


def test_an_old_python_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        bootstrap.prepare(["manage.py", "start"])


def test_a_python_without_ensurepip_is_told_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON", str(tmp_path / "none"))
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        bootstrap._make_venv()


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError'", "cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that the lock names"),
        ("ERROR: No matching distribution found for one==1", "no file for this Python"),
        ("something else", "pip could not install"),
    ],
)
def test_pips_failure_is_explained_with_its_last_words(output: str, advice: str) -> None:
    explained = bootstrap._explain(output)
    assert advice in explained
    assert output in explained


@pytest.mark.parametrize("arguments", [["--data", "here"], ["--data=here"], ["--port", "1", "--data", "here"]])
def test_the_data_folder_is_known_before_settings_are_read(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESPACHO_NO_VENV", "1")
    monkeypatch.setenv("DESPACHO_DATA", "elsewhere")
    bootstrap.prepare(["manage.py", "start", *arguments])
    assert os.environ["DESPACHO_DATA"] == str(tmp_path / "here")


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A tree with the real bootstrap and locks that list nothing; `go.py` prints where it runs."""
    (tmp_path / "console").mkdir()
    shutil.copy(ROOT / "console" / "bootstrap.py", tmp_path / "console")
    for name in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / "console" / name).touch()
    (tmp_path / "go.py").write_text(
        "import sys; from console.bootstrap import prepare; prepare(sys.argv); print('in', sys.prefix)\n"
    )
    return tmp_path


@pytest.mark.faults
def test_two_processes_at_once_make_one_whole_environment(clone: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DESPACHO_NO_VENV"}
    base = os.path.realpath(sys.executable)
    processes = [
        subprocess.Popen([base, "go.py", "start"], cwd=clone, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert all(output.endswith(f"in {clone / '.venv'}\n") for output in outputs)
    assert sum("Making the environment" in output for output in outputs) == 1
