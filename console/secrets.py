"""SECRET_KEY and FIELD_KEYS: from the environment, else from files that the first run makes.

The files lie in the data folder, readable by its owner only. A key is written to a temporary file and
put in place by `os.link`, which fails when the name exists: of two processes that start together one
wins, the other reads the winner's key, and neither ever sees half a key.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

_BYTES = 48  # of chance in a key that is made here


def secret_key(env: environ.Env, folder: Path, *, required: bool) -> str:
    """The key that signs sessions and links: `SECRET_KEY`, else the file `secret-key` in `folder`.

    Raises ImproperlyConfigured when `required` (a database that several hosts may share) and it is not set.
    """
    key = env.str("SECRET_KEY", default="").strip()
    return key or _from_file("SECRET_KEY", folder / "secret-key", required)[0]


def field_keys(env: environ.Env, folder: Path, *, required: bool) -> list[str]:
    """The keys of credentials at rest: `FIELD_KEYS` (commas between), else the lines of `field-keys` in `folder`.

    The first key encrypts, all of them decrypt: to rotate, put a new one in front. Raises like `secret_key`.
    """
    keys = [key.strip() for key in env.list("FIELD_KEYS", default=[]) if key.strip()]
    return keys or _from_file("FIELD_KEYS", folder / "field-keys", required)


def _from_file(variable: str, path: Path, required: bool) -> list[str]:
    if required:
        raise ImproperlyConfigured(
            f"Set {variable} in the environment: with PostgreSQL every host must have the same one, "
            "so none is made here. To make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    try:
        lines = _read_or_make(path)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} cannot be read or made ({error.strerror}). Set {variable}, or DESPACHO_DATA to a folder of yours."
        ) from error
    if not lines:
        raise ImproperlyConfigured(f"{path} is empty. Restore it from a backup, or set {variable}.")
    return lines


def _read_or_make(path: Path) -> list[str]:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put_in_place(path, secrets.token_urlsafe(_BYTES) + "\n")
    return [line.strip() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]


def _put_in_place(path: Path, text: str) -> None:
    """Make `path` with `text` and mode 0600, whole and on the disk, unless somebody else was first."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(temporary)
