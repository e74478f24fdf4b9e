"""How the tests are shared out among processes, and how hypothesis runs."""

from typing import TYPE_CHECKING

from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer

# No deadline: a busy machine is not a failure. Derandomized: what fails, fails for everybody.
settings.register_profile("here", deadline=None, derandomize=True, database=None)
settings.load_profile("here")

_OWN_CLOUD = {"test_demo.py", "test_rate.py", "test_restart.py", "test_up.py"}
"""Files of `tests/stack` that start a local cloud of their own."""


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # has no types
    """File by file; as one what shares a deployed stack, and as one what builds others."""

    def _split_scope(self, nodeid: str) -> str:
        folder, _, file = nodeid.partition("::")[0].rpartition("/")
        if folder != "tests/stack":
            return f"{folder}/{file}"
        # Not at the same time: the SAM CLI's builds share a folder.
        return "clouds" if file in _OWN_CLOUD else "stack"


def pytest_xdist_make_scheduler(config: "pytest.Config", log: "Producer") -> Sharing:
    """For `make test`, which has two processes."""
    return Sharing(config, log)
