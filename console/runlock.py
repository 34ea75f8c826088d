"""One run per data folder: a lock that the kernel gives back when its process ends, however it ends."""

from __future__ import annotations

import fcntl
from pathlib import Path


class AlreadyRuns(Exception):
    """Another run holds the folder; the text names it."""


class RunLock:
    """Held from construction to `release` or the end of the process. Raises AlreadyRuns.

    was_left_behind: True when the run before did not end by itself (killed, power cut).
    """

    def __init__(self, path: Path):
        self._file = path.open("a+", encoding="utf-8")
        self._file.seek(0)
        holder = self._file.read().strip()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise AlreadyRuns(
                f"Despacho already runs on {path.parent} ({holder or 'just starting'}). Stop it first, "
                "or give this run a folder and a port of its own: --data DIR --port PORT."
            ) from None
        self.was_left_behind = bool(holder)

    def describe(self, holder: str) -> None:
        """Write down who holds it, for the one who comes second."""
        self._file.truncate(0)
        self._file.write(holder)
        self._file.flush()

    def release(self) -> None:
        """End of a clean run: nobody is named any more."""
        self._file.truncate(0)
        self._file.close()
