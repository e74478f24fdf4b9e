"""One world for each file of tests."""

from collections.abc import Iterator

import pytest

from tests.faults.sweep.world import World, made


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two servers, and journeys between them."""
    with made() as world:
        yield world
