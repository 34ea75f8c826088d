"""Virtual time: a clock that runs at any speed and can be advanced, and the agenda of what is due on it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

SLICE = 200  # due events worked off before other work gets its turn
STEP = 0.25  # virtual seconds that an advance moves over at once


class Clock:
    """Seconds since 1970 in virtual time. `speed` 0 stands still, 60 lives a minute per second."""

    def __init__(self, speed: float = 1.0) -> None:
        self.reset(speed)

    def reset(self, speed: float) -> None:
        """Back to the real time, at `speed`."""
        self._base, self._mark, self._speed = time.time(), time.monotonic(), speed

    @property
    def speed(self) -> float:
        return self._speed

    def now(self) -> float:
        return self._base + (time.monotonic() - self._mark) * self._speed

    def set_speed(self, speed: float) -> None:
        """Run at another speed from now on; the time does not jump."""
        self._base, self._mark, self._speed = self.now(), time.monotonic(), speed

    def jump(self, seconds: float) -> None:
        self._base += seconds


class Agenda:
    """One heap of actions due at moments of the clock, worked off by one timer on the running event loop."""

    def __init__(self, clock: Clock, report_error: Callable[[BaseException], None]) -> None:
        self._clock, self._report_error = clock, report_error
        self._heap: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._timer: asyncio.Handle | None = None
        self._timer_due = float("inf")
        self._stepping = False

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, due: float, action: Callable[..., object], *args: Any) -> None:
        """Call `action(*args)` when the clock shows `due`; late is as good as punctual."""
        heapq.heappush(self._heap, (due, next(self._order), action, args))
        if due < self._timer_due:
            self.rearm()

    def clear(self) -> None:
        self._heap.clear()
        self.rearm()

    def rearm(self) -> None:
        """Set the timer for the earliest action; call it after the clock changed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._timer_due = None, float("inf")
        if self._stepping or not self._heap:
            return
        due = self._heap[0][0]
        ahead = due - self._clock.now()
        loop = asyncio.get_running_loop()
        if ahead <= 0:
            self._timer = loop.call_soon(self._tick)
        elif self._clock.speed > 0:
            self._timer = loop.call_later(min(ahead / self._clock.speed, 3600), self._tick)
        else:
            return  # the clock stands still: only an advance gets there
        self._timer_due = due

    def _tick(self) -> None:
        self._work_off(self._clock.now(), SLICE)
        self.rearm()

    def _work_off(self, until: float, most: int) -> bool:
        """Run up to `most` actions due by `until`; True when none of them is left."""
        heap = self._heap
        while heap and heap[0][0] <= until:
            if not most:
                return False
            most -= 1
            _, _, action, args = heapq.heappop(heap)
            try:
                action(*args)
            except Exception as error:  # one faulty event must not stop all later ones
                self._report_error(error)
        return True

    async def advance(self, seconds: float, settle: Callable[[], Awaitable[None]]) -> None:
        """Move the clock on, stopping at every due moment to run its actions and let `settle` finish them,
        so that what comes first in virtual time also comes first on the wire."""
        clock, target = self._clock, self._clock.now() + seconds
        self._stepping = True
        self.rearm()
        try:
            while self._heap and self._heap[0][0] <= target:
                step = min(max(self._heap[0][0] + STEP, clock.now()), target)
                clock.jump(max(0.0, step - clock.now()))
                while not self._work_off(step, SLICE):
                    await asyncio.sleep(0)
                await settle()
            clock.jump(max(0.0, target - clock.now()))
            await settle()
        finally:
            self._stepping = False
            self.rearm()


def iso_utc(moment: float) -> str:
    """`2026-03-10T13:00:05Z` for seconds since 1970."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
