"""The limit of requests per key."""

import time

import pytest

from local.simulator.world.ratelimit import RateLimiter


def test_the_rate_limit_is_per_key_and_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    limiter = RateLimiter(1)
    limiter.count("a")
    limiter.count("b")
    with pytest.raises(Exception, match="Too many requests"):
        limiter.count("a")
    now = 60.0
    limiter.count("a")
