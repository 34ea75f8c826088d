"""Runs native HTML parsers where deep nesting cannot overrun the stack. Pure.

They recurse once per nested element, and an overrun kills the process: measured, css-inline ends between 8,000 and
12,000 levels on the usual 8 MiB stack, and does 60,000 on 128 MiB. Callers bound the number of elements.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

STACK = 256 * 1024 * 1024  # address space, not memory: pages are only taken when they are reached

T = TypeVar("T")
_starting = threading.Lock()


def with_deep_stack(work: Callable[[], T]) -> T:
    """What `work` returns or raises, done in a thread with room for deep recursion."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    with _starting:
        usual = threading.stack_size(STACK)
        try:
            thread = threading.Thread(target=run, name="html")
            thread.start()
        finally:
            threading.stack_size(usual)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
