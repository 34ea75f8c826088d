"""Identifiers made in bulk: one read of the system's randomness for a whole batch."""

from __future__ import annotations

import os


def uuids(count: int) -> list[str]:
    """`count` fresh UUIDs (version 4 layout)."""
    raw = os.urandom(16 * count).hex()
    return [
        f"{raw[i : i + 8]}-{raw[i + 8 : i + 12]}-4{raw[i + 13 : i + 16]}-a{raw[i + 17 : i + 20]}-{raw[i + 20 : i + 32]}"
        for i in range(0, 32 * count, 32)
    ]


def uuid() -> str:
    """One fresh UUID."""
    return uuids(1)[0]
