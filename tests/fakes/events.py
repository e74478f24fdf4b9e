"""EventBridge in memory."""

import json
from typing import TYPE_CHECKING, Unpack, cast

from sei_export.jsontypes import JsonObject
from sei_export.landing.events import EventBus
from tests.fakes.schemas import check_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import (
        PutEventsRequestEntryTypeDef,
        PutEventsRequestTypeDef,
    )

BUS = "bus"
STACK = "sei-export"


class FakeEvents:
    """Stands for boto3's client of EventBridge, with one bus.

    Attributes:
        entries: What it took.
        journal: Where entries are noted; may be shared with other fakes.
        refuse: An error code for entries, as an answer tells it.
        refuse_if: Tells such a code for an event's content; none takes it.
        before: Called first, such as to raise.
    """

    def __init__(self, journal: list[str] | None = None) -> None:
        self.entries: list[PutEventsRequestEntryTypeDef] = []
        self.journal = [] if journal is None else journal
        self.refuse: str | None = None
        self.refuse_if: Callable[[JsonObject], str | None] = lambda _: self.refuse
        self.before: Callable[[], None] = lambda: None

    @property
    def bus(self) -> EventBus:
        """The exporter's view of it."""
        return EventBus(cast("EventBridgeClient", self), BUS, STACK)

    @property
    def details(self) -> list[JsonObject]:
        """The events' contents."""
        return [json.loads(entry["Detail"]) for entry in self.entries]

    def put_events(self, **given: Unpack["PutEventsRequestTypeDef"]) -> dict[str, object]:
        """PutEvents."""
        self.before()
        entries = list(given["Entries"])
        code = self.refuse_if(json.loads(entries[0]["Detail"]))
        if code:
            failed = {"ErrorCode": code, "ErrorMessage": "not now"}
            return {"FailedEntryCount": len(entries), "Entries": [failed for _ in entries]}
        for entry in entries:
            check_event(cast("JsonObject", entry), json.loads(entry["Detail"]))
        self.entries += entries
        self.journal += [f"event {entry['DetailType']}" for entry in entries]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in entries]}
