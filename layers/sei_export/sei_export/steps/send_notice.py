"""SendNotice: from an event to a text for people, once."""

from sei_export.jsontypes import JsonObject
from sei_export.notice.desk import Desk
from sei_export.notice.heard import Heard


def send_notice(event: JsonObject, desk: Desk) -> JsonObject:
    """Tell people what is news in an event; the same event again is none.

    Args:
        event: EventBridge's.
        desk: What is needed to tell.

    Returns:
        `told`, the subjects of the texts that were sent.

    Raises:
        InvalidRequestError: It is no event.
        SeiExportError: As `Desk.tell` raises.
    """
    return {"told": [*desk.tell(Heard.of(event))]}
