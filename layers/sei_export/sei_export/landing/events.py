"""Events on EventBridge. Their contract is in `events/schemas/`.

`ExportFailed` is published by the state machine itself, so that it is sent also when no function
can run.
"""

import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from sei_export.bucket.refusals import SDK_ERRORS, code_of, is_passing
from sei_export.errors import ConfigurationError, ServiceUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from sei_export.jsontypes import JsonObject
    from sei_export.manifest import Manifest

SOURCE = "harness.sei.export"
EXPORT_COMPLETED = "ExportCompleted"

_PERMANENT = frozenset({"AccessDenied", "AccessDeniedException", "ResourceNotFoundException"})
_MALFORMED = frozenset({"MalformedDetail", "ValidationException", "InvalidArgument"})


class EventBus:
    """One event bus.

    Args:
        events: boto3's client.
        name: The bus.
        stack: The stack's name: two stacks in one account may share a bus.
    """

    def __init__(self, events: "EventBridgeClient", name: str, stack: str) -> None:
        self._events = events
        self._name = name
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
        refused = self._put(detail, manifest.execution_arn)
        if refused and refused.code in _MALFORMED:
            # A request may have what is JSON, but not EventBridge's: a number beyond 64 bits, half
            # a surrogate pair. The manifest has it all the same.
            refused = self._put({**detail, "request": None}, manifest.execution_arn)
        if refused and (refused.code in _PERMANENT or not refused.may_pass):
            raise ConfigurationError(
                f"The event bus {self._name} refuses {EXPORT_COMPLETED} ({refused.code}).",
                remedy=(
                    "Check the parameter EventBusName and the role's events:PutEvents; then "
                    "start a new execution with the same input."
                ),
            ) from refused.error
        if refused:
            raise ServiceUnavailableError(
                f"The event bus {self._name} did not take {EXPORT_COMPLETED}: {refused.reason}.",
                remedy=(
                    "The file has landed; check the AWS Health Dashboard, then start a new "
                    "execution to announce it."
                ),
            ) from refused.error

    def _put(self, detail: "JsonObject", resource: str) -> "_Refused | None":
        """Send one event; None if the bus took it."""
        try:
            answer = self._events.put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": EXPORT_COMPLETED,
                        "Detail": json.dumps(detail, ensure_ascii=False),
                        "EventBusName": self._name,
                        "Resources": [resource],
                    }
                ]
            )
        except SDK_ERRORS as error:
            # What the service itself refuses may be out of order there; what the SDK does is here.
            may_pass = isinstance(error, ClientError) or is_passing(error)
            return _Refused(code_of(error), code_of(error), may_pass, error)
        if not answer["FailedEntryCount"]:
            return None
        entry = answer["Entries"][0]
        code = str(entry.get("ErrorCode"))
        return _Refused(code, f"{code}: {entry.get('ErrorMessage')}")


class _Refused(NamedTuple):
    """Why the bus did not take an event."""

    code: str
    reason: str
    may_pass: bool = True
    error: Exception | None = None
