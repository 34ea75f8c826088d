"""Rate limits: so many requests in a sliding window, per key (an address, an account, a route)."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable


class SlidingWindow:
    """Admits `limit` events per `seconds` and key. Refused events do not count. A limit of 0 admits all."""

    def __init__(self, limit: float, seconds: float) -> None:
        self.limit, self.seconds = int(limit), seconds
        self._admitted: dict[Hashable, deque[float]] = {}

    def admit(self, key: Hashable, now: float) -> bool:
        """Whether one more event of `key` at `now` (seconds) keeps the limit; if so it is counted."""
        if not self.limit:
            return True
        times = self._admitted.get(key)
        if times is None:
            times = self._admitted[key] = deque()
        horizon = now - self.seconds
        while times and times[0] <= horizon:
            times.popleft()
        if len(times) >= self.limit:
            return False
        times.append(now)
        return True
