"""How much of the fault tests runs, and what they counted."""

from collections.abc import Callable

import pytest

from tests.faults.amount import Amount

type Count = Callable[..., None]
"""Notes figures of a kind of fault by what came of it: `count("prefixes", refused=9, whole=1)`."""


@pytest.fixture
def amount(request: pytest.FixtureRequest) -> Amount:
    """A seeded sample of the cases in `make test`, all of them in `make faults`."""
    return Amount(everything=request.config.getoption("--everything"))


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Count:
    """Note figures; the run prints their sums at its end, and `make faults` writes them down."""

    def note(kind: str, **figures: int) -> None:
        record_property("figures", [kind, figures])

    return note


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave stacks of other kinds to `make faults`: each takes half a minute."""
    if config.getoption("--everything"):
        return
    deploying = [item for item in items if "empty_cloud" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=deploying)
    items[:] = [item for item in items if item not in deploying]
