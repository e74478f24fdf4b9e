"""One world for each file of tests."""

from collections.abc import Iterator

import pytest

# What promises assert is told as in a test.
pytest.register_assert_rewrite("tests.faults.sweep.promises")

from tests.faults.sweep.world import World, made  # noqa: E402 - rewritten first


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two servers, and journeys between them."""
    with made() as world:
        yield world
