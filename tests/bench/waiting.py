"""Waiting for what the product does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 900.0


def wait(condition: Callable[[], bool]) -> None:
    """Until the product has done it; TimeoutError when it takes too long."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the product did not get there")
        time.sleep(0.1)
