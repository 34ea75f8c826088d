"""What the doctor says about the data folder and the static files."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.management.doctor import files
from console.management.doctor.findings import Visit

Codes = Callable[..., list[str]]
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def collected(good: Any, tmp_path: Path) -> Path:
    """Static files as `prepare` collects them."""
    good.BASE_DIR = tmp_path
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "console.css").write_text("p{}")
    root = good.DATA_DIR / "static"
    shutil.copytree(tmp_path / "static", root)
    (root / "staticfiles.json").write_text("{}")
    good.STATIC_ROOT = root
    return root


def test_a_folder_of_ones_own_is_left_in_peace(collected: Path, visit: Visit, codes: Codes) -> None:
    assert codes(files.examine(visit)) == []


def test_a_folder_that_others_may_look_into_is_told(good: Any, visit: Visit, codes: Codes) -> None:
    good.DATA_DIR.chmod(0o750)
    assert codes(files.examine(visit)) == ["data-folder-open"]


def test_a_key_file_that_others_may_read_is_told_with_the_command(good: Any, visit: Visit) -> None:
    key = good.DATA_DIR / "field-keys"
    key.write_text("x")
    key.chmod(0o644)
    good.DATA_DIR.chmod(0o711)
    found = {finding.code: finding for finding in files.examine(visit)}
    assert found["data-files-open"].mend == f"chmod 600 {key}"


def test_a_folder_that_cannot_be_written_is_told(
    good: Any, visit: Visit, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *args: False)
    assert codes(files.examine(visit)) == ["data-folder-read-only"]


def test_a_full_disk_is_told(good: Any, visit: Visit, codes: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12, 5 * 10**8))
    assert codes(files.examine(visit)) == ["disk-space"]


def test_static_files_that_were_never_collected_are_told(collected: Path, visit: Visit, codes: Codes) -> None:
    shutil.rmtree(collected)
    assert codes(files.examine(visit)) == ["static-missing"]


@pytest.mark.parametrize("change", ["differs", "is missing"])
def test_static_files_of_another_version_are_told(collected: Path, visit: Visit, codes: Codes, change: str) -> None:
    file = collected / "console.css"
    file.unlink() if change == "is missing" else file.write_text("p{color:red}")
    assert codes(files.examine(visit)) == ["static-stale"]
