"""Events on EventBridge. Their contract is in `events/schemas/`.

`ExportFailed` is published by the state machine itself, so that it is sent also when no function
can run.
"""

import hashlib
from typing import TYPE_CHECKING

from sei_export.bus import Bus
from sei_export.errors import ConfigurationError, ServiceUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from sei_export.jsontypes import JsonObject
    from sei_export.manifest import Manifest

EXPORT_COMPLETED = "ExportCompleted"


class EventBus:
    """One event bus.

    Args:
        events: boto3's client.
        name: The bus.
        stack: The stack's name: two stacks in one account may share a bus.
    """

    def __init__(self, events: "EventBridgeClient", name: str, stack: str) -> None:
        self._bus = Bus(events, name)
        self._stack = stack

    def export_completed(self, manifest: "Manifest") -> None:
        """Announce a landed export.

        Args:
            manifest: What is said of it.

        Raises:
            ConfigurationError: The bus may not be used.
            ServiceUnavailableError: The bus did not take the event.
        """
        identity = f"{EXPORT_COMPLETED}|{manifest.execution_arn}|{manifest.export_id}"
        detail: JsonObject = {
            "dedupeId": hashlib.sha256(identity.encode()).hexdigest(),
            "stack": self._stack,
            **manifest.brief(),
        }
        refused = self._bus.put(EXPORT_COMPLETED, detail, manifest.execution_arn)
        if refused and refused.is_malformed:
            # A request may have what is JSON, but not EventBridge's: a number beyond 64 bits, half
            # a surrogate pair. The manifest has it all the same.
            detail["request"] = None
            refused = self._bus.put(EXPORT_COMPLETED, detail, manifest.execution_arn)
        if refused and refused.is_final:
            raise ConfigurationError(
                f"The event bus {self._bus.name} refuses {EXPORT_COMPLETED} ({refused.code}).",
                remedy=(
                    "Check the parameter EventBusName and the role's events:PutEvents; then "
                    "start a new execution with the same input."
                ),
            ) from refused.error
        if refused:
            raise ServiceUnavailableError(
                f"The event bus {self._bus.name} did not take {EXPORT_COMPLETED}: "
                f"{refused.reason}.",
                remedy=(
                    "The file has landed; check the AWS Health Dashboard, then start a new "
                    "execution to announce it."
                ),
            ) from refused.error
