"""How the tests are shared out among processes."""

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer

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
