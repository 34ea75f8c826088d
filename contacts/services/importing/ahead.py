"""Reading ahead: the next chunk is read by a thread while the database works on this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

DEPTH = 1  # chunks that wait, besides the one in work and the one being read
_END = object()


@contextmanager
def ahead(items: Iterable[T]) -> Iterator[Iterator[T]]:
    """The items in their order. `items` is walked in a thread of its own, so it must not touch the database; what
    it raises is raised here. Leaving the block ends the thread."""
    queue: Queue[object] = Queue(DEPTH)
    left = Event()
    errors: list[BaseException] = []

    def walk() -> None:
        try:
            for item in items:
                queue.put(item)
                if left.is_set():
                    return
        except BaseException as error:
            errors.append(error)
        finally:
            queue.put(_END)

    thread = Thread(target=walk, name="import-reader", daemon=True)
    thread.start()
    try:
        yield _taken(queue, errors)
    finally:
        left.set()
        while thread.is_alive():
            try:
                queue.get(timeout=0.05)
            except Empty:
                continue


def _taken(queue: Queue[object], errors: list[BaseException]) -> Iterator[T]:
    while (item := queue.get()) is not _END:
        yield item  # type: ignore[misc]
    if errors:
        raise errors[0]
