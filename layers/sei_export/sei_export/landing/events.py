"""Events on EventBridge. Their contract is in `events/schemas/`.

`ExportFailed` is published by the state machine itself, so that it is sent also when no function
can run.
"""

import hashlib
import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from sei_export.errors import ConfigurationError, ServiceUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from sei_export.jsontypes import JsonObject
    from sei_export.manifest import Manifest

SOURCE = "harness.sei.export"
EXPORT_COMPLETED = "ExportCompleted"
VERSION = "1"

_PERMANENT = frozenset({"AccessDenied", "AccessDeniedException", "ResourceNotFoundException"})


class EventBus:
    """One event bus.

    Args:
        events: boto3's client.
        name: The bus.
    """

    def __init__(self, events: "EventBridgeClient", name: str) -> None:
        self._events = events
        self._name = name

    def export_completed(self, manifest: "Manifest") -> None:
        """Announce a landed export.

        Args:
            manifest: What is said of it.

        Raises:
            ServiceUnavailableError: The bus did not take the event.
        """
        identity = f"{EXPORT_COMPLETED}|{manifest.execution_arn}|{manifest.export_id}"
        detail: JsonObject = {
            "version": VERSION,
            "dedupeId": hashlib.sha256(identity.encode()).hexdigest(),
            **manifest.to_json(),
        }
        try:
            answer = self._events.put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": EXPORT_COMPLETED,
                        "Detail": json.dumps(detail, ensure_ascii=False),
                        "EventBusName": self._name,
                        "Resources": [manifest.execution_arn],
                    }
                ]
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _PERMANENT:
                raise ConfigurationError(
                    f"The event bus {self._name} refuses {EXPORT_COMPLETED} ({code}).",
                    remedy=(
                        "Check the parameter EventBusName and the role's events:PutEvents; then "
                        "start a new execution with the same input."
                    ),
                ) from error
            raise self._refused(code) from error
        except BotoCoreError as error:
            raise self._refused(type(error).__name__) from error
        if answer["FailedEntryCount"]:
            entry = answer["Entries"][0]
            raise self._refused(f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}")

    def _refused(self, reason: str) -> ServiceUnavailableError:
        return ServiceUnavailableError(
            f"The event bus {self._name} did not take {EXPORT_COMPLETED}: {reason}.",
            remedy=(
                "The file has landed; check the AWS Health Dashboard, then start a new execution "
                "to announce it."
            ),
        )
