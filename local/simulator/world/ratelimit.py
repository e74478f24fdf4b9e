"""The limit of requests per API key."""

import time
from collections import deque

from local.simulator.errors import ApiError

_WINDOW_SECONDS = 60.0


class RateLimiter:
    """Counts each key's calls of the last minute.

    Args:
        limit: calls per key and minute; may be changed.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._calls: dict[str, deque[float]] = {}

    def count(self, key: str) -> None:
        """Count a call; ApiError 429 if there were too many. A refused call does not count."""
        now = time.monotonic()
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now - _WINDOW_SECONDS:
            calls.popleft()
        if len(calls) >= self.limit:
            raise ApiError(429, "Too many requests")
        calls.append(now)

    def clear(self) -> None:
        """Forget every call."""
        self._calls.clear()
