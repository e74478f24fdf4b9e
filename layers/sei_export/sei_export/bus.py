"""Sending events to EventBridge, whatever they tell.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import json
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from sei_export.bucket.refusals import SDK_ERRORS, code_of, is_passing

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from sei_export.jsontypes import JsonObject

SOURCE = "harness.sei.export"

_PERMANENT = frozenset({"AccessDenied", "AccessDeniedException", "ResourceNotFoundException"})
_MALFORMED = frozenset({"MalformedDetail", "ValidationException", "InvalidArgument"})


class Refused(NamedTuple):
    """Why the bus did not take an event."""

    code: str
    reason: str
    may_pass: bool = True
    error: Exception | None = None

    @property
    def is_final(self) -> bool:
        """Whether the bus will refuse it again."""
        return self.code in _PERMANENT or not self.may_pass

    @property
    def is_malformed(self) -> bool:
        """Whether the event is JSON, and not what EventBridge takes for it."""
        return self.code in _MALFORMED


class Bus:
    """One event bus.

    Args:
        events: boto3's client.
        name: The bus.
    """

    def __init__(self, events: "EventBridgeClient", name: str) -> None:
        self._events = events
        self.name = name

    def put(self, kind: str, detail: "JsonObject", resource: str) -> Refused | None:
        """Send one event; None if the bus took it.

        Args:
            kind: Its `detail-type`.
            detail: What it says.
            resource: The ARN of what it is about.
        """
        try:
            answer = self._events.put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": kind,
                        "Detail": json.dumps(detail, ensure_ascii=False),
                        "EventBusName": self.name,
                        "Resources": [resource],
                    }
                ]
            )
        except SDK_ERRORS as error:
            # What the service itself refuses may be out of order there; what the SDK does is here.
            may_pass = isinstance(error, ClientError) or is_passing(error)
            return Refused(code_of(error), code_of(error), may_pass, error)
        if not answer["FailedEntryCount"]:
            return None
        entry = answer["Entries"][0]
        code = str(entry.get("ErrorCode"))
        return Refused(code, f"{code}: {entry.get('ErrorMessage')}")
