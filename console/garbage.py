"""Python's search for garbage, in a process that handles people by the thousand."""

from __future__ import annotations

import gc

# Objects more than when it last looked. A lane has some ten thousand in flight and lets go of them by itself; Python
# looks after 700.
BETWEEN_LOOKS = 50_000


def look_seldom() -> None:
    """Exempt what there is now, which is the program itself, and look seldom for the rest: to walk through all of
    Django again and again took an eighth of a lane's time.

    To be called once everything is imported and before processes are forked, which then also share its memory for
    longer (Python's documentation of `gc.freeze`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(BETWEEN_LOOKS, *gc.get_threshold()[1:])
