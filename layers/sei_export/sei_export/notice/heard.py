"""Reading what EventBridge hands over: events of this exporter, and of Step Functions."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sei_export import dates
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue

_OF_STATES = "Step Functions Execution Status Change"


@dataclass(frozen=True, slots=True)
class Heard:
    """One event.

    Attributes:
        kind: Its `detail-type`.
        detail: What it says.
        at: When it was sent.
        execution_arn: Whose it is; empty if it is nobody's.
    """

    kind: str
    detail: JsonObject
    at: datetime
    execution_arn: str

    @classmethod
    def of(cls, event: JsonObject) -> "Heard":
        """Read an event.

        Raises:
            InvalidRequestError: It is none.
        """
        kind, detail = event.get("detail-type"), event.get("detail")
        at = dates.read_moment(event.get("time"))
        if not isinstance(kind, str) or not isinstance(detail, dict) or at is None:
            raise InvalidRequestError(
                ["The payload is no event with detail-type, detail and time."], remedy=BY_HAND
            )
        return cls(kind, detail, at, str(detail.get("executionArn") or ""))

    @property
    def is_of_states(self) -> bool:
        """Whether Step Functions tells that an execution has another status."""
        return self.kind == _OF_STATES

    @property
    def dedupe_id(self) -> str:
        """Of one of this exporter's own events, as it says itself."""
        return self.text("dedupeId") or digest(self.kind, self.execution_arn)

    def text(self, name: str) -> str:
        """A text of the event; empty if it is none."""
        value = self.detail.get(name)
        return value if isinstance(value, str) else ""


def digest(*parts: str) -> str:
    """An id made of what it is about; as the state machines make those of their events."""
    return hashlib.sha256("|".join(parts).encode(errors="surrogatepass")).hexdigest()


def read_input(text: JsonValue) -> JsonObject | None:
    """Read an execution's input; None if it is not told, or no object."""
    try:
        given = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None


def batch_of(given: JsonObject | None) -> str | None:
    """The run of the batch that an execution of the export machine is part of."""
    part = given.get("batch") if given else None
    run = part.get("run") if isinstance(part, dict) else None
    return run if isinstance(run, str) and run else None
