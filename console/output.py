"""Lines of several programs on one terminal, each with the name of its program in front."""

from __future__ import annotations

import contextlib
import os
import select

_CHUNK = 4096  # a pipe that `select` calls writable takes this much without waiting (PIPE_BUF)
_PATIENCE_SECONDS = 1.0
_COLOURS = {"web": 36, "worker": 32, "beat": 35, "sandbox": 33}


class LinePrinter:
    """Writes to a file descriptor. When its reader does not read, lines are lost rather than the programs held up.

    names: the programs' names, for the width of the first column. On a terminal the names are coloured.
    """

    def __init__(self, descriptor: int, names: tuple[str, ...] = ()):
        self._descriptor = descriptor
        self._width = max([len(name) for name in names], default=0)
        self._coloured = os.isatty(descriptor)
        self._stalled = self._gone = False
        self._lost = 0

    def line(self, name: str, text: str) -> None:
        """One line of the program `name`."""
        column = f"{name:<{self._width}}"
        if self._coloured and name in _COLOURS:
            column = f"\x1b[{_COLOURS[name]}m{column}\x1b[0m"
        self.text(f"{column} | {text.rstrip()}")

    def text(self, text: str) -> None:
        """A line of its own, without a name."""
        if self._gone or not self._writable(0.0 if self._stalled else _PATIENCE_SECONDS):
            self._stalled = True
            self._lost += 1
            return
        if self._lost:
            text = f"({self._lost} lines were not printed: nobody read them)\n{text}"
        self._stalled, self._lost = False, 0
        self._write(f"{text}\n".encode(errors="replace"))

    def _write(self, data: bytes) -> None:
        try:
            while data and self._writable(_PATIENCE_SECONDS):
                data = data[os.write(self._descriptor, data[:_CHUNK]) :]
        except OSError:  # the reader or the terminal is gone
            self._gone = True

    def _writable(self, seconds: float) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return bool(select.select([], [self._descriptor], [], seconds)[1])
        return False
