"""A slow line for every test of downloads."""

from collections.abc import Iterator

import pytest

from tests.fakes.slow_line import Slow


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    with slow.server:
        yield slow
        # One that a test found open would keep the server from ending.
        for response in slow.connections:
            response.close()
