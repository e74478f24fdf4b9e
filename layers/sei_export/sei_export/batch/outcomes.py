"""How one item of a batch ended: written down by RecordOutcome, counted by CloseBatch."""

import json
import re
from dataclasses import dataclass

from sei_export.errors import REMEDY_MARK
from sei_export.export import ExportStatus
from sei_export.failures import Failure, export_at_end
from sei_export.jsontypes import JsonObject, JsonValue

_SHOWN_CHARACTERS = 2000
_ERROR_IN_CUT_JSON = re.compile(r'^\{.*"Error":"([\w.]{1,100})"', re.DOTALL)
_TEXT_IN_CUT_JSON = r'"%s":"((?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*)'
"""As much of it as there is."""
_LOOK = "Look at the execution of the export machine that this item names."

RESULT_FIELDS = (
    *("exportId", "reused", "attempts", "bucket", "key", "versionId", "etag"),
    *("sizeBytes", "csvBytes", "contentSha256", "rows", "changed", "manifestKey"),
    *("createdAt", "completedAt", "durationSeconds", "warnings"),
)
"""Of an export's result, what a batch keeps."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an item ended.

    Attributes:
        execution_arn: The export's execution; empty if there was none.
        landed: `RESULT_FIELDS` of its result; None if it failed.
        failure: Why it failed; None if it landed.
        export_id: The API's id of what failed, if it came to that.
        new_from: Until when the API may hand out what failed once more, ISO 8601; None if unknown.
    """

    execution_arn: str
    landed: JsonObject | None
    failure: Failure | None
    export_id: str | None = None
    new_from: str | None = None

    @classmethod
    def of(cls, given: JsonObject) -> "Outcome":
        """From what a child of the map ends with.

        Args:
            given: `result`, the export's; or `failure`, Step Functions' Error and Cause.
        """
        result = given.get("result")
        if isinstance(result, dict) and result.get("status") == ExportStatus.COMPLETED.value:
            # Of two exports of one key the file is the newer one's, and so is what is said of it.
            newer = result.get("newer")
            file = result | newer if isinstance(newer, dict) else result
            landed = {name: file.get(name) for name in RESULT_FIELDS}
            return cls(str(result.get("executionArn")), landed, None)
        if isinstance(result, dict):
            unknown = Failure("ProtocolError", "The export ended without a result.", _LOOK)
            return cls("", None, unknown)
        failure = given.get("failure")
        return _failed(failure if isinstance(failure, dict) else {})

    def to_json(self) -> JsonObject:
        """The form in the bucket."""
        return {
            "executionArn": self.execution_arn,
            "landed": self.landed,
            "failure": self.failure.to_json() if self.failure else None,
            **({"exportId": self.export_id} if self.export_id else {}),
            **({"newFrom": self.new_from} if self.new_from else {}),
        }

    @classmethod
    def from_json(cls, content: JsonObject) -> "Outcome | None":
        """Read back; None for what is no outcome, such as an empty key's content."""
        landed, failure = content.get("landed"), content.get("failure")
        arn = str(content.get("executionArn", ""))
        if isinstance(landed, dict) and landed:
            return cls(arn, landed, None)
        if isinstance(failure, dict):
            ids = (content.get(name) for name in ("exportId", "newFrom"))
            return cls(
                arn,
                None,
                Failure.from_json(failure),
                *(it if isinstance(it, str) else None for it in ids),
            )
        return None


def _failed(given: JsonObject) -> Outcome:
    """Take Step Functions' error apart.

    A failed execution arrives as States.TaskFailed with its description in the Cause.
    """
    error, cause = str(given.get("Error", "States.TaskFailed")), str(given.get("Cause", ""))
    described = _parsed(cause)
    arn = str(described.get("ExecutionArn", ""))
    named = _ERROR_IN_CUT_JSON.search(cause)
    if not described and (named or cause.startswith('{"Cause":"')):
        # Step Functions cuts a cause at 32 KiB, and writes names in the alphabet's order.
        error = named[1] if named else error
        arn = _text_in(cause, "ExecutionArn")
        cause = _text_in(cause, "Cause") or "The rest of the message was cut off."
    elif "Error" in described or "Cause" in described:
        error, cause = str(described.get("Error", error)), str(described.get("Cause", ""))
    elif "Status" in described:
        cause = f"The export's execution ended with {described['Status']}."
    # The last one is the machine's own: an API's text may have the word, too.
    message, mark, remedy = cause.rpartition(REMEDY_MARK)
    if not mark:
        message, remedy = cause, ""
    message, export_id, new_from = export_at_end(message) if mark else (message, None, None)
    return Outcome(
        arn,
        None,
        Failure(
            error,
            message[:_SHOWN_CHARACTERS] or f"{error} without a message.",
            remedy[:_SHOWN_CHARACTERS] or _LOOK,
        ),
        export_id,
        new_from,
    )


def _text_in(cut: str, name: str) -> str:
    """A text of an object whose JSON was cut off, as far as it goes; empty if it is not there."""
    found = re.search(_TEXT_IN_CUT_JSON % name, cut)
    try:
        text = str(json.loads(f'"{found[1]}"')) if found else ""
    except ValueError:
        return ""
    # Half of a character may be left.
    return text.encode(errors="replace").decode()


def _parsed(text: str) -> JsonObject:
    try:
        content: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
