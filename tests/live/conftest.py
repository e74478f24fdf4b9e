"""A simulator to ask."""

from collections.abc import Iterator

import pytest

from tests.simulator.simulator_client import INSTANT, Client, running


@pytest.fixture(scope="module")
def usual() -> Iterator[int]:
    """Run a simulator as it is without flags, but that exports are complete at once."""
    with running(*INSTANT) as (_, port):
        yield port


@pytest.fixture
def client(usual: int) -> Iterator[Client]:
    """Speak to it, and leave it as it was."""
    client = Client(usual)
    yield client
    assert client.call("DELETE", "/_sim").status == 204
