"""Announcing what was found. The contract of its events is in `events/schemas/`."""

from typing import NamedTuple

from sei_export.bus import Bus
from sei_export.errors import ConfigurationError, ServiceUnavailableError
from sei_export.jsontypes import JsonObject


class Announcement(NamedTuple):
    """Where it is announced.

    Attributes:
        bus: The event bus.
        schedule_arn: The schedule that events are about.
    """

    bus: Bus
    schedule_arn: str

    def send(self, kind: str, detail: JsonObject) -> None:
        """Send one event.

        Args:
            kind: Its `detail-type`.
            detail: What it says.

        Raises:
            ConfigurationError: The bus may not be used.
            ServiceUnavailableError: The bus did not take the event.
        """
        refused = self.bus.put(kind, detail, self.schedule_arn)
        if refused and (refused.is_final or refused.is_malformed):
            raise ConfigurationError(
                f"The event bus {self.bus.name} refuses {kind} ({refused.code}).",
                remedy="Check the parameter EventBusName and the role's events:PutEvents.",
            ) from refused.error
        if refused:
            raise ServiceUnavailableError(
                f"The event bus {self.bus.name} did not take {kind}: {refused.reason}.",
                remedy="Lambda tries again by itself, and tomorrow's look does.",
            ) from refused.error
