"""An event bus that is as strict as AWS's, and knows the schemas of the events."""

from dataclasses import dataclass, field
from typing import cast

from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.schemas import check_event
from tests.statemachine.engine import leaves, size_of
from tests.statemachine.jsonata_of_aws import StateError

EVENT_BYTES = 262_144
LARGEST_INTEGER = 9_223_372_036_854_775_807
DEEPEST = 900


@dataclass
class Bus:
    """Takes events, or refuses them as EventBridge does.

    Attributes:
        refusals: How many to refuse first, whatever they are.
        error: The name of the error that those are refused with.
        taken: What it took.
    """

    refusals: int = 0
    error: str = "EventBridge.InternalException"
    taken: list[JsonObject] = field(default_factory=list)

    def put(self, arguments: JsonValue) -> JsonValue:
        """Take the one entry of a call.

        Raises:
            StateError: It is refused.
        """
        (entry,) = cast("list[JsonObject]", cast("JsonObject", arguments)["Entries"])
        if self.refusals:
            self.refusals -= 1
            raise StateError(self.error, "Refused.")
        if size_of(entry) > EVENT_BYTES:
            raise StateError("EventBridge.ValidationException", "Total size of the entries.")
        for each, depth in leaves(entry["Detail"]):
            large = isinstance(each, int) and abs(each) > LARGEST_INTEGER
            if large or depth > DEEPEST or (isinstance(each, float) and abs(each) > 1e300):
                raise StateError("EventBridge.FailedEntry", "Detail is malformed.")
        self.taken.append(check_event(entry, entry["Detail"]))
        return {"FailedEntryCount": 0}

    @property
    def details(self) -> list[JsonObject]:
        """Of what it took, the details."""
        return [cast("JsonObject", event["detail"]) for event in self.taken]
