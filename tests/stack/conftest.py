"""The stack under test: deployed once from the real template, IAM enforced, waits scaled."""

from collections.abc import Iterator

import pytest

from local.cloud.processes import free_pair
from local.cloud.stack import LocalCloud, Options
from local.paths import LOCAL
from tests.stack.harness import ANY_TEAM, Harness
from tests.stack.subscriber import Subscriber

WAIT_SCALE = "0.05"


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A local cloud of the tests' own; one that `make up` started is not touched."""
    options = Options(
        state=LOCAL / "test",
        aws_port=free_pair(),
        # A never-ending export must end within a test's patience.
        stack_parameters={"ExportTimeoutMinutes": "1"},
        enforce_iam=True,
        wait_scale=WAIT_SCALE,
        simulator_arguments=("--queued-seconds", "0.2", "--processing-seconds", "0.4", *ANY_TEAM),
    )
    cloud = LocalCloud(options, print)
    cloud.down()
    try:
        yield cloud
    finally:
        cloud.down()


@pytest.fixture(scope="session")
def stack(cloud: LocalCloud) -> Iterator[Harness]:
    """The deployed stack, with consumers listening; what all tests have left in it is checked."""
    harness = Harness(cloud.aws, cloud.up())
    yield harness
    harness.check_documents()


@pytest.fixture(scope="session")
def told(stack: Harness) -> Subscriber:
    """Somebody who is told of what fails."""
    return Subscriber.of(stack)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Last comes what looks at the traces of all others; the runbook is left to `make faults`.

    Its commands change the stack again and again, which takes minutes.
    """
    if not config.getoption("--everything"):
        left = [item for item in items if item.path.name == "test_runbook.py"]
        left = [item for item in left if item.path.parent.name == "stack"]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    items.sort(key=lambda item: item.path.name == "test_no_key_anywhere.py")
