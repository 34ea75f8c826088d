"""The data folder and the static files."""

from __future__ import annotations

import filecmp
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from console.management.doctor.findings import Finding, Visit, wrong

LEAST_FREE = 1024**3
SECRET_FILES = ("secret-key", "field-keys", "demo-login.txt", "sandbox.json", "despacho.sqlite3")


def examine(visit: Visit) -> Iterator[Finding]:
    folder = Path(settings.DATA_DIR)
    yield from _permissions(folder)
    yield from _space(shutil.disk_usage(folder).free, folder)
    yield from _static(folder)


def _permissions(folder: Path) -> Iterator[Finding]:
    if not os.access(folder, os.W_OK | os.X_OK):
        yield wrong(
            "data-folder-read-only", f"{folder} cannot be written by this user.",
            "Imports, exports and the files of a first run go there.",
            f"chown this user {folder}, or set DESPACHO_DATA.",
        )  # fmt: skip
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield wrong(
            "data-folder-open", f"Other users of this machine may look into {folder}.",
            "It holds keys, uploads and exports with people's data.", f"chmod 700 {folder}",
        )  # fmt: skip
    is_open = [name for name in SECRET_FILES if _is_open(folder / name)]
    if is_open and stat.S_IMODE(folder.stat().st_mode) & 0o011:
        yield wrong(
            "data-files-open", f"Other users of this machine may read {', '.join(is_open)} in {folder}.",
            "These files hold keys or people's data.", f"chmod 600 {' '.join(str(folder / name) for name in is_open)}",
        )  # fmt: skip


def _is_open(path: Path) -> bool:
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _space(free: int, folder: Path) -> Iterator[Finding]:
    if free < LEAST_FREE:
        yield wrong(
            "disk-space", f"{free / 1024**2:.0f} MB are free on the disk of {folder}.",
            "When it is full nothing can be written down any more, and sending stops.",
            "Make room or enlarge the disk; EXPORT_RETENTION_DAYS says how long exports stay.",
        )  # fmt: skip


def _static(folder: Path) -> Iterator[Finding]:
    root = settings.STATIC_ROOT
    if settings.DEBUG or root is None:  # served from the sources
        return
    if not (Path(root) / "staticfiles.json").is_file():
        yield wrong(
            "static-missing", f"There are no static files in {root}.",
            "Pages fail: they name a style sheet that is not there.", "manage.py prepare",
        )  # fmt: skip
        return
    source = Path(settings.BASE_DIR) / "static"
    names = [str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()]
    _same, differ, gone = filecmp.cmpfiles(source, root, names, shallow=False)
    if differ or gone:
        yield wrong(
            "static-stale", f"{len(differ) + len(gone)} static files are of another version: {(differ + gone)[0]}…",
            "Pages look or behave wrong, because style and script do not fit them.", "manage.py prepare",
        )  # fmt: skip
